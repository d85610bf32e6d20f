/**
 * Whether a mail server answers. While it does not, a job that waits for it would block a worker needed by other
 * accounts. So one job waits as the probe, and the others are rejected at once and retried later.
 */
export class CircuitBreaker {
  readonly #patienceMs: number
  readonly #refusal: () => Error
  #underWay = 0
  #since = 0
  #lost = false
  #timer: NodeJS.Timeout | undefined

  /**
   * @param patienceMs longest silence before the breaker opens
   * @param refusal the error for rejected callers
   */
  constructor(patienceMs: number, refusal: () => Error) {
    this.#patienceMs = patienceMs
    this.#refusal = refusal
  }

  begin(): void {
    if (this.#underWay++ === 0) this.#since = performance.now()
  }

  /** @param answered false when the connection was lost, or there was none */
  end(answered: boolean): void {
    this.#underWay--
    this.#lost = !answered
    this.#since = performance.now()
  }

  /** Why another caller must not wait: one is already waiting, and the server shows no sign of answering. */
  get refusal(): Error | null {
    const silent = this.#lost || performance.now() - this.#since > this.#patienceMs
    return this.#underWay > 0 && silent ? this.#refusal() : null
  }

  /**
   * Registers the queue of callers that already wait. @param sendAway rejects all but the first, and returns how many
   * are left
   */
  watchOver(sendAway: (refusal: Error | null) => number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      if (sendAway(this.refusal) > 1) this.watchOver(sendAway)
    }, this.#patienceMs).unref()
  }

  /**
   * For reads that may wait for answers requested by others. Only for operations that change nothing, because those
   * continue.
   */
  async shared<T>(read: () => Promise<T>): Promise<T> {
    if (this.#underWay === 0) return read()
    if (this.refusal) throw this.refusal
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<never>((_, reject) => {
      timer = setInterval(() => this.refusal && reject(this.refusal), this.#patienceMs)
    })
    return Promise.race([read(), silence]).finally(() => clearInterval(timer))
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
