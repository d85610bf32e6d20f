import { dayBefore } from '../base/clock.ts'
import { OwnerActionError, PermanentError, reasonOf, TemporaryError, UncertainError } from '../base/errors.ts'
import type { Reason } from '../base/reasons.ts'
import { type Account, PutOff, type StepContext } from '../context.ts'
import { type Accepted, type Outgoing, RefusedAddressees } from '../smtp/smtp.ts'
import type { StoredMail } from '../store/bodies.ts'
import { changeReply, type ReplyRow } from '../store/replies.ts'
import { claim, giveBack, isUnchanged, noted } from './claim.ts'
import { finishSent, providerFilesWithinMs } from './finish.ts'
import type { DeliveryOutcome } from './outcome.ts'
import { saveDraft } from './save.ts'

/**
 * Sends, and claims directly before the final dot: a process that dies before that leaves nothing uncertain.
 * @param stillAllowed asked once the claim stands
 */
export async function sendReply(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  reply: ReplyRow,
  stillAllowed: () => Promise<boolean>,
): Promise<DeliveryOutcome> {
  let claimed = null as ReplyRow | null
  let accepted: Accepted
  try {
    accepted = await account.smtp.send(outgoing(reply), async () => {
      claimed = await claim(context, reply)
      if (!isUnchanged(claimed, reply)) throw await giveBack(context, reply, 'changed-meanwhile')
      if (!(await stillAllowed())) throw await giveBack(context, reply, 'limits-changed')
    })
  } catch (error) {
    if (error instanceof PutOff || (claimed === null && !(error instanceof PermanentError))) throw error
    // A refusal takes a slot, too, and what becomes of the reply is for one worker to say.
    return afterFailure(context, account, mail, claimed ?? (await claim(context, reply)), error)
  }
  // From here on nothing that fails may look as if it had not been sent.
  return asSent(context, account, mail, claimed ?? reply, accepted.reply, accepted.messageId)
}

const outgoing = ({ octets, reversePath, addressees }: ReplyRow): Outgoing => ({
  octets,
  reversePath,
  addressees,
  smtpUtf8: ![reversePath, ...addressees].every(isAscii),
})

async function asSent(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  reply: ReplyRow,
  replyText: string,
  rewrittenId: string | null,
): Promise<DeliveryOutcome> {
  const now = context.clock.now()
  const renamed = rewrittenId === null ? {} : { replyMessageId: rewrittenId }
  const change = {
    id: reply.id,
    from: ['sending'],
    to: 'sent',
    actor: 'replyd',
    replyText,
    finishedAt: now,
    ...renamed,
  } as const
  const sent = await noted(context, () => changeReply(context.db, change, now))
  return finishSent(context, account, mail, sent ?? { ...reply, state: 'sent' })
}

async function afterFailure(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  reply: ReplyRow,
  error: unknown,
): Promise<DeliveryOutcome> {
  if (error instanceof UncertainError) return lookForIt(context, account, mail, reply, reasonOf(error))
  if (error instanceof TemporaryError || error instanceof OwnerActionError) {
    // Surely not accepted: back to `approved`, and the pipeline's back-off decides when.
    const back = {
      id: reply.id,
      from: ['sending'],
      to: 'approved',
      actor: 'replyd',
      replyText: reasonOf(error),
    } as const
    await noted(context, () => changeReply(context.db, back, context.clock.now()))
    throw error
  }
  if (error instanceof RefusedAddressees)
    return holdRefused(
      context,
      reply,
      'addressee-refused',
      `${reasonOf(error)} (${error.refused.join(', ')})`,
    )
  if (error instanceof PermanentError) {
    // What the owner wrote stays as it stands in their mailbox.
    if (mail.row.reason === 'approved-by-flag')
      return holdRefused(context, reply, 'smtp-rejected', reasonOf(error))
    const outcome = await saveDraft(context, account, mail, reply, 'smtp-rejected')
    return { ...outcome, detail: reasonOf(error) }
  }
  throw error
}

/** Nobody has it, and nothing was changed: the owner decides who else is to get it, or how. */
async function holdRefused(
  context: StepContext,
  reply: ReplyRow,
  reason: Reason,
  detail: string,
): Promise<DeliveryOutcome> {
  const change = { id: reply.id, from: ['sending'], to: 'held', actor: 'replyd', sendAfter: null } as const
  await changeReply(context.db, { ...change, replyText: detail }, context.clock.now())
  return { to: 'review', disposition: 'held', reason, detail }
}

/** A process died while it was sending, or between the server's yes and our note of it. */
export function afterInterruption(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  reply: ReplyRow,
): Promise<DeliveryOutcome> {
  return lookForIt(
    context,
    account,
    mail,
    reply,
    'no answer came after the mail was handed over, or replyd was stopped in the meantime',
  )
}

/** Only a copy in \Sent proves that it went out; without it a person decides. Never resent on a guess. */
async function lookForIt(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  reply: ReplyRow,
  why: string,
): Promise<DeliveryOutcome> {
  const { sent } = await account.imap.specialMailboxes()
  const found =
    sent === null
      ? []
      : await account.imap.findByMessageId(sent, reply.replyMessageId, dayBefore(reply.createdAt))
  if (found.length > 0) return asSent(context, account, mail, reply, `found in ${sent}; ${why}`, null)
  const now = context.clock.now()
  const lookUntil = new Date((reply.claimedAt ?? reply.createdAt).getTime() + providerFilesWithinMs)
  // A provider that files what it accepts takes a moment to do so.
  if (now < lookUntil) throw new PutOff(lookUntil, 'looking-in-sent')
  const change = {
    id: reply.id,
    from: ['sending'],
    to: 'uncertain',
    actor: 'replyd',
    replyText: why,
  } as const
  await changeReply(context.db, change, now)
  return { to: 'review', disposition: 'uncertain', reason: 'send-unconfirmed', detail: why }
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}
