/**
 * The flow of a mail: which step runs on which queue, and what a failure means for its row. The row is the truth, the
 * job only a trigger; only this file enqueues.
 */
import { EventEmitter } from 'node:events'
import { backoffMs } from '../base/backoff.ts'
import { Batcher } from '../base/batcher.ts'
import type { Stage, Step } from '../base/dispositions.ts'
import {
  OwnerActionError,
  PermanentError,
  PutOff,
  RateLimitedError,
  reasonOf,
  type Scoped,
  UncertainError,
} from '../base/errors.ts'
import { accountLabel } from '../base/log.ts'
import type { Next, StepContext } from '../context.ts'
import { guard } from '../guard/step.ts'
import { UidValidityChanged } from '../imap/imap.ts'
import {
  type JobRequest,
  type QueueName,
  type Queues,
  queueNames,
  RetryLater,
  type Work,
} from '../queue/queues.ts'
import { loadAccountState } from '../store/accounts.ts'
import { loadMails, type StoredMail } from '../store/bodies.ts'
import type { Carried } from '../store/carried.ts'
import { analyseGrown } from '../store/database.ts'
import { loadMessage, loadMessageBatched, type MessageRow, postponeStep } from '../store/messages.ts'
import { type DueRow, Sweeper, sweepEveryMs } from './sweeper.ts'
import { failureReason, handOver, stepBackoff, table } from './table.ts'

/** Milliseconds. */
const ownerActionRetryMs = 60_000
const busyRetryMs = 500
const giveUpAfterMs = 24 * 3_600_000
/** Mails carried in memory; characters of a mail's text. Others are read again, as after a job of another process. */
const mostCarried = 1_000
const longestCarried = 20_000
const carriedForMs = 300_000
/** Mails that arrive together and are carried to triage. */
const fewMails = 20
/** The store's statistics are renewed after this many jobs, if its tables have grown. */
const analyseEvery = 200

