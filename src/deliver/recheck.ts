/** The guard again: state and history may have changed since the mail was judged (docs/rules.md section 1). */

import type { Delivery } from '../context.ts'
import { applyGuard } from '../guard/ceiling.ts'
import { loadGuardContext } from '../guard/history.ts'
import { automaticRepliesSince } from '../store/guard-history.ts'
import { currentFlags } from './answered-by-owner.ts'

/** Clocks of machines that share a store may differ by this much. */
const skewMs = 60_000

export async function recheck({ context, account, mail, reply }: Delivery) {
  const { owner } = account.settings
  const now = context.clock.now()
  const flags = await currentFlags(account, mail.row)
  const fresh = { ...mail, row: { ...mail.row, flags: flags ?? mail.row.flags } }
  const about = { mail: fresh, addressee: null, hash: reply.textHash }
  const loaded = await loadGuardContext(context.db, owner.address, about, now)
  // An earlier attempt of this very reply that was temporarily refused has taken its slot: do not count it against
  // itself.
  const autoSent = loaded.autoSent.filter(({ messageId }) => messageId !== reply.replyMessageId)
  const history = { ...loaded, autoSent }

  /**
   * Whether the limits still allow it after its own slot is taken: of two replies checked in parallel, at least the
   * one that took its slot later sees the other's.
   */
  const stillAllowed = async (): Promise<boolean> => {
    const known = new Set([reply.replyMessageId, ...autoSent.map(({ messageId }) => messageId)])
    const since = new Date(now.getTime() - skewMs)
    const recent = await automaticRepliesSince(context.db, { account: owner.address, since })
    const meanwhile = recent.filter(({ messageId }) => !known.has(messageId))
    if (meanwhile.length === 0) return true
    const later = { ...history, now: context.clock.now(), autoSent: [...meanwhile, ...autoSent] }
    return applyGuard(mail.message, owner, later).decision === 'may'
  }

  return { ...applyGuard(mail.message, owner, history), stillAllowed }
}
