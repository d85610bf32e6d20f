import { UsageError } from '../failure.ts'
import { fittingLines, printable, type Terminal } from '../terminal.ts'
import type { Memory, Shown } from './memory.ts'
import { TypedLines } from './typed-lines.ts'

export interface Asking {
  /** Names the question in the memory: once answered, it is not asked again. */
  key?: string
  /** Hides the input. */
  hidden?: boolean
  /** The option that answers it on the command line; a secret is answered by the variable named as its key. */
  option?: string
  /** What is wrong with an answer, as text; null if nothing. */
  fault?: (answer: string) => string | null | Promise<string | null>
  /** Two empty answers in a row go back. */
  back?: boolean
}

/** The person wants to go back to an earlier question. */
export class Back extends Error {
  override name = 'Back'
}

/** Ends a message that may be a false alarm: the same answer given twice is accepted. */
export const orEnter = '. Press Enter if it is right anyway'

const backWords = 'Enter again goes back; Ctrl+C stops, and keeps the other answers.'
const stopWords = 'Ctrl+C stops, and keeps the others.'

/** Asks on the terminal; with `yes`, or without a person, it takes the proposed answers. */
export class Asker implements Disposable {
  readonly #terminal: Terminal
  readonly #asks: boolean
  readonly #memory: Memory | null
  readonly #lines: TypedLines
  /** Rejects with Cancelled at Ctrl+C, never resolves. */
  readonly cancelled: Promise<never>

  constructor(terminal: Terminal, yes: boolean, memory: Memory | null = null) {
    this.#terminal = terminal
    this.#asks = !yes
    this.#memory = yes ? null : memory
    this.#lines = new TypedLines(terminal)
    this.cancelled = this.#lines.cancelled
  }

  /**
   * @param proposal used for an empty answer; null: an answer is required
   * @throws UsageError when nobody answers, or nobody can be asked again; Back
   */
  async ask(question: string, proposal: string | null, asking: Asking = {}): Promise<string> {
    const { key, fault } = asking
    if (!this.#asks) return unasked(question, proposal, asking)
    const settled = key === undefined ? null : (this.#memory?.settled(key) ?? null)
    if (settled !== null) {
      const wrong = (await fault?.(settled)) ?? null
      if (wrong === null) return settled
      this.#tell(`${question}: ${wrong}.`)
    }
    // Then the question says what an empty line means.
    const hasEmpty = question.includes('; empty:')
    const earlier = key === undefined || hasEmpty ? null : (this.#memory?.last(key) ?? null)
    const answer = await this.#untilSound(question, earlier || proposal, asking)
    if (key !== undefined) this.#memory?.keep(key, answer, shownLater(question, asking))
    return answer
  }

  #tell(words: string): void {
    const { stdout } = this.#terminal
    stdout.write(`${fittingLines(printable(words, true), stdout)}\n`)
  }

  async #untilSound(question: string, proposal: string | null, asking: Asking) {
    const { hidden = false, fault, back = false } = asking
    let isEmptyAgain = false
    const again = proposal && !question.includes('; empty:') ? '; empty: the same again' : ''
    for (;;) {
      const shown = proposal && !hidden ? ` [${printable(proposal, true)}]` : ''
      const asked = `${question}${hidden ? `${again} (not shown)` : shown}: `
      const typed = await this.#lines.after(asked, hidden)
      if (hidden) this.#terminal.stdout.write('\n')
      if (typed === null) throw new UsageError(unanswered(question, proposal, asking))
      const answer = typed.trim() || proposal
      const wrong = answer === null ? null : ((await fault?.(answer)) ?? null)
      if (wrong !== null) this.#tell(`✗ ${wrong}.`)
      else if (answer !== null) return answer
      else if (isEmptyAgain) throw new Back('an empty answer, twice')
      else this.#tell(`✗ An answer is needed here. ${back ? backWords : stopWords}`)
      isEmptyAgain = back && answer === null
      if (wrong?.endsWith(orEnter)) proposal = answer
    }
  }

  get asks(): boolean {
    return this.#asks
  }

  /** Shows the answers to an earlier init, and asks whether to keep them. If not, they become the proposals. */
  async review(): Promise<void> {
    const answers = this.#memory?.answered() ?? []
    if (!this.#asks || answers.length === 0) return
    for (const { question, answer } of answers)
      this.#terminal.stdout.write(
        `  ${printable(`${question}: ${answer === '' ? 'none' : (answer ?? '(not shown)')}`, true)}\n`,
      )
    if (!(await this.confirm('Keep these? If n, each is asked again', true))) this.#memory?.doubtAll()
  }

  /** Asks the next time, even if it was answered. */
  doubt(key: string): void {
    this.#memory?.doubt(key)
  }

  /** The same for all questions whose key has that beginning. */
  doubtAll(beginning: string): void {
    this.#memory?.doubtAll(beginning)
  }

  /** The answer of an earlier init. */
  settled(key: string): string | null {
    return this.#memory?.settled(key) ?? null
  }

  keep(key: string, answer: string): void {
    this.#memory?.keep(key, answer)
  }

  /** @param proposal the answer for an empty line and for --yes */
  async confirm(question: string, proposal: boolean, key?: string): Promise<boolean> {
    const fault = (answer: string) => (/^(y|yes|n|no)$/i.test(answer) ? null : 'type y or n')
    const asking = key === undefined ? { fault } : { fault, key }
    const answer = await this.ask(`${question} (y/n)`, proposal ? 'y' : 'n', asking)
    return /^y/i.test(answer)
  }

  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]()
  }
}

/** A question for the list of earlier answers; null if the list does not have to repeat it. */
const shownLater = (question: string, { hidden = false }: Asking): Shown | null =>
  question.endsWith('(y/n)') ? null : { question: question.replace(/[;,] .*| \(.*\)$/, ''), hidden }

/** The option or variable that answers a question when nobody can be asked. */
function answerOf({ key = '', option }: Asking): string | null {
  return option ?? (/^[A-Z_\d]+$/.test(key) ? `the variable ${key}` : null)
}

/** The error message when the input has ended. */
function unanswered(question: string, proposal: string | null, asking: Asking): string {
  const place = answerOf(asking)
  const given = place === null ? '' : `give ${place}${proposal === null ? '' : ', or'} `
  const taken = proposal === null && place !== null ? '' : 'use --yes, which takes what is proposed'
  const asked = question.trim().replace(' (y/n)', '')
  return `there is no answer to "${asked}". Without a terminal ${given}${taken}`.trimEnd()
}

/** The proposal. @throws UsageError when there is none, or it is wrong */
async function unasked(question: string, proposal: string | null, asking: Asking): Promise<string> {
  if (proposal === null) {
    throw new UsageError(`with --yes, ${answerOf(asking) ?? 'an option'} has to be given (${question})`)
  }
  const wrong = (await asking.fault?.(proposal)) ?? null
  if (wrong !== null) throw new UsageError(wrong)
  return proposal
}
