/**
 * Whether a mail server answers. While it does not, a job that waits for it would only keep a worker from other accounts'
 * mail: so one may wait, as the probe, and the rest is told at once to come again.
 */
export class CircuitBreaker {
  readonly #patienceMs: number
  readonly #refusal: () => Error
  #underWay = 0
  #since = 0
  #lost = false
  #timer: NodeJS.Timeout | undefined

  /**
   * @param patienceMs how long nothing at all may be answered
   * @param refusal what those are told that are not to wait
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

  /** Why one more is not to wait: something waits for an answer, and there is no sign that one will come. */
  get refusal(): Error | null {
    const silent = this.#lost || performance.now() - this.#since > this.#patienceMs
    return this.#underWay > 0 && silent ? this.#refusal() : null
  }

  /** Tells those that wait in a line already. @param sendAway rejects all but the first, and says how many are left */
  watchOver(sendAway: (refusal: Error | null) => number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      if (sendAway(this.refusal) > 1) this.watchOver(sendAway)
    }, this.#patienceMs).unref()
  }

  /** For what may wait for answers that others asked for; only for what changes nothing, since those go on. */
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
