/** A mail's files in a form that is safe for a browser; fetched from the mailbox only when somebody opens one. */
import type { Account } from '../context.ts'
import { type AttachedFile, attachmentsOf, filesIn, largestMail } from '../mail/attachments.ts'
import type { Message } from '../mail/message.ts'
import { decodeCharset } from '../mail/mime/charset.ts'
import type { MessageRow } from '../store/messages.ts'

export interface Attachment extends AttachedFile {
  /** How it may be shown; null: it can only be saved. */
  shown: 'image' | 'text' | 'pdf' | null
}

const pictures: Readonly<Record<string, readonly number[]>> = {
  'image/png': [0x89, 0x50, 0x4e, 0x47],
  'image/jpeg': [0xff, 0xd8, 0xff],
  'image/gif': [0x47, 0x49, 0x46, 0x38],
  'image/webp': [0x52, 0x49, 0x46, 0x46],
}
const pdf = [0x25, 0x50, 0x44, 0x46]

/** Everything that is not the mail's text. */
export const shownAttachments = (message: Pick<Message, 'structure'>): Attachment[] =>
  attachmentsOf(message).map((file) => ({ ...file, shown: waysToShow(file.type) }))

function waysToShow(type: string): Attachment['shown'] {
  if (Object.hasOwn(pictures, type)) return 'image'
  if (type === 'application/pdf') return 'pdf'
  return type === 'text/plain' || type === 'text/csv' || type === 'text/markdown' ? 'text' : null
}

interface FileAnswer {
  octets: Uint8Array<ArrayBuffer>
  type: string
  name: string
  /** Whether a browser may show it; otherwise it is saved. */
  inline: boolean
}

/**
 * The file as sent to a browser: a picture or PDF only if its first octets say so, text as UTF-8, all else to be saved.
 * @returns null when the mail is gone or has no such part
 */
export async function fileOf(account: Account, row: MessageRow, path: string): Promise<FileAnswer | null> {
  const place =
    row.junkMailbox !== null && row.junkUidValidity !== null && row.junkUid !== null
      ? { mailbox: row.junkMailbox, uidValidity: row.junkUidValidity, uid: row.junkUid }
      : row
  const source = await account.imap.fetchSource(place.mailbox, place.uidValidity, place.uid, largestMail)
  return source === null ? null : partOf(source, path)
}

/** @param source the whole mail, or its first octets */
export function partOf(source: Buffer, path: string): FileAnswer | null {
  const taken = filesIn(source)(path)
  if (taken === null) return null
  const { part, octets } = taken
  const { name, type } = taken.file
  const shown = waysToShow(type)
  if (shown === 'text') {
    const { text } = decodeCharset(octets, part.parameters.charset ?? '')
    return {
      octets: new Uint8Array(Buffer.from(text)),
      type: 'text/plain; charset=utf-8',
      name,
      inline: true,
    }
  }
  const first = shown === 'pdf' ? pdf : (pictures[type] ?? [])
  const isWhatItSays = shown !== null && first.every((octet, at) => octets[at] === octet)
  return {
    octets: new Uint8Array(octets),
    type: isWhatItSays ? type : 'application/octet-stream',
    name,
    inline: isWhatItSays,
  }
}

/**
 * A browser's own PDF viewer does not run in a sandbox, and runs none of a PDF's scripts with access to this origin.
 * Everything else is sandboxed.
 */
export const filePolicy = (type: string) =>
  type === 'application/pdf'
    ? "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    : "default-src 'none'; frame-ancestors 'self'; sandbox"

/** `Content-Disposition` (RFC 6266) with the name as UTF-8 (RFC 8187). */
export function dispositionOf({ name, inline }: Pick<FileAnswer, 'name' | 'inline'>): string {
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
  return `${inline ? 'inline' : 'attachment'}; filename*=UTF-8''${encoded}`
}
