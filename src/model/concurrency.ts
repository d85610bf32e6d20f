/** Concurrent calls at one endpoint, in this process. */
import { Semaphore } from '../base/semaphore.ts'

/** How a call ended, as far as its endpoint's speed is concerned. */
export type Outcome = 'answered' | 'timed-out' | 'failed'

/**
 * One call until its answer has stated the endpoint's limits, then as many as are allowed. A time-out halves the
 * number, since an overloaded machine answers no call at all; each round of answers allows one more.
 */
export class ConcurrencyLimit {
  readonly #most: number
  readonly #semaphore = new Semaphore(1)
  #allowed = 1
  #opened = false
  /** Number of halvings: of calls that ran at the same time, only the first time-out counts. */
  #halvings = 0

  /** @param most calls at once, at least 1 */
  constructor(most: number) {
    this.#most = most
  }

  /** Waits for a place. @returns the function to call once, when the call has ended */
  async enter(): Promise<(outcome: Outcome) => void> {
    const leave = await this.#semaphore.enter()
    const halvings = this.#halvings
    return (outcome) => {
      this.#settle(outcome, halvings)
      this.#semaphore.resize(this.allowed)
      leave()
    }
  }

  get allowed(): number {
    return Math.floor(this.#allowed)
  }

  #settle(outcome: Outcome, halvings: number): void {
    if (outcome === 'timed-out') {
      if (halvings === this.#halvings) {
        this.#allowed = Math.max(1, this.#allowed / 2)
        this.#halvings += 1
      }
    } else if (!this.#opened) this.#allowed = this.#most
    else if (outcome === 'answered') this.#allowed = Math.min(this.#most, this.#allowed + 1 / this.#allowed)
    this.#opened = true
  }
}
