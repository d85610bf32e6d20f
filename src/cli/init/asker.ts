import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { UsageError } from '../failure.ts'
import { printable, type Terminal } from '../terminal.ts'

export interface Asking {
  /** What is typed does not show. */
  hidden?: boolean
  /** What is wrong with an answer, in words; null: nothing. */
  fault?: (answer: string) => string | null
}

/** Asks on the terminal; with `yes`, or without a person, the proposed answers are taken. */
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
    // What readline echoes passes through here, so that a password can be kept from the screen.
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
   * @param proposal taken for an empty answer; null: there has to be one
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

  /** @param proposal the answer to an empty line, and the one that --yes takes */
  async confirm(question: string, proposal: boolean): Promise<boolean> {
    const answer = await this.ask(`${question} (y/n)`, proposal ? 'y' : 'n')
    return /^y/i.test(answer)
  }

  [Symbol.dispose](): void {
    this.#lines.close()
  }
}
