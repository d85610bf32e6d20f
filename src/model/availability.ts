/** Whether a model answers, as far as this process has seen. Pure; the clock is an argument. */
import { OwnerActionError, RateLimitedError, reasonOf } from '../base/errors.ts'
import { withoutPassword } from '../config/hidden.ts'
import type { ModelSettings } from '../config/settings.ts'
import { ContextFault, ModelTimeout, NoUsableAnswer, Refused, ThoughtOnly } from './errors.ts'

/** Milliseconds. A model that has failed for this long is down: another may answer in its place. */
const downAfterMs = 60_000
/** While another model answers, the first is probed at this interval. Milliseconds. */
const probeEveryMs = 30_000
/** Failures in a row, or milliseconds without any answer, after which the owner is told. */
const tellAfter = 5
const tellAfterMs = 300_000

export class Availability {
  #failures = 0
  #since: Date | null = null
  #last: unknown = null
  #probedAt = Number.NEGATIVE_INFINITY

  /** A question that will be asked again in another form or later, or that the model declined, is not a failure. */
  failed(error: unknown, now: Date): void {
    if (noFailures.some((kind) => error instanceof kind)) return
    this.#failures += 1
    this.#since ??= now
    this.#last = error
  }

  answered(): void {
    this.#failures = 0
    this.#since = null
  }

  isDown(now: Date): boolean {
    return this.#since !== null && now.getTime() - this.#since.getTime() >= downAfterMs
  }

  /**
   * Whether another model should answer: while this one is down, except for an occasional question that probes whether
   * it is back.
   */
  shouldRest(now: Date): boolean {
    if (!this.isDown(now)) return false
    if (now.getTime() - this.#probedAt < probeEveryMs) return true
    this.#probedAt = now.getTime()
    return false
  }

  /** What is wrong and what to change, for the owner; null while it is too early to say, or all is well. */
  trouble(settings: ModelSettings, now: Date): string | null {
    if (this.#since === null) return null
    const early = this.#failures < tellAfter && now.getTime() - this.#since.getTime() < tellAfterMs
    if (early && !(this.#last instanceof OwnerActionError)) return null
    const since = this.#since.toISOString().slice(0, 16).replace('T', ' ')
    const { name } = settings
    return `${name} has not answered since ${since} UTC: ${reasonOf(this.#last)}. ${adviceFor(this.#last, settings)}`.trim()
  }
}

/** Whether the failure happened before the server answered anything, so that nothing is known about the model. */
export const isUnreached = (reason: string): boolean => /connection to|not known to DNS/.test(reason)

const noFailures = [RateLimitedError, ContextFault, ThoughtOnly, Refused]

/** What the owner can change about a failure of the model, as a sentence; empty if the failure already says so. */
export function adviceFor(
  error: unknown,
  {
    timeoutMs,
    concurrency,
    host,
    baseUrl,
  }: Pick<ModelSettings, 'timeoutMs' | 'concurrency' | 'host' | 'baseUrl'>,
): string {
  if (error instanceof OwnerActionError) return ''
  if (error instanceof ModelTimeout) {
    const fewer = concurrency > 1 ? `, lower model.concurrency (now ${concurrency})` : ''
    return `Raise model.timeout (now ${timeoutMs / 1000} s)${fewer}, or run a smaller or faster model.`
  }
  if (error instanceof NoUsableAnswer)
    return host === 'own'
      ? 'The model is too small for this task, or its server does not accept a JSON Schema: run a larger one.'
      : 'Choose a model that can answer in JSON (model.name).'
  const reason = reasonOf(error)
  if (isUnreached(reason))
    return host === 'openai'
      ? "Check this machine's connection to the Internet, and its name server (DNS)."
      : `Check that a server runs at ${withoutPassword(baseUrl)} and can be reached from here (model.baseUrl).`
  if (/HTTP 5\d\d/.test(reason))
    return 'The fault is in the server; a model named in model.fallback would answer meanwhile.'
  return 'See docs/troubleshooting.md.'
}
