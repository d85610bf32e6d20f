import { changeAccountState } from '../store/accounts.ts'
import { releasePaused } from '../store/review.ts'
import { Refusal, type Review } from './review.ts'

/**
 * While an account is paused, its mail is classified and replies are written, but nothing goes out.
 * @throws Refusal when the account is not configured
 */
export async function pause({ context }: Review, account: string, actor: string): Promise<void> {
  if (!context.accounts.has(account)) throw new Refusal('unknown-account')
  await changeAccountState(context.db, account, { paused: true, actor }, context.clock.now())
  context.log.info({ event: 'account.paused', account, actor })
}

/** What waited goes out at once, in so far as its undo window is over. @throws Refusal as `pause` */
export async function resume({ context, pipeline }: Review, account: string, actor: string): Promise<void> {
  if (!context.accounts.has(account)) throw new Refusal('unknown-account')
  const now = context.clock.now()
  await changeAccountState(context.db, account, { paused: false, actor }, now)
  context.log.info({ event: 'account.resumed', account, actor })
  for (const { id, dueAt } of await releasePaused(context.db, account, now))
    await pipeline.advance(id, 'deliver', dueAt)
}
