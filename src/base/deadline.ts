/**
 * One request's signal: it fires when the time is over, or when the caller's does. Disposing of it with the request
 * frees everything; AbortSignal.any and AbortSignal.timeout would keep each request in memory until its time is over.
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal | undefined
  readonly #timer: NodeJS.Timeout
  readonly #stop = () => this.#controller.abort(this.#outer?.reason)
  /** The time is over. */
  expired = false

  /** @param ms milliseconds */
  constructor(ms: number, outer?: AbortSignal) {
    this.#outer = outer
    this.#timer = setTimeout(() => {
      this.expired = true
      this.#controller.abort()
    }, ms).unref()
    if (outer?.aborted) this.#stop()
    else outer?.addEventListener('abort', this.#stop, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#outer?.removeEventListener('abort', this.#stop)
  }
}
