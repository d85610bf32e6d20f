/** Hold: draft, wait for a person, or send after the undo window. The policy is pure (src/decide/policy.ts). */

import { PermanentError } from '../base/errors.ts'
import type { ClaimKind } from '../base/reasons.ts'
import { hasContact, placeholders } from '../check/claims.ts'
import { octetsOf, writtenReply } from '../compose/reply-octets.ts'
import { type Account, accountOf, type Next, type StepContext } from '../context.ts'
import type { Proof } from '../dns/author-proof.ts'
import { correspondents } from '../mail/correspondents.ts'
import { replySubject } from '../mail/reply/subject.ts'
import { loadMail, type StoredMail } from '../store/bodies.ts'
import { commitDecision } from '../store/decisions.ts'
import type { StepChange } from '../store/messages.ts'
import { loadReply, type ReplyChange, type ReplyRow } from '../store/replies.ts'
import { neededVerdict } from '../triage/verdict.ts'
import { provenByServer, provenBySignature } from './author.ts'
import { isGranted } from './autonomy-record.ts'
import { nextOpening } from './hours.ts'
import { applyPolicy, type PolicyDecision } from './policy.ts'

/** Codes of the guard that stop sending, not drafting, because of how much was sent already. */
const throttles = /^(sender-throttled|thread-throttled|same-reply)$/

export async function decide(context: StepContext, id: string): Promise<Next | null> {
  const mail = await loadMail(context.db, id)
  if (mail?.row.step !== 'decide') return null
  const reply = await loadReply(context.db, id)
  if (reply === null) return null
  const account = accountOf(context, mail.row.account)
  const weighed = await weigh(context, account, mail, reply)
  const said = provenByServer(account, mail)
  // The signatures are worth a look only where nothing else stands in the way of sending.
  const wouldSend = applyPolicy({ ...weighed, authenticated: true }).action === 'send'
  const proof = said ?? (wouldSend ? await provenBySignature(context, account, mail) : null)
  const decision = applyPolicy({ ...weighed, authenticated: proof?.proven ?? true })
  return carryOut(context, account, mail, reply, { ...decision, proof: said === null ? proof : null })
}

async function weigh(context: StepContext, account: Account, { row, message }: StoredMail, reply: ReplyRow) {
  const { replies, categories, owner } = account.settings
  const verdict = neededVerdict(row.verdict)
  const { composed } = reply
  if (composed === null) throw new PermanentError('a person wrote this reply')
  const { authors, targetElsewhere } = correspondents(message, owner)
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
    toAuthor: authors.length === 1 && !targetElsewhere,
    contactInSubject: hasContact(replySubject(message)),
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
  decision: PolicyDecision & { proof: Proof | null },
): Promise<Next | null> {
  const now = context.clock.now()
  const { id } = mail.row
  const { action, reason, reasons, proof } = decision
  const base = { id, from: ['composed'] as const, actor: 'replyd', holdReasons: reasons }
  const change = {
    id,
    from: 'decide' as const,
    reason,
    ...(proof === null ? {} : { detail: `author: ${proof.detail}` }),
  }
  if (action === 'hold') {
    return commit(context, { ...base, to: 'held' }, { ...change, to: 'review', disposition: 'held' }, now)
  }
  if (action === 'save-draft') {
    const saved = { ...change, to: 'deliver', disposition: 'pending' } as const
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
