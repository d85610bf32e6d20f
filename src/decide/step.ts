/** Decide: draft, wait for a person, or send after the undo window. The policy is pure (src/decide/policy.ts). */

import { PermanentError } from '../base/errors.ts'
import type { ClaimKind } from '../base/reasons.ts'
import { hasContact, placeholders } from '../check/claims.ts'
import { octetsOf, writtenReply } from '../compose/reply-octets.ts'
import { type Account, accountOf, type Delivery, type Next, type StepContext } from '../context.ts'
import type { Proof } from '../dns/author-proof.ts'
import { correspondents } from '../mail/correspondents.ts'
import { replySubject } from '../mail/reply/subject.ts'
import { loadMail } from '../store/bodies.ts'
import { loadReply } from '../store/replies.ts'
import { move } from '../store/moves.ts'
import { stageAfter } from '../store/transitions.ts'
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
  const delivery = { context, account, mail, reply }
  const weighed = await weigh(delivery)
  const said = provenByServer(account, mail)
  // The signatures are worth a look only where nothing else stands in the way of sending.
  const wouldSend = applyPolicy({ ...weighed, authenticated: true }).action === 'send'
  const proof = said ?? (wouldSend ? await provenBySignature(context, account, mail) : null)
  const decision = applyPolicy({ ...weighed, authenticated: proof?.proven ?? true })
  return carryOut(delivery, { ...decision, proof: said === null ? proof : null })
}

async function weigh({ context, account, mail: { row, message }, reply }: Delivery) {
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
    cut: row.detail?.startsWith('cut:') ?? false,
    businessHours: sendTime(context, account).isOpen,
    minConfidence: replies.minConfidence,
  }
}

const verbs = { hold: 'hold', 'save-draft': 'chooseDraft', send: 'schedule' } as const

async function carryOut(
  delivery: Delivery,
  decision: PolicyDecision & { proof: Proof | null },
): Promise<Next | null> {
  const { context, account, mail } = delivery
  const { action, reason, reasons, proof } = decision
  const detail = proof === null ? {} : { detail: `author: ${proof.detail}` }
  const { sendAfter } = sendTime(context, account)
  const scheduled = action === 'send' ? { sendAfter, ...(await asAutomatic(delivery)) } : {}
  const due = action === 'send' ? { dueAt: sendAfter } : {}
  const reply = { holdReasons: reasons, ...scheduled }
  const change = { id: mail.row.id, at: 'decide', reason, ...detail, ...due, reply } as const
  const moved = await move(context.db, verbs[action], change, context.clock.now())
  return moved && { stage: stageAfter(verbs[action]), ...due }
}

/** When it may go out by itself: after the undo window, at the next opening when that ends outside of business hours. */
function sendTime({ clock, config }: StepContext, { settings }: Account) {
  const { undoMs, businessHours } = settings.replies
  const undone = new Date(clock.now().getTime() + undoMs)
  const sendAfter = nextOpening(businessHours, undone, config.budget.timeZone)
  return { sendAfter, isOpen: sendAfter.getTime() === undone.getTime() }
}

async function asAutomatic({ context, account, mail, reply }: Delivery) {
  const built = await writtenReply(account.settings, mail, 'send', reply, context.clock.now())
  if (built === null) throw new PermanentError('there is nobody to answer')
  return octetsOf('send', built)
}
