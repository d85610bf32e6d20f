/** MIME fields with parameters (RFC 2045 section 5.1, RFC 2183, RFC 2231), as mail programs really write them. */

import { decodeCharset } from './charset.ts'
import { stripComments } from './keyword.ts'
import { decodeWords, plainLine } from './words.ts'

const mostParameters = 100
const longestValue = 20_000

interface ParameterisedValue {
  /** The text before the first semicolon, lower case, without spaces; may be empty. */
  token: string
  /** Names in lower case, values decoded. */
  parameters: Record<string, string>
}

interface Section {
  text: string
  /** Percent-encoded, RFC 2231 section 4. */
  extended: boolean
}

/** `name*0*` gives its base name, section number and whether the section is percent-encoded. */
function sectionName(written: string): { base: string; number: number; extended: boolean } {
  const match = /^([^*]+)(?:\*(\d{1,3}))?(\*)?$/.exec(written)
  if (!match) return { base: written, number: 0, extended: false }
  return { base: match[1] ?? written, number: Number(match[2] ?? 0), extended: match[3] !== undefined }
}

function percentOctets(text: string): Buffer {
  const latin = Buffer.from(text, 'utf8').toString('latin1')
  return Buffer.from(
    latin.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}

/** Joins the sections of one parameter; the first one names the charset (RFC 2231 section 4.1). */
function joinSections(sections: ReadonlyMap<number, Section>): string {
  const ordered = [...sections].sort(([a], [b]) => a - b).map(([, section]) => section)
  if (!ordered.some((section) => section.extended))
    return decodeWords(ordered.map(({ text }) => text).join(''))
  const [, charset = '', rest = ordered[0]?.text ?? ''] =
    /^([^']{0,60})'[^']{0,60}'(.*)$/s.exec(ordered[0]?.text ?? '') ?? []
  const octets = ordered.map(({ text, extended }, index) => {
    const own = index === 0 ? rest : text
    return extended ? percentOctets(own) : Buffer.from(own, 'utf8')
  })
  return decodeCharset(Buffer.concat(octets), charset || 'utf-8').text
}

/** Unquoted values end at a space, but file names with spaces are often left unquoted. */
function bareValue(name: string, written: string): string {
  const text = written.trim()
  return /^(file)?name/.test(name) ? text : (text.split(/\s/, 1)[0] ?? '')
}

/** Parses the value of Content-Type or Content-Disposition; of a parameter given twice the first counts. */
export function parseParameters(value: string): ParameterisedValue {
  const bare = stripComments(value.slice(0, longestValue))
  const semicolon = bare.indexOf(';')
  const head = semicolon < 0 ? bare : bare.slice(0, semicolon)
  const startsWithParameter = head.includes('=')
  const pattern = /[\s;]*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))|[\s;]*[^;]+/suy
  pattern.lastIndex =
    startsWithParameter || semicolon < 0 ? (startsWithParameter ? 0 : bare.length) : semicolon
  const found = new Map<string, Map<number, Section>>()
  for (let match = pattern.exec(bare); match && found.size < mostParameters; match = pattern.exec(bare)) {
    const written = match[1]?.toLowerCase()
    if (written === undefined) continue
    const { base, number, extended } = sectionName(written)
    const text = match[2] === undefined ? bareValue(base, match[3] ?? '') : match[2].replace(/\\(.)/gsu, '$1')
    const sections = found.get(base) ?? new Map<number, Section>()
    // RFC 2231 outranks the plain parameter that old programs add next to it.
    if (!sections.has(number) || (extended && !sections.get(number)?.extended))
      sections.set(number, { text, extended })
    found.set(base, sections)
  }
  const parameters = Object.fromEntries([...found].map(([name, sections]) => [name, joinSections(sections)]))
  return {
    token: startsWithParameter ? '' : head.replace(/\s+/g, '').replace(/^"|"$/g, '').toLowerCase(),
    parameters,
  }
}

/** A file name that cannot point outside its folder; null when nothing is left. */
export function safeFilename(written: string | undefined): string | null {
  if (written === undefined) return null
  const name = plainLine(plainLine(decodeWords(written)).replace(/[/\\]/g, ' ')).replace(/^[. ]+/, '')
  return name === '' ? null : [...name].slice(0, 255).join('')
}
