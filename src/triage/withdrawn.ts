/** "Never mind": the sender takes a question back, so the reply to it that still waits is no longer needed. */

import type { Account, StepContext } from '../context.ts'
import { removeSavedDraft, savedDraft } from '../deliver/draft-in-mailbox.ts'
import { domainPart } from '../mail/address.ts'
import { authentication } from '../mail/authentication.ts'
import type { StoredMail } from '../store/bodies.ts'
import { namedIds } from '../store/guard-context.ts'
import { commitStep } from '../store/messages.ts'
import { changeReply, openRepliesTo } from '../store/replies.ts'
import { modelVerdict, type StoredVerdict } from './verdict.ts'

/** A mail that asks for nothing any more, in a thread of the sender's own. */
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
 * Supersedes replies to earlier mails of the same sender in this thread. A draft that the owner has touched stays. A mail
 * that fails authentication takes nothing back: anybody can write "never mind" under another's address.
 */
export async function takeBackReplies(
  context: StepContext,
  account: Account,
  { row, message }: StoredMail,
): Promise<void> {
  if (row.fromAddress === null) return
  const { authservIds } = account.settings.owner
  if (authentication(message, authservIds, domainPart(row.fromAddress)) === 'dmarc-fail') return
  const { thread } = namedIds(message)
  const sender = { account: row.account, address: row.fromAddress, exceptId: row.id }
  for (const { reply, step } of await openRepliesTo(context.db, sender, thread)) {
    if ((await savedDraft(account, reply)) === 'touched') continue
    const now = context.clock.now()
    const taken = await context.db.transaction(async (session) => {
      const change = {
        id: reply.id,
        from: [reply.state],
        to: 'superseded',
        actor: 'replyd',
        sendAfter: null,
      } as const
      if ((await changeReply(session, change, now)) === null) return false
      const done = { to: 'done', disposition: 'superseded', reason: 'withdrawn' } as const
      return commitStep(session, { id: reply.id, from: step, ...done }, now)
    })
    if (taken) await removeSavedDraft(account, reply)
  }
}
