/**
 * The sections of a message in IMAP's numbering (RFC 9051 section 6.4.5.1), as unchanged slices of its octets. The
 * demo's IMAP server uses it to answer FETCH. Strings contain one octet per character.
 */

export interface Section {
  /** The header block with the empty line that ends it. */
  header: string
  body: string
  /** Lower case, `text/plain` when absent or unreadable. */
  type: string
  /** Parameters of Content-Type, names in lower case, values without quotes. */
  parameters: [string, string][]
  /** The parts of a multipart, otherwise empty. */
  children: Section[]
  /** The message inside a message/rfc822 part, otherwise null. */
  embedded: Section | null
}

/** Deeper nesting is kept as an opaque part, so that a hostile message can't exhaust the stack. */
const maxDepth = 50

export function readSections(octets: string, defaultType = 'text/plain', depth = 0): Section {
  const header = headerOf(octets)
  const body = octets.slice(header.length)
  const { value, parameters } = parameterised(fieldOf(header, 'content-type') ?? defaultType)
  const type = /^[\w.+-]+\/[\w.+-]+$/.test(value) ? value.toLowerCase() : 'text/plain'
  const section: Section = { header, body, type, parameters, children: [], embedded: null }
  if (depth >= maxDepth) return section
  const boundary = parameters.find(([name]) => name === 'boundary')?.[1]
  if (type.startsWith('multipart/') && boundary) {
    const inner = type === 'multipart/digest' ? 'message/rfc822' : 'text/plain'
    section.children = splitParts(body, boundary).map((part) => readSections(part, inner, depth + 1))
  }
  if (type === 'message/rfc822') section.embedded = readSections(body, 'text/plain', depth + 1)
  return section
}

/** The section with that number path (`[1, 2]` is 1.2; `[]` the whole), or null. */
export function sectionAt(root: Section, path: readonly number[]): Section | null {
  let section: Section | undefined = root
  for (const [level, number] of path.entries()) {
    const container: Section = level > 0 ? (section.embedded ?? section) : section
    section =
      container.children.length > 0 ? container.children[number - 1] : number === 1 ? container : undefined
    if (!section) return null
  }
  return section
}

/** Header fields unchanged, including folding and line ends, without the empty line. */
export function rawFields(header: string): string[] {
  return header.split(/(?<=\n)(?![ \t])/).filter((field) => field.trim() !== '')
}

/** Value of the first field of that name (lower case), unfolded and trimmed. */
export function fieldOf(header: string, name: string): string | null {
  for (const field of rawFields(header)) {
    const colon = field.indexOf(':')
    if (field.slice(0, colon).trim().toLowerCase() === name) {
      return field
        .slice(colon + 1)
        .replace(/\r?\n[ \t]+/g, ' ')
        .trim()
    }
  }
  return null
}

/** Splits `value; name=token; name="quoted; string"` (RFC 2045 section 5.1). RFC 2231 names stay unchanged. */
export function parameterised(field: string): { value: string; parameters: [string, string][] } {
  const value = (field.split(';')[0] ?? '').trim()
  const parameters: [string, string][] = []
  for (const match of field.matchAll(/;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g)) {
    const [, name = '', quoted, token = ''] = match
    parameters.push([name.toLowerCase(), quoted === undefined ? token : quoted.replace(/\\(.)/g, '$1')])
  }
  return { value, parameters }
}

function headerOf(octets: string): string {
  const emptyFirst = /^\r?\n/.exec(octets)
  if (emptyFirst) return emptyFirst[0]
  const end = /\r?\n\r?\n/.exec(octets)
  return end ? octets.slice(0, end.index + end[0].length) : octets
}

/** The line end before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1). */
function splitParts(body: string, boundary: string): string[] {
  const parts: string[] = []
  const mark = `--${boundary}`
  let start = -1
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + mark.length)) {
    if (at > 0 && body[at - 1] !== '\n') continue
    const lineEnd = body.indexOf('\n', at)
    const rest = body.slice(at + mark.length, lineEnd < 0 ? body.length : lineEnd).trimEnd()
    if (rest !== '' && rest !== '--') continue
    if (start >= 0) parts.push(body.slice(start, Math.max(start, body[at - 2] === '\r' ? at - 2 : at - 1)))
    start = lineEnd < 0 ? body.length : lineEnd + 1
    if (rest === '--') return parts
  }
  // Without the closing delimiter use what is there, as the large servers do.
  if (start >= 0) parts.push(body.slice(start))
  return parts
}
