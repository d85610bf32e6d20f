/** Deliver: checks again whether a person has answered, then saves or sends exactly the stored octets. */

import { PermanentError, PutOff } from '../base/errors.ts'
import type { Reason } from '../base/reasons.ts'
import { nextOpening } from '../config/business-hours.ts'
import { type Delivery, deliveryAt, type Next, type StepContext } from '../context.ts'
import { loadObstacles } from '../store/accounts.ts'
import type { StoredMail } from '../store/bodies.ts'
import type { Carried } from '../store/carried.ts'
import { move } from '../store/moves.ts'
import { lastRestore } from '../store/restore.ts'
import { currentMail, recheck } from './changed-since.ts'
import { savedDraft } from './draft-in-mailbox.ts'
import { finishSent } from './finish.ts'
import { saveDraft } from './save.ts'
import { afterInterruption, sendReply } from './send.ts'

const pausedForMs = 60_000
/** Clocks of mail servers differ. */
const skewMs = 600_000

export async function deliver(
  context: StepContext,
  id: string,
  _signal?: AbortSignal,
  carried: Carried | null = null,
): Promise<Next | null> {
  const delivery = await deliveryAt('deliver', context, id, carried)
  return delivery && deliverReply(delivery)
}

/** The reply's state shows how far an earlier run got. */
async function deliverReply(delivery: Delivery): Promise<Next | null> {
  const { state } = delivery.reply
  switch (state) {
    case 'composed':
    case 'saving':
      return saveIfUnanswered(delivery)
    case 'approved':
      return sendIfAllowed(delivery)
    case 'sending':
      return afterInterruption(delivery)
    case 'sent':
      return finishSent(delivery)
    default:
      throw new PermanentError(`a reply that is ${state} can't be delivered`)
  }
}

async function supersede({ context, reply: { id } }: Delivery, reason: Reason): Promise<Next | null> {
  const change = { id, at: 'deliver', reason } as const
  return (await move(context.db, 'supersede', change, context.clock.now())) && { stage: 'done' }
}

/** The owner has edited, sent or deleted the draft in their own client since it was approved here: they decide. */
async function holdAgain({ context, reply: { id } }: Delivery, reason: Reason): Promise<Next | null> {
  const change = { id, at: 'deliver', reason, reply: { sendAfter: null } } as const
  return (await move(context.db, 'holdAgain', change, context.clock.now())) && { stage: 'review' }
}

async function saveIfUnanswered(delivery: Delivery): Promise<Next | null> {
  const { context, account, mail } = delivery
  const { settled } = await currentMail(account, mail.row)
  if (settled !== null) return supersede(delivery, settled)
  // A draft that the store no longer knows may already be in \Drafts.
  const mayStand = isBefore(await lastRestore(context.db), mail)
  return saveDraft(delivery, { reason: mail.row.reason, mayStand })
}

/** Mail from before a restore may have been handled after the backup: no reply to it is sent automatically. */
const isBefore = (restoredAt: Date | null, { row }: StoredMail): boolean =>
  restoredAt !== null && row.internalDate.getTime() <= restoredAt.getTime() + skewMs

async function sendIfAllowed(delivery: Delivery): Promise<Next | null> {
  const { context, account, mail, reply } = delivery
  const now = context.clock.now()
  if (reply.sendAfter !== null && reply.sendAfter > now) {
    throw new PutOff(reply.sendAfter, mail.row.reason === 'outside-hours' ? 'outside-hours' : 'undo-window')
  }
  // The daemon was down at the scheduled time.
  const { businessHours } = account.settings.replies
  const opening = nextOpening(businessHours, now, context.config.budget.timeZone)
  if (reply.kind === 'send' && opening > now) throw new PutOff(opening, 'outside-hours')
  const { paused, restoredAt } = await loadObstacles(context.db, mail.row.account)
  if (paused) throw new PutOff(new Date(now.getTime() + pausedForMs), 'account-paused')
  const { settled, flags } = await currentMail(account, mail.row)
  if (settled !== null) return supersede(delivery, settled)
  if (reply.kind === 'send' && isBefore(restoredAt, mail))
    return saveDraft(delivery, { reason: 'restored', mayStand: true })
  if ((await savedDraft(account, reply)) === 'touched') return holdAgain(delivery, 'draft-touched')
  const { decision, reason, stillAllowed } = await recheck(delivery, flags)
  if (decision === 'never') return supersede(delivery, reason)
  // A person's approval outranks the guard's "draft"; automatic sending does not.
  if (reply.kind === 'send' && decision === 'draft') return saveDraft(delivery, { reason })
  return sendReply(delivery, reply.kind === 'send' ? stillAllowed : async () => true)
}
