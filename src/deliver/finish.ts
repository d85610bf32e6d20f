/**
 * After the server has accepted the reply: the copy in \Sent, and \Answered on the original. After a crash only the
 * searches are repeated.
 */

import { dayBefore } from '../base/clock.ts'
import { OwnerActionError, PermanentError, PutOff, reasonOf, UncertainError } from '../base/errors.ts'
import { providerAt } from '../base/providers.ts'
import type { Account, Delivery, Next, StepContext } from '../context.ts'
import { MessageVanished, UidValidityChanged } from '../imap/imap.ts'
import { changeAccountState, loadAccountState } from '../store/accounts.ts'
import type { StoredMail } from '../store/bodies.ts'
import { mailAfter } from '../store/carried.ts'
import { moveKnown } from '../store/moves.ts'
import type { ReplyRow } from '../store/replies.ts'
import { removeSavedDraft } from './draft-in-mailbox.ts'

/** How long a provider gets to file its own copy before we look, milliseconds. */
export const providerFilesWithinMs = 5_000

export async function finishSent({ context, account, mail, reply }: Delivery): Promise<Next | null> {
  // First, so that a copy that can't be stored now does not keep the original from being marked as answered.
  await markAnswered(account, mail)
  await keepCopy(context, account, reply)
  await removeSavedDraft(account, reply)
  const { id, reason } = mail.row
  const change = { id, at: 'deliver', reason, detail: reply.replyText } as const
  const now = context.clock.now()
  const moved = await moveKnown(context.db, 'finishSent', change, now)
  const after = moved && mailAfter(mail, 'finishSent', change, moved, now)
  return after && { stage: 'done', carried: { mail: after, reply: null } }
}

/**
 * Gmail and Microsoft file submitted mail, most others do not (docs/rules.md section 6). Without a setting it is
 * found out once per account: look after some seconds, store a copy only if there is none, and remember that.
 */
async function keepCopy(context: StepContext, account: Account, reply: ReplyRow): Promise<void> {
  const { settings, imap } = account
  const address = settings.owner.address
  const { sentCopy } = settings.sentCopy === null ? await loadAccountState(context.db, address) : settings
  if (sentCopy === false || (sentCopy === null && filesSent(account))) return
  const { sent } = await imap.specialMailboxes()
  if (sent === null) return
  const now = context.clock.now()
  const lookAt = new Date((reply.finishedAt ?? now).getTime() + providerFilesWithinMs)
  if (sentCopy === null && now < lookAt) throw new PutOff(lookAt, 'sent-copy')
  const stands =
    (await imap.findByMessageId(sent, reply.replyMessageId, dayBefore(reply.createdAt))).length > 0
  // First: after a lost answer the next run would find our own copy, and take it for the provider's.
  if (sentCopy === null) await changeAccountState(context.db, address, { sentCopy: !stands }, now)
  if (!stands) await append(context, account, sent, reply)
}

/** Only mail accepted by its own SMTP server, and only into its own mailbox. */
function filesSent({ settings: { smtp, imap } }: Account): boolean {
  const provider = providerAt(smtp.host)
  return provider?.filesSent === true && providerAt(imap.host) === provider
}

async function append(context: StepContext, account: Account, sent: string, reply: ReplyRow): Promise<void> {
  const { imap } = account
  try {
    await imap.append(sent, reply.octets, ['\\Seen'], [], context.clock.now())
  } catch (error) {
    if (error instanceof PermanentError && !(error instanceof OwnerActionError)) {
      // It was sent; a Sent mailbox that refuses the copy does not change that.
      context.log.warn({ event: 'sent.copy-refused', messageId: reply.id, reason: reasonOf(error) })
      return
    }
    if (!(error instanceof UncertainError)) throw error
    // The next run looks again before it stores.
    throw new PutOff(new Date(context.clock.now().getTime() + providerFilesWithinMs), 'sent-copy')
  }
}

/** Only for sent replies, never for a draft (docs/rules.md section 6). */
async function markAnswered(account: Account, { row }: StoredMail): Promise<void> {
  try {
    await account.imap.addFlags(row.mailbox, row.uidValidity, row.uid, ['\\Answered'])
  } catch (error) {
    // The owner has moved or deleted it: there is nothing to mark.
    if (!(error instanceof MessageVanished || error instanceof UidValidityChanged)) throw error
  }
}
