/** Triage: one model call classifies a mail, after everything that can be decided without one. */
import type { Reason } from '../base/reasons.ts'
import type { SpamKind, Verdict } from '../base/verdicts.ts'
import { attachedText, attachmentsFor } from '../compose/attachments.ts'
import { loadThread } from '../compose/thread.ts'
import type { AccountSettings, SpamSettings } from '../config/settings.ts'
import { type Account, type Arrival, arrivalAt, type Next, type StepContext, saltOf } from '../context.ts'
import { decodeWords, domainPart } from '../mail/address.ts'
import type { ReadAttachment } from '../mail/attachments.ts'
import { isRefuted, senderAuthentication, trustedAuthentication } from '../mail/authentication.ts'
import { comparable, ownAddressTest } from '../mail/correspondents.ts'
import { type Field, firstField, isTextUnread, type Message, namedIds } from '../mail/message.ts'
import { replyAddressees } from '../mail/reply/build.ts'
import { passedOn } from '../mail/text/passed-on.ts'
import { visibleText } from '../mail/text/visible.ts'
import { budgetedCall } from '../model/budgeted-call.ts'
import type { Ask } from '../model/client.ts'
import { knownOf, mailFacts } from '../model/prompts/mail-facts.ts'
import type { ThreadEntry } from '../model/prompts/messages.ts'
import type { StoredMail } from '../store/bodies.ts'
import { type Carried, mailAfter } from '../store/carried.ts'
import { type SenderHistory, senderHistory } from '../store/history.ts'
import type { MessageRow } from '../store/messages.ts'
import { type Change, move } from '../store/moves.ts'
import { type SenderRule, senderRule } from '../store/sender-rules.ts'
import { stageAfter } from '../store/transitions.ts'
import { askFilter, detailOf, learnFrom } from './filter.ts'
import { triageMessages } from './prompt.ts'
import { isPaymentTrap, verdictSchema } from './verdict.ts'
import { takeBackReplies, takesBack } from './withdrawn.ts'

type TriageVerb = 'callSpam' | 'decline' | 'leaveUnanswered' | 'wantReply' | 'askPerson'

/** What happens to a mail, and why. */
export type TriageDecision = { verb: TriageVerb } & Pick<Change<TriageVerb>, 'reason' | 'detail' | 'verdict'>

export async function triage(
  context: StepContext,
  id: string,
  signal: AbortSignal,
  carried: Carried | null = null,
): Promise<Next | null> {
  const arrival = await arrivalAt('triage', context, id, carried)
  if (arrival === null) return null
  const { account, mail } = arrival
  const started = context.clock.now()
  const [rule, sender] = await Promise.all([ruleFor(arrival), senderHistory(context.db, mail.row)])
  const { verb, ...decision } =
    (await withoutModel(arrival, rule, sender)) ??
    unlessUnread(decisionOf(await ask(arrival, sender, signal), mail.row, account.settings.spam, rule), mail)
  // Before the commit: if the process dies in between, this mail is triaged again and the replies are withdrawn then.
  if (verb === 'leaveUnanswered' && takesBack(decision.verdict)) await takeBackReplies(arrival)
  const now = context.clock.now()
  const { version } = mail.row
  const durationMs = now.getTime() - started.getTime()
  const change = { id, at: 'triage' as const, version, ...decision, durationMs }
  const moved = await move(context.db, verb, change, now)
  if (!moved) return null
  await learnFrom(context, mail, decision.verdict ?? null)
  return {
    stage: stageAfter(verb),
    carried: { mail: mailAfter(mail, verb, change, moved, now), reply: null },
  }
}

/**
 * The owner's list entry for this sender: configured, or learned from their moves. An address outranks its domain. A
 * mail that fails authentication is not from the sender that the owner trusts.
 */
