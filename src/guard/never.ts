import type { GuardCode } from '../base/reasons.ts'
import { domainPart } from '../mail/address.ts'
import {
  isDaemonName,
  isPostmaster,
  isStrictNoReply,
  isSystemAuthor,
  isSystemReversePath,
} from '../mail/local-parts.ts'
import { hasField } from '../mail/message.ts'
import type { GuardContext } from './context.ts'
import { bareWords, type Facts, firstReversePathWord, holdsId } from './facts.ts'
import {
  hasContentClass,
  hasNullReversePath,
  hasVendorMark,
  isAnswerOfRule,
  isAutoSubmitted,
  isBulkPrecedence,
  isPassedOnByRule,
} from './marks.ts'
import { isSpamFlagged } from './spam.ts'
import { calendarKinds, hasReport, isAnyReport, isEncrypted } from './structure.ts'
import { isBounceSubject, isReportSubject, isResponderSubject } from './subjects.ts'

/** On the mail alone: it is asked once for a mail. */
type MailRule = readonly [code: GuardCode, fires: (facts: Facts) => boolean]
/** It also depends on the mailbox or the history: it is asked each time. */
export type ContextRule = readonly [
  code: GuardCode,
  fires: null,
  firesIn: (facts: Facts, context: GuardContext) => boolean,
]
export type Rule = MailRule | ContextRule

export const inContext = (code: GuardCode, firesIn: ContextRule[2]): ContextRule => [code, null, firesIn]

/** Section 3.1, in table order: messages that get neither reply nor draft. */
export const neverRules: readonly Rule[] = [
  inContext('own-message', isOwnMessage),
  inContext('already-handled', isHandled),
  ['self-sent', isSelfSent],
  ['dsn', isBounce], // RFC 3464, RFC 6522, RFC 6533
  ['mdn', isReadReceipt], // RFC 8098
  ['arf', ({ parts }) => hasReport(parts, 'feedback-report')], // RFC 5965
  ['report', isReport], // RFC 8460, RFC 7489 section 7.2.1.1
  ['null-return-path', ({ message }) => hasNullReversePath(message)], // RFC 3834 section 2: MUST NOT
  ['list-mail', ({ lists }) => lists.isList && !lists.isOwnList], // RFC 3834 section 2, RFC 5230 section 4.6
  ['system-sender', isSystemSender], // RFC 3834 section 2, RFC 5230 section 4.6, RFC 2142
  ['auto-submitted', ({ message }) => isAutoSubmitted(message)], // RFC 3834 sections 2 and 5, RFC 5436
  ['auto-reply-header', ({ message, authors }) => hasVendorMark(message) || isAnswerOfRule(message, authors)],
  ['precedence', ({ message, lists }) => isBulkPrecedence(message, lists.isOwnList)], // RFC 2076
  ['bulk-mail', ({ lists }) => !lists.isOwnList && lists.canUnsubscribe && lists.isCampaign], // RFC 8058
  ['loop-marker', ({ loop }) => loop.automatic],
  ['auto-reply-subject', isResponderAnswer], // RFC 3834 section 3.1.5
  ['no-reply-address', ({ words }) => words.target !== null && isStrictNoReply(words.target)],
  ['calendar', ({ parts }) => calendarKinds(parts).answers], // RFC 6047
  ['reaction', isReaction], // RFC 9078
  inContext('spam-flagged', ({ message, subjects }, { specialUse, flags }) =>
    isSpamFlagged(message, subjects, specialUse, flags),
  ),
  ['no-sender', hasNoSender], // RFC 6854, RFC 2606
  ['encrypted', ({ parts }) => isEncrypted(parts)], // RFC 1847, RFC 8551
]

function hasFlag({ flags }: GuardContext, ...wanted: string[]): boolean {
  return flags.some((flag) => wanted.includes(flag.toLowerCase()))
}

function isInMailbox({ specialUse }: GuardContext, ...wanted: string[]): boolean {
  return wanted.includes(specialUse?.toLowerCase() ?? '')
}

