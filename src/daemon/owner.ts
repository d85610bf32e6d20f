import { reasonOf } from '../base/errors.ts'
import { accountLabel } from '../base/log.ts'
import type { StepContext } from '../context.ts'
import { changeAccountState } from '../store/accounts.ts'

/**
 * Says it in the log and keeps it in the store, so that every process and page can show it. Never throws.
 * @param error why the account stopped; null when it goes on
 */
export async function tellOwner(
  { db, log, clock }: Pick<StepContext, 'db' | 'log' | 'clock'>,
  error: Error | null,
  account: string,
): Promise<void> {
  const reason = error === null ? null : reasonOf(error)
  if (reason !== null) log.error({ event: 'owner.action-needed', account: accountLabel(account), reason })
  if (error !== null && 'scope' in error && error.scope === 'model') return
  await changeAccountState(db, account, { stopped: reason }, clock.now()).catch(() => undefined)
}