export class Pipeline extends EventEmitter<PipelineEvents> implements AsyncDisposable {
  readonly #drainMs: number
  readonly #context: StepContext
  readonly #queues: Queues
  readonly #workers = new Map<QueueName, Work>()
  /** Rows that this process is working on: after a lost lock or a wiped queue a job may be duplicated. */
  readonly #underWay = new Set<string>()
  readonly #sweeper: Sweeper
  /** Data that the last step of a row left for its job in another queue, oldest first. */
  readonly #carried = new Map<string, { carried: Carried; until: number }>()
  /** The last message to the owner, by account. */
  readonly #toldOf = new Map<string, string>()
  #jobs = 0
  #stopping: Promise<void> | null = null
  /** Enqueues the jobs of several mails in one batch. */
  readonly #enqueuing = new Batcher<readonly JobRequest[], void>(async (all) => {
    await this.#enqueueAll(all.flat())
    return all.map(() => undefined)
  })
  /** Why the model can't be used, for health; null while it can. */
  modelStopped: string | null = null

  /** @param drainMs time for running jobs at disposal, milliseconds */
  constructor(context: StepContext, queues: Queues, drainMs: number) {
    super()
    this.#drainMs = drainMs
    this.#context = context
    this.#queues = queues
    this.#sweeper = new Sweeper(
      context,
      (due) => this.#takeDue(due),
      (due) => queues.hasten(due.flatMap(({ id, step }) => this.#jobFor(id, step))),
    )
  }

  /** Starts the workers and the sweeper. */
  work(concurrency: Record<QueueName, number>): void {
    for (const name of queueNames) {
      const handler = (step: Step, id: string, signal: AbortSignal) => this.#runJob(step, id, signal)
      this.#workers.set(name, this.#queues.work(name, concurrency[name], handler))
    }
    this.#sweeper.start()
  }

  /** Changes the number of concurrent jobs of that queue in this process. */
  resize(name: QueueName, jobs: number): void {
    this.#workers.get(name)?.resize(jobs)
  }

  /** Stops taking jobs at once, and waits for running ones. Called again, it waits for the same. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const drained = [...this.#workers.values()].map((worker) => worker.drain(this.#drainMs))
    await Promise.all([this.#sweeper[Symbol.asyncDispose](), ...drained])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /**
   * Accepts mails that were just stored: guards those that are not guarded yet, and enqueues the next step. The sweeper
   * finds lost jobs.
   */
  async accept(mails: readonly StoredMail[]): Promise<void> {
    const guarded = await guard(this.#context, mails)
    const stages = mails.flatMap(({ row }): [string, Stage][] => {
      const stage = row.step === 'guard' ? guarded.get(row.id)?.stage : row.step
      return stage ? [[row.id, stage]] : []
    })
    // A backlog would leave no room for the data of other steps.
    if (mails.length <= fewMails)
      for (const mail of mails)
        if (mail.row.step === 'triage') this.#carry(mail.row.id, { mail, reply: null })
    await this.#enqueue(stages.flatMap(([id, stage]) => this.#jobFor(id, stage)))
    await this.#tellSettled(stages.flatMap(([id, stage]) => (isAtRest(stage) ? [id] : [])))
  }

  /** Enqueues a row whose stage was changed elsewhere: a person approved, or the undo window began. */
  async advance(id: string, stage: Stage, dueAt?: Date): Promise<void> {
    this.#carried.delete(id)
    await this.#enqueue(this.#jobFor(id, stage, dueAt))
  }

  /** A person asks to retry a refused login: connections are opened at once, and a new refusal is reported again. */
  tryAgain(account: string): void {
    this.#toldOf.delete(account)
    this.#context.accounts.get(account)?.imap.tryAgain()
    this.emit('try-again', account)
  }

  /** Re-enqueues every due row; existing jobs stay unchanged. Never throws. */
  sweep(): Promise<void> {
    return this.#sweeper.sweep()
  }

  async #takeDue(all: readonly DueRow[]): Promise<void> {
    // A job runs several steps: a second job for its current step would only wait for it.
    const due = all.filter(({ id }) => !this.#underWay.has(id))
    const unguarded = due.filter(({ step }) => step === 'guard').map(({ id }) => id)
    await this.accept(await loadMails(this.#context.db, unguarded))
    await this.#queues.enqueueMissing(due.flatMap(({ id, step, dueAt }) => this.#jobFor(id, step, dueAt)))
  }

  async #enqueue(requests: readonly JobRequest[]): Promise<void> {
    if (requests.length > 0) await this.#enqueuing.ask(requests)
  }

  async #enqueueAll(requests: readonly JobRequest[]): Promise<void> {
    await this.#queues.enqueue(requests).catch((error: unknown) => {
      this.#context.log.warn({ event: 'queue.unreachable', reason: reasonOf(error), jobs: requests.length })
    })
  }

  #jobFor(messageId: string, stage: Stage, dueAt?: Date): JobRequest[] {
    if (stage === 'review' || stage === 'done' || stage === 'guard') return []
    const delayMs = dueAt ? Math.max(0, dueAt.getTime() - this.#context.clock.now().getTime()) : 0
    // Left to the sweeper: an existing job stays unchanged, so a delayed one would block a new decision.
    if (delayMs > sweepEveryMs) return []
    return [{ queue: table[stage].queue, step: stage, messageId, delayMs }]
  }

  /** Runs a step and the following ones, as long as they ration the same resource. */
  async #runJob(first: Step, id: string, signal: AbortSignal): Promise<void> {
    // A job left in Redis by an earlier version may name a step that no longer exists. The sweeper creates one for
    // the row's own step.
    if (!Object.hasOwn(table, first)) return
    // Another job of this row is running; this one may be needed when that has ended.
    if (this.#underWay.has(id)) throw new RetryLater(busyRetryMs)
    this.#underWay.add(id)
    const next = await this.#runSteps(first, id, signal).finally(() => this.#underWay.delete(id))
    // Not earlier: another worker of this process would take the job at once and find the row still in progress.
    await this.#enqueue(next)
    if (++this.#jobs % analyseEvery === 0) await analyseGrown(this.#context)
  }

  /** @returns the job for the next step, if it does not belong to this one */
  async #runSteps(first: Step, id: string, signal: AbortSignal): Promise<JobRequest[]> {
    let carried = this.#takeCarried(id)
    for (let step = first; step !== 'guard'; ) {
      let next: Next | null
      try {
        next = await this.#runStep(step, id, signal, carried)
      } catch (error) {
        // BullMQ would run the job again under the name it started with.
        if (step === first) throw error
        return this.#again(step, id, error)
      }
      if (next === null) return []
      const { stage, dueAt } = next
      if (isAtRest(stage)) {
        await this.#tellSettled([id], next.carried)
        return []
      }
      const sameQueue = stage !== 'guard' && table[stage].queue === table[step].queue
      if (!sameQueue || dueAt) {
        const jobs = this.#jobFor(id, stage, dueAt)
        if (next.carried && jobs[0]?.delayMs === 0) this.#carry(id, next.carried)
        return jobs
      }
      step = stage
      carried = next.carried ?? null
    }
    return []
  }

  #carry(id: string, carried: Carried): void {
    const { text, html } = carried.mail.message
    if (text.length + (html?.length ?? 0) > longestCarried) return
    const now = this.#context.clock.now().getTime()
    for (const [oldest, { until }] of this.#carried) {
      if (until > now) break
      this.#carried.delete(oldest)
    }
    // Jobs run in the order in which they were queued, so the oldest entry is used next and must not be evicted.
    if (this.#carried.size < mostCarried) this.#carried.set(id, { carried, until: now + carriedForMs })
  }

  #takeCarried(id: string): Carried | null {
    const left = this.#carried.get(id)
    this.#carried.delete(id)
    return left && left.until > this.#context.clock.now().getTime() ? left.carried : null
  }

  /** A later step of a job must run again: it gets its own job. */
  async #again(step: Exclude<Step, 'guard'>, messageId: string, error: unknown): Promise<JobRequest[]> {
    const { queue } = table[step]
    if (error instanceof RetryLater) return [{ queue, step, messageId, delayMs: error.delayMs }]
    if (error instanceof RateLimitedError)
      await this.#enqueue([{ queue, step, messageId, delayMs: error.retryAfterMs }])
    throw error
  }

  async #runStep(
    step: Exclude<Step, 'guard'>,
    id: string,
    signal: AbortSignal,
    carried: Carried | null,
  ): Promise<Next | null> {
    try {
      const usable = carried?.mail.row.step === step ? carried : null
      // A copy, so that a step sees the same settings from its beginning to its end.
      const next = await table[step].run({ ...this.#context }, id, signal, usable)
      if (table[step].queue === 'model') this.modelStopped = null
      return next
    } catch (error) {
      return this.#failed(step, id, error)
    }
  }

  /** What a failure means for the row. @throws RetryLater, or RateLimitedError for the whole model queue */
  async #failed(step: Exclude<Step, 'guard'>, id: string, error: unknown): Promise<Next | null> {
    if (error instanceof PutOff) return this.#putOff(step, id, error)
    const row = await loadMessage(this.#context.db, id)
    if (row === null) return null
    const { log } = this.#context
    const { account } = row
    // The provider asked for the pause, or the pause saves it from having to ask.
    const level = error instanceof RateLimitedError ? 'info' : 'warn'
    log[level]({
      event: 'step.failed',
      account: accountLabel(account),
      step,
      messageId: id,
      error: (error as Error).name,
      reason: reasonOf(error),
    })
    // The step was carried out, and only the store's answer was lost.
    if (row.step !== step) return isAtRest(row.step) ? null : { stage: row.step, dueAt: row.dueAt }
    if (error instanceof RateLimitedError) return this.#wait(step, row, error.retryAfterMs, error)
    if (error instanceof OwnerActionError) {
      await this.#tellOwner(error, account)
      return this.#wait(step, row, ownerActionRetryMs, error)
    }
    // The watcher reads the mailbox again and gives the row its new UID.
    if (error instanceof UidValidityChanged) return this.#retry(step, row, error)
    if (error instanceof PermanentError) return handOver(this.#context, step, row, failureReason[step], error)
    if (error instanceof UncertainError) return handOver(this.#context, step, row, 'outcome-unknown', error)
    const failingSince = row.firstErrorAt?.getTime() ?? Number.POSITIVE_INFINITY
    // Nothing was tried while it was overdue: see postponeStep.
    const triedUntil = Math.min(this.#context.clock.now().getTime(), row.dueAt.getTime())
    if (triedUntil - failingSince > giveUpAfterMs) {
      return handOver(this.#context, step, row, 'gave-up', error)
    }
    return this.#retry(step, row, error)
  }

  async #putOff(step: Step, id: string, { until, reason }: PutOff): Promise<null> {
    const now = this.#context.clock.now()
    await postponeStep(this.#context.db, { id, step, dueAt: until, why: reason, failed: false }, now)
    const delayMs = until.getTime() - now.getTime()
    // If it is later, the sweeper finds the row, unless somebody decides first.
    if (delayMs <= sweepEveryMs) throw new RetryLater(Math.max(1, delayMs))
    return null
  }

  /**
   * Waiting is not a failure: no attempt is counted. The model's limits apply to all mail, a mailbox's to one
   * account.
   */
  async #wait(step: Step, row: MessageRow, ms: number, error: Scoped): Promise<never> {
    const now = this.#context.clock.now()
    const dueAt = new Date(now.getTime() + ms)
    if (error instanceof OwnerActionError) this.emit('postponed', row, dueAt, error.message)
    // Compose also reads \Sent: a problem there must not keep other accounts' mail from the model.
    if (error.scope === 'model') throw new RateLimitedError('model', error.message, ms, { cause: error })
    await postponeStep(this.#context.db, { id: row.id, step, dueAt, why: error.message, failed: false }, now)
    throw new RetryLater(ms)
  }

  async #retry(step: Step, row: MessageRow, error: unknown): Promise<never> {
    const now = this.#context.clock.now()
    const delayMs = backoffMs(row.attempts, stepBackoff, this.#context.random)
    const dueAt = new Date(now.getTime() + delayMs)
    await postponeStep(this.#context.db, { id: row.id, step, dueAt, why: reasonOf(error), failed: true }, now)
    this.emit('postponed', row, dueAt, reasonOf(error))
    throw new RetryLater(delayMs, { cause: error })
  }

  /** Once per cause, and again after somebody asked to try again. */
  async #tellOwner(error: OwnerActionError, account: string): Promise<void> {
    const told = error.scope === 'model' ? this.modelStopped : this.#toldOf.get(account)
    if (told === error.message) {
      // The person may have asked on the page of another process.
      const { stopped } = await loadAccountState(this.#context.db, account)
      if (error.scope === 'account' && stopped === null) this.tryAgain(account)
      return
    }
    if (error.scope === 'model') this.modelStopped = error.message
    else this.#toldOf.set(account, error.message)
    this.emit('owner-action', error, account)
  }

  /** @param carried by the step that settled the only one of them; if absent, the rows are read */
  async #tellSettled(ids: readonly string[], carried?: Carried): Promise<void> {
    const { db, log } = this.#context
    const isHeard = log.isLevelEnabled('info') || this.listenerCount('settled') > 0
    if (ids.length === 0 || !isHeard) return
    // Everything is committed: a failure to report it must not repeat the work.
    const rows = carried
      ? [carried.mail.row]
      : await Promise.all(ids.map((id) => loadMessageBatched(db, id))).catch(() => [])
    for (const row of rows) {
      if (row === null) continue
      const { id, account, disposition, reason } = row
      log.info({ event: 'mail.settled', id, account: accountLabel(account), disposition, reason })
      this.emit('settled', row)
    }
  }
}

const isAtRest = (stage: Stage) => stage === 'review' || stage === 'done'

interface PipelineEvents {
  /** A row is settled: done, or waiting for a person. */
  settled: [row: MessageRow]
  /** A step failed and is tried again at that time. */
  postponed: [row: MessageRow, dueAt: Date, why: string]
  /** Only the owner can fix this; reported once per cause. */
  'owner-action': [error: OwnerActionError, account: string]
  /** The account's connections should be opened at once. */
  'try-again': [account: string]
}
