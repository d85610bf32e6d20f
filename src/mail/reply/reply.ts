import type { TypedEnvelope } from '../../base/typed-envelope.ts'
import type { Owner } from '../account.ts'
import type { Message } from '../message.ts'

/** `send`: nobody reviews it before it is sent, so it carries the automatic marks. `draft`: a person sends it. */
export type ReplyKind = 'send' | 'draft'

/** The fields of a reply that threading, explaining and the conformance files look at. */
export interface ReplyHeader {
  /** Own address, without display name. */
  from: string
  /** Addressees without display names; exactly one for kind `send`. */
  to: readonly string[]
  /** Decoded text. */
  subject: string
  inReplyTo: string | null
  references: readonly string[]
  /** `auto-replied` for kind `send`, else null. */
  autoSubmitted: string | null
}

export interface ReplyInput {
  original: Message
  owner: Owner
  kind: ReplyKind
  /** The answer: plain text, paragraphs divided by empty lines, without signature. */
  text: string
  /** True if the owner wants an HTML alternative; written only if the original has HTML, too. */
  html: boolean
  /** BCP 47 tag of the answer, or null. */
  language: string | null
  /** One block of text below `-- `; empty for none. */
  signature: string
  quote: 'none' | 'short'
  /** What a reviewer typed into the header; ignored for kind `send`. */
  typed?: TypedEnvelope | null
  /** The lines below an automatic answer that disclose it; null for none. */
  disclosure: string | null
  /** The same, above the answer. */
  notice?: string | null
  /** From `replyMessageId`, angle brackets included. */
  messageId: string
  now: Date
  /** Written to X-Responder-Source of a draft, so that it can be found again; null for none. */
  originalId: string | null
}

export interface Reply {
  /** The whole message with CRLF line ends, ready for DATA and APPEND. 7-bit unless an address needs SMTPUTF8. */
  octets: Buffer
  /** With angle brackets. */
  messageId: string
  /** MAIL FROM: the owner's address in From. */
  reversePath: string
  /** RCPT TO. */
  addressees: string[]
  from: string
  to: string[]
  subject: string
  inReplyTo: string | null
  references: string[]
  autoSubmitted: string | null
  /** For the limit `same-reply`. */
  textHash: string
}
