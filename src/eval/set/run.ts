/** Runs a set through the daemon's own functions: guard, lists, triage, retrieval, compose, check and policy. */
import { PermanentError, reasonOf } from '../../base/errors.ts'
import type { Checked, Composed, Verdict } from '../../base/verdicts.ts'
import type { Finding } from '../../check/prefilter.ts'
import { provenByServer } from '../../compose/author.ts'
import {
  checkAsked,
  checkDraft,
  checkPassages,
  composeQuestion,
  type MailToAnswer,
  received,
  type Sources,
} from '../../compose/step.ts'
import { nextOpening } from '../../config/business-hours.ts'
import { applyPolicy, type PolicyDecision } from '../../decide/policy.ts'
import { weigh } from '../../decide/weigh.ts'
import type { Answer, Ask } from '../../model/client.ts'
import type { Prompts } from '../../model/prompts.ts'
import { believed, decisionOf } from '../../triage/step.ts'
import { type Prepared, prepare, type Reached, reached, ruleOf } from '../judging.ts'
import type { EvalSet, SetMail } from './read.ts'
import { fixedMarks, NotRecorded } from './recorded.ts'
import { knownOfMail, toAnswer } from './situation.ts'

/** Asks a model, or looks the answer up. @throws NotRecorded, or errors of Model.ask */
export type AskModel = <T>(question: Ask<T>) => Promise<Answer<T>>

/** An answer, or why there is none: none is recorded (`missing`), or it was unusable. */
export type Asked<T> = { answer: Answer<T>; fault: null } | { answer: null; fault: string; missing: boolean }

export type Mode = 'draft' | 'send'

export interface SetRun {
  set: EvalSet
  prompts: Prompts
  ask: AskModel
}

export interface MailRun {
  mail: SetMail
  prepared: Prepared
  /** null: no model is asked. */
  triage: Asked<Verdict> | null
  verdict: Verdict | null
  /** What was decided before a reply is written; null if triage has no answer. */
  decision: Reached | null
  /** null until triage has answered. */
  situation: { mail: MailToAnswer; sources: Sources } | null
}

export interface ReplyRun {
  composed: Composed
  findings: Finding[]
  /** null: there is no text to check. */
  checked: Asked<Checked> | null
}

async function tried<T>(ask: AskModel, question: Ask<T>): Promise<Asked<T>> {
  try {
    return { answer: await ask(question), fault: null }
  } catch (error) {
    const missing = error instanceof NotRecorded
    if (!missing && !(error instanceof PermanentError)) throw error
    return { answer: null, fault: reasonOf(error), missing }
  }
}

/** Up to the point where a reply would be written. */
export async function runMail({ set, prompts, ask }: SetRun, mail: SetMail): Promise<MailRun> {
  const account = { settings: set.account, prompts, knowledge: set.knowledge }
  await set.knowledge?.settled()
  const prepared = prepare(mail.message, account, knownOfMail(set, mail))
  const base = { mail, prepared, triage: null, verdict: null, situation: null }
  if (prepared.question === null) {
    const declined = { verb: 'decline', reason: prepared.judgement.reason } as const
    return { ...base, decision: prepared.decision ?? reached(declined) }
  }
  const triage = await tried(ask, prepared.question)
  if (triage.answer === null) return { ...base, triage, decision: null }
  const verdict = believed(triage.answer.value, mail.message)
  const { decision: ceiling, reason, codes } = prepared.judgement
  const rule = ruleOf(mail.message, set.account)
  const decision = reached(decisionOf(verdict, { ceiling, reason }, set.account.spam, rule))
  const situation = toAnswer(set, mail, prompts, verdict, codes)
  return { mail, prepared, triage, verdict, decision, situation }
}

/** The writer's result; null if triage has no answer. */
export async function writeReply(
  { set, prompts, ask }: SetRun,
  { situation }: MailRun,
): Promise<Asked<Composed> | null> {
  if (situation === null) return null
  const { mail, sources } = situation
  const account = { settings: set.account, prompts }
  const { omitted: _, ...question } = composeQuestion(
    account,
    set.config.budget.timeZone,
    mail,
    sources,
    fixedMarks,
  )
  return tried(ask, question)
}

/** A reply as the daemon receives it from the writer, checked without a model, then by meaning. */
export async function judgeReply(
  run: SetRun,
  { situation }: MailRun,
  written: Composed,
): Promise<ReplyRun | null> {
  if (situation === null) return null
  const { set, prompts, ask } = run
  const { mail, sources } = situation
  const { timeZone } = set.config.budget
  const { composed, removals } = received(set.account, written)
  const passages = checkPassages(set.knowledge, sources.passages, composed)
  const said = { composed, passages }
  const found = checkDraft(prompts.compose, set.account, timeZone, mail, sources, said, fixedMarks)
  const findings = [...found, ...removals]
  if (composed.text === '') return { composed, findings, checked: null }
  const text = { text: composed.text, passages }
  const account = { settings: set.account, prompts }
  const checked = await tried(ask, checkAsked(account, timeZone, mail, sources, text, fixedMarks.salt))
  return { composed, findings, checked }
}

/** The decision on a reply in a mode. null: the check by meaning would decide, and no answer to it is recorded. */
export function decisionOn(
  { set }: SetRun,
  mail: MailRun,
  reply: ReplyRun,
  mode: Mode,
): PolicyDecision | null {
  const { situation, prepared, verdict } = mail
  if (situation === null || verdict === null) return null
  const settings = { ...set.account, replies: { ...set.account.replies, mode } }
  const { row } = situation.mail
  const at = mail.mail.received
  const opening = nextOpening(settings.replies.businessHours, at, set.config.budget.timeZone)
  const weighed = {
    message: mail.mail.message,
    verdict,
    ceiling: prepared.judgement.decision,
    codes: prepared.judgement.codes,
    cut: false,
    rewritten: false,
  }
  const known = {
    granted: false,
    // The signatures of a mail in a file cannot be verified: its DNS records do not exist.
    authenticated: provenByServer({ settings }, { row, message: mail.mail.message })?.proven ?? false,
    businessHours: opening.getTime() === at.getTime(),
  }
  const decided = (checked: Checked | null, uncheckable: boolean, checkFollows = false) =>
    applyPolicy(weigh(settings, weighed, { ...reply, checked, uncheckable, checkFollows }, known))
  if (settings.replies.check === 'never' || decided(null, false, true).action !== 'send')
    return decided(null, false)
  if (reply.checked === null || reply.checked.answer === null)
    return reply.checked?.missing ? null : decided(null, true)
  return decided(reply.checked.answer.value, false)
}

export type Outcome = 'send' | 'draft' | 'hold' | 'junk' | 'none' | 'declined'

const ofAction = { send: 'send', 'save-draft': 'draft', hold: 'hold' } as const

/** null: an answer is missing. @param reply null if none was written */
export function outcomeOf(run: SetRun, mail: MailRun, reply: ReplyRun | null, mode: Mode): Outcome | null {
  const { decision, triage } = mail
  if (decision === null) return triage?.answer === null && !triage.missing ? 'hold' : null
  if (decision.to === 'file') return 'junk'
  if (decision.to === 'review') return 'hold'
  if (decision.to === 'done') return decision.disposition === 'declined' ? 'declined' : 'none'
  if (reply === null) return null
  if (reply.composed.text === '') return 'hold'
  const action = decisionOn(run, mail, reply, mode)?.action
  return action ? ofAction[action] : null
}
