/** Triage: one call to the model says what a mail is; what can be known for nothing is asked first. */

import type { Reason } from '../base/reasons.ts'
import type { AccountSettings, SpamSettings } from '../config/settings.ts'
import { type Arrival, accountOf, type Next, type StepContext } from '../context.ts'
import { domainPart } from '../mail/address.ts'
import { trustedAuthentication } from '../mail/authentication.ts'
import { isTextUnread, type Message } from '../mail/message.ts'
import { visibleText } from '../mail/text/visible.ts'
import { budgetedCall } from '../model/budgeted-call.ts'
import type { Ask } from '../model/client.ts'
import { mailFacts } from '../model/prompts/mail-facts.ts'
import type { Prompt } from '../model/prompts/messages.ts'
import { triageMessages } from '../model/prompts.ts'
import { loadMail } from '../store/bodies.ts'
import { earlierMails } from '../store/history.ts'
import type { MessageRow } from '../store/messages.ts'
import { type SenderRule, senderRule } from '../store/sender-rules.ts'
import { type Change, move } from '../store/moves.ts'
import { stageAfter } from '../store/transitions.ts'
import { askFilter, detailOf, learnFrom } from './filter.ts'
import { type SpamKind, type Verdict, verdictSchema } from './verdict.ts'

type TriageVerb = 'callSpam' | 'decline' | 'leaveUnanswered' | 'wantReply' | 'askPerson'

/** What becomes of a mail, and why. */
export type TriageDecision = { verb: TriageVerb } & Pick<Change<TriageVerb>, 'reason' | 'detail' | 'verdict'>

export async function triage(context: StepContext, id: string, signal: AbortSignal): Promise<Next | null> {
  const mail = await loadMail(context.db, id)
  if (mail?.row.step !== 'triage') return null
  const account = accountOf(context, mail.row.account)
  const started = context.clock.now()
  const arrival = { context, account, mail }
  const rule = await ruleFor(arrival)
  const { verb, ...decision } =
    (await withoutModel(arrival, rule)) ??
    unlessUnread(decisionOf(await ask(arrival, signal), mail.row, account.settings.spam, rule), mail.message)
  const now = context.clock.now()
  const change = { id, at: 'triage' as const, ...decision, durationMs: now.getTime() - started.getTime() }
  if (!(await move(context.db, verb, change, now))) return null
  await learnFrom(context, mail, decision.verdict ?? null)
  return { stage: stageAfter(verb) }
}

/** The owner's list for this sender: configured, or learned from what they moved. An address outranks its domain. */
async function ruleFor({ context, account, mail: { row } }: Arrival): Promise<SenderRule | null> {
  if (!row.fromAddress) return null
  return (
    configuredRule(account.settings.spam, row.fromAddress) ??
    senderRule(context.db, row.account, row.fromAddress)
  )
}

export function configuredRule(spam: SpamSettings, address: string): SenderRule | null {
  const domain = domainPart(address)
  for (const pattern of [address, domain]) {
    if (spam.allow.includes(pattern)) return { pattern, rule: 'allow', source: 'configuration' }
    if (spam.deny.includes(pattern)) return { pattern, rule: 'deny', source: 'configuration' }
  }
  return null
}

/** What can be decided without the model; null when it has to be asked. */
async function withoutModel(
  { context, account, mail }: Arrival,
  rule: SenderRule | null,
): Promise<TriageDecision | null> {
  const { row, message } = mail
  const settled = withoutHistory(account.settings, message, rule)
  if (settled) return settled
  const found = rule === null ? await askFilter(context, mail) : null
  if (found?.spam.is)
    return {
      verb: 'callSpam',
      reason: 'spam-bayes',
      detail: detailOf(found),
      verdict: found,
    }
  if (row.ceiling !== 'never') return null
  if (found)
    return {
      verb: 'decline',
      reason: row.reason,
      detail: detailOf(found),
      verdict: found,
    }
  // Never to be answered: only spam is the question, and for a sender whose mail was let through before it is settled.
  const known =
    rule?.rule === 'allow' ||
    (row.fromAddress && (await earlierMails(context.db, row.account, row.fromAddress, row.id)) > 0)
  return known ? { verb: 'decline', reason: row.reason } : null
}

/** What the owner's lists and their own server's filter say: it costs nothing and needs no history. */
export function withoutHistory(
  { owner }: AccountSettings,
  message: Message,
  rule: SenderRule | null,
): TriageDecision | null {
  if (rule?.rule === 'deny') return { verb: 'callSpam', reason: 'denied-sender', detail: rule.pattern }
  if (rule === null && isSpamUpstream(message, owner.authservIds))
    return { verb: 'callSpam', reason: 'upstream-spam' }
  return null
}

