/** Builds a message from its octets, or from the pieces that IMAP delivers; both are read in the same way. */

import { faultOf } from '../fault.ts'
import type { Message, Part } from '../message.ts'
import { readTexts } from '../text/parts.ts'
import { headerBounds, longestHeader, parseFields, splitHeader } from './header.ts'
import { parseStructure, textCharset, textPartsOf, withCalendarMethods } from './structure.ts'

export { parseFields, splitHeader, textCharset, textPartsOf }

/** Octets of a raw message that are read. */
const longestMessage = 40 << 20

/**
 * Builds a message from what IMAP gives without its attachments.
 * @param header the outermost header block, with or without its final empty line
 * @param structure BODYSTRUCTURE as a Part tree
 * @param texts encoded octets by part path, for the parts of textPartsOf and unnamedCalendars; each may be truncated
 */
export function messageFromParts(pieces: {
  header: Buffer
  structure: Part
  texts: ReadonlyMap<string, Buffer>
}): Message {
  const { header, texts } = pieces
  const structure = withCalendarMethods(pieces.structure, texts)
  const read = readTexts(structure, texts)
  const faults = header.length > longestHeader ? [faultOf('header-cut')] : []
  return {
    fields: parseFields(splitHeader(header), textCharset(structure)),
    structure,
    text: read.text,
    html: read.html,
    hiddenText: read.hidden,
    faults: [...faults, ...read.faults],
  }
}

/** Reads a whole raw message. Never throws; `faults` lists what could not be read. */
export function parseOctets(octets: Buffer): Message {
  const raw = octets.subarray(0, longestMessage)
  const { end, body } = headerBounds(raw)
  const header = raw.subarray(0, end)
  const { structure, bodies, faults } = parseStructure(parseFields(header), raw.subarray(body))
  const message = messageFromParts({ header, structure, texts: bodies })
  const cut = octets.length > longestMessage ? [faultOf('message-cut')] : []
  const unended = end === body && body >= longestHeader ? [faultOf('header-cut')] : []
  return { ...message, faults: [...cut, ...unended, ...faults, ...message.faults] }
}
