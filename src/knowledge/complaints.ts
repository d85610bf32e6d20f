/** Logs what is wrong with the files of a folder: each fault once, and one line for all files left out for one reason. */
import { reasonOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { faults } from './folder-files.ts'

/** Files that one line names. */
const named = 5

const events: readonly (readonly [event: string, words: readonly string[]])[] = [
  ['knowledge.too-much', [faults.large, faults.many, faults.crowded]],
  ['knowledge.stale', [faults.stale]],
  ['knowledge.unsupported', [faults.foreign, faults.closed]],
]

export class Complaints {
  readonly #log: Log
  readonly #said = new Set<string>()
  /** By event, what was logged last. */
  readonly #last = new Map<string, string>()

  constructor(log: Log) {
    this.#log = log
  }

  once(event: string, file: string, error: unknown): void {
    const key = `${event} ${file}`
    if (this.#said.has(key)) return
    this.#said.add(key)
    this.#log.warn({ event, file, reason: typeof error === 'string' ? error : reasonOf(error) })
  }

  /** Logged when the files beyond a limit are no longer the same. */
  leftOut(files: Iterable<readonly [file: string, { fault: string | null }]>): void {
    const all = [...files]
    for (const [event, words] of events) {
      const out = all.flatMap(([file, { fault }]) =>
        fault !== null && words.includes(fault) ? [`${file}: ${fault}`] : [],
      )
      const rest = out.length > named ? [`and ${out.length - named} more`] : []
      const reason = [...out.slice(0, named), ...rest].join('; ')
      if (reason !== (this.#last.get(event) ?? '') && reason !== '')
        this.#log.warn({ event, files: out.length, reason })
      this.#last.set(event, reason)
    }
  }
}
