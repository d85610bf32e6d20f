/** The owner approves in their own mail client: the draft is sent as it is in the mailbox, edits included. */

import { logDecision } from '../base/log.ts'
import type { Reason } from '../base/reasons.ts'
import type { Account, StepContext } from '../context.ts'
import type { Owner } from '../mail/account.ts'
import { parseAddressList } from '../mail/address.ts'
import { comparable } from '../mail/correspondents.ts'
import { fieldValues, firstField, type Message } from '../mail/message.ts'
import { parseOctets, splitHeader } from '../mail/mime/octets.ts'
import { textHash } from '../mail/reply/build.ts'
import { editShare, unifiedDiff } from '../mail/text/edits.ts'
import { visibleText } from '../mail/text/visible.ts'
import type { MessageRow } from '../store/messages.ts'
import { move } from '../store/moves.ts'
import type { ReplyRow } from '../store/replies.ts'

/** With more recipients it is a mailing, which belongs in the owner's own client. */
const mostAddressees = 50

/** Fixes the octets and starts the send protocol, in one transaction. True if it may be sent. */
export async function approveAsItStands(
  context: StepContext,
  account: Account,
  { row, reply }: { row: MessageRow; reply: ReplyRow },
  { octets, ...place }: MailInMailbox,
): Promise<boolean> {
  const message = parseOctets(octets)
  const obstacle = obstacleOf(message, octets, account.settings.owner)
  const now = context.clock.now()
  const text = visibleText(message).text
  const messageId = firstField(message, 'message-id') ?? reply.replyMessageId
  const edited = editShare(reply.text, text) > 0
  const change = { id: row.id, at: row.step, actor: 'owner' } as const
  const found = {
    version: reply.version,
    saved: { ...place, size: octets.length },
    ...(edited ? { text, textHash: textHash(text), diff: unifiedDiff(reply.text, text) } : {}),
  }
  if (obstacle !== null) {
    await move(context.db, 'refuseDraft', { ...change, reason: obstacle, reply: found }, now)
    return false
  }
  const fixed = {
    ...found,
    octets: approvedOctets(octets, { messageId, date: now }),
    addressees: addresseesOf(message),
    replyMessageId: messageId,
    kind: 'draft',
    sendAfter: null,
  } as const
  const approved = { ...change, reason: 'approved-by-flag', reply: fixed } as const
  if (!(await move(context.db, 'approve', approved, now))) return false
  logDecision(context.log, approved)
  return true
}

/** To, Cc and Bcc as the owner wrote them. */
function addresseesOf(message: Message): string[] {
  const all = ['to', 'cc', 'bcc'].flatMap((name) => fieldValues(message, name).flatMap(parseAddressList))
  return [...new Set(all.map(({ address }) => address))]
}

/** Why it can't be sent from here; the owner's own client can still send it. */
export function obstacleOf(
  message: Message,
  octets: Buffer,
  { address, aliases }: Pick<Owner, 'address' | 'aliases'>,
): Reason | null {
  if (octets.length > longestDraft) return 'draft-too-long'
  const addressees = addresseesOf(message)
  if (addressees.length === 0) return 'draft-without-addressee'
  if (addressees.length > mostAddressees) return 'draft-with-too-many-addressees'
  const from = fieldValues(message, 'from').flatMap(parseAddressList)
  // The owner's client may write it with capitals.
  const own = new Set([address, ...aliases].map(comparable))
  const isOwn = from.length === 1 && from.every((author) => own.has(comparable(author.address)))
  return isOwn ? null : 'draft-from-another-address'
}

/** A mail as stored in a mailbox. */
export interface MailInMailbox {
  mailbox: string
  uidValidity: string
  uid: number
  octets: Buffer
}

/** Octets. Longer drafts are left to the owner's own client. */
export const longestDraft = 25 * 1024 * 1024

/** Bcc (RFC 5322 section 3.6.3), our own mark, and what mail clients write into their drafts. */
const draftField =
  /^(?:bcc|x-responder-source|fcc|x-mozilla-[\w-]+|x-identity-key|x-account-key|x-uniform-type-identifier|x-universally-unique-identifier|x-apple-[\w-]+|x-kmail-[\w-]+|x-evolution-[\w-]+|status|x-status|x-keywords|x-uid)$/i

/**
 * A draft from the owner's mailbox, prepared for sending: CRLF line ends, without private fields of clients. Adds
 * Message-ID and Date if the client has not written them yet (RFC 5322 section 3.6).
 * @param added written only if the draft has no such field
 */
export function approvedOctets(draft: Buffer, added: { messageId: string; date: Date }): Buffer {
  const text = draft.toString('latin1').replace(/\r?\n|\r/g, '\r\n')
  const normal = Buffer.from(text, 'latin1')
  const head = splitHeader(normal)
  const body = text.slice(head.length).replace(/^(?:\r\n)?/, '')
  const fields = head
    .toString('latin1')
    .replace(/(?:\r\n)+$/, '')
    .split(/\r\n(?![ \t])/)
  const nameOf = (field: string) => field.slice(0, Math.max(0, field.indexOf(':'))).trimEnd()
  const kept = fields.filter((field) => nameOf(field) !== '' && !draftField.test(nameOf(field)))
  const has = (name: string) => kept.some((field) => nameOf(field).toLowerCase() === name)
  if (!has('message-id')) kept.push(`Message-ID: ${added.messageId}`)
  if (!has('date')) kept.push(`Date: ${added.date.toUTCString().replace('GMT', '+0000')}`)
  return Buffer.from(`${kept.join('\r\n')}\r\n\r\n${body}`, 'latin1')
}
