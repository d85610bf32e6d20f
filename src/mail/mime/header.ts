/** The outermost header block (RFC 5322 section 2.2), read leniently (RFC 7103): every octet sequence has a reading. */

import { isAscii as isAsciiOctets } from 'node:buffer'
import type { Field } from '../message.ts'
import { decodeCharset, decodeUnlabelled } from './charset.ts'
import { parseParameters } from './parameters.ts'

/** Octets of header that are read; anything beyond is not treated as header. */
export const longestHeader = 1 << 18

/** Fields that are read from one block. */
const mostFields = 5_000

const LF = 0x0a
const CR = 0x0d

/**
 * True when CR alone ends lines: the first line end is a CR that no LF follows. Otherwise a stray CR is content,
 * as IMAP servers see it, and can't end the header block early.
 */
function endsWithCr(octets: Buffer): boolean {
  const first = octets.indexOf(CR)
  if (first < 0) return false
  let after = first
  while (octets[after] === CR) after++
  const feed = octets.indexOf(LF)
  return feed < 0 || (first < feed && after !== feed)
}

interface Line {
  start: number
  /** Without CR and LF. */
  end: number
  next: number
}

/** The lines of a block. Remembers the position of the next LF, so that CR-only text is still read in linear time. */
function* linesOf(octets: Buffer): Generator<Line> {
  const cr = endsWithCr(octets)
  let feed = -1
  for (let start = 0; start < octets.length; ) {
    if (feed < start) feed = octets.indexOf(LF, start)
    if (feed < 0) feed = octets.length
    const stop = cr ? octets.indexOf(CR, start) : -1
    let end = stop >= 0 && stop < feed ? stop : feed
    const next = end === stop ? stop + (octets[stop + 1] === LF ? 2 : 1) : Math.min(feed + 1, octets.length)
    while (end > start && octets[end - 1] === CR) end--
    yield { start, end, next }
    start = next
  }
}

/** Where the header block ends and where the body begins, both counted from the start of `octets`. */
export function headerBounds(octets: Buffer): { end: number; body: number } {
  const block = octets.subarray(0, longestHeader)
  for (const { start, end, next } of linesOf(block)) {
    if (end === start) return { end: start, body: next }
  }
  return { end: block.length, body: block.length }
}

/** The header block of a message: everything before the first empty line. */
export function splitHeader(octets: Buffer): Buffer {
  return octets.subarray(0, headerBounds(octets).end)
}

interface RawField {
  name: string
  /** One character for each octet. */
  text: string
}

/**
 * The fields of a block, folded lines joined (RFC 5322 section 2.2.3). Each line is a separate string, so that a
 * value that is kept does not keep the whole header.
 */
function rawFields(header: Buffer): RawField[] {
  const fields: RawField[] = []
  let line = ''
  for (const { start, end } of linesOf(header)) {
    const piece = header.toString('latin1', start, end)
    const first = header[start]
    if (first === 0x20 || first === 0x09) {
      line += piece
      continue
    }
    addField(fields, line)
    if (fields.length >= mostFields) return fields
    line = piece
  }
  addField(fields, line)
  return fields
}

/** Lines that are not fields (an mbox `From ` line, garbage) are skipped. */
function addField(fields: RawField[], line: string): void {
  const colon = line.indexOf(':')
  if (colon < 1) return
  // Blanks before the colon are obsolete syntax (RFC 5322 section 4.5).
  const name = line.slice(0, colon).replaceAll('\0', '').trimEnd().toLowerCase()
  if (name === '' || name.length > 998 || /[^\x21-\x7e]/.test(name)) return
  fields.push({ name, text: line.slice(colon + 1) })
}

/** The charset that a header names for a body of one part. */
function ownCharset(fields: readonly RawField[]): string {
  const type = fields.find(({ name }) => name === 'content-type')?.text
  return type === undefined ? '' : (parseParameters(type).parameters.charset ?? '')
}

const notStructural = /[^<>@",;:()\\]/g

/** Japanese between escape sequences, whose octets look like ASCII. */
const escaped = /\p{Cc}\$[@B]\P{Cc}*(?:\p{Cc}\([BJ])?/gu

/** Nearly every header is, and needs no guess. An escape character may begin Japanese. */
const isAscii = (octets: Buffer) => isAsciiOctets(octets) && !octets.includes(0x1b)

/** The separators of addresses and names in a value, as servers along the way read it. */
function structureOf(text: string): string {
  const plain = text.replace(escaped, (japanese) => (/[\w+-]@[\w-]+\.\w/.test(japanese) ? japanese : ''))
  return plain.replace(notStructural, '')
}

/** A charset must not move an address or a quote: then each octet is a character. Subjects have no structure. */
function fieldText({ name, text: written }: RawField, charset: string): string {
  const octets = Buffer.from(written, 'latin1')
  if (isAscii(octets)) return written
  const text = decodeUnlabelled(octets, charset)
  const sound = name === 'subject' || text.replace(notStructural, '') === structureOf(written)
  return sound ? text : decodeCharset(octets, 'windows-1252').text
}

/**
 * Every field in order, leniently. NUL is read as U+FFFD, so that no keyword or address containing one passes as
 * valid.
 * @param charset likely charset of octets beyond ASCII that are not UTF-8; by default the one the header names for
 * its body
 */
export function parseFields(header: Buffer, charset?: string): Field[] {
  const block = header.subarray(0, longestHeader)
  const fields = rawFields(block)
  const plain = isAscii(block)
  const likely = charset ?? (plain ? '' : ownCharset(fields))
  return fields.map((field) => ({
    name: field.name,
    value: (plain ? field.text : fieldText(field, likely)).replaceAll('\0', '\ufffd').trim(),
  }))
}
