import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { UsageError } from '../failure.ts'
import { printable, type Terminal } from '../terminal.ts'

export interface Asking {
  /** Hides the input. */
  hidden?: boolean
  /** What is wrong with an answer, as text; null if nothing. */
  fault?: (answer: string) => string | null
}

/** Asks on the terminal; with `yes`, or without a person, it takes the proposed answers. */
export class Asker implements Disposable {
  readonly #terminal: Terminal
  readonly #asks: boolean
  readonly #lines: Interface
  readonly #answers: AsyncIterator<string>
  #hidden = false

  constructor(terminal: Terminal, yes: boolean) {
    this.#terminal = terminal
    this.#asks = !yes
    const isTerminal = terminal.stdin.isTTY === true
    // readline's echo goes through here, so that passwords are not displayed.
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (isTerminal && !this.#hidden) terminal.stdout.write(chunk)
        done()
      },
    })
    this.#lines = createInterface({ input: terminal.stdin, output, terminal: isTerminal })
    this.#answers = this.#lines[Symbol.asyncIterator]()
  }

  /**
   * @param proposal used for an empty answer; null: an answer is required
   * @throws UsageError when nobody answers, or nobody can be asked again
   */
  async ask(
    question: string,
    proposal: string | null,
    { hidden = false, fault }: Asking = {},
  ): Promise<string> {
    if (!this.#asks) {
      if (proposal === null)
        throw new UsageError(`${question}: not given, and with --yes no questions are asked`)
      const wrong = fault?.(proposal) ?? null
      if (wrong !== null) throw new UsageError(wrong)
      return proposal
    }
    for (;;) {
      const shown = proposal && !hidden ? ` [${printable(proposal, true)}]` : ''
      this.#terminal.stdout.write(`${question}${shown}${hidden ? ' (not shown)' : ''}: `)
      this.#hidden = hidden
      const { value, done } = await this.#answers.next()
      this.#hidden = false
      if (hidden) this.#terminal.stdout.write('\n')
      if (done) throw new UsageError(`${question}: no answer`)
      const answer = value.trim() || proposal
      const wrong = answer === null ? null : (fault?.(answer) ?? null)
      if (wrong !== null) this.#terminal.stdout.write(`  ${printable(wrong, true)}\n`)
      else if (answer !== null) return answer
    }
  }

  get asks(): boolean {
    return this.#asks
  }

  /** @param proposal the answer for an empty line and for --yes */
  async confirm(question: string, proposal: boolean): Promise<boolean> {
    const answer = await this.ask(`${question} (y/n)`, proposal ? 'y' : 'n')
    return /^y/i.test(answer)
  }

  [Symbol.dispose](): void {
    this.#lines.close()
  }
}
