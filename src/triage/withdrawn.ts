/** "Never mind": the sender withdraws a question, so no reply is needed any more. */

import { TemporaryError } from '../base/errors.ts'
import { modelVerdict, type StoredVerdict } from '../base/verdicts.ts'
import { provenByServer, provenBySignature } from '../compose/author.ts'
import type { Arrival } from '../context.ts'
import { removeSavedDraft, savedDraft } from '../deliver/draft-in-mailbox.ts'
import { isRefuted } from '../mail/authentication.ts'
import { namedIds } from '../mail/message.ts'
import { move } from '../store/moves.ts'
import { type OpenMail, openMails } from '../store/replies.ts'

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

/** A mail may move on between the look and the withdrawal. */
const mostLooks = 3

/**
 * Supersedes earlier mails of the same sender in this thread that wait for their reply. A draft that the owner has
 * touched stays. A mail whose author is in doubt withdraws nothing: anybody can write "never mind" under another's
 * address.
 * @throws TemporaryError while one of them is not judged yet: it may be spam, which nobody takes back
 */
export async function takeBackReplies(arrival: Arrival): Promise<void> {
  const { context, mail } = arrival
  const { row, message } = mail
  if (row.fromAddress === null) return
  const { thread } = namedIds(message)
  for (let looks = 0; looks < mostLooks; looks++) {
    const open = await openMails(context.db, row, thread)
    if (open.length === 0 || (looks === 0 && !(await isBelieved(arrival)))) return
    const judged = open.filter(({ step, reply }) => step !== 'triage' || reply !== null)
    let movedOn = false
    for (const each of judged) movedOn = !(await takeBack(arrival, each)) || movedOn
    if (judged.length < open.length)
      throw new TemporaryError('the mail that this one withdraws is still being judged')
    if (!movedOn) return
  }
}

/** False if it is elsewhere by now. */
async function takeBack({ context, account }: Arrival, { id, step, reply }: OpenMail): Promise<boolean> {
  const { db, clock } = context
  const change = { id, at: step, reason: 'withdrawn' } as const
  // A step under way commits nothing, because the row has another version.
  if (reply === null) return (await move(db, 'withdrawUnwritten', change, clock.now())) !== null
  if ((await savedDraft(account, reply)) === 'touched') return true
  const moved = await move(db, 'withdraw', { ...change, reply: { sendAfter: null } }, clock.now())
  if (moved) await removeSavedDraft(account, reply)
  return moved !== null
}

/** If our own server says nothing about authors, the signature has to prove this one. */
async function isBelieved({ context, account, mail }: Arrival): Promise<boolean> {
  if (isRefuted(mail, account.settings.owner)) return false
  return provenByServer(account, mail) !== null || (await provenBySignature(context, account, mail)).proven
}
