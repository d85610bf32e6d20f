import { canonical, comparable, distinct } from '../mail/correspondents.ts'
import type { Fault } from '../mail/fault.ts'
import { isLooseNoReply, isPostmaster, isRobotWord, isStrictNoReply } from '../mail/local-parts.ts'
import { fieldValues, isTextUnread } from '../mail/message.ts'
import { stripComments } from '../mail/mime/keyword.ts'
import { decodeWords } from '../mail/mime/words.ts'
import type { GuardContext } from './context.ts'
import { type Facts, sameOrganisation } from './facts.ts'
import { asksForSilence, hasContentClass, isPassedOn } from './marks.ts'
import { inContext, type Rule } from './never.ts'
import { calendarKinds, hasTextPart } from './structure.ts'
import {
  endsAsResponder,
  isAutoSubject,
  isBounceSubject,
  isReceiptSubject,
  isResponderSubject,
  isSuspectedSubject,
} from './subjects.ts'

const hour = 3_600_000
/** Hours after arrival beyond which a person must see the answer: we were down, or the mailbox was imported. */
const staleHours = 72
const crowdSize = 10

/** Section 3.2, in table order: messages whose answer a person must see first. */
export const draftRules: readonly Rule[] = [
  ['contact-form', ({ isContactForm }) => isContactForm],
  ['dmarc-fail', ({ authentication }) => authentication === 'dmarc-fail'], // RFC 7489, RFC 8601
  ['unauthenticated', ({ authentication }) => authentication === 'none'], // RFC 3834 section 2
  inContext('thread-stranger', isThreadStranger),
  // RFC 5322 section 3.6.4 requires it to be unique; a sender who reuses one may want to hide another mail.
  inContext('reused-message-id', (_, { reusedMessageId }) => reusedMessageId),
  ['multiple-from', ({ message, authors }) => authors.length > 1 || fieldValues(message, 'from').length > 1], // RFC 5322 section 3.6.2
  ['malformed-from', ({ message }) => fieldValues(message, 'from').some(isMalformed)], // RFC 7103
  ['multiple-reply-to', ({ replyTo, foreignReplyTo }) => replyTo.length > 1 && foreignReplyTo.length > 0],
  ['reply-to-list', isReplyToList], // RFC 3834 section 4
  ['reply-to-mismatch', isReplyToMismatch], // RFC 3834 section 4, RFC 8098 section 2.1
  ['not-addressed', (facts) => !isOwnIn(facts, 'to', 'cc', 'otherRecipients')], // RFC 5230 section 4.5: MUST NOT
  ['cc-only', (facts) => isOwnIn(facts, 'cc') && !isOwnIn(facts, 'to', 'otherRecipients')],
  ['many-recipients', ({ to, cc }) => distinct([...to, ...cc]).length > crowdSize],
  ['auto-response-suppress', ({ message }) => asksForSilence(message)],
  ['own-list', ({ lists }) => lists.isList && lists.isOwnList],
  ['list-unsubscribe', ({ lists }) => lists.canUnsubscribe && !lists.isList && !lists.isCampaign],
  ['bulk-hint', ({ lists }) => lists.isCampaign && !lists.canUnsubscribe],
  ['loop-marker', isLooping],
  ['auto-reply-subject', isDoubtfulSubject], // RFC 3834 section 3.1.5
  ['receipt', isReceipt], // RFC 8098
  ['no-reply-address', isNoReplyRelay],
  ['calendar', isInvitation],
  ['spam-suspected', ({ subjects }) => subjects.some(isSuspectedSubject)],
  ['postmaster-sender', isHumanPostmaster], // RFC 5230 section 4.6
  ['robot-address', ({ words }) => words.authors.some(isRobotWord) || words.replyTo.some(isRobotWord)],
  ['no-text', hasNoText],
  // INTERNALDATE, because the Date field is unreliable.
  inContext('stale', (_, { now, arrivedAt }) => now.getTime() - arrivedAt.getTime() > staleHours * hour),
  // Not in the table but in section 1: an unread part may hide a mark (RFC 7103).
  ['unreadable', ({ message }) => message.faults.some(isBlindSpot) || isTextUnread(message)],
  // An automatic reply offers a way to reach a person, so it must work.
  inContext('human-asked', (_, { humanAsked }) => humanAsked),
]

