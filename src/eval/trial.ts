/**
 * Tries a changed setting on a mail: judged, written and decided by the daemon's own code, paid from the day's budget,
 * and not stored. The check by meaning, made only for replies about to be sent, is skipped.
 */
import { PutOff, reasonOf } from '../base/errors.ts'
import type { Reason } from '../base/reasons.ts'
import { modelVerdict, type Verdict } from '../base/verdicts.ts'
import { provenByServer } from '../compose/author.ts'
import { liveFacts } from '../compose/live-facts.ts'
import { gatherSources, type Sources } from '../compose/sources.ts'
import { checkDraft, checkPassages, composeQuestion, received, savedFor } from '../compose/step.ts'
import { loadThread } from '../compose/thread.ts'
import { nextOpening } from '../config/business-hours.ts'
import { type Arrival, saltOf } from '../context.ts'
import { isGranted } from '../decide/autonomy-record.ts'
import { applyPolicy, type PolicyAction } from '../decide/policy.ts'
import { weigh } from '../decide/weigh.ts'
import type { ReadAttachment } from '../mail/attachments.ts'
import { replyAddressees } from '../mail/reply/build.ts'
import { budgetedCall } from '../model/budgeted-call.ts'
import { loadAttachments, type StoredMail } from '../store/bodies.ts'
import { senderHistory } from '../store/history.ts'
import { believed, configuredRule, decisionOf, isShort, threadShown, triageQuestion } from '../triage/step.ts'
import { reached } from './judging.ts'

export interface Outcome {
  /** Null: no model was asked. */
  verdict: Verdict | null
  /** What would happen: the decision about the reply, or why there is none. */
  result: PolicyAction | 'no-reply' | 'junk' | 'person'
  reason: Reason | null
  /** Null: no reply is written. */
  text: string | null
  missing: readonly string[]
  /** Statements without a source. */
  claims: number
  /** Why the trial did not finish; null if it did. */
  fault: string | null
}

const nothing: Outcome = {
  verdict: null,
  result: 'no-reply',
  reason: null,
  text: null,
  missing: [],
  claims: 0,
  fault: null,
}

/** @param mail a stored mail, or one that only looks like it: see `pastedMail`. Never rejects, unless it is aborted. */
export async function tryMail(arrival: Arrival, signal: AbortSignal): Promise<Outcome> {
  try {
    return await outcomeOf(arrival, signal)
  } catch (error) {
    if (signal.aborted) throw error
    const fault = error instanceof PutOff ? "The day's budget has no room for it." : reasonOf(error)
    return { ...nothing, fault }
  }
}

async function outcomeOf(arrival: Arrival, signal: AbortSignal): Promise<Outcome> {
  const { account, mail } = arrival
  const { row, message } = mail
  const { settings } = account
  // No model sees a mail that the guard settles.
  if (row.ceiling === 'never' && row.verdict === null) return { ...nothing, reason: row.reason }
  const attachments = (await loadAttachments(arrival.context.db, row.id)) ?? []
  const verdict = await judge(arrival, attachments, signal)
  const rule = row.fromAddress ? configuredRule(settings.spam, row.fromAddress) : null
  const decision = decisionOf(verdict, row, settings.spam, rule)
  const { to, reason } = reached(decision)
  if (to === 'compose')
    return write({ ...arrival, mail: { row: { ...row, verdict }, message } }, attachments, signal)
  const result = to === 'file' ? 'junk' : to === 'review' ? 'person' : 'no-reply'
  return { ...nothing, verdict, result, reason }
}

const addresseesOf = ({ account, mail }: Arrival) =>
  replyAddressees(mail.message, account.settings.owner, 'draft')

async function judge(
  arrival: Arrival,
  attachments: readonly ReadAttachment[],
  signal: AbortSignal,
): Promise<Verdict> {
  const { context, account, mail } = arrival
  const isAlone = !isShort(mail.message) || addresseesOf(arrival).length === 0
  const thread = isAlone ? [] : (await loadThread(arrival, addresseesOf(arrival))).entries.slice(-threadShown)
  const toJudge = {
    ...mail,
    ...(await senderHistory(arrival.context.db, arrival.mail.row)),
    thread,
    attachments,
  }
  const prompt = account.prompts.triage
  await account.knowledge?.settled()
  const occasion = { mail: toJudge, task: 'triage', prompt, knowledgeHash: null, isTrial: true } as const
  const { value } = await budgetedCall(context, occasion, (fitted) => {
    const asking = { ...account, prompts: { ...account.prompts, triage: fitted } }
    return { ...triageQuestion(asking, context.config.budget.timeZone, toJudge, saltOf(context)), signal }
  })
  return believed(value, mail.message, attachments)
}

