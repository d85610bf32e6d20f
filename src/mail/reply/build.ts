import { PermanentError } from '../../base/errors.ts'
import type { Owner } from '../account.ts'
import { type Mailbox, plainLine } from '../address.ts'
import { distinct } from '../correspondents.ts'
import type { Message } from '../message.ts'
import { addresseesOf, displayName, named, originatorOf } from './addressing.ts'
import { bodyOf } from './body.ts'
import { compile } from './compile.ts'
import { flowedText } from './flowed.ts'
import { htmlText } from './html.ts'
import { textHash } from './identity.ts'
import type { Reply, ReplyHeader, ReplyInput, ReplyKind } from './reply.ts'
import { replySubject } from './subject.ts'
import { threading } from './threading.ts'

export { replyMessageId, textHash } from './identity.ts'
export type { Reply, ReplyHeader, ReplyInput, ReplyKind } from './reply.ts'

/**
 * Builds the reply to a message (docs/rules.md section 5): header, marks, text, HTML alternative. Deterministic: the
 * same input gives the same octets, so that they can be approved, stored, sent and searched for.
 * @param header the one of `replyHeader`, if it is known
 * @throws PermanentError when there is nobody to answer, or the text is empty or too long
 */
export function buildReply(
  input: ReplyInput,
  header = replyHeader(input.original, input.owner, input.kind),
): Reply {
  const { original, owner, kind, messageId } = input
  if (header === null) throw new PermanentError('the message has no address that a reply could go to')
  const addressees = named(addresseesOf(original, owner, kind))
  const { to, cc, subject } = envelopeOf(input, header, addressees)
  const language = isLanguageTag(input.language ?? '') ? input.language : null
  const body = bodyOf(input)
  const octets = compile({
    from: { name: displayName(owner.displayName ?? ''), address: header.from },
    to,
    cc,
    subject,
    messageId,
    date: input.now,
    inReplyTo: header.inReplyTo,
    references: header.references,
    marks: { ...marksOf(input, header), ...(language === null ? {} : { 'Content-Language': language }) },
    text: flowedText(body),
    html: input.html && original.html !== null ? htmlText(body, language) : null,
  })
  return {
    octets,
    messageId,
    // Not <>: submission servers refuse it, and a bounce of ours is recognised when it comes (section 5.2).
    reversePath: header.from,
    addressees: distinct([...to, ...cc]).map(({ address }) => address),
    from: header.from,
    to: to.map(({ address }) => address),
    subject,
    inReplyTo: header.inReplyTo,
    references: [...header.references],
    autoSubmitted: header.autoSubmitted,
    textHash: textHash(
      body.answer,
      addressees.map(({ name }) => name),
    ),
  }
}

/** As a reviewer typed it, otherwise according to the rules. */
function envelopeOf({ kind, typed }: ReplyInput, header: ReplyHeader, addressees: Mailbox[]) {
  // The correspondent chose the name: it is sent only if a person has seen it.
  if (kind === 'send')
    return { to: header.to.map((address) => ({ name: '', address })), cc: [], subject: header.subject }
  return { to: addressees, cc: [], subject: header.subject, ...typed }
}

/**
 * Section 5.6. A sent reply says in every dialect that it is automatic; a draft says nothing of the kind, because
 * RFC 3834 section 5 reserves `auto-replied` for mail that no person sent.
 */
function marksOf({ kind, originalId }: ReplyInput, header: ReplyHeader): Record<string, string> {
  if (kind === 'draft') {
    const id = plainLine(originalId ?? '').replace(/[^\x21-\x7e]/g, '')
    return id === '' ? {} : { 'X-Responder-Source': id }
  }
  return {
    // Bare: James and others compare exactly, so no comment and no parameter (RFC 3834 section 3.1.7).
    'Auto-Submitted': 'auto-replied',
    // Ours, for programs that look for what an AI system wrote: no standard has a field for it yet.
    'X-Ai-Disclosure': 'written-and-sent-by-ai',
    // Three common responders read nothing else (RFC 3834 section 3.1.8 allows it).
    Precedence: 'bulk',
    // Exchange, and the only value that Pigeonhole, Zammad and django-helpdesk all honour.
    'X-Auto-Response-Suppress': 'All',
    // GitLab, Chatwoot, Redmine, EmailEngine.
    'X-Autoreply': 'yes',
    // Ours: rule own-message knows it when it returns.
    'X-Loop': header.from,
  }
}

/** RFC 5646, as far as a field of RFC 3282 needs it. */
function isLanguageTag(tag: string): boolean {
  return /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,5}$/.test(tag)
}

/** The addresses that a reply would go to; empty if there is nobody to answer. */
export function replyAddressees(original: Pick<Message, 'fields'>, owner: Owner, kind: ReplyKind): string[] {
  return addresseesOf(original, owner, kind).map(({ address }) => address)
}

/** The header that a reply would have; null if there is nobody to answer. Pure, builds nothing. */
export function replyHeader(
  original: Pick<Message, 'fields'>,
  owner: Owner,
  kind: ReplyKind,
): ReplyHeader | null {
  const to = replyAddressees(original, owner, kind)
  if (to.length === 0) return null
  return {
    from: originatorOf(original, owner),
    to,
    subject: replySubject(original),
    ...threading(original),
    autoSubmitted: kind === 'send' ? 'auto-replied' : null,
  }
}
