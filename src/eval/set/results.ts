/** Runs a complete set once: each mail, each labelled reply, each slip. */
import { PermanentError } from '../../base/errors.ts'
import type { Composed } from '../../base/verdicts.ts'
import { composedSchema } from '../../compose/answer.ts'
import { believed, decisionOf } from '../../triage/step.ts'
import { verdictSchema } from '../../triage/verdict.ts'
import { reached, ruleOf } from '../judging.ts'
import type { LabelledReply, Slip } from './read.ts'
import { answerFrom } from './recorded.ts'
import {
  type Asked,
  decisionOn,
  judgeReply,
  type MailRun,
  type ReplyRun,
  runMail,
  type SetRun,
  writeReply,
} from './run.ts'

export interface MailResult {
  run: MailRun
  written: Asked<Composed> | null
  reply: ReplyRun | null
}

export interface LabelledResult {
  labelled: LabelledReply
  mail: MailResult
  reply: ReplyRun | null
}

interface SlipResult {
  slip: Slip
  /** Its outcome, for people; null if an answer is missing. */
  became: string | null
  asExpected: boolean | null
}

export interface SetResults {
  mails: MailResult[]
  replies: LabelledResult[]
  slips: SlipResult[]
}

export async function runSet(run: SetRun): Promise<SetResults> {
  const mails: MailResult[] = []
  for (const mail of run.set.mails) {
    const done = await runMail(run, mail)
    const written = done.decision?.to === 'compose' ? await writeReply(run, done) : null
    const reply = written?.answer ? await judgeReply(run, done, written.answer.value) : null
    mails.push({ run: done, written, reply })
  }
  const byFile = new Map(mails.map((each) => [each.run.mail.expectation.file, each]))
  const replies: LabelledResult[] = []
  for (const labelled of run.set.replies) {
    const mail = byFile.get(labelled.file)
    if (mail) replies.push({ labelled, mail, reply: await judgeReply(run, mail.run, composedOf(labelled)) })
  }
  return { mails, replies, slips: await runSlips(run, byFile) }
}

function composedOf({ text, language, answers, missing, confidence, needs_person }: LabelledReply): Composed {
  return { text, language, answers, missing, confidence, needs_person }
}

/** The outcome of an answer: `fault` if it is unusable, so that a person gets the mail. */
interface Became {
  action: string
  /** The text that is passed on; empty for triage. */
  text: string
}

/** A person gets it, or at most a draft is made of it. */
const waits = new Set(['fault', 'review', 'hold', 'save-draft'])

async function runSlips(run: SetRun, mails: ReadonlyMap<string, MailResult>): Promise<SlipResult[]> {
  const [first] = mails.values()
  const clean = new Map<string, Became | null>()
  const results: SlipResult[] = []
  for (const slip of run.set.slips) {
    const mail = (slip.file === undefined ? undefined : mails.get(slip.file)) ?? first
    if (mail === undefined) continue
    const became = slip.task === 'triage' ? await asTriage(run, mail, slip) : await asReply(run, mail, slip)
    // The first one of a task is the answer as requested.
    if (!clean.has(slip.task)) clean.set(slip.task, became)
    const reference = clean.get(slip.task) ?? null
    const same = became?.action === reference?.action && became?.text === reference?.text
    const wanted = [slip.expected, ...slip.also]
    const held = became !== null && waits.has(became.action)
    const fits = (held && wanted.includes('held')) || (same && wanted.some((each) => each !== 'held'))
    const known = became !== null && reference !== null
    results.push({ slip, became: became?.action ?? null, asExpected: known ? fits : null })
  }
  return results
}

async function asTriage(
  { set }: SetRun,
  { run: { mail, prepared } }: MailResult,
  slip: Slip,
): Promise<Became> {
  const schema = verdictSchema(set.account.categories.map(({ name }) => name))
  try {
    const { value } = await answerFrom(slip.answer, { task: 'triage', messages: [], schema })
    const { decision: ceiling, reason } = prepared.judgement
    const verdict = believed(value, mail.message)
    const rule = ruleOf(mail.message, set.account)
    const { to } = reached(decisionOf(verdict, { ceiling, reason }, set.account.spam, rule))
    return { action: to === 'compose' || to === 'review' ? to : 'lost', text: '' }
  } catch (error) {
    if (error instanceof PermanentError) return { action: 'fault', text: '' }
    throw error
  }
}

async function asReply(run: SetRun, { run: mail }: MailResult, slip: Slip): Promise<Became | null> {
  try {
    const question = { task: 'compose', messages: [], schema: composedSchema }
    const { value } = await answerFrom(slip.answer, question)
    const reply = await judgeReply(run, mail, value)
    if (reply === null) return null
    if (reply.composed.text === '') return { action: 'hold', text: '' }
    const decision = decisionOn(run, mail, reply, 'send')
    return decision === null ? null : { action: decision.action, text: reply.composed.text }
  } catch (error) {
    if (error instanceof PermanentError) return { action: 'fault', text: '' }
    throw error
  }
}
