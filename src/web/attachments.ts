/** Files of a mail: listed from its structure, and fetched from the mailbox only when somebody opens one. */
import type { Account } from '../context.ts'
import type { Message, Part } from '../mail/message.ts'
import { decodeCharset } from '../mail/mime/charset.ts'
import { decodeTransfer } from '../mail/mime/decode.ts'
import { headerBounds, parseFields } from '../mail/mime/header.ts'
import { parseStructure, textPartsOf } from '../mail/mime/structure.ts'
import type { MessageRow } from '../store/messages.ts'

export interface Attachment {
  /** IMAP section number. */
  path: string
  name: string
  /** Media type as the sender named it. */
  type: string
  /** Octets, decoded; an estimate for base64. */
  size: number
  /** How it may be shown; null: only saved. */
  shown: 'image' | 'text' | 'pdf' | null
}

/** Octets of a mail that are read to find a file in it. */
export const largestMail = 25 * 1024 * 1024

const pictures: Readonly<Record<string, readonly number[]>> = {
  'image/png': [0x89, 0x50, 0x4e, 0x47],
  'image/jpeg': [0xff, 0xd8, 0xff],
  'image/gif': [0x47, 0x49, 0x46, 0x38],
  'image/webp': [0x52, 0x49, 0x46, 0x46],
}
const pdf = [0x25, 0x50, 0x44, 0x46]

function leavesOf(part: Part): Part[] {
  return part.children.length > 0 ? part.children.flatMap(leavesOf) : [part]
}

/** Everything that is not the mail's text. */
export function attachmentsOf({ structure }: Pick<Message, 'structure'>): Attachment[] {
  const texts = new Set(textPartsOf(structure).map(({ path }) => path))
  return leavesOf(structure)
    .filter(({ path, filename, disposition, type }) => {
      if (texts.has(path) || type.startsWith('multipart/')) return false
      return filename !== null || disposition === 'attachment' || !type.startsWith('text/')
    })
    .map(({ path, filename, type, encoding, size }) => ({
      path,
      name: filename ?? (type.startsWith('image/') ? 'Picture' : type === 'message/rfc822' ? 'Mail' : 'File'),
      type,
      size: encoding === 'base64' ? Math.floor((size * 3) / 4.11) : size,
      shown: waysToShow(type),
    }))
}

function waysToShow(type: string): Attachment['shown'] {
  if (Object.hasOwn(pictures, type)) return 'image'
  if (type === 'application/pdf') return 'pdf'
  return type === 'text/plain' || type === 'text/csv' || type === 'text/markdown' ? 'text' : null
}

export interface FileAnswer {
  octets: Uint8Array<ArrayBuffer>
  type: string
  name: string
  /** Whether a browser may show it; otherwise it is saved. */
  inline: boolean
}

/**
 * The file as a browser may have it: a picture or PDF only if its first octets say so, text as UTF-8, all else to be saved.
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
  const { end, body } = headerBounds(source)
  const { structure, bodies } = parseStructure(parseFields(source.subarray(0, end)), source.subarray(body))
  const part = leavesOf(structure).find((each) => each.path === path)
  const encoded = bodies.get(path)
  const listed = attachmentsOf({ structure }).find((each) => each.path === path)
  if (part === undefined || encoded === undefined || listed === undefined) return null
  const octets = decodeTransfer(encoded, part.encoding)
  const { name, shown, type } = listed
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
