/** What the sweeper and the start do for the money: calls that nobody settled, and mail that waits for tomorrow. */
import type { StepContext } from '../context.ts'
import { releaseBudgetWaiters, settleAbandonedCalls } from '../store/model-calls.ts'

/** Milliseconds. A call that was not settled by then never will be: time-out, repair and the pauses between are far shorter. */
const lostAfterMs = 600_000

/** The worst case of a call whose process died counts as spent. */
export async function settleLostCalls({ db, clock, config, log }: StepContext): Promise<void> {
  const { tasks, fallback } = config.model
  const models = [...Object.values(tasks), ...(fallback ? [fallback] : [])]
  const ageMs = Math.max(lostAfterMs, ...models.map(({ timeoutMs }) => 4 * timeoutMs))
  const lost = await settleAbandonedCalls(db, new Date(clock.now().getTime() - ageMs))
  if (lost > 0) log.warn({ event: 'model.calls-lost', count: lost })
}

/** A start is the owner's answer to a budget that was too small. Never throws: at the latest they run at midnight. */
export async function retryBudgetWaiters({ db, clock }: StepContext): Promise<void> {
  await releaseBudgetWaiters(db, clock.now()).catch(() => undefined)
}
