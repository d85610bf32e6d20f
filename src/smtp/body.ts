import { Readable } from 'node:stream'
import type { Progress } from './errors.ts'

const CHUNK_OCTETS = 16_384

/** The octets of a mail as a stream that knows how much of it was asked for: what nodemailer's errors do not tell. */
export class Body extends Readable {
  readonly #octets: Buffer
  #at = 0
  #pulled = false
  #ended = false

  constructor(octets: Buffer) {
    super({ highWaterMark: CHUNK_OCTETS })
    this.#octets = octets
    // The final dot is written in answer to this event, never before.
    this.once('end', () => {
      this.#ended = true
    })
  }

  override _read(): void {
    this.#pulled = true
    const chunk = this.#octets.subarray(this.#at, this.#at + CHUNK_OCTETS)
    this.#at += chunk.length
    this.push(chunk.length > 0 ? chunk : null)
  }

  get progress(): Progress {
    if (!this.#pulled) return 'unsent'
    return this.#ended ? 'complete' : 'cut'
  }
}
