/** Hold: draft, wait for a person, or send after the undo window. The policy is pure (src/decide/policy.ts). */
import { PermanentError } from '../base/errors.ts'
import type { ClaimKind } from '../base/reasons.ts'
import { placeholders } from '../check/claims.ts'
import { octetsOf, writtenReply } from '../compose/reply-octets.ts'
import { type Account, accountOf, type Next, type StepContext } from '../context.ts'
import { authentication } from '../mail/authentication.ts'
import { loadMail, type StoredMail } from '../store/bodies.ts'
import { commitDecision } from '../store/decisions.ts'
import { earlierMails, writtenTo } from '../store/history.ts'
import type { StepChange } from '../store/messages.ts'
import { loadReply, type ReplyChange, type ReplyRow } from '../store/replies.ts'
import { neededVerdict } from '../triage/verdict.ts'
import { isGranted } from './autonomy-record.ts'
import { nextOpening } from './hours.ts'
import { decideHold, type HoldDecision } from './policy.ts'

/** Codes of the guard that stop sending, not drafting, because of how much was sent already. */
const throttles = /^(sender-throttled|thread-throttled|same-reply)$/

export async function hold(context: StepContext, id: string): Promise<Next | null> {
  const mail = await loadMail(context.db, id)
  if (mail?.row.step !== 'hold') return null
  const reply = await loadReply(context.db, id)
  if (reply === null) return null
  const account = accountOf(context, mail.row.account)
  const decision = decideHold(await weigh(context, account, mail, reply))
  return carryOut(context, account, mail, reply, decision)
}

async function weigh(context: StepContext, account: Account, { row, message }: StoredMail, reply: ReplyRow) {
  const { replies, owner, categories } = account.settings
  const verdict = neededVerdict(row.verdict)
  const { composed } = reply
  if (composed === null) throw new PermanentError('a person wrote this reply')
  const address = row.fromAddress ?? ''
  const found = authentication(message, owner.authservIds, address.slice(address.lastIndexOf('@') + 1))
  const category = categories.find(({ name }) => name === verdict.category)
  const count = (wanted: ClaimKind) => reply.claims.filter(({ kind }) => kind === wanted).length
  const [faults, ungrounded, parroted] = [count('fault'), count('ungrounded'), count('parroted')]
  const granted = await isGranted(context.db, row.account, verdict.category)
  return {
    // Who asked for another reply wants to see it before anything becomes of it.
    mode: row.instruction === null ? replies.mode : ('review' as const),
    categoryMode: row.instruction === null ? (granted ? 'send' : (category?.mode ?? null)) : null,
    ceiling: row.ceiling === 'may' ? ('may' as const) : ('draft' as const),
    verdict,
    composed,
    claims: reply.claims.length - faults - ungrounded - parroted,
    ungrounded,
    parroted: parroted > 0,
    placeholders: placeholders(composed.text).length,
    faults,
    manipulation: verdict.manipulation,
    authenticated: found === 'unknown' ? null : found === 'pass',
    knownSender: await writtenTo(context.db, row.account, reply.addressee, row.id),
    firstContact: (await earlierMails(context.db, row.account, address, row.id)) === 0,
    throttled: row.codes.some((code) => throttles.test(code)),
    cut: reply.omitted.length > 0,
    businessHours: sendTime(context, account).isOpen,
    minConfidence: replies.minConfidence,
  }
}

async function carryOut(
  context: StepContext,
  account: Account,
  mail: StoredMail,
  reply: ReplyRow,
  decision: HoldDecision,
): Promise<Next | null> {
  const now = context.clock.now()
  const { id } = mail.row
  const { action, reason, reasons } = decision
  const base = { id, from: ['composed'] as const, actor: 'replyd', holdReasons: reasons }
  const change = { id, from: 'hold' as const, reason }
  if (action === 'hold') {
    return commit(context, { ...base, to: 'held' }, { ...change, to: 'wait', disposition: 'held' }, now)
  }
  if (action === 'save-draft') {
    const saved = { ...change, to: 'deliver', disposition: 'waiting' } as const
    return commit(context, { ...base, to: 'composed' }, saved, now)
  }
  const { sendAfter } = sendTime(context, account)
  const automatic = await asAutomatic(context, account, mail, reply)
  const approved = { ...change, to: 'deliver', disposition: 'approved', dueAt: sendAfter } as const
  return commit(context, { ...base, to: 'approved', sendAfter, ...automatic }, approved, now)
}

/** When it may go out by itself: after the undo window, at the next opening when that ends outside of business hours. */
function sendTime({ clock, config }: StepContext, { settings }: Account) {
  const { undoMs, businessHours } = settings.replies
  const undone = new Date(clock.now().getTime() + undoMs)
  const sendAfter = nextOpening(businessHours, undone, config.budget.timeZone)
  return { sendAfter, isOpen: sendAfter.getTime() === undone.getTime() }
}

async function commit(
  context: StepContext,
  reply: ReplyChange,
  mail: StepChange,
  now: Date,
): Promise<Next | null> {
  const committed = await commitDecision(context.db, { reply, mail, now })
  return committed ? { stage: mail.to, ...(mail.dueAt ? { dueAt: mail.dueAt } : {}) } : null
}

async function asAutomatic(context: StepContext, account: Account, mail: StoredMail, reply: ReplyRow) {
  const built = await writtenReply(account.settings, mail, 'send', reply, context.clock.now())
  if (built === null) throw new PermanentError('there is nobody to answer')
  return octetsOf('send', built)
}
