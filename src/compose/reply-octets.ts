/**
 * The only place where a reply's octets are built: drafted, automatically sent and edited replies differ only in
 * their kind.
 */

import type { GuardCode } from '../base/reasons.ts'
import type { TypedEnvelope } from '../base/typed-envelope.ts'
import type { AccountSettings } from '../config/settings.ts'
import { domainPart } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import { automaticLines } from '../mail/reply/automatic.ts'
import {
  buildReply,
  type Reply,
  type ReplyInput,
  type ReplyKind,
  replyHeader,
  replyMessageId,
} from '../mail/reply/build.ts'
import { signatureFor } from '../mail/reply/sign-off.ts'

/** The answered mail, with the identity of its row. */
interface Answered {
  row: { account: string; id: string; messageId: string | null; codes: readonly GuardCode[] }
  message: Message
}

/** The text as the model or a person wrote it. `attemptGroup` distinguishes attempts in the Message-ID. */
interface Written {
  text: string
  language: string | null
  attemptGroup: number
  /** What a reviewer typed into the header. */
  envelope?: TypedEnvelope | null
}

interface Surroundings {
  now: Date
  replyKey: Buffer
  /** The correspondent has not yet received an automatic reply from this account. */
  isFirst?: boolean
}

/**
 * A reply sent without a person's review carries the marks of an automatic reply and says so (RFC 3834 section
 * 3.1.7). A reply that a person sends must not (section 5), but names its original, so that it can be found in
 * \Drafts.
 * @returns null when there is nobody to answer
 * @throws PermanentError when the text is empty or too long
 */
export function writtenReply(
  { owner, replies }: AccountSettings,
  { row, message }: Answered,
  kind: ReplyKind,
  { text, language, attemptGroup, envelope = null }: Written,
  { now, replyKey, isFirst = true }: Surroundings,
): Reply | null {
  const header = replyHeader(message, owner, kind)
  if (header === null) return null
  const domain = domainPart(header.from)
  const onBehalfOf = owner.displayName ?? owner.address
  const says = kind === 'send' ? automaticLines(replies, language, onBehalfOf, isFirst) : null
  // The Message-ID can be found again after the store is lost, unless another mail has the same one.
  const original = row.codes.includes('reused-message-id') ? row.id : (row.messageId ?? row.id)
  const input: ReplyInput = {
    original: message,
    owner,
    kind,
    text,
    html: replies.html,
    language,
    signature: signatureFor(replies, language),
    quote: replies.quote,
    typed: envelope,
    notice: says?.above ?? null,
    disclosure: says?.below ?? null,
    messageId: replyMessageId(replyKey, row.account, original, kind, attemptGroup, domain),
    now,
    originalId: kind === 'draft' ? row.messageId : null,
  }
  return buildReply(input, header)
}

/** The part stored in the row. */
export function octetsOf<Kind extends ReplyKind>(
  kind: Kind,
  { octets, addressees, messageId, textHash }: Reply,
) {
  return { kind, octets, addressees, replyMessageId: messageId, textHash }
}