async function ruleFor({ context, account, mail }: Arrival): Promise<SenderRule | null> {
  const { row } = mail
  if (!row.fromAddress) return null
  const { owner, spam } = account.settings
  const rule =
    configuredRule(spam, row.fromAddress) ?? (await senderRule(context.db, row.account, row.fromAddress))
  return rule?.rule === 'allow' && isRefuted(mail, owner) ? null : rule
}

export function configuredRule(spam: SpamSettings, address: string): SenderRule | null {
  const domain = domainPart(address)
  // The lists are in lower case, the sender's address is as written.
  for (const pattern of [comparable(address), domain]) {
    if (spam.allow.includes(pattern)) return { pattern, rule: 'allow', source: 'configuration' }
    if (spam.deny.includes(pattern)) return { pattern, rule: 'deny', source: 'configuration' }
  }
  return null
}

/** What can be decided without the model; null if it has to be asked. */
async function withoutModel(
  { context, account, mail }: Arrival,
  rule: SenderRule | null,
  { firstContact }: SenderHistory,
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
  // Never to be answered, so the only question is spam, which is settled if the sender's earlier mail was accepted.
  const known = rule?.rule === 'allow' || !firstContact
  const declined = { verb: 'decline', reason: row.reason } as const
  // The filter's "wanted" alone is not enough for a first contact: fraud that is new to it looks like any other mail.
  if (found && (known || senderAuthentication(mail, account.settings.owner) === 'pass'))
    return { ...declined, detail: detailOf(found), verdict: found }
  return known ? declined : null
}

/** The verdict of the owner's lists and their server's filter: free, and needs no history. */
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

async function ask(arrival: Arrival, sender: SenderHistory, signal: AbortSignal): Promise<Verdict> {
  const { context, account, mail } = arrival
  const { row } = mail
  const prompt = account.prompts.triage
  const thread = isShort(mail.message) ? await shortThread(arrival) : []
  const salt = saltOf(context)
  // A mail that is never answered is judged by its text alone.
  const attachments = row.ceiling === 'never' ? [] : await attachmentsFor(arrival)
  const toJudge = { thread, attachments, ...mail, ...sender }
  const occasion = { mail: toJudge, task: 'triage', prompt, knowledgeHash: null } as const
  await account.knowledge?.settled()
  const { value } = await budgetedCall(context, occasion, (fitted) => {
    const asking = { ...account, prompts: { ...account.prompts, triage: fitted } }
    return { signal, ...triageQuestion(asking, context.config.budget.timeZone, toJudge, salt) }
  })
  return believed(value, mail.message, attachments)
}

/** A text of at most this many characters may only make sense together with the mail it answers. */
const shortText = 300
/** Number of thread messages shown for a short mail. */
export const threadShown = 2

export const isShort = (message: Message) => visibleText(message).text.length <= shortText

/** The messages that a short mail may refer to. */
async function shortThread(arrival: Arrival) {
  const { account, mail } = arrival
  const addressees = replyAddressees(mail.message, account.settings.owner, 'draft')
  if (addressees.length === 0 || (namedIds(mail.message).thread.length === 0 && !mail.row.threadId)) return []
  return (await loadThread(arrival, addressees)).entries.slice(-threadShown)
}

/** The input for judging a mail; eval and backtest have no row. */
interface MailToJudge {
  row: Pick<MessageRow, 'internalDate' | 'codes'>
  message: Message
  firstContact: boolean | null
  writtenBefore: boolean | null
  /** The latest messages before it, oldest first; empty unless its own text is short. */
  thread: readonly ThreadEntry[]
  /** What was read of its files. */
  attachments?: readonly ReadAttachment[]
}

/**
 * @param timeZone IANA name of the owner's zone
 * @param salt new for each call, letters and digits
 */
