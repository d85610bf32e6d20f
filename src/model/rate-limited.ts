/**
 * The model within the provider's rate limits: concurrent calls are counted here, requests and tokens per minute in
 * the store, so that all workers on all machines share them. A provider that states no limits costs no statement.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { RateLimitedError, reasonOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Database } from '../store/database.ts'
import { changeRate, loadRate } from '../store/model-state.ts'
import type { PriceRow } from './budget.ts'
import { imagesIn, octetsOf } from './chat.ts'
import {
  type Answer,
  type Ask,
  correct,
  correctionOf,
  jobsAfter,
  type Model,
  ModelTimeout,
  type Need,
  type RateLimits,
  type RateState,
  type Turn,
  takeTurn,
  unlimited,
} from './client.ts'
import type { ConcurrencyLimit, Outcome } from './concurrency.ts'

/** Milliseconds. A caller that has to wait longer returns its job, and the queue is paused. */
const patienceMs = 2_000
/** The queue resumes this long before the slot, because reading the mail takes time, too. */
const leadMs = 1_000
const shortestPauseMs = 100
const shrinkEveryMs = 500
/** Tokens per octet before the first answer; the real figure is learned. */
const firstTokensPerOctet = 0.3

interface RateSettings {
  db: Database
  log: Log
  /** Key under which the limits are shared: the provider and the model. */
  name: string
  /** Concurrent calls in this process. */
  calls: number
  /** Shared by the models of one endpoint. */
  concurrencyLimit: ConcurrencyLimit
  price: PriceRow
  /** Called with each answer, and with each failure before it is thrown. @returns the error to throw instead */
  onAnswer: () => void
  onFailure: (error: unknown) => unknown
}

/**
 * Jobs for this many calls: as many read and store as wait for an answer. Their statements wait for each other in
 * batches, so with fewer jobs than that a model at 300 ms has calls to spare.
 */
export const jobsFor = (calls: number): number => calls * 2 + 2

/** A model, and what it costs. */
export interface PricedModel extends Model {
  readonly price: PriceRow
}

export class RateLimitedModel implements PricedModel {
  readonly #model: Model
  readonly #settings: RateSettings
  #state: Promise<void> | null = null
  #known: RateState = unlimited
  #learning: Promise<void> | null = null
  /** After HTTP 429, on this process's own clock. */
  #quietUntil = 0
  #tokensPerOctet = firstTokensPerOctet
  #jobs: number
  #shrunkAt = 0
  /** Called with the number of concurrent jobs when it changes. */
  onJobs: (jobs: number) => void = () => undefined

  constructor(model: Model, settings: RateSettings) {
    this.#model = model
    this.#settings = settings
    this.#jobs = jobsFor(settings.calls)
  }

  get name(): string {
    return this.#model.name
  }

  get price(): PriceRow {
    return this.#settings.price
  }

  get contextTokens(): number | null {
    return this.#model.contextTokens
  }

  outputLimit(maxOutputTokens: number): number {
    return this.#model.outputLimit(maxOutputTokens)
  }

  inputOctets(maxOutputTokens: number): number {
    return this.#model.inputOctets(maxOutputTokens)
  }

  listModels(signal?: AbortSignal) {
    return this.#model.listModels(signal)
  }

  async ask<T>(request: Ask<T>): Promise<Answer<T>> {
    const { concurrencyLimit } = this.#settings
    const leave = await concurrencyLimit.enter()
    let outcome: Outcome = 'failed'
    try {
      await this.#load()
      const answer = await this.#askInTurn(request, await this.#turn(this.#needOf(request)))
      outcome = 'answered'
      return answer
    } catch (error) {
      if (error instanceof ModelTimeout) outcome = 'timed-out'
      throw error
    } finally {
      // Callers that wait for the first answer wait for its limits.
      await this.#learning
      leave(outcome)
    }
  }

  async #askInTurn<T>(request: Ask<T>, turn: Turn): Promise<Answer<T>> {
    try {
      const answer = await this.#model.ask({ ...request, onLimits: (limits) => this.#learn(limits, turn) })
      if (answer.attempts === 1 && answer.usage.input > 0 && imagesIn(request.messages) === 0)
        this.#tokensPerOctet = answer.usage.input / octetsOf(request.messages)
      this.#settings.onAnswer()
      return answer
    } catch (error) {
      // The queue is paused for it; jobs that have already left the queue stop here.
      if (error instanceof RateLimitedError) this.#quietUntil = performance.now() + error.retryAfterMs
      // An aborted call has not failed.
      throw request.signal?.aborted ? error : this.#settings.onFailure(error)
    }
  }

  /** Limits found by other workers apply from the first call on. */
  #load(): Promise<void> {
    const { db, name } = this.#settings
    this.#state ??= loadRate<RateState>(db, name).then(
      (rate) => {
        this.#known = rate ?? unlimited
      },
      () => undefined,
    )
    return this.#state
  }

  #needOf<T>({ messages, maxOutputTokens }: Ask<T>): Need {
    const input = Math.ceil(octetsOf(messages) * this.#tokensPerOctet)
    return { requests: 1, tokens: input + this.#model.outputLimit(maxOutputTokens) }
  }

  /** @throws RateLimitedError when the slot is too far away to wait here */
  async #turn(need: Need): Promise<Turn> {
    this.#stayQuiet()
    const { requests, tokens } = this.#known
    if (requests === null && tokens === null) return { waitMs: 0, taken: true, rate: this.#known, at: 0 }
    const { db, name } = this.#settings
    const turn = await changeRate<RateState, Turn>(db, name, (rate, now) =>
      takeTurn(rate ?? unlimited, need, now, patienceMs),
    )
    this.#known = turn.rate
    this.#adapt(turn.waitMs)
    if (!turn.taken) throw tooEarly(turn.waitMs - leadMs)
    if (turn.waitMs > 0) await delay(turn.waitMs)
    this.#stayQuiet()
    return turn
  }

  #stayQuiet(): void {
    const quietMs = this.#quietUntil - performance.now()
    if (quietMs > 0) throw tooEarly(quietMs)
  }

  #learn(limits: RateLimits, turn: Turn): void {
    const correction = correctionOf(limits, turn)
    if (correction === null) return
    const { db, name, log } = this.#settings
    this.#learning = changeRate<RateState, { rate: RateState }>(db, name, (rate, now) => ({
      rate: correct(rate ?? unlimited, correction, now),
    })).then(
      ({ rate }) => {
        this.#known = rate
      },
      (error: unknown) => log.warn({ event: 'model.limits-not-stored', reason: reasonOf(error) }),
    )
  }

  /**
   * Only as many jobs need to wait as will get a slot soon; the others' resources are free for work without a model.
   */
  #adapt(waitMs: number): void {
    const jobs = jobsAfter(this.#jobs, jobsFor(this.#settings.calls), waitMs)
    if (jobs === this.#jobs) return
    const now = performance.now()
    if (jobs < this.#jobs && now - this.#shrunkAt < shrinkEveryMs) return
    if (jobs < this.#jobs) this.#shrunkAt = now
    this.#jobs = jobs
    this.onJobs(jobs)
  }
}

function tooEarly(waitMs: number): RateLimitedError {
  const ms = Math.max(shortestPauseMs, Math.ceil(waitMs))
  return new RateLimitedError('model', `the rate limit of the model's provider is used up for ${ms} ms`, ms)
}
