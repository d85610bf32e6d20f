/** Whether a model answers, as far as this process has seen. Pure; the clock is an argument. */
import { RateLimitedError, reasonOf } from '../base/errors.ts'
import type { ModelSettings } from '../config/settings.ts'
import { ContextFault, ModelTimeout, ThoughtOnly } from './client.ts'

/** Milliseconds. A model that has failed for so long is down: another may answer in its place. */
const downAfterMs = 60_000
/** While another answers, the first is asked once in this time whether it is back. */
const probeEveryMs = 30_000
/** Failures in a row, or milliseconds of nothing else, after which the owner is told. */
const tellAfter = 5
const tellAfterMs = 300_000

export class Standing {
  #failures = 0
  #since: Date | null = null
  #last: unknown = null
  #probedAt = 0

  /** What is only asked again in another form, or in its turn, is no failure of the model. */
  failed(error: unknown, now: Date): void {
    if (error instanceof RateLimitedError || error instanceof ContextFault || error instanceof ThoughtOnly)
      return
    this.#failures += 1
    this.#since ??= now
    this.#last = error
  }

  answered(): void {
    this.#failures = 0
    this.#since = null
  }

  /** True while another model should answer; false once in a while, for the question that finds out. */
  isDown(now: Date): boolean {
    if (this.#since === null || now.getTime() - this.#since.getTime() < downAfterMs) return false
    if (now.getTime() - this.#probedAt < probeEveryMs) return true
    this.#probedAt = now.getTime()
    return false
  }

  /** What is wrong and what to change, for the owner; null while it is too early to say, or all is well. */
  trouble(settings: ModelSettings, now: Date): string | null {
    if (this.#since === null) return null
    if (this.#failures < tellAfter && now.getTime() - this.#since.getTime() < tellAfterMs) return null
    const since = this.#since.toISOString().slice(0, 16).replace('T', ' ')
    const reason = reasonOf(this.#last)
    return `${settings.name} has not answered since ${since} UTC (${this.#failures} times): ${reason}. ${adviceFor(this.#last, settings)}`
  }
}

/** What the owner can change about a failure of the model. */
export function adviceFor(error: unknown, { timeoutMs, concurrency, host, baseUrl }: ModelSettings): string {
  const reason = reasonOf(error)
  if (error instanceof ModelTimeout) {
    const fewer = concurrency > 1 ? `, lower model.concurrency (${concurrency})` : ''
    return `Raise model.timeout (${timeoutMs / 1000} s)${fewer}, or run a smaller or faster model.`
  }
  if (/connection to/.test(reason))
    return `Check that a server runs at ${baseUrl} and can be reached from here (model.baseUrl).`
  if (/no usable answer/.test(reason))
    return host === 'own'
      ? 'The model is too small for this task, or its server does not take a JSON Schema: run a larger one.'
      : 'Choose a model that can answer in JSON (model.name).'
  if (/HTTP 5\d\d/.test(reason))
    return 'The server has a fault of its own; model.fallback can name a model that answers meanwhile.'
  return 'See docs/troubleshooting.md.'
}
