/** Every 30 s: looks for due rows that may have no job, so that a wiped queue costs seconds, not mail. */
import type { Step } from '../base/dispositions.ts'
import { reasonOf } from '../base/errors.ts'
import type { StepContext } from '../context.ts'
import { findDue, recallFromAhead } from '../store/messages.ts'
import { releaseBudgetWaiters, settleAbandonedCalls } from '../store/model-calls.ts'

export const sweepEveryMs = 30_000
const sweepLimit = 2_000
/** Clocks of machines that share a store differ by less. */
const skewMs = 600_000

export interface DueRow {
  id: string
  step: Step
  dueAt: Date
}

export class Sweeper implements AsyncDisposable {
  readonly #context: StepContext
  readonly #take: (due: readonly DueRow[]) => Promise<void>
  readonly #hasten: (due: readonly DueRow[]) => Promise<void>
  #timer: NodeJS.Timeout | null = null
  #sweeping: Promise<void> | null = null

  /**
   * @param take enqueues rows
   * @param hasten runs jobs now that were delayed by a clock that has been set back since
   */
  constructor(
    context: StepContext,
    take: (due: readonly DueRow[]) => Promise<void>,
    hasten: (due: readonly DueRow[]) => Promise<void>,
  ) {
    this.#context = context
    this.#take = take
    this.#hasten = hasten
  }

  /** Sweeps at once and from then on. */
  start(): void {
    this.#timer = setInterval(() => void this.sweep(), sweepEveryMs)
    void retryBudgetWaiters(this.#context).then(() => this.sweep())
  }

  /** Never throws; one at a time. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweepOnce()
      .catch((error: unknown) => this.#context.log.warn({ event: 'sweep.failed', reason: reasonOf(error) }))
      .finally(() => {
        this.#sweeping = null
      })
    return this.#sweeping
  }

  async #sweepOnce(): Promise<void> {
    await settleLostCalls(this.#context)
    const { db, clock } = this.#context
    const now = clock.now()
    // Another installation may have its accounts in this database: leave its mail alone.
    const accounts = [...this.#context.accounts.keys()]
    const recalled = await recallFromAhead(db, now, new Date(now.getTime() + skewMs), accounts)
    if (recalled.length > 0) await this.#hasten(recalled)
    // Rows due before the next sweep are enqueued with their delay: a wiped queue has lost the delayed jobs as well.
    await this.#take(await findDue(db, new Date(now.getTime() + sweepEveryMs), sweepLimit, accounts))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    await this.#sweeping
  }
}

/** Milliseconds. A call not settled by then never will be: timeout, repair and pauses are far shorter. */
const lostAfterMs = 600_000

/** The maximum cost of a call whose process died counts as spent. */
async function settleLostCalls({ db, clock, config, log }: StepContext): Promise<void> {
  const { tasks, fallback } = config.model
  const models = [...Object.values(tasks), ...(fallback ? [fallback] : [])]
  const ageMs = Math.max(lostAfterMs, ...models.map(({ timeoutMs }) => 4 * timeoutMs))
  const lost = await settleAbandonedCalls(db, new Date(clock.now().getTime() - ageMs))
  if (lost > 0) log.warn({ event: 'model.calls-lost', count: lost })
}

/**
 * Restarting retries mail that waits for the budget, which the owner may have raised. Never throws: at midnight
 * the mail is tried again in any case.
 */
async function retryBudgetWaiters({ db, clock }: StepContext): Promise<void> {
  await releaseBudgetWaiters(db, clock.now()).catch(() => undefined)
}
