/** The log of a daemon that runs at a terminal: JSON lines in a file of the state directory, of bounded size. */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export const logFileOf = (directory: string): string => join(directory, 'replyd.log')

/** Octets; with the file before it, at most twice as many are kept. */
const mostOctets = 5_000_000

/** Appends to the file; when it is full it becomes `replyd.log.1`, which it replaces. */
export class LogFile implements Disposable {
  readonly #path: string
  readonly #most: number
  #descriptor: number
  #octets: number

  constructor(directory: string, most = mostOctets) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.#path = logFileOf(directory)
    this.#most = most
    this.#descriptor = this.#open()
    this.#octets = fstatSync(this.#descriptor).size
  }

  #open(): number {
    return openSync(this.#path, 'a', 0o600)
  }

  write(line: string): void {
    if (this.#octets > this.#most) this.#rotate()
    this.#octets += writeSync(this.#descriptor, line)
  }

  #rotate(): void {
    closeSync(this.#descriptor)
    renameSync(this.#path, `${this.#path}.1`)
    this.#descriptor = this.#open()
    this.#octets = 0
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
  }
}
