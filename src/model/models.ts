/** The configured models: which one answers a task. The models of one endpoint share its slots. */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { Semaphore } from '../base/semaphore.ts'
import type { ModelChoice, ModelSettings, ModelTask } from '../config/settings.ts'
import type { Database } from '../store/database.ts'
import { priceOfModel } from './budget.ts'
import { openModel } from './client.ts'
import { jobsFor, type PricedModel, RateLimitedModel } from './rate-limited.ts'

export interface Models {
  /** The model that is to answer the next question of that task. Asked for each question: it may change. */
  of(task: ModelTask): PricedModel
}

interface Surroundings {
  db: Database
  log: Log
  clock: Clock
}

export class ConfiguredModels implements Models {
  readonly #choice: ModelChoice
  readonly #surroundings: Surroundings
  readonly #slots = new Map<string, Semaphore>()
  readonly #opened = new Map<ModelSettings, RateLimitedModel>()
  /** Told how many jobs may be under way, when it changes. */
  onJobs: (jobs: number) => void = () => undefined

  /** Opens no connection before the first call. */
  constructor(choice: ModelChoice, surroundings: Surroundings) {
    this.#choice = choice
    this.#surroundings = surroundings
  }

  of(task: ModelTask): PricedModel {
    return this.#open(this.#choice.tasks[task])
  }

  /** Jobs for the models under way at once: some read and store while others wait for an answer. */
  get jobs(): number {
    const { tasks } = this.#choice
    return jobsFor(Math.max(...Object.values(tasks).map(({ concurrency }) => concurrency)))
  }

  #open(settings: ModelSettings): RateLimitedModel {
    const opened = this.#opened.get(settings)
    if (opened) return opened
    const { db, log, clock } = this.#surroundings
    const { baseUrl, name, concurrency: calls } = settings
    const slots = this.#slots.get(baseUrl) ?? new Semaphore(1)
    this.#slots.set(baseUrl, slots)
    const price = priceOfModel(settings)
    const pace = { db, log, name: `${baseUrl} ${name}`, calls, slots, price }
    const model = new RateLimitedModel(openModel(settings, log, clock), pace)
    this.#opened.set(settings, model)
    model.onJobs = (jobs) => this.onJobs(jobs)
    return model
  }
}
