/**
 * FETCH for the demo's IMAP server. hoodiecrow's own handlers (2.1) return empty partial bodies after the first short
 * one, write message/delivery-status as if it were message/rfc822, lose quoted parameters, and omit the part headers
 * from BODY[TEXT]; replyd reads mail in parts, so these are reimplemented here.
 */
import type { FetchHandler, StoredMessage, Token, Value } from 'hoodiecrow-imap'
import envelope from 'hoodiecrow-imap/lib/envelope.js'
import mimeParser from 'hoodiecrow-imap/lib/mimeparser.js'
import { fieldOf, parameterised, rawFields, readSections, type Section, sectionAt } from './imap-sections.ts'

const parsed = new WeakMap<StoredMessage, Section>()

function sectionsOf(message: StoredMessage): Section {
  const known = parsed.get(message)
  if (known) return known
  const root = readSections(message.raw)
  parsed.set(message, root)
  return root
}

/** The requested range, kept because the answer names only its start (`<0>`). */
const asked = new WeakMap<Token, number[]>()

const body: FetchHandler = (_connection, message, query) => {
  if (!query.section) return bodyStructure(sectionsOf(message), false)
  const octets = sectionOctets(message, query.section)
  if (octets === null) return null
  if (!query.partial) return literal(octets)
  const [start = 0, length = octets.length] = asked.get(query) ?? query.partial
  asked.set(query, [start, length])
  query.partial = [start]
  return literal(octets.slice(start, start + length))
}

export const fetchHandlers: Record<string, FetchHandler> = {
  BODY: body,
  'BODY.PEEK': body,
  BODYSTRUCTURE: (_connection, message) => bodyStructure(sectionsOf(message), true),
  ENVELOPE: (_connection, message) => envelopeOf(sectionsOf(message).header),
}

/** RFC 9051 section 6.4.5.1; null for a section that does not exist. */
function sectionOctets(message: StoredMessage, tokens: (Token | Token[])[]): string | null {
  const [first, names] = tokens
  if (!first) return message.raw
  if (Array.isArray(first)) throw new Error('a section begins with a name or a number')
  const match = /^((?:\d+(?:\.|$))*)(.*)$/.exec(first.value.toUpperCase())
  const path = (match?.[1] ?? '').split('.').filter(Boolean).map(Number)
  const section = sectionAt(sectionsOf(message), path)
  if (!section) return null
  const word = match?.[2] ?? ''
  if (word === '') return section.body
  if (word === 'MIME') return section.header
  // HEADER and TEXT of a part refer to the message inside it.
  const spoken = path.length === 0 ? section : section.embedded
  if (!spoken) return null
  if (word === 'TEXT') return spoken.body
  if (word === 'HEADER') return spoken.header
  if (word === 'HEADER.FIELDS') return chosenFields(spoken.header, names, true)
  if (word === 'HEADER.FIELDS.NOT') return chosenFields(spoken.header, names, false)
  throw new Error(`unknown section ${first.value}`)
}

function chosenFields(header: string, names: Token | Token[] | undefined, wanted: boolean): string {
  if (!Array.isArray(names)) throw new Error('HEADER.FIELDS takes a list of names')
  // The answer repeats the list, where a literal is not allowed.
  for (const name of names) name.type = 'ATOM'
  const list = new Set(names.map((name) => name.value.toLowerCase()))
  const nameOf = (field: string): string => field.slice(0, field.indexOf(':')).trim().toLowerCase()
  const fields = rawFields(header).filter((field) => list.has(nameOf(field)) === wanted)
  return `${fields.join('')}\r\n`
}

/** Values come in the order of RFC 9051 section 7.5.2; the extension data only in BODYSTRUCTURE. */
function bodyStructure(section: Section, extended: boolean): Value[] {
  const [type = '', subtype = ''] = section.type.split('/')
  if (type === 'multipart' && section.children.length > 0) {
    const parts: Value[] = section.children.map((child) => bodyStructure(child, extended))
    parts.push(subtype.toUpperCase())
    return extended
      ? [...parts, parameterList(section.parameters), ...dispositionAndLanguage(section)]
      : parts
  }
  const [shownType, shownSubtype] = type === 'multipart' ? ['TEXT', 'PLAIN'] : [type, subtype]
  const fields: Value[] = [
    shownType.toUpperCase(),
    shownSubtype.toUpperCase(),
    parameterList(section.parameters),
    textOrNil(fieldOf(section.header, 'content-id')),
    textOrNil(fieldOf(section.header, 'content-description')),
    text((fieldOf(section.header, 'content-transfer-encoding') ?? '7bit').toUpperCase()),
    section.body.length,
  ]
  if (section.embedded)
    fields.push(envelopeOf(section.embedded.header), bodyStructure(section.embedded, extended))
  if (section.embedded || shownType === 'text') fields.push(lineCount(section.body))
  if (!extended) return fields
  return [...fields, textOrNil(fieldOf(section.header, 'content-md5')), ...dispositionAndLanguage(section)]
}

function dispositionAndLanguage(section: Section): Value[] {
  const disposition = fieldOf(section.header, 'content-disposition')
  const language = fieldOf(section.header, 'content-language')
  const read = disposition === null ? null : parameterised(disposition)
  return [read && [text(read.value.toUpperCase()), parameterList(read.parameters)], textOrNil(language)]
}

function parameterList(parameters: [string, string][]): Value {
  if (parameters.length === 0) return null
  return parameters.flatMap(([name, value]) => [text(name.toUpperCase()), text(value)])
}

function envelopeOf(header: string): Value[] {
  const values = envelope(mimeParser(header).parsedHeader)
  // A repeated field is a list of strings, which clients do not expect: use the first.
  return values.map((value) => safe(Array.isArray(value) && typeof value[0] === 'string' ? value[0] : value))
}

function safe(value: Value): Value {
  if (Array.isArray(value)) return value.map(safe)
  return typeof value === 'string' ? text(value) : value
}

/** hoodiecrow quotes strings as JSON, which is not valid IMAP for control characters: those are sent as a literal. */
function text(value: string): Value {
  return /^[\x20-\x7e]*$/.test(value) ? value : literal(value)
}

function textOrNil(value: string | null): Value {
  return value === null ? null : text(value)
}

function literal(value: string): Value {
  return { type: 'LITERAL', value }
}

function lineCount(octets: string): number {
  let lines = 0
  for (let at = octets.indexOf('\n'); at >= 0; at = octets.indexOf('\n', at + 1)) lines++
  return octets === '' || octets.endsWith('\n') ? lines : lines + 1
}