async function ask({ context, account, mail }: Arrival, signal: AbortSignal): Promise<Verdict> {
  const { settings, prompts } = account
  const { row } = mail
  const prompt = prompts.triage
  const earlier = row.fromAddress ? await earlierMails(context.db, row.account, row.fromAddress, row.id) : 0
  const salt = context.newId(context.clock.now()).slice(-10)
  const toJudge = { ...mail, firstContact: earlier === 0 }
  const occasion = { row, task: 'triage', prompt, knowledgeHash: null } as const
  const { value } = await budgetedCall(context, occasion, (fitted) => ({
    ...triageQuestion(fitted, settings, toJudge, salt),
    signal,
  }))
  return believed(value, mail.message)
}

/** What has to be known of a mail to judge it; the eval and the backtest have no row. */
export interface MailToJudge {
  row: Pick<MessageRow, 'internalDate' | 'codes'>
  message: Message
  firstContact: boolean | null
}

/** @param salt fresh for each call, letters and digits */
export function triageQuestion(
  prompt: Prompt,
  { owner, categories, replies }: AccountSettings,
  { row, message, firstContact }: MailToJudge,
  salt: string,
): Ask<Verdict> {
  const known = { receivedAt: row.internalDate, firstContact, guardReason: row.codes[0] ?? 'ok' }
  const mail = { visibleText: visibleText(message).text, facts: mailFacts(message, owner, known) }
  const { ownerLanguage } = replies
  return {
    messages: triageMessages({ prompt, mail, categories, ownerLanguage, salt }).messages,
    schema: verdictSchema(categories.map(({ name }) => name)),
    schemaName: 'triage',
    maxOutputTokens: prompt.maxOutputTokens,
    temperature: prompt.temperature,
    cacheKey: `replyd-triage-${prompt.hash}`,
  }
}

/** Text that only a machine could see was written for a machine, whatever the model made of it. */
export function believed(verdict: Verdict, message: Message): Verdict {
  return { ...verdict, manipulation: verdict.manipulation || message.hiddenText }
}

/** A question may stand in what was not read: a person looks before the mail is closed or answered. */
export function unlessUnread(decision: TriageDecision, message: Pick<Message, 'faults'>): TriageDecision {
  if (!isTextUnread(message)) return decision
  const isOpen = decision.verb === 'wantReply' || decision.verb === 'leaveUnanswered'
  if (!isOpen) return decision
  const detail = `unread: ${message.faults.join('; ')}`
  return { ...decision, verb: 'askPerson', reason: 'text-not-read', detail }
}

const spamReasons: Record<SpamKind, Reason> = {
  phishing: 'spam-phishing',
  scam: 'spam-scam',
  bulk: 'spam-bulk',
  malware: 'spam-malware',
  // Spam without a kind counts as bulk mail, as in the verdict's schema.
  none: 'spam-bulk',
}

export function decisionOf(
  verdict: Verdict,
  row: Pick<MessageRow, 'ceiling' | 'reason'>,
  spam: SpamSettings,
  rule: SenderRule | null,
): TriageDecision {
  const detail = verdict.summary
  const trusted = rule?.rule === 'allow'
  if (verdict.spam.is && !trusted) {
    const sure = verdict.spam.confidence >= spam.threshold
    if (sure) return { verb: 'callSpam', reason: spamReasons[verdict.spam.kind], detail, verdict }
    return {
      verb: row.ceiling === 'never' ? 'decline' : 'leaveUnanswered',
      reason: 'suspected-spam',
      detail,
      verdict,
    }
  }
  if (row.ceiling === 'never') return { verb: 'decline', reason: row.reason, detail, verdict }
  if (!verdict.needs_reply) return { verb: 'leaveUnanswered', reason: 'nothing-asked', detail, verdict }
  return { verb: 'wantReply', reason: 'needs-reply', detail, verdict }
}

/**
 * Whether the account's own server called it spam in X-Spamd-Result (rspamd). Believed only above the first Received
 * field, beside Authentication-Results of an own server: what stands below, anybody may have written.
 */
export function isSpamUpstream(message: Pick<Message, 'fields'>, authservIds: readonly string[]): boolean {
  const received = message.fields.findIndex(({ name }) => name === 'received')
  const fields = received < 0 ? [] : message.fields.slice(0, received)
  if (trustedAuthentication({ fields }, authservIds).length === 0) return false
  return fields.some(({ name, value }) => name === 'x-spamd-result' && /^[^:]{0,40}:\s*true\b/i.test(value))
}
