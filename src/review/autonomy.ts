import { grant, revoke } from '../decide/autonomy-record.ts'
import { Refusal, type Review } from './review.ts'

/**
 * The owner grants automatic sending in one category; replyd only ever offers it.
 * @throws Refusal when the account is not configured, or the category has not earned it
 */
export async function grantAutonomy(
  { context }: Review,
  account: string,
  category: string,
  actor: string,
): Promise<void> {
  if (!context.accounts.has(account)) throw new Refusal('unknown-account')
  if (!(await grant(context.db, account, category, actor, context.clock.now())))
    throw new Refusal('not-offered')
  context.log.info({ event: 'autonomy.granted', account, category, actor })
}

/**
 * Replies of this category wait for a person again. @throws Refusal as `grantAutonomy`, and when nothing is granted
 */
export async function revokeAutonomy(
  { context }: Review,
  account: string,
  category: string,
  actor: string,
): Promise<void> {
  if (!context.accounts.has(account)) throw new Refusal('unknown-account')
  if (!(await revoke(context.db, account, category))) throw new Refusal('not-granted')
  context.log.info({ event: 'autonomy.revoked', account, category, actor })
}
