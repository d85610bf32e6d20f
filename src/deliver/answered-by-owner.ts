import { dayBefore } from '../base/clock.ts'
import type { Reason } from '../base/reasons.ts'
import type { Account } from '../context.ts'
import { MessageVanished, UidValidityChanged } from '../imap/imap.ts'
import { isNamedAlone, type MessageRow } from '../store/messages.ts'

/**
 * Whether a person has answered or deleted the mail since it arrived: `\Answered` (RFC 3501 section 2.3.2), or a
 * reply to it in \Sent. Returns the reason, or null if neither.
 */
export async function answeredByOwner(account: Account, row: MessageRow): Promise<Reason | null> {
  const { imap } = account
  const flags = await currentFlags(account, row)
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

/** Null if the mail is not where it was. */
export async function currentFlags(account: Account, row: MessageRow): Promise<string[] | null> {
  try {
    return await account.imap.flags(row.mailbox, row.uidValidity, row.uid)
  } catch (error) {
    if (error instanceof UidValidityChanged || error instanceof MessageVanished) return null
    throw error
  }
}
