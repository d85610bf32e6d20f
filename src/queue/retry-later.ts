/** Thrown by a handler: run the same job again after that time. The row says the same, so a lost job is found again. */
export class RetryLater extends Error {
  override name = 'RetryLater'
  readonly delayMs: number
  constructor(delayMs: number, options?: ErrorOptions) {
    super(`retry in ${Math.round(delayMs)} ms`, options)
    this.delayMs = delayMs
  }
}
