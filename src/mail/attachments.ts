/** Files of a mail, listed from its structure and extracted from its octets, and what was read of them. */
import type { Message, Part } from './message.ts'
import { decodeTransfer } from './mime/decode.ts'
import { headerBounds, parseFields } from './mime/header.ts'
import { parseStructure, textPartsOf } from './mime/structure.ts'

export interface AttachedFile {
  /** IMAP section number. */
  path: string
  name: string
  /** Media type as the sender named it. */
  type: string
  /** Octets, decoded; an estimate for base64. */
  size: number
  /** Shown within the text (RFC 2183 section 2.1). */
  isInline: boolean
}

/** A picture as the model gets it. */
export interface ReadImage {
  /** JPEG in base64. */
  jpeg: string
  /** Pixels. */
  width: number
  height: number
}

/** What was read of a file for the model: text, an image, or nothing. Untrusted, like the mail itself. */
export interface ReadAttachment extends AttachedFile {
  text: string | null
  image: ReadImage | null
  /** Why neither text nor image was read, in words; null if one was. */
  fault: string | null
  /** The owner's settings leave such a file out. Without it, a file with a fault should have been read. */
  byChoice?: boolean
}

/** How much of a mail is read to find a file in it, in octets. */
export const largestMail = 25 * 1024 * 1024

function leavesOf(part: Part): Part[] {
  return part.children.length > 0 ? part.children.flatMap(leavesOf) : [part]
}

/** Everything that is not the mail's text. */
export function attachmentsOf({ structure }: Pick<Message, 'structure'>): AttachedFile[] {
  const texts = new Set(textPartsOf(structure).map(({ path }) => path))
  return leavesOf(structure)
    .filter(({ path, filename, disposition, type }) => {
      if (texts.has(path) || type.startsWith('multipart/')) return false
      return filename !== null || disposition === 'attachment' || !type.startsWith('text/')
    })
    .map(({ path, filename, disposition, type, encoding, size }) => ({
      path,
      name: filename ?? (type.startsWith('image/') ? 'Picture' : type === 'message/rfc822' ? 'Mail' : 'File'),
      type,
      size: encoding === 'base64' ? Math.floor((size * 3) / 4.11) : size,
      isInline: disposition === 'inline',
    }))
}

/** A file with its octets. */
export interface TakenFile {
  file: AttachedFile
  part: Part
  octets: Buffer
}

/**
 * Parses the mail once for all of its files.
 * @param source the whole mail, or its first octets
 * @returns null for a path without a file
 */
export function filesIn(source: Buffer): (path: string) => TakenFile | null {
  const { end, body } = headerBounds(source)
  const { structure, bodies } = parseStructure(parseFields(source.subarray(0, end)), source.subarray(body))
  const parts = new Map(leavesOf(structure).map((part) => [part.path, part]))
  const files = new Map(attachmentsOf({ structure }).map((file) => [file.path, file]))
  return (path) => {
    const [part, file, encoded] = [parts.get(path), files.get(path), bodies.get(path)]
    if (part === undefined || file === undefined || encoded === undefined) return null
    return { file, part, octets: decodeTransfer(encoded, part.encoding) }
  }
}

/** For people: what the model was given of a file. */
export function readingOf({ text, image, fault }: Pick<ReadAttachment, 'text' | 'image' | 'fault'>): string {
  if (text !== null) return `${text.length} characters read`
  return image === null
    ? `not read: ${fault}`
    : `read as a picture of ${image.width} × ${image.height} pixels`
}
