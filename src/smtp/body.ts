import { Readable } from 'node:stream'
import type { Progress } from './errors.ts'

const CHUNK_OCTETS = 16_384

/**
 * The octets of a mail as a stream that tracks how much was read, which nodemailer's errors do not tell, and that
 * ends only with permission: nodemailer writes the final dot when the stream ends.
 */
export class Body extends Readable {
  readonly #octets: Buffer
  readonly #mayEnd: () => Promise<void>
  #asked: Promise<void> | undefined
  #at = 0
  #pulled = false
  #ended = false
  /** What prevented the end; in that case no dot was written. */
  refusal: unknown = null

  /**
   * @param mayEnd called once, when all octets have been handed over; throws to keep the mail from being completed
   */
  constructor(octets: Buffer, mayEnd: () => Promise<void>) {
    super({ highWaterMark: CHUNK_OCTETS })
    this.#octets = octets
    this.#mayEnd = mayEnd
    // nodemailer writes the final dot in response to this event, never before.
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

  /** Prevents the final dot unless it has already been written. Resolves when `mayEnd` has settled. */
  async stop(): Promise<Progress> {
    this.unpipe()
    const { progress } = this
    this.destroy()
    await this.#asked
    return progress
  }
}
