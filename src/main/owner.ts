import { type OwnerActionError, reasonOf } from '../errors.ts'
import type { StepContext } from '../steps/context.ts'
import { changeAccountState } from '../store/accounts.ts'

/** Says it in the log and keeps it in the store, so that every process and page can show it. Never throws. */
export async function tellOwner(
  { db, log, clock }: StepContext,
  error: OwnerActionError | Error,
  account: string,
): Promise<void> {
  const reason = reasonOf(error)
  log.error({ event: 'owner.action-needed', reason })
  if ('scope' in error && error.scope === 'model') return
  await changeAccountState(db, account, { stopped: reason }, clock.now()).catch(() => undefined)
}