export function triageQuestion(
  { settings, prompts, knowledge }: Pick<Account, 'settings' | 'prompts' | 'knowledge'>,
  timeZone: string,
  mail: MailToJudge,
  salt: string,
): Ask<Verdict> {
  const { owner, categories, replies } = settings
  const prompt = prompts.triage
  const { message, thread } = mail
  const found = passedOn(message, ownAddressTest(owner))
  const quotes = found?.kind === 'FORWARDED' || (isShort(message) && thread.length === 0)
  const known = knownOf(mail, timeZone, replies.businessHours)
  const { messages } = triageMessages({
    prompt,
    mail: {
      visibleText: visibleText(message).text,
      facts: mailFacts(message, owner, known),
      passedOn: quotes ? found : null,
      attachments: mail.attachments ?? [],
    },
    thread,
    categories,
    ownerName: owner.displayName,
    ownerLanguage: replies.ownerLanguage,
    asksLanguage: knowledge?.outline.languages[0] ?? replies.ownerLanguage,
    search: knowledge && knowledge.tokens > prompts.compose.limits.wholeFolder ? knowledge.outline : null,
    salt,
  })
  return {
    messages,
    schema: verdictSchema(categories.map(({ name }) => name)),
    schemaName: 'triage',
    maxOutputTokens: prompt.maxOutputTokens,
    temperature: prompt.temperature,
    cacheKey: `replyd-triage-${prompt.hash}`,
  }
}

/**
 * Combines the model's verdict with what replyd knows without it: text that only a machine can see was written for a
 * machine, and changed bank details are a trap, even if the model concluded otherwise.
 */
export function believed(
  verdict: Verdict,
  message: Message,
  attachments: readonly ReadAttachment[] = [],
): Verdict {
  const text = `${decodeWords(firstField(message, 'subject') ?? '')}\n${visibleText(message).text}`
  return {
    ...verdict,
    manipulation: verdict.manipulation || message.hiddenText,
    payment_change: verdict.payment_change || isPaymentTrap(text) || isPaymentTrap(attachedText(attachments)),
  }
}

/**
 * The unread part may contain a question: a person looks before the mail is closed or answered. Spam is filed only if
 * some of its text was read.
 */
function unlessUnread(decision: TriageDecision, { row, message }: StoredMail): TriageDecision {
  if (row.ceiling === 'never' || decision.verb === 'askPerson' || !isTextUnread(message)) return decision
  if (decision.verb === 'callSpam' && message.text.trim() !== '') return decision
  const detail = `unread: ${message.faults.map(({ text }) => text).join('; ')}`
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
  const never = row.ceiling === 'never'
  const suspected = verdict.spam.is && rule?.rule !== 'allow'
  if (suspected && verdict.spam.confidence >= spam.threshold)
    return { verb: 'callSpam', reason: spamReasons[verdict.spam.kind], detail, verdict }
  if (never) {
    const reason = suspected ? 'suspected-spam' : row.reason
    return { verb: 'decline', reason, detail, verdict }
  }
  // A person looks, regardless of the rest of the verdict: no reply is written that could confirm it.
  if (verdict.payment_change) return { verb: 'askPerson', reason: 'payment-change', detail, verdict }
  if (suspected) return { verb: 'askPerson', reason: 'suspected-spam', detail, verdict }
  if (!verdict.needs_reply) return { verb: 'leaveUnanswered', reason: 'nothing-asked', detail, verdict }
  return { verb: 'wantReply', reason: 'needs-reply', detail, verdict }
}

/**
 * Whether the account's own server called it spam in X-Spamd-Result (rspamd). Believed only above the first Received
 * field, next to Authentication-Results of our own server: anything below may have been written by anybody.
 */
export function isSpamUpstream(message: Pick<Message, 'fields'>, authservIds: readonly string[]): boolean {
  const received = message.fields.findIndex(({ name }) => name === 'received')
  const fields = received < 0 ? [] : message.fields.slice(0, received)
  const isSpam = ({ name, value }: Field) => name === 'x-spamd-result' && /^[^:]{0,40}:\s*true\b/i.test(value)
  return fields.some(isSpam) && trustedAuthentication({ fields }, authservIds).length > 0
}
