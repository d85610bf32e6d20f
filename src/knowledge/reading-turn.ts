/** Of all processes that share a state directory, only one at a time reads the pages of an account. */
import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'

/** A process that has been silent for this long is gone. Milliseconds. */
const goneMs = 120_000
const beatMs = 30_000

export class ReadingTurn implements Disposable {
  readonly #file: string
  readonly #beat: NodeJS.Timeout

  private constructor(file: string, clock: Clock) {
    this.#file = file
    this.#beat = setInterval(() => touch(file, clock), beatMs).unref()
  }

  /** @returns null: another process is reading them */
  static take(folder: string, clock: Clock): ReadingTurn | null {
    const file = join(folder, '.reading')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const last = statSync(file, { throwIfNoEntry: false })?.mtimeMs
    if (last !== undefined && Math.abs(clock.now().getTime() - last) < goneMs) return null
    rmSync(file, { force: true })
    try {
      writeFileSync(file, '', { flag: 'wx', mode: 0o600 })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null
      throw error
    }
    touch(file, clock)
    return new ReadingTurn(file, clock)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#beat)
    rmSync(this.#file, { force: true })
  }
}

function touch(file: string, clock: Clock): void {
  try {
    utimesSync(file, clock.now(), clock.now())
  } catch {
    // Somebody removed the file: another process may now read the pages as well.
  }
}
