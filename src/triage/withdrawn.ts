/** "Never mind": the sender withdraws a question, so the waiting reply is no longer needed. */

import { modelVerdict, type StoredVerdict } from '../base/verdicts.ts'
import { provenByServer, provenBySignature } from '../compose/author.ts'
import type { Arrival } from '../context.ts'
import { removeSavedDraft, savedDraft } from '../deliver/draft-in-mailbox.ts'
import { type AttachedFile, attachmentsOf } from '../mail/attachments.ts'
import { isRefuted } from '../mail/authentication.ts'
import { namedIds } from '../mail/message.ts'
import { move } from '../store/moves.ts'
import { openRepliesTo } from '../store/replies.ts'

/** A mail in a thread of the sender's own that no longer asks for anything. */
export function takesBack(stored: StoredVerdict | null | undefined): boolean {
  const verdict = modelVerdict(stored ?? null)
  return (
    verdict !== null &&
    !verdict.needs_reply &&
    verdict.asks.length === 0 &&
    !verdict.spam.is &&
    !verdict.manipulation
  )
}

/**
 * Supersedes replies to earlier mails of the same sender in this thread. A draft that the owner has touched stays. A
 * mail whose author is in doubt withdraws nothing: anybody can write "never mind" under another's address.
 */
export async function takeBackReplies(arrival: Arrival): Promise<void> {
  const { context, account, mail } = arrival
  const { row, message } = mail
  // A file that was forgotten belongs to the question, although this mail asks nothing itself.
  if (row.fromAddress === null || attachmentsOf(message).some(isContent)) return
  const { thread } = namedIds(message)
  const sender = { account: row.account, address: row.fromAddress, exceptId: row.id }
  const open = await openRepliesTo(context.db, sender, thread)
  if (open.length === 0 || !(await isBelieved(arrival))) return
  for (const { reply, step } of open) {
    if ((await savedDraft(account, reply)) === 'touched') continue
    const change = { id: reply.id, at: step, reason: 'withdrawn', reply: { sendAfter: null } } as const
    if (await move(context.db, 'withdraw', change, context.clock.now()))
      await removeSavedDraft(account, reply)
  }
}

/** Not a logo, and not the signature of a signed mail. */
const isContent = ({ isInline, type }: AttachedFile) =>
  !isInline && !/^application\/(?:(?:x-)?pkcs7|pgp)-signature$/.test(type)

/** If our own server says nothing about authors, the signature has to prove this one. */
async function isBelieved({ context, account, mail }: Arrival): Promise<boolean> {
  if (isRefuted(mail, account.settings.owner)) return false
  return provenByServer(account, mail) !== null || (await provenBySignature(context, account, mail)).proven
}
