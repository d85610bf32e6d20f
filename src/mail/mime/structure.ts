/** The MIME tree of a raw message (RFC 2046), and which of its parts a reader sees as the message's text. */

import { type FaultCode, faultOf } from '../fault.ts'
import type { Field, Part } from '../message.ts'
import { decodeTransfer } from './decode.ts'
import { headerBounds, parseFields } from './header.ts'
import { parseParameters, safeFilename } from './parameters.ts'

/** Deeper multiparts are leaves; real mail stays below ten. */
const deepest = 20
/** Parts that are read from one message. */
const mostParts = 500
/** Text parts of one message that are worth reading. */
const mostTexts = 20

interface Walk {
  parts: number
  /** Octets that may still be searched for delimiters; nested multiparts are searched once a level. */
  searchable: number
  faults: Set<FaultCode>
  /** Encoded octets of each leaf by path. */
  bodies: Map<string, Buffer>
}

function first(fields: readonly Field[], name: string): string {
  return fields.find((field) => field.name === name)?.value ?? ''
}

/** Media type by RFC 2045 section 5.2: missing or malformed values become the default. */
function mediaType(token: string, fallback: string): string {
  return /^[\w!#$&.+^-]+\/[\w!#$&.+^-]+$/.test(token) ? token : fallback
}

/** A Part without children, from the fields of its entity. */
function partFrom(fields: readonly Field[], path: string, size: number, fallback: string): Part {
  const contentType = parseParameters(first(fields, 'content-type'))
  const disposition = parseParameters(first(fields, 'content-disposition'))
  const kind = disposition.token.split(/[^a-z-]/, 1)[0] ?? ''
  return {
    path,
    type: mediaType(contentType.token, fallback),
    parameters: contentType.parameters,
    // RFC 2183 section 2.8: unknown dispositions are attachments. `reaction` is RFC 9078.
    disposition: kind === '' ? null : kind === 'inline' || kind === 'reaction' ? kind : 'attachment',
    filename: safeFilename(disposition.parameters.filename ?? contentType.parameters.name),
    encoding: parseParameters(first(fields, 'content-transfer-encoding')).token || '7bit',
    size,
    children: [],
  }
}

/** The sections between the delimiter lines of a boundary (RFC 2046 section 5.1.1); none if it never occurs. */
function bodyParts(body: Buffer, boundary: string, most: number): Buffer[] {
  const delimiter = Buffer.from(`--${boundary}`, 'utf8')
  const found: Buffer[] = []
  let start = -1
  for (
    let at = body.indexOf(delimiter);
    at >= 0 && found.length < most;
    at = body.indexOf(delimiter, at + 1)
  ) {
    const before = body[at - 1]
    if (at > 0 && before !== 0x0a && before !== 0x0d) continue
    let after = at + delimiter.length
    const closes = body[after] === 0x2d && body[after + 1] === 0x2d
    if (closes) after += 2
    while (body[after] === 0x20 || body[after] === 0x09) after++
    if (after < body.length && body[after] !== 0x0a && body[after] !== 0x0d) continue
    if (start >= 0) found.push(body.subarray(start, lineEndBefore(body, start, at)))
    start = -1
    if (closes) return found
    start = after + (body[after] === 0x0d ? 1 : 0)
    if (body[start] === 0x0a) start++
  }
  if (start >= 0 && found.length < most) found.push(body.subarray(start))
  return found
}

/** The line end before a delimiter belongs to the delimiter. */
function lineEndBefore(body: Buffer, start: number, at: number): number {
  let end = at
  if (end > start && body[end - 1] === 0x0a) end--
  if (end > start && body[end - 1] === 0x0d) end--
  return end
}

/** The boundary in the first delimiter line before MIME fields, if the field that should name it disagrees. */
function likelyBoundary(body: Buffer): string | null {
  const start = body.subarray(0, 65_536).toString('utf8')
  return /(?:^|\n)--([^\r\n]{1,70})\r?\ncontent-/i.exec(start)?.[1]?.trimEnd() ?? null
}

/** A body part that starts with neither a field nor an empty line forgot the empty line. */
function startsWithField(stretch: Buffer): boolean {
  return /^(?:[\r\n]|[!-9;-~]+[ \t]*:)/.test(stretch.subarray(0, 1000).toString('latin1'))
}

function walkEntity(
  fields: readonly Field[],
  body: Buffer,
  path: string,
  depth: number,
  fallback: string,
  walk: Walk,
): Part {
  walk.parts++
  if (fields.filter((field) => field.name === 'content-type').length > 1)
    walk.faults.add('several-content-types')
  const part = partFrom(fields, path, body.length, fallback)
  if (!part.type.startsWith('multipart/')) {
    const leaf = path === '' ? { ...part, path: '1' } : part
    walk.bodies.set(leaf.path, body)
    return leaf
  }
  walk.searchable -= body.length
  if (depth >= deepest || walk.searchable < 0) {
    walk.faults.add('nested-too-deep')
    return part
  }
  const boundary = part.parameters.boundary ?? ''
  const room = mostParts + 1 - walk.parts
  let stretches = boundary === '' ? [] : bodyParts(body, boundary, room)
  if (stretches.length === 0) {
    walk.faults.add('no-boundary')
    const guess = likelyBoundary(body)
    if (guess !== null) stretches = bodyParts(body, guess, room)
  }
  const children: Part[] = []
  const prefix = path === '' ? '' : `${path}.`
  // A multipart whose boundary never occurs is read as the plain text that it then is.
  for (const [index, stretch] of (stretches.length > 0 ? stretches : [null]).entries()) {
    if (walk.parts >= mostParts) {
      walk.faults.add('too-many-parts')
      break
    }
    const { end, body: start } =
      stretch && startsWithField(stretch) ? headerBounds(stretch) : { end: 0, body: 0 }
    const inner = stretch ? parseFields(stretch.subarray(0, end)) : []
    const implied = part.type === 'multipart/digest' && stretch ? 'message/rfc822' : 'text/plain'
    const content = stretch ? stretch.subarray(start) : body
    children.push(walkEntity(inner, content, `${prefix}${index + 1}`, depth + 1, implied, walk))
  }
  return { ...part, children }
}

/**
 * The tree of a message. message/* parts are leaves: their contents are not parsed.
 * @param fields outermost header
 * @param body octets after the header
 * @returns the tree, the encoded octets of each leaf by path, and what is wrong with the structure
 */
export function parseStructure(fields: readonly Field[], body: Buffer) {
  const walk: Walk = {
    parts: 0,
    searchable: 4 * body.length + 1_000_000,
    faults: new Set(),
    bodies: new Map(),
  }
  const structure = walkEntity(fields, body, '', 0, 'text/plain', walk)
  return {
    structure,
    bodies: walk.bodies as ReadonlyMap<string, Buffer>,
    faults: [...walk.faults].map((code) => faultOf(code)),
  }
}

/** S/MIME that wraps its content in its signature (RFC 8551 section 3.5.2); the text has to be unwrapped. */
export function isOpaqueSigned(part: Part): boolean {
  const smime = part.type === 'application/pkcs7-mime' || part.type === 'application/x-pkcs7-mime'
  return smime && part.parameters['smime-type']?.toLowerCase() === 'signed-data'
}

/** Exchange turns the text below a picture, as phones and Apple Mail write it, into a file with such a name. */
const madeFile = /^ATT\d{5}\.(?:txt|html?)$/i

const isMadeFile = ({ filename }: Part) => filename !== null && madeFile.test(filename)

function isText(part: Part): boolean {
  if (isOpaqueSigned(part)) return true
  if (part.type !== 'text/plain' && part.type !== 'text/html') return false
  return part.disposition !== 'attachment' || isMadeFile(part)
}

/** The child of a multipart/related that the others only serve: the first (RFC 2387 section 3.2), if it has text. */
function relatedRoot(part: Part): readonly Part[] {
  const [root, ...others] = part.children
  return root && textLeaves(root).length > 0 ? [root] : others
}

function textLeaves(part: Part): Part[] {
  if (part.type === 'multipart/encrypted') return []
  if (part.type === 'multipart/related') return relatedRoot(part).flatMap(textLeaves)
  // The second part of a multipart/signed is the signature (RFC 1847); anything after it was added by a server.
  if (part.children.length > 0) return part.children.flatMap(textLeaves)
  return isText(part) ? [part] : []
}

/**
 * The parts that contain the message's text, in display order: those to fetch. Includes both sides of a
 * multipart/alternative, because the HTML side shows whether it contains hidden text. Named files after the first
 * text are attachments.
 */
export function textPartsOf(structure: Part): readonly Part[] {
  const known = textParts.get(structure)
  if (known) return known
  const found = textLeaves(structure)
    .filter(
      (part, index) => index === 0 || part.filename === null || isOpaqueSigned(part) || isMadeFile(part),
    )
    .slice(0, mostTexts)
  textParts.set(structure, found)
  return found
}

/** By structure: fetching and reading ask for those of one mail four times. */
const textParts = new WeakMap<Part, readonly Part[]>()

/** The charset that the first text part names, `''` if it names none. */
export function textCharset(structure: Part): string {
  return textPartsOf(structure)[0]?.parameters.charset ?? ''
}

/** Calendar parts of one message that are looked into. */
const mostCalendars = 5

/** iCalendar, also as old programs label it. */
export function isCalendar({ type, filename }: Part): boolean {
  if (type === 'text/calendar' || type === 'application/ics') return true
  return type === 'application/octet-stream' && /\.ics$/i.test(filename ?? '')
}

function calendarLeaves(part: Part): Part[] {
  if (part.children.length > 0) return part.children.flatMap(calendarLeaves)
  return isCalendar(part) ? [part] : []
}

/** Calendar parts that do not say in their header what they are for; their first lines do (RFC 5546 section 1.4). */
export function unnamedCalendars(structure: Part): Part[] {
  return calendarLeaves(structure)
    .filter((part) => part.parameters.method === undefined)
    .slice(0, mostCalendars)
}

/** METHOD among the properties of the calendar itself, before its first component. */
function methodIn(octets: Buffer, encoding: string): string | null {
  const start = decodeTransfer(octets.subarray(0, 8192), encoding).toString('latin1')
  const properties = start.split(/^BEGIN:(?!VCALENDAR)/im, 1)[0] ?? ''
  return /^METHOD:[ \t]*([A-Z-]{1,40})[ \t]*\r?$/im.exec(properties)?.[1] ?? null
}

/**
 * The tree with the method of each calendar as a parameter, as RFC 6047 section 2.4 requires, even if only the calendar
 * itself names it. An attached file that only publishes dates is not a scheduling message.
 */
export function withCalendarMethods(structure: Part, bodies: ReadonlyMap<string, Buffer>): Part {
  const methods = new Map<string, string>()
  for (const part of unnamedCalendars(structure)) {
    const method = methodIn(bodies.get(part.path) ?? Buffer.alloc(0), part.encoding)
    const isFile = part.disposition === 'attachment' && method?.toUpperCase() === 'PUBLISH'
    if (method !== null && !isFile) methods.set(part.path, method)
  }
  const named = (part: Part): Part => {
    const method = methods.get(part.path)
    const children = part.children.map(named)
    return method === undefined
      ? { ...part, children }
      : { ...part, children, parameters: { ...part.parameters, method } }
  }
  return methods.size === 0 ? structure : named(structure)
}
