import { accountOf } from '../context.ts'
import { removeSavedDraft } from '../deliver/draft-in-mailbox.ts'
import type { ReplyRow } from '../store/replies.ts'
import { decide, isOpen, load, openReply, stepOf, untouched } from './decide.ts'
import { Refusal, type Review } from './review.ts'

/**
 * A person's no: nothing goes out. The draft leaves \Drafts, if it stands there as replyd saved it.
 * @throws Refusal when it was decided already, or the owner has touched the draft
 */
export async function reject(review: Review, id: string, actor: string, seen?: string): Promise<void> {
  const { context } = review
  const subject = await load(review, id)
  const { row } = subject
  const step = stepOf(row, actor, 'done', { disposition: 'rejected', reason: 'rejected-by-person' })
  if (subject.reply === null) {
    if (!isOpen(subject)) throw new Refusal('already-decided')
    await decide(review, step, null)
    return
  }
  const reply = openReply(subject, seen)
  const account = accountOf(context, row.account)
  const draft = await untouched(account, reply)
  const change = {
    id,
    from: [reply.state],
    fromText: reply.text,
    to: 'rejected',
    actor,
    saved: null,
  } as const
  await decide(review, step, change)
  if (draft === 'untouched') await removeSavedDraft(account, reply)
}

/**
 * Takes a no back: the mail waits for a person again.
 * @throws Refusal when it is not rejected (any more)
 */
export async function reopen(review: Review, id: string, actor: string): Promise<ReplyRow | null> {
  const { row, reply } = await load(review, id)
  if (row.disposition !== 'rejected') throw new Refusal('already-decided')
  const step = stepOf(row, actor, 'review', { disposition: 'held', reason: 'reopened' })
  return decide(review, step, reply && { id, from: ['rejected'], to: 'held', actor })
}
