import { dayBefore } from '../base/clock.ts'
import {
  OwnerActionError,
  PermanentError,
  PutOff,
  reasonOf,
  TemporaryError,
  UncertainError,
} from '../base/errors.ts'
import type { Reason } from '../base/reasons.ts'
import type { Delivery, Next } from '../context.ts'
import { type Accepted, type Outgoing, RefusedAddressees } from '../smtp/submission.ts'
import { move } from '../store/moves.ts'
import type { ReplyRow } from '../store/replies.ts'
import { claim, claimForFinalDot, persistently } from './claim.ts'
import { finishSent, providerFilesWithinMs } from './finish.ts'
import { saveDraft } from './save.ts'

/**
 * Sends, and claims right before the final dot: a process that dies earlier leaves nothing uncertain.
 * @param stillAllowed called once the claim is made
 */
export async function sendReply(
  delivery: Delivery,
  stillAllowed: () => Promise<boolean>,
): Promise<Next | null> {
  const { account, reply } = delivery
  let claimed = null as ReplyRow | null
  let accepted: Accepted
  try {
    accepted = await account.smtp.send(outgoing(reply), async () => {
      claimed = await claimForFinalDot(delivery, stillAllowed)
    })
  } catch (error) {
    if (claimed === null && !isRefusal(error)) throw error
    // A refusal also takes a slot, and only one worker may decide what happens to the reply.
    return afterFailure({ ...delivery, reply: claimed ?? (await claim(delivery)) }, error)
  }
  // From here on no failure may look as if the reply had not been sent.
  return asSent({ ...delivery, reply: claimed ?? reply }, accepted.reply, accepted.messageId)
}

/** The server refused this reply, not the login. */
const isRefusal = (error: unknown) => error instanceof PermanentError && !(error instanceof OwnerActionError)

const outgoing = ({ octets, reversePath, addressees, kind }: ReplyRow): Outgoing => ({
  octets,
  reversePath,
  addressees,
  automatic: kind === 'send',
  smtpUtf8: ![reversePath, ...addressees].every(isAscii),
})

async function asSent(
  delivery: Delivery,
  replyText: string,
  rewrittenId: string | null,
): Promise<Next | null> {
  const { context, mail, reply } = delivery
  const now = context.clock.now()
  const renamed = rewrittenId === null ? {} : { replyMessageId: rewrittenId }
  const change = { id: reply.id, reply: { replyText, finishedAt: now, ...renamed } }
  const sent = await persistently(
    context,
    async () =>
      (await move(context.db, 'markSent', change, now)) ??
      // Another worker assumed this one dead, but only this one knows the server's answer.
      (await move(context.db, 'confirmSent', { ...change, at: 'review', reason: mail.row.reason }, now)),
  )
  return finishSent({ ...delivery, reply: sent?.reply ?? { ...reply, state: 'sent' } })
}

async function afterFailure(delivery: Delivery, error: unknown): Promise<Next | null> {
  const { context, mail, reply } = delivery
  const why = reasonOf(error)
  if (error instanceof UncertainError) return lookForIt(delivery, why)
  if (error instanceof TemporaryError || error instanceof OwnerActionError) {
    // Certainly not accepted: back to `approved`, and the pipeline's back-off decides when to retry.
    const back = { id: reply.id, reply: { replyText: why, version: reply.version } }
    await persistently(context, () => move(context.db, 'giveBack', back, context.clock.now()))
    throw error
  }
  if (error instanceof RefusedAddressees)
    return refuse(delivery, 'addressee-refused', `${why} (${error.refused.join(', ')})`)
  if (error instanceof PermanentError) {
    // The owner's text stays as it is in their mailbox.
    if (mail.row.reason === 'approved-by-flag') return refuse(delivery, 'smtp-rejected', why)
    return saveDraft(delivery, { reason: 'smtp-rejected', detail: why })
  }
  throw error
}

/** Nobody received it, and nothing was changed: the owner decides who else should get it, or how. */
async function refuse(
  { context, reply: { id } }: Delivery,
  reason: Reason,
  detail: string,
): Promise<Next | null> {
  const change = { id, at: 'deliver', reason, detail, reply: { sendAfter: null, replyText: detail } } as const
  const refused = await persistently(context, () => move(context.db, 'refuse', change, context.clock.now()))
  return refused && { stage: 'review' }
}

/** A process died while it was sending, or between the server's acceptance and our record of it. */
export function afterInterruption(delivery: Delivery): Promise<Next | null> {
  return lookForIt(
    delivery,
    'no answer came after the mail was handed over, or replyd was stopped in the meantime',
  )
}

/** Only a copy in \Sent proves that it was sent; without it a person decides. Never resent on a guess. */
async function lookForIt(delivery: Delivery, why: string): Promise<Next | null> {
  const { context, account, reply } = delivery
  const { sent } = await account.imap.specialMailboxes()
  const found =
    sent === null
      ? []
      : await account.imap.findByMessageId(sent, reply.replyMessageId, dayBefore(reply.createdAt))
  if (found.length > 0) return asSent(delivery, `found in ${sent}; ${why}`, null)
  const now = context.clock.now()
  const lookUntil = new Date((reply.claimedAt ?? reply.createdAt).getTime() + providerFilesWithinMs)
  // A provider that files accepted mail needs a moment to do so.
  if (now < lookUntil) throw new PutOff(lookUntil, 'looking-in-sent')
  const reason = 'send-unconfirmed'
  const change = { id: reply.id, at: 'deliver', reason, detail: why, reply: { replyText: why } } as const
  return (await move(context.db, 'doubt', change, now)) && { stage: 'review' }
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}
