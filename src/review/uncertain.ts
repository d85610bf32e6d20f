import { octetsOf } from '../compose/reply-octets.ts'
import type { ReplyRow } from '../store/replies.ts'
import { asWritten, decide, load, loadText } from './decide.ts'
import { Refusal, type Review } from './review.ts'

/**
 * A person has found out that the reply was sent: its copy and the mark on the original follow.
 * @throws Refusal when nothing is uncertain (any more)
 */
export async function markSent(review: Review, id: string, actor: string): Promise<ReplyRow | null> {
  const { context, pipeline } = review
  const { row } = await load(review, id)
  if (row.disposition !== 'uncertain') throw new Refusal('already-decided')
  const finishedAt = context.clock.now()
  const reply = { finishedAt, replyText: `${actor} says that it was delivered` }
  const change = { id, at: row.step, actor, reason: 'sent-by-their-word', reply } as const
  const sent = await decide(review, 'confirmSent', change)
  await pipeline.advance(id, 'deliver')
  return sent
}

/**
 * A person has found out that it was not sent, or can't tell: it waits again, under another Message-ID, and nothing
 * is sent until they approve it.
 * @throws Refusal when nothing is uncertain (any more)
 */
export async function holdAgain(review: Review, id: string, actor: string): Promise<ReplyRow | null> {
  const { row, reply } = await load(review, id)
  if (row.disposition !== 'uncertain' || reply === null) throw new Refusal('already-decided')
  const attemptGroup = reply.attemptGroup + 1
  const built = await asWritten(review.context, await loadText(review, id), { ...reply, attemptGroup })
  const written = { attemptGroup, ...octetsOf('draft', built) }
  const change = { id, at: row.step, actor, reason: 'held-again', reply: written } as const
  return decide(review, 'holdUncertain', change)
}
