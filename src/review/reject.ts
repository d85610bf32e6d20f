import { type ReplyRow, stateBefore } from '../store/replies.ts'
import {
  accountFor,
  decide,
  isOpen,
  load,
  openReply,
  removeDecidedDraft,
  untouched,
  withDraft,
} from './decide.ts'
import { Refusal, type Review } from './review.ts'

/**
 * A person rejects: nothing is sent. The draft is removed from \Drafts if it is still as replyd saved it.
 * @throws Refusal when it was already decided, or the owner has touched the draft
 */
export async function reject(review: Review, id: string, actor: string, seen?: string): Promise<void> {
  const { context } = review
  const subject = await load(review, id)
  const { row } = subject
  const change = { id, at: row.step, actor, reason: 'rejected-by-person' } as const
  if (subject.reply === null) {
    if (!isOpen(subject)) throw new Refusal('already-decided')
    await decide(review, 'reject', change)
    return
  }
  const reply = openReply(subject, seen)
  // A mail whose account was removed from the configuration can only be rejected. Its draft stays in \Drafts.
  const account = context.accounts.get(row.account)
  const draft = account === undefined ? 'none' : await untouched(account, reply)
  await decide(review, 'reject', { ...change, reply: { fromText: reply.text, saved: null } })
  if (account && draft === 'untouched') await removeDecidedDraft(review, account, reply)
}

/**
 * Undoes a rejection: the mail waits for a person again, with its draft in \Drafts if that was there.
 * @throws Refusal when it is not rejected (or no longer)
 */
export async function reopen(review: Review, id: string, actor: string): Promise<ReplyRow | null> {
  const { context } = review
  const { row, reply } = await load(review, id)
  if (row.disposition !== 'rejected') throw new Refusal('already-decided')
  const change = { id, at: row.step, actor, reason: 'reopened' } as const
  if (reply === null || (await stateBefore(context.db, id, 'rejected')) !== 'saved')
    return decide(review, 'reopen', change)
  return withDraft(review, accountFor(review, row.account), reply, (saved) =>
    decide(review, 'reopenDraft', { ...change, reply: { saved } }),
  )
}
