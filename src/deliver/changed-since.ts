import { dayBefore } from '../base/clock.ts'
import type { Reason } from '../base/reasons.ts'
import type { Account, Delivery } from '../context.ts'
import { applyGuard } from '../guard/ceiling.ts'
import { loadGuardContext } from '../guard/history.ts'
import { MessageVanished, UidValidityChanged } from '../imap/imap.ts'
import { automaticRepliesSince } from '../store/guard-history.ts'
import { isNamedAlone, type MessageRow } from '../store/messages.ts'

/** The mail as its mailbox shows it now. */
export interface CurrentMail {
  /** Null if the mail is not where it was. */
  flags: string[] | null
  /** Why it needs no reply any more: a person has answered or deleted it. Null if neither. */
  settled: Reason | null
}

/** Whether a person has answered or deleted the mail since it arrived. */
export async function currentMail(account: Account, row: MessageRow): Promise<CurrentMail> {
  const flags = await currentFlags(account, row)
  return { flags, settled: await settledByOwner(account, row, flags) }
}

/** By `\Answered` or `\Deleted` (RFC 3501 section 2.3.2), a reply to it in \Sent, or the mail itself in \Trash. */
async function settledByOwner(
  { imap }: Account,
  row: MessageRow,
  flags: string[] | null,
): Promise<Reason | null> {
  if (flags?.some((flag) => flag.toLowerCase() === '\\answered')) return 'answered-by-owner'
  if (flags?.some((flag) => flag.toLowerCase() === '\\deleted')) return 'deleted-by-owner'
  if (!isNamedAlone(row)) return null
  const since = dayBefore(row.internalDate)
  const { sent, trash } = await imap.specialMailboxes()
  if (sent !== null && (await imap.findRepliesTo(sent, row.messageId, since)).length > 0)
    return 'answered-by-owner'
  if (
    flags === null &&
    trash !== null &&
    (await imap.findByMessageId(trash, row.messageId, since)).length > 0
  ) {
    return 'deleted-by-owner'
  }
  return null
}

async function currentFlags(account: Account, row: MessageRow): Promise<string[] | null> {
  try {
    return await account.imap.flags(row.mailbox, row.uidValidity, row.uid)
  } catch (error) {
    if (error instanceof UidValidityChanged || error instanceof MessageVanished) return null
    throw error
  }
}

/** Clocks of machines that share a store may differ by this much. */
const skewMs = 60_000

/**
 * The guard again: state and history may have changed since the mail was judged (docs/rules.md section 1).
 * @param flags of CurrentMail
 */
export async function recheck({ context, account, mail, reply }: Delivery, flags: string[] | null) {
  const { owner } = account.settings
  const now = context.clock.now()
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
