/**
 * Many mails are in progress at once, and each makes the same small requests to the same server. Requests of one kind
 * that arrive while one is in flight are sent together in the next round trip, like group commit in databases. A
 * single mail never waits, and a hundred cost little more than one. While requests come often, a batch may also wait a
 * few milliseconds for more: its mails wait behind others anyway.
 */

/** Large enough to amortise the round trip, small enough to keep one request short. */
const mostTogether = 100

export interface Options<In> {
  /** Inputs of the same name are never in one batch: the second must see the effect of the first. */
  nameOf?: (input: In) => string
  /**
   * An error that guarantees that nothing was done. Each input is then retried separately, so that only the faulty
   * one fails.
   */
  splitsOn?: (error: unknown) => boolean
  /** How long a batch waits for more inputs while they come often, milliseconds. */
  lingerMs?: number
}

/** Inputs less than this apart count as frequent, in milliseconds. Those of a single mail never are. */
const oftenMs = 100

interface Unanswered<In, Out> {
  input: In
  resolve(output: Out): void
  reject(error: unknown): void
}

export class Batcher<In, Out> {
  readonly #ask: (inputs: readonly In[]) => Promise<readonly Out[]>
  readonly #options: Options<In>
  #waiting: Unanswered<In, Out>[] = []
  #busy = false
  #askedAt = Number.NEGATIVE_INFINITY
  #comesOften = false

  /** @param ask answers all, in the order of the inputs */
  constructor(ask: (inputs: readonly In[]) => Promise<readonly Out[]>, options: Options<In> = {}) {
    this.#ask = ask
    this.#options = options
  }

  ask(input: In): Promise<Out> {
    const now = performance.now()
    this.#comesOften = now - this.#askedAt < oftenMs
    this.#askedAt = now
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject })
      this.#next()
    })
  }

  #next(): void {
    if (this.#busy || this.#waiting.length === 0) return
    this.#busy = true
    const { lingerMs = 0 } = this.#options
    const answer = () =>
      void this.#answer(this.#take()).finally(() => {
        this.#busy = false
        this.#next()
      })
    // At least the inputs that become ready in the same turn of the event loop are included.
    if (lingerMs > 0 && this.#comesOften) setTimeout(answer, lingerMs)
    else setImmediate(answer)
  }

  #take(): Unanswered<In, Out>[] {
    const { nameOf } = this.#options
    const names = new Set<string>()
    const taken: Unanswered<In, Out>[] = []
    const left: Unanswered<In, Out>[] = []
    for (const each of this.#waiting) {
      const name = nameOf?.(each.input)
      if (taken.length >= mostTogether || (name !== undefined && names.has(name))) left.push(each)
      else taken.push(each)
      if (name !== undefined) names.add(name)
    }
    this.#waiting = left
    return taken
  }

  async #answer(together: readonly Unanswered<In, Out>[]): Promise<void> {
    try {
      const outputs = await this.#ask(together.map(({ input }) => input))
      for (const [at, { resolve }] of together.entries()) resolve(outputs[at] as Out)
    } catch (error) {
      if (together.length > 1 && this.#options.splitsOn?.(error)) {
        for (const each of together) await this.#answer([each])
      } else for (const { reject } of together) reject(error)
    }
  }
}
