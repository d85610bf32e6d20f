/** The configured models: which one answers a task, which one takes over, and what the owner is told about it. */
import type { Clock } from '../base/clock.ts'
import { OwnerActionError, RateLimitedError, reasonOf, TemporaryError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { memoized } from '../base/lru.ts'
import { withoutPassword } from '../config/hidden.ts'
import type { ModelChoice, ModelSettings, ModelTask } from '../config/settings.ts'
import type { Database } from '../store/database.ts'
import { loadModelNotices, type ModelNotice, saveModelNotice } from '../store/model-state.ts'
import { Availability } from './availability.ts'
import { dayOf, priceOfModel } from './budget.ts'
import { openModel, UnknownModel } from './client.ts'
import { ConcurrencyLimit } from './concurrency.ts'
import { isWithdrawn, successionNotice, successorOf } from './lifecycle.ts'
import { jobsFor, type PricedModel, RateLimitedModel } from './rate-limited.ts'

export interface Models {
  /** The model for the next question of that task. Ask for each question, because it may change. */
  of(task: ModelTask): PricedModel
}

interface Surroundings {
  db: Database
  log: Log
  clock: Clock
}

interface Opened {
  settings: ModelSettings
  model: RateLimitedModel
  availability: Availability
  /** The stored notice; undefined: unknown, because an earlier process may have stored one. */
  said: string | null | undefined
  /** The write in progress: notices are stored one after the other, so that the last one remains. */
  saving: Promise<void>
}

/** Jobs that find their model withdrawn are retried after this, with its successor. Milliseconds. */
const successionMs = 500

/** The key under which a model's limits and notices are shared. It is stored, so it omits a password in the URL. */
const keyOf = ({ baseUrl, name }: ModelSettings): string => `${shownUrl(baseUrl)} ${name}`

/** Asked for with each question to a model. */
const shownUrl = memoized(withoutPassword)

/** Each model once. */
export const configuredModels = ({ tasks, fallback }: ModelChoice): ModelSettings[] => [
  ...new Set([...Object.values(tasks), ...(fallback ? [fallback] : [])]),
]

/** What the owner should know about the configured models, the worst first. */
export function modelNotices(db: Database, choice: ModelChoice): Promise<ModelNotice[]> {
  const models = configuredModels(choice)
  const next = models.flatMap((settings) => successorOf(settings, choice.successor) ?? [])
  return loadModelNotices(db, [...models, ...next].map(keyOf))
}

export class ConfiguredModels implements Models {
  readonly #choice: ModelChoice
  readonly #surroundings: Surroundings
  readonly #concurrency = new Map<string, ConcurrencyLimit>()
  readonly #opened = new Map<string, Opened>()
  /** Models that the endpoint no longer has, by its own account. */
  readonly #gone = new Set<string>()
  /** Called with the number of concurrent jobs when it changes. */
  onJobs: (jobs: number) => void = () => undefined

  /** Opens no connection before the first call. */
  constructor(choice: ModelChoice, surroundings: Surroundings) {
    this.#choice = choice
    this.#surroundings = surroundings
  }

  of(task: ModelTask): PricedModel {
    const first = this.#open(this.#current(this.#choice.tasks[task]))
    const { fallback } = this.#choice
    const now = this.#surroundings.clock.now()
    if (fallback === null || !first.availability.shouldRest(now)) return first.model
    const other = this.#open(this.#current(fallback))
    return other.availability.isDown(now) ? first.model : other.model
  }

  /** Number of concurrent jobs for the models: some read and store while others wait for an answer. */
  get jobs(): number {
    return jobsFor(Math.max(...configuredModels(this.#choice).map(({ concurrency }) => concurrency)))
  }

  /** The model itself, or the one that has taken over from it. */
  #current(settings: ModelSettings): ModelSettings {
    const today = dayOf(this.#surroundings.clock.now(), 'UTC')
    if (!isWithdrawn(settings, today) && !this.#gone.has(keyOf(settings))) return settings
    const next = successorOf(settings, this.#choice.successor)
    if (next === null) return settings
    this.#tell(this.#open(settings), { said: successionNotice(settings, next), trouble: false })
    return next
  }

  #open(settings: ModelSettings): Opened {
    const key = keyOf(settings)
    const known = this.#opened.get(key)
    if (known) return known
    const { db, log, clock } = this.#surroundings
    const opened: Opened = {
      settings,
      availability: new Availability(),
      said: undefined,
      saving: Promise.resolve(),
      model: new RateLimitedModel(openModel(settings, log, clock), {
        ...{ db, log, name: key, calls: settings.concurrency },
        concurrencyLimit: this.#concurrencyOf(settings),
        price: priceOfModel(settings),
        onAnswer: () => {
          opened.availability.answered()
          this.#tell(opened, null)
        },
        onFailure: (error) => this.#failed(opened, error),
      }),
    }
    this.#opened.set(key, opened)
    opened.model.onJobs = (jobs) => this.onJobs(jobs)
    return opened
  }

  /** The models of one endpoint share one limit. */
  #concurrencyOf({ baseUrl }: ModelSettings): ConcurrencyLimit {
    const known = this.#concurrency.get(baseUrl)
    if (known) return known
    const sharing = configuredModels(this.#choice).filter((one) => one.baseUrl === baseUrl)
    const concurrencyLimit = new ConcurrencyLimit(
      Math.max(1, ...sharing.map(({ concurrency }) => concurrency)),
    )
    this.#concurrency.set(baseUrl, concurrencyLimit)
    return concurrencyLimit
  }

  #failed(opened: Opened, error: unknown): unknown {
    const { settings, availability } = opened
    const now = this.#surroundings.clock.now()
    const next = error instanceof UnknownModel ? successorOf(settings, this.#choice.successor) : null
    if (next !== null) {
      this.#gone.add(keyOf(settings))
      const message = `${settings.name} is gone: ${next.name} answers in its place`
      return new RateLimitedError('model', message, successionMs, { cause: error })
    }
    const wasDown = availability.isDown(now)
    availability.failed(error, now)
    const said = availability.trouble(settings, now)
    if (said !== null) this.#tell(opened, { said, trouble: true })
    // Another model answers in the meantime: the queue does not have to stop.
    if (wasDown && this.#choice.fallback !== null && error instanceof OwnerActionError)
      return new TemporaryError(error.message, { cause: error })
    return error
  }

  /** Writes a notice to the log, and to the store for the pages; each notice only once. */
  #tell(opened: Opened, notice: ModelNotice | null): void {
    const said = notice?.said ?? null
    if (opened.said === said) return
    const { db, log, clock } = this.#surroundings
    const { settings } = opened
    if (notice)
      log[notice.trouble ? 'error' : 'warn']({ event: 'model.notice', model: settings.name, reason: said })
    else if (opened.said) log.info({ event: 'model.recovered', model: settings.name })
    opened.said = said
    const now = clock.now()
    opened.saving = opened.saving
      .then(() => saveModelNotice(db, keyOf(settings), notice, now))
      .catch((error: unknown) => {
        // It is repeated the next time.
        opened.said = undefined
        log.warn({ event: 'model.notice-not-stored', reason: reasonOf(error) })
      })
  }
}
