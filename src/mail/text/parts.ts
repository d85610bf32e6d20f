/** The text that a reader sees, put together from the text parts of a message (RFC 2046 section 5.1). */

import { type Fault, faultOf } from '../fault.ts'
import { readHtml, withoutImages } from '../html/text.ts'
import type { Part } from '../message.ts'
import { signedContent } from '../mime/cms.ts'
import { decodeTransfer } from '../mime/decode.ts'
import { headerBounds, parseFields } from '../mime/header.ts'
import { isOpaqueSigned, parseStructure, textPartsOf } from '../mime/structure.ts'
import { isPlaceholder, type ReadText, readPlain } from './plain.ts'

/** Octets of one text part that are read, images inside its HTML left out; more text than anyone writes. */
const longestText = 1 << 20
/** The same for all text parts of a message together. */
const longestTexts = 3 << 19

interface Shown {
  text: string
  /** It holds words from another part than text/html. */
  plain: boolean
  /** What of it could not be read. */
  unread: readonly Fault[]
  /** Paths of the parts in it whose end is missing, though the message holds more. */
  cut: readonly string[]
}

const nothing: Shown = { text: '', plain: false, unread: [], cut: [] }

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
  if (!reading.paths.has(part.path)) return nothing
  const octets = reading.texts.get(part.path)
  if (!octets || (octets.length === 0 && part.size > 0))
    return { ...nothing, unread: [faultOf('text-unread', part.path)], cut: octets ? [part.path] : [] }
  const slim = part.type === 'text/html' ? withoutImages(octets, part) : { octets, part }
  const kept = slim.octets.subarray(0, Math.min(longestText, reading.room))
  reading.room -= kept.length
  const isCut = octets.length < part.size || kept.length < slim.octets.length
  let read: ReadText
  if (part.type === 'text/html') {
    const fromHtml = readHtml(kept, slim.part)
    reading.html.push(fromHtml.html)
    read = fromHtml
  } else read = isOpaqueSigned(part) ? readSigned(kept, part, reading) : readPlain(kept, part)
  reading.hidden ||= read.hidden
  reading.faults.push(...read.faults)
  return {
    text: read.text,
    plain: part.type !== 'text/html' && read.text.trim() !== '',
    unread: isCut ? [faultOf('text-cut', part.path)] : [],
    cut: octets.length < part.size ? [part.path] : [],
  }
}

/**
 * Of a multipart/alternative one side is shown: text/plain, unless it is blank or only says that HTML is needed, else
 * the last that has text.
 */
function choose(sides: readonly Shown[]): Shown {
  const filled = sides.filter((side) => side.text.trim() !== '')
  const html = filled.findLast((side) => !side.plain)
  const plain = filled.find((side) => side.plain && !(html && isPlaceholder(side.text, html.text)))
  return plain ?? filled.at(-1) ?? together(sides)
}

function together(sides: readonly Shown[]): Shown {
  const filled = sides.filter((side) => side.text.trim() !== '')
  return {
    text: filled.map((side) => side.text).join('\n\n'),
    plain: filled.some((side) => side.plain),
    unread: sides.flatMap((side) => side.unread),
    cut: sides.flatMap((side) => side.cut),
  }
}

function show(part: Part, reading: Reading): Shown {
  if (part.children.length === 0) return readLeaf(part, reading)
  const sides = part.children.map((child) => show(child, reading))
  return part.type === 'multipart/alternative' ? choose(sides) : together(sides)
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

function startReading(structure: Part, texts: ReadonlyMap<string, Buffer>, depth: number): Reading {
  const paths = new Set(textPartsOf(structure).map((part) => part.path))
  return { texts, paths, html: [], hidden: false, faults: [], room: longestTexts, depth }
}

/**
 * @param structure MIME tree
 * @param texts encoded octets of the text parts by path
 * @returns the text, the HTML behind it (null without any), whether text was hidden in it, and what could not be read
 */
export function readTexts(structure: Part, texts: ReadonlyMap<string, Buffer>, depth = 0): ReadTexts {
  const reading = startReading(structure, texts, depth)
  if (somePart(structure, isEncrypted)) reading.faults.push(faultOf('encrypted'))
  const { text, unread } = show(structure, reading)
  return {
    text: text.trim() === '' ? '' : text,
    html: reading.html.length > 0 ? reading.html.join('\n') : null,
    hidden: reading.hidden,
    faults: [...reading.faults, ...unread],
  }
}

/** Paths of the visible text parts of which `texts` has only the beginning: the rest has to be fetched. */
export function cutParts(structure: Part, texts: ReadonlyMap<string, Buffer>): readonly string[] {
  return show(structure, startReading(structure, texts, 0)).cut
}
