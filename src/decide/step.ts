/** Decide: draft, wait for a person, or send after the undo window. The policy is pure (src/decide/policy.ts). */

import { OwnerActionError, PermanentError } from '../base/errors.ts'
import type { StoredCheck } from '../base/verdicts.ts'
import { type Composed, neededVerdict } from '../base/verdicts.ts'
import { provenByServer, provenBySignature } from '../compose/author.ts'
import { checkAsked } from '../compose/draft-check.ts'
import { octetsOf, writtenReply } from '../compose/reply-octets.ts'
import { checkPassages, gatherConversation } from '../compose/sources.ts'
import { nextOpening } from '../config/business-hours.ts'
import { type Account, type Delivery, deliveryAt, type Next, type StepContext, saltOf } from '../context.ts'
import type { Proof } from '../mail/author-proof.ts'
import { budgetedCall } from '../model/budgeted-call.ts'
import { type Carried, mailAfter, replyDecided } from '../store/carried.ts'
import { senderHistory } from '../store/history.ts'
import { moveKnown } from '../store/moves.ts'
import { type ReplyRow, saveChecked, wasAnsweredByAi } from '../store/replies.ts'
import { isGranted } from './autonomy-record.ts'
import { applyPolicy, type PolicyDecision } from './policy.ts'
import { weigh } from './weigh.ts'

export async function decide(
  context: StepContext,
  id: string,
  signal: AbortSignal,
  carried: Carried | null = null,
): Promise<Next | null> {
  const delivery = await deliveryAt('decide', context, id, carried)
  if (delivery === null) return null
  const { account, mail } = delivery
  const input = await weighed(delivery)
  const said = provenByServer(account, mail)
  // Check the signatures only if nothing else prevents sending.
  const first = applyPolicy({ ...input, authenticated: said?.proven ?? true, checkFollows: true })
  const proof = said ?? (first.action === 'send' ? await provenBySignature(context, account, mail) : null)
  const authenticated = proof?.proven ?? true
  const checked = await checkIfWanted(delivery, {
    first: applyPolicy({ ...input, authenticated, checkFollows: true }),
    signal,
  })
  const decision = applyPolicy({ ...input, authenticated, ...asWeighed(checked) })
  return carryOut(delivery, { ...decision, proof: said === null ? proof : null, checked })
}

/** The check by meaning, once per reply; its result is stored. Null if it is not worth its price. */
async function checkIfWanted(
  delivery: Delivery,
  { first, signal }: { first: PolicyDecision; signal: AbortSignal },
): Promise<StoredCheck | null> {
  const { context, account, mail, reply } = delivery
  if (reply.checked !== null) return reply.checked
  if (!wantsCheck(account, first)) return null
  const checked = await check(delivery, signal)
  await saveChecked(context.db, { id: mail.row.id, checked })
  return checked
}

function writtenByModel({ composed }: ReplyRow): Composed {
  if (composed === null) throw new PermanentError('a person wrote this reply')
  return composed
}

const asWeighed = (stored: StoredCheck | null) => ({
  checked: stored === null || 'uncheckable' in stored ? null : stored,
  uncheckable: stored !== null && 'uncheckable' in stored,
  checkFollows: false,
})

/**
 * Whether the check by meaning is worth its price: for replies to be sent, or for every draft if the owner wants it.
 */
function wantsCheck({ settings }: Account, { action }: PolicyDecision): boolean {
  const { check: wish } = settings.replies
  return wish === 'always' ? action !== 'hold' : wish === 'send' && action === 'send'
}

async function weighed({ context, account, mail: { row, message }, reply }: Delivery) {
  const { db } = context
  const verdict = neededVerdict(row.verdict)
  const mail = {
    message,
    verdict,
    ceiling: row.ceiling,
    codes: row.codes,
    cut: reply.omitted.length > 0,
    // A person who typed an address or a subject also wants to see it before it is sent.
    rewritten: row.instruction !== null || reply.envelope !== null,
  }
  const text = {
    composed: writtenByModel(reply),
    findings: reply.claims,
    ...asWeighed(null),
  }
  return weigh(account.settings, mail, text, {
    granted: await isGranted(db, row.account, verdict.category),
    authenticated: true,
    businessHours: sendTime(context, account).isOpen,
  })
}

