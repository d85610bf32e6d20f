/** The situation in which a past mail was answered, as far as it was known then. */

import type { NewId } from '../base/clock.ts'
import type { GuardCode } from '../base/reasons.ts'
import type { Verdict } from '../base/verdicts.ts'
import { type MailToAnswer, passagesFor, primary, type Sources } from '../compose/step.ts'
import { threadEntry } from '../compose/thread.ts'
import type { AccountSettings, Config } from '../config/settings.ts'
import type { Knowledge } from '../knowledge/knowledge.ts'
import { decodeWords, plainLine } from '../mail/address.ts'
import { mailboxes } from '../mail/correspondents.ts'
import { firstField, type Message } from '../mail/message.ts'
import { visibleText } from '../mail/text/visible.ts'
import type { Model } from '../model/client.ts'
import type { Prompts } from '../model/prompts.ts'
import { prepare } from './judging.ts'
import type { Past, PastAnswer, PastMail } from './past-mail.ts'

export interface BacktestOptions {
  config: Config
  account: AccountSettings
  /** The current ones first, then those to compare with them. */
  prompts: readonly Prompts[]
  knowledge: Knowledge | null
  model: Model
  /** US dollars, for all prompts together. */
  maxDollars: number
  newId: NewId
  now: Date
  pause: (ms: number) => Promise<void>
}

export type Run = BacktestOptions & Pick<Past, 'styles'>

export const subjectOf = (message: Message) => plainLine(decodeWords(firstField(message, 'subject') ?? ''))

export function marksOf({ newId, now }: BacktestOptions) {
  return { salt: newId(now).slice(-10), canary: newId(now).slice(-10) }
}

/** What the row of a mail would hold when its reply is written, as the steps read it. */
export function rowToAnswer(
  message: Message,
  internalDate: Date,
  verdict: Verdict,
  codes: readonly GuardCode[],
) {
  const from = mailboxes(message, 'from')[0]
  const sender = { fromName: from?.name || null, fromAddress: from?.address ?? null }
  return {
    ...sender,
    internalDate,
    codes: [...codes],
    verdict,
    instruction: null,
    subject: subjectOf(message),
  }
}

/** A mail with what was known when it arrived. */
type Known = Pick<PastAnswer, 'original' | 'thread' | 'earlier' | 'firstContact'>

export function preparedFor(
  { original, thread, earlier, firstContact }: Known,
  prompts: Prompts,
  { account, config, knowledge }: BacktestOptions,
  salt: string,
) {
  const from = mailboxes(original.message, 'from')[0]?.address ?? null
  return prepare(
    original.message,
    { settings: account, prompts, knowledge },
    {
      arrivedAt: original.at,
      timeZone: config.budget.timeZone,
      firstContact,
      writtenBefore: earlier.length > 0,
      thread: thread.map(({ message, at }) => threadEntry(message, at, account.owner, from)),
      salt,
    },
  )
}

/** What was known when the mail arrived: its thread up to it; and today's knowledge folder. */
export function toAnswer(
  { original, thread, earlier, firstContact }: Known,
  prompts: Prompts,
  { account, knowledge, styles }: Run,
  verdict: Verdict,
  codes: readonly GuardCode[],
): { mail: MailToAnswer; sources: Sources } {
  const row = rowToAnswer(original.message, original.at, verdict, codes)
  const { subject } = row
  const visible = visibleText(original.message).text
  const entries = (mails: readonly PastMail[]) =>
    mails
      .map(({ message, at }) => threadEntry(message, at, account.owner, row.fromAddress))
      .filter(({ text }) => text.trim() !== '')
      .sort((a, b) => a.at.getTime() - b.at.getTime())
  const known = entries(thread)
  const sources = {
    thread: known,
    unread: 0,
    stranger: false,
    earlier: entries(earlier),
    style: styles[primary(verdict.language)] ?? null,
    // They are in the store, which the daemon may have open.
    corrections: [],
    passages: passagesFor(prompts.compose, knowledge, { subject, visible, verdict, thread: known }),
    visible,
  }
  return {
    mail: { row, message: original.message, firstContact, writtenBefore: earlier.length > 0 },
    sources,
  }
}
