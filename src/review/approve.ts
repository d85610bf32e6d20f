import type { Reason } from '../base/reasons.ts'
import { sameText } from '../base/secret.ts'
import { octetsOf } from '../compose/reply-octets.ts'
import { type ReplyRow, stateBefore } from '../store/replies.ts'
import {
  accountFor,
  approvalCode,
  asWritten,
  decide,
  isApprovalCode,
  load,
  loadText,
  openReply,
  untouched,
} from './decide.ts'
import { Refusal, type Review } from './review.ts'

/** Reasons that come from the owner's own settings and wishes, not from doubts about the reply. */
export const byMode: ReadonlySet<Reason> = new Set<Reason>(['mode-draft', 'mode-review', 'rewritten'])

/** Whether something in it is missing, doubtful or invented. A person's own text is never doubted. */
export const isDoubtful = ({ asDrafted, holdReasons, claims, missing }: Doubts): boolean =>
  asDrafted && (holdReasons.some((each) => !byMode.has(each)) || claims.length > 0 || missing.length > 0)

interface Doubts extends Pick<ReplyRow, 'holdReasons' | 'claims'> {
  /** The text is the model's. */
  asDrafted: boolean
  missing: readonly string[]
}

export const doubtsOf = ({ text, draftText, holdReasons, claims, composed }: ReplyRow): Doubts => ({
  asDrafted: text === draftText,
  ...{ holdReasons, claims },
  missing: composed?.missing ?? [],
})

/**
 * A person approves: the stored text is sent when the undo window ends.
 * @param seen version of the text that the person saw, or its approval code
 * @throws Refusal when it was already decided, the text has changed, or the owner has touched the draft
 */
export async function approve(
  review: Review,
  id: string,
  actor: string,
  seen: string,
): Promise<ReplyRow | null> {
  const { context, pipeline } = review
  const subject = await load(review, id)
  const byCode = isApprovalCode(seen)
  const reply = openReply(subject, byCode ? undefined : seen)
  if (byCode && !sameText(seen, approvalCode(context.replyKey, reply))) throw new Refusal('wrong-code')
  const { row } = subject
  const account = accountFor(review, row.account)
  const written = octetsOf('draft', asWritten(context, await loadText(review, id), reply))
  await untouched(account, reply)
  const sendAfter = new Date(context.clock.now().getTime() + account.settings.replies.undoMs)
  const approved = await decide(review, 'approve', {
    id,
    at: row.step,
    actor,
    reason: 'approved-by-person',
    dueAt: sendAfter,
    reply: { version: reply.version, fromText: reply.text, sendAfter, ...written },
  })
  await pipeline.advance(id, 'deliver', sendAfter)
  return approved
}

/**
 * Cancels an approval before anything is sent: the reply waits as it did before, in \Drafts or on the page. One that was
 * approved by a flag is held, because its draft still has the flag.
 * @throws Refusal when it is being sent, or was never approved
 */
export async function cancel(review: Review, id: string, actor: string): Promise<ReplyRow | null> {
  const { row } = await load(review, id)
  const change = { id, at: 'deliver', actor, reason: 'cancelled', reply: { sendAfter: null } } as const
  const before = await stateBefore(review.context.db, id, 'approved')
  const isDraftAgain = before === 'saved' && row.reason !== 'approved-by-flag'
  return decide(review, isDraftAgain ? 'undoToDraft' : 'undo', change)
}