/**
 * One more call for a reply that would be sent: is it true, complete, and meant for this sender?
 * @throws as budgetedCall, except for an unusable answer: then a person looks at the reply
 */
async function check(delivery: Delivery, signal: AbortSignal): Promise<StoredCheck> {
  const { context, account, mail, reply } = delivery
  const conversation = await gatherConversation(delivery, reply.addressees)
  await account.knowledge?.settled()
  const composed = writtenByModel(reply)
  const passages = checkPassages(account.knowledge, reply.sources, composed)
  const salt = saltOf(context)
  const toAnswer = { ...mail, ...(await senderHistory(context.db, mail.row)) }
  const text = { text: reply.text, passages }
  const knowledgeHash = account.knowledge?.hash ?? null
  const occasion = { mail: toAnswer, task: 'check', prompt: account.prompts.check, knowledgeHash } as const
  try {
    const answer = await budgetedCall(context, occasion, (fitted) => {
      const asking = { ...account, prompts: { ...account.prompts, check: fitted } }
      return {
        ...checkAsked(asking, context.config.budget.timeZone, toAnswer, conversation, text, salt),
        signal,
      }
    })
    return answer.value
  } catch (error) {
    if (error instanceof PermanentError && !(error instanceof OwnerActionError)) return { uncheckable: true }
    throw error
  }
}

const verbs = { hold: 'hold', 'save-draft': 'chooseDraft', send: 'schedule' } as const

async function carryOut(
  delivery: Delivery,
  decision: PolicyDecision & { proof: Proof | null; checked: StoredCheck | null },
): Promise<Next | null> {
  const { context, account, mail } = delivery
  const { action, reason, reasons, proof, checked } = decision
  const detail = proof === null ? {} : { detail: `author: ${proof.detail}` }
  const { sendAfter } = sendTime(context, account)
  const scheduled = action === 'send' ? { sendAfter, ...(await asAutomatic(delivery)) } : {}
  const due = action === 'send' ? { dueAt: sendAfter } : {}
  const reply = { holdReasons: reasons, ...scheduled }
  const { id, version } = mail.row
  const change = { id, at: 'decide', version, reason, ...detail, ...due, reply } as const
  const now = context.clock.now()
  const moved = await moveKnown(context.db, verbs[action], change, now)
  if (!moved?.reply) return null
  const after = mailAfter(mail, verbs[action], change, moved, now)
  const { version: replyVersion } = moved.reply
  const decided = replyDecided(delivery.reply, verbs[action], reply, { checked, version: replyVersion })
  return { stage: after.row.step, ...due, carried: { mail: after, reply: decided } }
}

/**
 * When it may be sent automatically: after the undo window, or when hours next open if that ends outside business
 * hours.
 */
function sendTime({ clock, config }: StepContext, { settings }: Account) {
  const { undoMs, businessHours } = settings.replies
  const undone = new Date(clock.now().getTime() + undoMs)
  const sendAfter = nextOpening(businessHours, undone, config.budget.timeZone)
  return { sendAfter, isOpen: sendAfter.getTime() === undone.getTime() }
}

/** Queried only if it makes a difference. */
async function isFirstExposure(
  { db }: StepContext,
  { settings }: Account,
  { account, addressee }: ReplyRow,
): Promise<boolean> {
  if (settings.replies.disclosureIn === 'every') return true
  return !(await wasAnsweredByAi(db, account, addressee))
}

async function asAutomatic({ context, account, mail, reply }: Delivery) {
  const built = writtenReply(account.settings, mail, 'send', reply, {
    now: context.clock.now(),
    replyKey: context.replyKey,
    isFirst: await isFirstExposure(context, account, reply),
  })
  if (built === null) throw new PermanentError('there is nobody to reply to')
  return octetsOf('send', built)
}