/**
 * Thread hijack: an address that never took part. Quoted text does not prove a thread, only ids that we have; without
 * them the participants are unknown.
 */
function isThreadStranger({ inThread, authors }: Facts, { threadParticipants }: GuardContext): boolean {
  if (!inThread || threadParticipants === null) return false
  const known = new Set(threadParticipants.map(canonical))
  return !authors.some(({ address }) => known.has(comparable(address)))
}

/** The author asks for replies to the group. */
function isReplyToList({ target, targetElsewhere, to, cc }: Facts): boolean {
  if (target === null || !targetElsewhere) return false
  return [...to, ...cc].some(({ address }) => comparable(address) === comparable(target.address))
}

/** The classic fraud pattern, and the classic form service. */
function isReplyToMismatch(facts: Facts): boolean {
  const { target, targetElsewhere, authors, isContactForm } = facts
  if (target === null || !targetElsewhere || isContactForm || isReplyToList(facts)) return false
  return !authors.some(({ address }) => sameOrganisation(address, target.address))
}

/** Delivered-To, X-Original-To and similar fields name us on every delivery and prove nothing. */
function isOwnIn(facts: Facts, ...fields: ('to' | 'cc' | 'otherRecipients')[]): boolean {
  return fields.some((field) => facts[field].some(({ address }) => facts.isOwn(address)))
}

/** A program handled it on the way, or it was delivered twice. */
function isLooping({ message, loop, isOwn }: Facts): boolean {
  if ((loop.any && !loop.automatic && !loop.own) || isPassedOn(message)) return true
  const seen = new Set<string>()
  return fieldValues(message, 'delivered-to').some((value) => {
    const address = canonical(value)
    const again = seen.has(address)
    seen.add(address)
    return again && isOwn(address)
  })
}

function isReceipt({ message, inThread, subjects }: Facts): boolean {
  return subjects.some((subject) => isReceiptSubject(subject, inThread, message.text))
}

/**
 * A From that programs read differently: something unclosed, control characters (also inside encoded words), or an
 * encoded word in the address itself (forbidden by RFC 2047 section 5).
 */
function isMalformed(value: string): boolean {
  if (value.includes('\ufffd') || control.test(value) || control.test(decodeWords(value))) return true
  if (/=\?[^?\s]{1,60}\?[bq]\?[^?]*\?=@|<[^<>]{0,200}=\?[^<>]*>/i.test(value)) return true
  // An escape outside quotes is stepped over, so that it opens no quoted string: each `\"` would be read to the end.
  const bare = stripComments(value).replace(/\\.|"(?:[^"\\]|\\.)*"/gs, (part) =>
    part.startsWith('"') ? '' : part,
  )
  return /[("]/.test(bare) || (bare.match(/</g)?.length ?? 0) !== (bare.match(/>/g)?.length ?? 0)
}

/** Except tabs of folded lines, and C1 controls, which mislabelled names decode to. */
const control = /(?![\t\u0080-\u009f])\p{Cc}/u

function isDoubtfulSubject({ inThread, subjects }: Facts): boolean {
  return subjects.some(inThread ? isAutoSubject : isResponderSubject) || subjects.some(endsAsResponder)
}

/** An unmonitored mailbox that writes for a person named in Reply-To, or an address that only begins like one. */
function isNoReplyRelay({ words: { authors, replyTo, target } }: Facts): boolean {
  const strictTarget = target !== null && isStrictNoReply(target)
  return (
    (authors.some(isStrictNoReply) && !strictTarget) ||
    authors.some(isLooseNoReply) ||
    replyTo.some(isLooseNoReply)
  )
}

/** An invitation needs an iTIP answer, not a letter. A calendar file without a method is an attachment. */
function isInvitation({ message, parts }: Facts): boolean {
  return calendarKinds(parts).asks || hasContentClass(message, 'calendarmessage')
}

/** postmaster is often a person, and often a bounce without marks. */
function isHumanPostmaster({ words, subjects }: Facts): boolean {
  return words.authors.some(isPostmaster) && !subjects.some(isBounceSubject)
}

function hasNoText({ message, parts }: Facts): boolean {
  return !hasTextPart(parts) || message.text.trim() === ''
}

/** Faults that may hide a field from the rules. */
function isBlindSpot({ code }: Fault): boolean {
  return code === 'header-cut' || code === 'several-content-types'
}
