/**
 * Limits how many accounts use one server at once. The others wait in order of arrival, but not for a server that has
 * stopped answering: a turn that takes too long counts as over.
 */
import { Semaphore } from './semaphore.ts'

interface Server {
  host: string
  port: number
}

/** Milliseconds. */
const longestTurnMs = 10_000

export class Turns {
  readonly #atOnce: number
  readonly #longestMs: number
  readonly #servers = new Map<string, Semaphore>()

  constructor(atOnce: number, longestMs = longestTurnMs) {
    this.#atOnce = atOnce
    this.#longestMs = longestMs
  }

  /** Waits for a turn at that server. @returns the function that ends it; it may be called more than once */
  async begin({ host, port }: Server): Promise<() => void> {
    const key = `${host} ${port}`
    const semaphore = this.#servers.get(key) ?? new Semaphore(this.#atOnce)
    this.#servers.set(key, semaphore)
    const leave = await semaphore.enter()
    let isOver = false
    const end = () => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      leave()
    }
    const timer = setTimeout(end, this.#longestMs).unref()
    return end
  }

  /** Waits until all turns at that server that were asked for earlier have begun and a place is free. */
  async pass({ host, port }: Server): Promise<void> {
    const leave = await this.#servers.get(`${host} ${port}`)?.enter()
    leave?.()
  }
}
