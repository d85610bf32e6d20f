/** The text that a reader sees, put together from the text parts of a message (RFC 2046 section 5.1). */

import { type Fault, faultOf } from '../fault.ts'
import { readHtml } from '../html/text.ts'
import type { Part } from '../message.ts'
import { signedContent } from '../mime/cms.ts'
import { decodeTransfer } from '../mime/decode.ts'
import { headerBounds, parseFields } from '../mime/header.ts'
import { isOpaqueSigned, parseStructure, textPartsOf } from '../mime/structure.ts'
import { type ReadText, readPlain } from './plain.ts'

/** Encoded octets of one text part that are read; more text than anyone writes. */
const longestText = 1 << 20
/** The same for all text parts of a message together. */
const longestTexts = 3 << 19

interface Shown {
  text: string
  /** It holds words from another part than text/html. */
  plain: boolean
}

interface Reading {
  texts: ReadonlyMap<string, Buffer>
  paths: ReadonlySet<string>
  html: string[]
  hidden: boolean
  faults: Fault[]
  /** Octets that may still be read. */
  room: number
  /** Signed messages that this one was unwrapped from. */
  depth: number
}

/** The text inside an opaque signature, which wraps a whole MIME entity. */
function readSigned(octets: Buffer, part: Part, reading: Reading): ReadText {
  const entity = reading.depth < 2 ? signedContent(decodeTransfer(octets, part.encoding)) : null
  if (!entity) return { text: '', hidden: false, faults: [faultOf('signature-unread', part.path)] }
  const { end, body } = headerBounds(entity)
  const { structure, bodies, faults } = parseStructure(
    parseFields(entity.subarray(0, end)),
    entity.subarray(body),
  )
  const inner = readTexts(structure, bodies, reading.depth + 1)
  if (inner.html !== null) reading.html.push(inner.html)
  return { text: inner.text, hidden: inner.hidden, faults: [...faults, ...inner.faults] }
}

function readLeaf(part: Part, reading: Reading): Shown {
  if (!reading.paths.has(part.path)) return { text: '', plain: false }
  const octets = reading.texts.get(part.path)
  if (!octets) {
    reading.faults.push(faultOf('text-unread', part.path))
    return { text: '', plain: false }
  }
  const kept = octets.subarray(0, Math.min(longestText, reading.room))
  reading.room -= kept.length
  if (kept.length < part.size) reading.faults.push(faultOf('text-cut', part.path))
  let read: ReadText
  if (part.type === 'text/html') {
    const fromHtml = readHtml(kept, part)
    reading.html.push(fromHtml.html)
    read = fromHtml
  } else read = isOpaqueSigned(part) ? readSigned(kept, part, reading) : readPlain(kept, part)
  reading.hidden ||= read.hidden
  reading.faults.push(...read.faults)
  return { text: read.text, plain: part.type !== 'text/html' && read.text.trim() !== '' }
}

/** Of a multipart/alternative one side is shown: text/plain unless it is blank, else the last that has text. */
function choose(sides: readonly Shown[]): Shown {
  const plain = sides.find((side) => side.plain)
  const filled = sides.filter((side) => side.text.trim() !== '')
  return plain ?? filled.at(-1) ?? { text: '', plain: false }
}

function show(part: Part, reading: Reading): Shown {
  if (part.children.length === 0) return readLeaf(part, reading)
  const sides = part.children.map((child) => show(child, reading))
  if (part.type === 'multipart/alternative') return choose(sides)
  const filled = sides.filter((side) => side.text.trim() !== '')
  return { text: filled.map((side) => side.text).join('\n\n'), plain: filled.some((side) => side.plain) }
}

/** True for a part whose words only its addressee's key can open (RFC 1847, RFC 8551 section 3.3). */
function isEncrypted(part: Part): boolean {
  if (part.type === 'multipart/encrypted') return true
  if (part.type !== 'application/pkcs7-mime' && part.type !== 'application/x-pkcs7-mime') return false
  return part.parameters['smime-type']?.toLowerCase() !== 'signed-data'
}

function somePart(part: Part, test: (part: Part) => boolean): boolean {
  return test(part) || part.children.some((child) => somePart(child, test))
}

interface ReadTexts {
  text: string
  html: string | null
  hidden: boolean
  faults: Fault[]
}

/**
 * @param structure MIME tree
 * @param texts encoded octets of the text parts by path
 * @returns the text, the HTML behind it (null without any), whether text was hidden in it, and what could not be read
 */
export function readTexts(structure: Part, texts: ReadonlyMap<string, Buffer>, depth = 0): ReadTexts {
  const paths = new Set(textPartsOf(structure).map((part) => part.path))
  const reading: Reading = { texts, paths, html: [], hidden: false, faults: [], room: longestTexts, depth }
  if (somePart(structure, isEncrypted)) reading.faults.push(faultOf('encrypted'))
  const { text } = show(structure, reading)
  return {
    text: text.trim() === '' ? '' : text,
    html: reading.html.length > 0 ? reading.html.join('\n') : null,
    hidden: reading.hidden,
    faults: reading.faults,
  }
}
