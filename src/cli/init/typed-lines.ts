/** Lines that a person types, or that a pipe holds. */
import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { Cancelled } from '../failure.ts'
import type { Terminal } from '../terminal.ts'

/** On a terminal, what is typed while nothing is asked is neither shown nor taken as the next answer. */
export class TypedLines implements Disposable {
  readonly #stdout: Terminal['stdout']
  readonly #lines: Interface
  /** Null on a terminal. */
  readonly #piped: AsyncIterator<string> | null
  #shows = false
  #isClosed = false
  /** Rejects with Cancelled at Ctrl+C, never resolves. */
  readonly cancelled: Promise<never>

  constructor({ stdin, stdout }: Terminal) {
    this.#stdout = stdout
    const isTerminal = stdin.isTTY === true
    // readline's echo goes through here, so that only what answers a question is displayed, and no password.
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (isTerminal && this.#shows) stdout.write(chunk)
        done()
      },
    })
    // Without a history, the arrow keys do not bring a password back.
    this.#lines = createInterface({ input: stdin, output, terminal: isTerminal, historySize: 0 })
    this.#piped = isTerminal ? null : this.#lines[Symbol.asyncIterator]()
    this.#lines.once('close', () => {
      this.#isClosed = true
    })
    this.cancelled = new Promise((_, reject) => {
      this.#lines.once('SIGINT', () => reject(new Cancelled('Ctrl+C')))
    })
    // Without this, it would be an unhandled rejection for callers that do not wait for it.
    this.cancelled.catch(() => undefined)
  }

  /** @returns the line after the question; null at the end of the input @throws Cancelled at Ctrl+C */
  async after(question: string, hidden: boolean): Promise<string | null> {
    if (this.#piped === null) await this.#dropEarlierKeys()
    this.#stdout.write(question)
    if (this.#piped !== null) {
      const { value, done } = await this.#piped.next()
      return done ? null : value
    }
    if (this.#isClosed) return null
    // Backspace draws the line again.
    this.#lines.setPrompt(question)
    this.#shows = !hidden
    const typed = new Promise<string | null>((resolve) => {
      const ended = () => resolve(null)
      this.#lines.once('close', ended)
      this.#lines.once('line', (line) => {
        this.#lines.off('close', ended)
        resolve(line)
      })
    })
    const line = await Promise.race([typed, this.cancelled])
    this.#shows = false
    return line
  }

  async #dropEarlierKeys(): Promise<void> {
    // Between the two turns, Node.js reads what was typed before.
    for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate)
    if (!this.#isClosed) this.#lines.write(null, { ctrl: true, name: 'u' })
  }

  [Symbol.dispose](): void {
    this.#lines.close()
  }
}
