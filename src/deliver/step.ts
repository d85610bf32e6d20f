/** Deliver: looks once more whether a person has answered, then saves or sends exactly the octets that are stored. */

import type { Reason } from '../base/reasons.ts'
import { type Account, accountOf, type Next, PutOff, type StepContext } from '../context.ts'
import { nextOpening } from '../decide/hours.ts'
import { loadAccountState } from '../store/accounts.ts'
import { loadMail, type StoredMail } from '../store/bodies.ts'
import { commitStep, type StepChange } from '../store/messages.ts'
import { changeReply, loadReply, type ReplyRow } from '../store/replies.ts'
import { lastRestore } from '../store/restore.ts'
import { answeredByOwner } from './answered-by-owner.ts'
import { savedDraft } from './draft-in-mailbox.ts'
import { finishSent } from './finish.ts'
import type { DeliveryOutcome } from './outcome.ts'
import { recheck } from './recheck.ts'
import { saveDraft } from './save.ts'
import { afterInterruption, sendReply } from './send.ts'

const pausedForMs = 60_000
/** Clocks of mail servers differ. */
const skewMs = 600_000

export async function deliver(context: StepContext, id: string): Promise<Next | null> {
  const mail = await loadMail(context.db, id)
  if (mail?.row.step !== 'deliver') return null
  const reply = await loadReply(context.db, id)
  if (reply === null) return null
  const account = accountOf(context, mail.row.account)
  const outcome = await deliverReply(context, account, mail, reply)
  const change: StepChange = { id, from: 'deliver', ...outcome }
  return (await commitStep(context.db, change, context.clock.now())) ? { stage: outcome.to } : null
}

/** The reply's state says how far an earlier run came. */
async function deliverReply(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  reply: ReplyRow,
): Promise<DeliveryOutcome> {
  switch (reply.state) {
    case 'composed':
    case 'saving':
      return saveIfUnanswered(context, account, mail, reply)
    case 'approved':
      return sendIfAllowed(context, account, mail, reply)
    case 'sending':
      return afterInterruption(context, account, mail, reply)
    case 'sent':
      return finishSent(context, account, mail, reply)
    case 'saved':
      return { to: 'done', disposition: 'drafted', reason: mail.row.reason }
    case 'uncertain':
      return { to: 'review', disposition: 'uncertain', reason: 'send-unconfirmed' }
    case 'held':
      return { to: 'review', disposition: 'held', reason: mail.row.reason }
    case 'rejected':
    case 'superseded':
      return { to: 'done', disposition: reply.state, reason: mail.row.reason }
  }
}

async function supersede(context: StepContext, reply: ReplyRow, reason: Reason): Promise<DeliveryOutcome> {
  const change = { id: reply.id, from: [reply.state], to: 'superseded', actor: 'replyd' } as const
  await changeReply(context.db, change, context.clock.now())
  return { to: 'done', disposition: 'superseded', reason }
}

/** The owner has edited, sent or deleted the draft in their own client since it was approved here: they decide. */
async function holdAgain(context: StepContext, reply: ReplyRow, reason: Reason): Promise<DeliveryOutcome> {
  const change = { id: reply.id, from: [reply.state], to: 'held', actor: 'replyd', sendAfter: null } as const
  await changeReply(context.db, change, context.clock.now())
  return { to: 'review', disposition: 'held', reason }
}

async function saveIfUnanswered(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  reply: ReplyRow,
): Promise<DeliveryOutcome> {
  const answered = await answeredByOwner(account, mail.row)
  if (answered !== null) return supersede(context, reply, answered)
  // What the store no longer knows may stand in \Drafts already.
  return saveDraft(context, account, mail, reply, mail.row.reason, await isBeforeRestore(context, mail))
}

/** Mail of before a restore may have been handled after the backup: nothing of it goes out by itself. */
async function isBeforeRestore({ db }: StepContext, { row }: StoredMail): Promise<boolean> {
  const restoredAt = await lastRestore(db)
  return restoredAt !== null && row.internalDate.getTime() <= restoredAt.getTime() + skewMs
}

async function sendIfAllowed(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  reply: ReplyRow,
): Promise<DeliveryOutcome> {
  const now = context.clock.now()
  if (reply.sendAfter !== null && reply.sendAfter > now) {
    throw new PutOff(reply.sendAfter, mail.row.reason === 'outside-hours' ? 'outside-hours' : 'undo-window')
  }
  // Nobody was here at the time that was chosen for it.
  const { businessHours } = account.settings.replies
  const opening = nextOpening(businessHours, now, context.config.budget.timeZone)
  if (reply.kind === 'send' && opening > now) throw new PutOff(opening, 'outside-hours')
  const { paused } = await loadAccountState(context.db, mail.row.account)
  if (paused) throw new PutOff(new Date(now.getTime() + pausedForMs), 'account-paused')
  const answered = await answeredByOwner(account, mail.row)
  if (answered !== null) return supersede(context, reply, answered)
  if (reply.kind === 'send' && (await isBeforeRestore(context, mail)))
    return saveDraft(context, account, mail, reply, 'restored', true)
  if ((await savedDraft(account, reply)) === 'touched') return holdAgain(context, reply, 'draft-touched')
  const { decision, reason, stillAllowed } = await recheck(context, account, mail, reply)
  if (decision === 'never') return supersede(context, reply, reason)
  // A person's approval outranks the guard's "draft"; what goes out by itself does not.
  if (reply.kind === 'send' && decision === 'draft') return saveDraft(context, account, mail, reply, reason)
  return sendReply(context, account, mail, reply, reply.kind === 'send' ? stillAllowed : async () => true)
}
