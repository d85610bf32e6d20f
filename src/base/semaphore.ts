/** Limits the number of concurrent callers. The others wait in order of arrival. */
export class Semaphore {
  #size: number
  #inside = 0
  readonly #waiting: (() => void)[] = []

  constructor(size: number) {
    this.#size = size
  }

  /** @returns the function to call once, when leaving */
  async enter(): Promise<() => void> {
    if (this.#inside < this.#size) this.#inside += 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return () => {
      this.#inside -= 1
      this.#admit()
    }
  }

  resize(size: number): void {
    this.#size = size
    this.#admit()
  }

  #admit(): void {
    while (this.#inside < this.#size) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#inside += 1
      next()
    }
  }
}
