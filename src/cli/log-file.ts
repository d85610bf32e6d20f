/** The log of a daemon that runs at a terminal: JSON lines in a file of the state directory, of bounded size. */
import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export const logFileOf = (directory: string): string => join(directory, 'replyd.log')

/** Octets; with the file before it, at most twice as many are kept. */
const mostOctets = 5_000_000

/** Appends to the file; a full one is renamed `replyd.log.1`, replacing the previous one of that name. */
export class LogFile implements Disposable {
  readonly #path: string
  readonly #most: number
  /** Null after the end. */
  #descriptor: number | null
  #octets: number

  constructor(directory: string, most = mostOctets) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.#path = logFileOf(directory)
    this.#most = most
    const descriptor = this.#open()
    this.#descriptor = descriptor
    this.#octets = fstatSync(descriptor).size
  }

  #open(): number {
    return openSync(this.#path, 'a', 0o600)
  }

  /** Something that ends late may still log after the daemon has ended: that is no failure. */
  write(line: string): void {
    if (this.#descriptor === null) {
      appendFileSync(this.#path, line, { mode: 0o600 })
      return
    }
    if (this.#octets > this.#most) this.#descriptor = this.#rotated(this.#descriptor)
    this.#octets += writeSync(this.#descriptor, line)
  }

  #rotated(full: number): number {
    closeSync(full)
    renameSync(this.#path, `${this.#path}.1`)
    this.#octets = 0
    return this.#open()
  }

  [Symbol.dispose](): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor)
    this.#descriptor = null
  }
}
