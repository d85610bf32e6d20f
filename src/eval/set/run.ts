/** Runs a set through the daemon's own functions: guard, lists, triage, retrieval, compose and check. */
import { PermanentError, reasonOf } from '../../base/errors.ts'
import type { Checked } from '../../check/prompt.ts'
import {
  checkAsked,
  checkPassages,
  composeQuestion,
  type MailToAnswer,
  type Sources,
} from '../../compose/step.ts'
import type { Answer, Ask } from '../../model/client.ts'
import type { PromptPassage } from '../../model/prompts/messages.ts'
import type { Prompts } from '../../model/prompts.ts'
import { believed } from '../../triage/step.ts'
import type { Composed, Verdict } from '../../triage/verdict.ts'
import { type Prepared, prepare } from '../judging.ts'
import type { EvalSet, LabelledReply, SetMail } from './read.ts'
import { fixedMarks, NotRecorded } from './recorded.ts'
import { knownOfMail, toAnswer } from './situation.ts'

/** Asks a model, or looks the answer up. @throws NotRecorded, or what Model.ask throws */
export type AskModel = <T>(question: Ask<T>) => Promise<Answer<T>>

/** An answer, or why there is none. */
export type Asked<T> = { answer: Answer<T>; fault: null } | { answer: null; fault: string; missing: boolean }

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
  /** null until triage has answered. */
  situation: { mail: MailToAnswer; sources: Sources } | null
}

export interface ReplyRun {
  text: string
  checked: Asked<Checked>
}

export async function tried<T>(ask: AskModel, question: Ask<T>): Promise<Asked<T>> {
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
  const prepared = prepare(mail.message, account, knownOfMail(set, mail))
  if (prepared.question === null) return { mail, prepared, triage: null, situation: null }
  const triage = await tried(ask, prepared.question)
  if (triage.answer === null) return { mail, prepared, triage, situation: null }
  const verdict = believed(triage.answer.value, mail.message)
  const situation = toAnswer(set, mail, prompts, verdict, prepared.judgement.codes)
  return { mail, prepared, triage, situation }
}

/** What the writer makes of it. */
export function writeReply(
  { set, prompts, ask }: SetRun,
  { situation }: MailRun,
): Promise<Asked<Composed>> | null {
  if (situation === null) return null
  const account = { settings: set.account, prompts }
  const { timeZone } = set.config.budget
  const { omitted: _, ...question } = composeQuestion(
    account,
    timeZone,
    situation.mail,
    situation.sources,
    fixedMarks,
  )
  return tried(ask, question)
}

/** What the checker says of a reply to it. */
export function checkReply(
  { set, prompts, ask }: SetRun,
  { situation }: MailRun,
  composed: Composed,
): Promise<Asked<Checked>> | null {
  if (situation === null || composed.text === '') return null
  const { mail, sources } = situation
  const passages: PromptPassage[] = checkPassages(set.knowledge, sources.passages, composed)
  const account = { settings: set.account, prompts }
  const { timeZone } = set.config.budget
  return tried(
    ask,
    checkAsked(account, timeZone, mail, sources, { text: composed.text, passages }, fixedMarks.salt),
  )
}

export function composedOf({
  text,
  language,
  answers,
  missing,
  confidence,
  needs_person,
}: LabelledReply): Composed {
  return { text, language, answers, missing, confidence, needs_person }
}
