/**
 * Takes one mail up to its verdict, with the daemon's code but without a store: guard, lists, upstream filter,
 * triage.
 */
import type { Disposition, Stage } from '../base/dispositions.ts'
import type { Reason } from '../base/reasons.ts'
import type { Verdict } from '../base/verdicts.ts'
import type { AccountSettings } from '../config/settings.ts'
import type { Account } from '../context.ts'
import { freshContext, type GuardAnswer, type GuardContext } from '../guard/ceiling.ts'
import { guardMail, isSettled } from '../guard/step.ts'
import { mailboxes } from '../mail/correspondents.ts'
import { firstField, type Message } from '../mail/message.ts'
import type { Ask } from '../model/client.ts'
import type { ThreadEntry } from '../model/prompts/messages.ts'
import { dispositionAfter, stageAfter } from '../store/transitions.ts'
import {
  believed,
  configuredRule,
  decisionOf,
  isShort,
  type TriageDecision,
  threadShown,
  triageQuestion,
  withoutHistory,
} from '../triage/step.ts'
import type { Ledger } from './ledger.ts'

export interface Reached {
  to: Stage
  disposition: Disposition
  reason: Reason
}

/** How far a mail gets without the model, and the question for the model. */
export interface Prepared {
  message: Message
  judgement: GuardAnswer
  /** What was decided without the model, null if it has to be asked. */
  decision: Reached | null
  stage: 'guard' | 'lists'
  question: Ask<Verdict> | null
}

export interface Judged {
  /** What decided: header rules, the owner's lists or their server's filter, the model. */
  stage: 'guard' | 'lists' | 'model'
  /** The daemon's next step: `file`, `done`, `compose` or `review`. */
  to: string
  reason: Reason
  /** null if no model was asked. */
  verdict: Verdict | null
  /** Of the call, milliseconds. */
  durationMs: number | null
}

export interface KnownOfMail {
  /** INTERNALDATE, or the closest available time. */
  arrivedAt: Date
  /** IANA name of the owner's zone. */
  timeZone: string
  firstContact: boolean | null
  writtenBefore: boolean | null
  /** Messages before it, oldest first. */
  thread: readonly ThreadEntry[]
  /** What the guard would find in the store. */
  history?: Partial<GuardContext>
  salt: string
}

export function prepare(
  message: Message,
  account: Pick<Account, 'settings' | 'prompts' | 'knowledge'>,
  known: KnownOfMail,
): Prepared {
  const { settings } = account
  const history = { ...freshContext(known.arrivedAt), ...known.history }
  const judgement = guardMail(message, settings.owner, history)
  const base = { message, judgement, question: null }
  if (isSettled(judgement, settings.spam.action !== 'none')) {
    const verb = judgement.reason === 'encrypted' ? 'askPerson' : 'decline'
    return { ...base, stage: 'guard', decision: reached({ verb, reason: judgement.reason }) }
  }
  const decision = withoutHistory(settings, message, ruleOf(message, settings))
  if (decision) return { ...base, stage: 'lists', decision: reached(decision) }
  const mail = {
    row: { internalDate: known.arrivedAt, codes: [...judgement.codes] },
    message,
    firstContact: known.firstContact,
    writtenBefore: known.writtenBefore,
    thread: isShort(message) ? known.thread.slice(-threadShown) : [],
  }
  const question = triageQuestion(account, known.timeZone, mail, known.salt)
  return { ...base, stage: 'lists', decision: null, question }
}

/** Asks the model if necessary. @throws errors of Ledger.ask */
export async function judgePrepared(
  { message, judgement, decision, stage, question }: Prepared,
  settings: AccountSettings,
  ledger: Ledger,
): Promise<Judged> {
  if (decision !== null || question === null) {
    const { to, reason } = decision ?? reached({ verb: 'decline', reason: judgement.reason })
    return { stage, to, reason, verdict: null, durationMs: null }
  }
  const answer = await ledger.ask(question)
  const verdict = believed(answer.value, message)
  const row = { ceiling: judgement.decision, reason: judgement.reason }
  const { to, reason } = reached(decisionOf(verdict, row, settings.spam, ruleOf(message, settings)))
  return { stage: 'model', to, reason, verdict, durationMs: answer.durationMs }
}

/** The mail's next step after this decision. */
export const reached = ({ verb, reason }: Pick<TriageDecision, 'verb' | 'reason'>): Reached => ({
  to: stageAfter(verb),
  disposition: dispositionAfter(verb),
  reason,
})

export function ruleOf(message: Message, { spam }: AccountSettings) {
  const from = mailboxes(message, 'from')[0]?.address
  return from ? configuredRule(spam, from.toLowerCase()) : null
}

/** The time by the sender's clock; null if it is not a plausible time. */
export function dateOf(message: Message): Date | null {
  const date = new Date(firstField(message, 'date') ?? '')
  return Number.isNaN(date.getTime()) ? null : date
}
