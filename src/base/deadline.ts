/**
 * The end of one request: when its time is over, or when the caller's signal fires. Disposing of it with the request
 * frees everything; AbortSignal.any and AbortSignal.timeout would keep each request in memory until its time is over.
 */
export class Deadline implements Disposable {
  readonly #outer: AbortSignal | undefined
  readonly #timer: NodeJS.Timeout
  readonly #end = () => {
    this.#over = true
    this.#stop?.(this.#outer?.reason)
  }
  #over = false
  #stop: ((reason: unknown) => void) | null = null
  /** The time is over. */
  expired = false

  /** @param ms milliseconds */
  constructor(ms: number, outer?: AbortSignal) {
    this.#outer = outer
    this.#timer = setTimeout(() => {
      this.expired = true
      this.#end()
    }, ms).unref()
    if (outer?.aborted) this.#end()
    else outer?.addEventListener('abort', this.#end, { once: true })
  }

  /**
   * Sets the function that is called at the end, replacing any earlier one. If the time is already over, it is called
   * now. @param stop gets the signal's reason
   */
  stops(stop: (reason: unknown) => void): void {
    this.#stop = stop
    if (this.#over) this.#end()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#outer?.removeEventListener('abort', this.#end)
  }
}
