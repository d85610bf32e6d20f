/** "Never mind": the sender takes a question back, so the reply to it that still waits is no longer needed. */
import type { Account, StepContext } from '../context.ts'
import { removeSavedDraft, savedDraft } from '../deliver/draft-in-mailbox.ts'
import type { StoredMail } from '../store/bodies.ts'
import { namedIds } from '../store/guard-context.ts'
import { commitStep } from '../store/messages.ts'
import { changeReply, openRepliesTo } from '../store/replies.ts'
import type { Verdict } from './verdict.ts'

/** A mail that asks for nothing any more, in a thread of the sender's own. */
export const takesBack = ({ needs_reply, asks, spam, manipulation }: Verdict): boolean =>
  !needs_reply && asks.length === 0 && !spam.is && !manipulation

/** Supersedes replies to earlier mails of the same sender in this thread. A draft that the owner has touched stays theirs. */
export async function takeBackReplies(
  context: StepContext,
  account: Account,
  { row, message }: StoredMail,
): Promise<void> {
  if (row.fromAddress === null) return
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
