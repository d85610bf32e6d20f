import { Readable } from 'node:stream'
import type { Progress } from './errors.ts'

const CHUNK_OCTETS = 16_384

/**
 * The octets of a mail as a stream that knows how much of it was asked for, which nodemailer's errors do not tell, and that
 * ends only when it may: its end is what the final dot is written for.
 */
export class Body extends Readable {
  readonly #octets: Buffer
  readonly #mayEnd: () => Promise<void>
  #asked: Promise<void> | undefined
  #at = 0
  #pulled = false
  #ended = false
  /** What forbade the end; then no dot was written. */
  refusal: unknown = null

  /** @param mayEnd asked once, when all octets have been handed over; throws if the mail is not to be ended */
  constructor(octets: Buffer, mayEnd: () => Promise<void>) {
    super({ highWaterMark: CHUNK_OCTETS })
    this.#octets = octets
    this.#mayEnd = mayEnd
    // The final dot is written in answer to this event, never before.
    this.once('end', () => {
      this.#ended = true
    })
  }

  override _read(): void {
    this.#pulled = true
    const chunk = this.#octets.subarray(this.#at, this.#at + CHUNK_OCTETS)
    this.#at += chunk.length
    if (chunk.length > 0) this.push(chunk)
    else this.#asked ??= this.#end()
  }

  async #end(): Promise<void> {
    try {
      await this.#mayEnd()
    } catch (error) {
      this.refusal = error
      this.destroy(error instanceof Error ? error : new Error(String(error)))
      return
    }
    if (!this.destroyed) this.push(null)
  }

  get progress(): Progress {
    if (!this.#pulled) return 'unsent'
    return this.#ended ? 'complete' : 'cut'
  }

  /** From now on no dot is written that was not written before. Resolves when the question about the end is answered. */
  async stop(): Promise<Progress> {
    this.unpipe()
    const { progress } = this
    this.destroy()
    await this.#asked
    return progress
  }
}
