/** A draft from the owner's mailbox, prepared for sending: clients' private fields are removed. */
import { splitHeader } from '../mime/header.ts'

/** Bcc (RFC 5322 section 3.6.3), our own mark, and what mail clients write into their drafts. */
const draftField =
  /^(?:bcc|x-responder-source|fcc|x-mozilla-[\w-]+|x-identity-key|x-account-key|x-uniform-type-identifier|x-universally-unique-identifier|x-apple-[\w-]+|x-kmail-[\w-]+|x-evolution-[\w-]+|status|x-status|x-keywords|x-uid)$/i

/**
 * The same octets with CRLF line ends and without those fields. Adds Message-ID and Date if the client left them out
 * until sending (RFC 5322 section 3.6).
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