/** Loop safety. Not by host name: colleagues share the domain. */
function isOwnMessage({ ownIds, loop }: Facts, context: GuardContext): boolean {
  return (
    isInMailbox(context, '\\sent', '\\drafts') ||
    hasFlag(context, '\\draft') ||
    ownIds.some((id) => holdsId(context.sentMessageIds, id)) ||
    loop.own
  )
}

/** RFC 9051 section 2.3.2. One reply per Message-ID and account, forever. */
function isHandled({ ownIds }: Facts, context: GuardContext): boolean {
  return (
    isInMailbox(context, '\\trash') ||
    hasFlag(context, '\\answered', '\\deleted') ||
    ownIds.some((id) => holdsId(context.answeredMessageIds, id))
  )
}

function isSelfSent({ authors, isOwn, isFormAsOwner }: Facts): boolean {
  return authors.some(({ address }) => isOwn(address)) && !isFormAsOwner
}

function isBounce({ message, parts, words, subjects }: Facts): boolean {
  return (
    hasReport(parts, 'delivery-status') ||
    hasContentClass(message, 'dsn') ||
    hasField(message, 'x-failed-recipients') ||
    (words.authors.some(isPostmaster) && subjects.some(isBounceSubject))
  )
}

function isReadReceipt({ message, parts }: Facts): boolean {
  return hasReport(parts, 'disposition-notification') || hasContentClass(message, 'mdn')
}

/** Any other report. DMARC aggregate reports are plain multipart/mixed: only their subject marks them. */
function isReport({ message, parts, subjects }: Facts): boolean {
  const named = (['delivery-status', 'disposition-notification', 'feedback-report'] as const).some((type) =>
    hasReport(parts, type),
  )
  return (
    (isAnyReport(parts) && !named) || hasField(message, 'tls-report-domain') || subjects.some(isReportSubject)
  )
}

function isSystemSender({ message, authors, words }: Facts): boolean {
  const reversePath = firstReversePathWord(message)
  return (
    words.authors.some(isSystemAuthor) ||
    words.senders.some(isSystemAuthor) ||
    words.replyTo.some(isSystemAuthor) ||
    bareWords(message, 'sender').some(isSystemAuthor) ||
    bareWords(message, 'reply-to').some(isSystemAuthor) ||
    (reversePath !== null && isSystemReversePath(reversePath)) ||
    authors.some(({ name }) => isDaemonName(name))
  )
}

/** In a thread, or passed on by a rule, which may have lost the other marks of an automatic reply. */
function isResponderAnswer({ message, inThread, subjects }: Facts): boolean {
  return (inThread || isPassedOnByRule(message)) && subjects.some(isResponderSubject)
}

/**
 * An emoji that a mail client sent as an answer; if the part that says so was lost, its note in the text identifies
 * it.
 */
function isReaction({ message, parts }: Facts): boolean {
  if (parts.some(({ type, disposition }) => type === reactionType || disposition === 'reaction')) return true
  const [first = '', second = ''] = message.text.slice(0, 1000).match(/\S[^\n]*/g) ?? []
  return outlookReaction.test(first.trimEnd()) || (isEmoji(first.trimEnd()) && /\bgmail\b/i.test(second))
}

const reactionType = 'text/vnd.google.email-reaction+json'
const outlookReaction = /^.{1,80}\breacted to your message:?$/i

function isEmoji(line: string): boolean {
  return (
    /^[\p{Extended_Pictographic}\p{Emoji_Component} ]{1,20}$/u.test(line) &&
    /\p{Extended_Pictographic}/u.test(line)
  )
}

/** Nobody to answer: a group without members (RFC 6854), a host without a domain, `.invalid` (RFC 2606). */
function hasNoSender({ authors }: Facts): boolean {
  const unreachable = (domain: string) => !domain.includes('.') || domain.endsWith('.invalid')
  return authors.length === 0 || authors.some(({ address }) => unreachable(domainPart(address)))
}