async function write(
  arrival: Arrival,
  attachments: readonly ReadAttachment[],
  signal: AbortSignal,
): Promise<Outcome> {
  const { context, account, mail } = arrival
  const verdict = modelVerdict(mail.row.verdict)
  const addressees = addresseesOf(arrival)
  if (addressees.length === 0) return { ...nothing, verdict, result: 'person', reason: 'nobody-to-answer' }
  const live = await liveFacts(arrival, addressees)
  if (live.person !== null) return { ...nothing, verdict, result: 'person', reason: live.person.reason }
  const gathered = await gatherSources(arrival, addressees)
  const sources = { ...gathered, attachments, passages: [...live.passages, ...gathered.passages] }
  const saved = live.passages.length + live.left.length > 0 ? null : savedFor(arrival, gathered)
  const known = saved ? { ...sources, passages: [saved.passage] } : sources
  const marks = { salt: saltOf(context), canary: saltOf(context) }
  const { composed, removals, omitted } = saved
    ? { composed: saved.composed, removals: [], omitted: 0 }
    : await ask(arrival, known, marks, signal)
  if (composed.text === '')
    return { ...nothing, verdict, result: 'person', reason: 'needs-person', missing: composed.missing }
  const said = { composed, passages: checkPassages(account.knowledge, known.passages, composed) }
  const { timeZone } = context.config.budget
  const { compose } = account.prompts
  const findings = [...checkDraft(compose, account.settings, timeZone, mail, known, said, marks), ...removals]
  const isCut = omitted + live.left.length + known.unread > 0
  const { action, reason } = await policyResult(arrival, { composed, findings }, isCut)
  const { text, missing } = composed
  return { verdict, result: action, reason, text, missing, claims: findings.length, fault: null }
}

async function ask(
  arrival: Arrival,
  sources: Sources,
  marks: { salt: string; canary: string },
  signal: AbortSignal,
) {
  const { context, account, mail } = arrival
  const toAnswer = { ...mail, ...(await senderHistory(arrival.context.db, arrival.mail.row)) }
  const prompt = account.prompts.compose
  const knowledgeHash = account.knowledge?.hash ?? null
  const occasion = { mail: toAnswer, task: 'compose', prompt, knowledgeHash, isTrial: true } as const
  let omitted = 0
  const answer = await budgetedCall(context, occasion, (fitted) => {
    const asking = { ...account, prompts: { ...account.prompts, compose: fitted } }
    const question = composeQuestion(asking, context.config.budget.timeZone, toAnswer, sources, marks)
    omitted = question.omitted.length
    return { ...question, signal }
  })
  return { ...received(account.settings, answer.value), omitted }
}

async function policyResult(
  { context, account, mail }: Arrival,
  written: Pick<Parameters<typeof weigh>[2], 'composed' | 'findings'>,
  isCut: boolean,
) {
  const { row, message } = mail
  const verdict = modelVerdict(row.verdict)
  if (verdict === null) throw new TypeError('a reply is written to judged mail only')
  const now = context.clock.now()
  const { businessHours } = account.settings.replies
  const opens = nextOpening(businessHours, now, context.config.budget.timeZone)
  const weighed = { message, verdict, ceiling: row.ceiling, codes: row.codes, cut: isCut, rewritten: false }
  const text = { ...written, checked: null, uncheckable: false, checkFollows: true }
  const input = weigh(account.settings, weighed, text, {
    granted: await isGranted(context.db, row.account, verdict.category),
    authenticated: provenByServer(account, mail)?.proven ?? true,
    businessHours: opens.getTime() === now.getTime(),
  })
  return applyPolicy(input)
}

/** What was done when the mail arrived. */
export function pastOutcome(
  { row }: StoredMail,
  reply: {
    draftText: string
    kind: string
    savedMailbox: string | null
    reason: Reason | null
    missing: readonly string[]
    claims: number
  } | null,
): Outcome {
  const verdict = modelVerdict(row.verdict)
  if (reply !== null) {
    const result = reply.kind === 'send' ? 'send' : reply.savedMailbox === null ? 'hold' : 'save-draft'
    const { reason, missing, claims, draftText: text } = reply
    return { ...nothing, verdict, result, reason, text, missing, claims }
  }
  const { disposition, reason } = row
  const isJunk = disposition === 'filed' || disposition === 'marked'
  const result = isJunk ? 'junk' : disposition === 'held' ? 'person' : 'no-reply'
  return { ...nothing, verdict, result, reason }
}
