/** Notices when the owner has answered, in their own client, a mail whose reply waits here: no decision is left. */

import { logDecision } from '../base/log.ts'
import type { Account, StepContext } from '../context.ts'
import { isNamedAlone, loadMessage, type MessageRow } from '../store/messages.ts'
import { move } from '../store/moves.ts'
import { waitingIds } from '../store/observations.ts'
import { loadReply, type ReplyRow } from '../store/replies.ts'

const mostWaiting = 500
const dayMs = 86_400_000

/** The state of \Sent at the last look, and the mails that were searched for. */
export interface SentLook {
  mark: string
  ids: Set<string>
}

/**
 * Searches \Sent for answers to held or uncertain replies; only if either has changed since the last look.
 * @returns ids of replies that turned out to be sent: their remaining delivery steps are still to be done
 */
export async function observeAnswers(
  context: StepContext,
  account: Account,
  look: SentLook,
): Promise<string[]> {
  const { sent } = await account.imap.specialMailboxes()
  if (sent === null) return []
  const ids = await waitingIds(context.db, account.settings.owner.address, mostWaiting)
  if (ids.length === 0) return []
  const { uidValidity, uidNext, exists } = await account.imap.state(sent)
  const mark = `${uidValidity} ${uidNext} ${exists}`
  const wanted = mark === look.mark ? ids.filter((id) => !look.ids.has(id)) : ids
  const found: string[] = []
  for (const id of wanted) {
    const [row, reply] = [await loadMessage(context.db, id), await loadReply(context.db, id)]
    if (row?.step === 'review' && (await settle(context, account, sent, row, reply))) found.push(id)
  }
  look.mark = mark
  look.ids = new Set(ids)
  return found
}

/** True if our own reply is in \Sent. */
async function settle(
  context: StepContext,
  { imap }: Account,
  sent: string,
  row: MessageRow,
  reply: ReplyRow | null,
): Promise<boolean> {
  const from = new Date(row.internalDate.getTime() - dayMs)
  if (row.disposition === 'uncertain' && reply !== null) {
    if ((await imap.findByMessageId(sent, reply.replyMessageId, from)).length > 0)
      return noteArrived(context, row, sent)
  }
  if (!isNamedAlone(row)) return false
  if ((await imap.findRepliesTo(sent, row.messageId, from)).length > 0) await supersede(context, row)
  return false
}

/** It was sent after all: the copy that proves it was late. */
async function noteArrived(context: StepContext, { id }: MessageRow, sent: string): Promise<boolean> {
  const now = context.clock.now()
  const reply = { replyText: `found in ${sent}`, finishedAt: now }
  const change = { id, at: 'review', reason: 'found-in-sent', reply } as const
  return (await move(context.db, 'confirmSent', change, now)) !== null
}

async function supersede({ db, clock, log }: StepContext, { id }: MessageRow): Promise<void> {
  const change = { id, at: 'review', reason: 'answered-by-owner', actor: 'owner' } as const
  if (await move(db, 'answeredElsewhere', change, clock.now())) logDecision(log, change)
}
