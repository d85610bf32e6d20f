/**
 * Whether a signed mail can be read in only one way. A library checks the signature, but replyd and servers read the
 * mail: if they may see different fields, or the fields that say how to read the body are unsigned, it proves nothing.
 */
import type { Field } from './message.ts'
import { longestHeader } from './mime/header.ts'
import { parseOctets } from './mime/octets.ts'
import { parseParameters } from './mime/parameters.ts'

const blankLine = /\r?\n\r?\n/

/** Header and body as latin1; null without an empty line between them. */
function halves(octets: Buffer): { head: string; body: string } | null {
  const text = octets.toString('latin1')
  const end = blankLine.exec(text)
  return end ? { head: text.slice(0, end.index), body: text.slice(end.index + end[0].length) } : null
}

/**
 * Lines end with LF or CRLF and contain no NUL or stray CR. Each is a field (RFC 5322 section 2.2), or continues one
 * with a space and a word; the first is a field.
 */
export function isPlainHeader(octets: Buffer): boolean {
  const found = halves(octets.subarray(0, longestHeader))
  if (found === null || /\0|\r(?!\n)/.test(found.head)) return false
  const lines = found.head.split(/\r?\n/)
  const isField = (line: string) => /^[\x21-\x39\x3b-\x7e]+:/.test(line)
  return lines.every((line, at) => isField(line) || (at > 0 && /^[ \t]+[^\s]/.test(line)))
}

/** In all of these, ASCII octets mean the same characters. */
const plainCharset = /^(?:us-ascii|utf-?8|iso-8859-\d{1,2}|windows-125\d|koi8-[ru])$/i

/**
 * Whether the body can be read in only one way: Content-Type and Content-Transfer-Encoding are signed, or the body has
 * the form that they name. Some large providers sign neither.
 * @param covered the names of signed fields, lower case
 */
export function isOneForm(octets: Buffer, fields: readonly Field[], covered: ReadonlySet<string>): boolean {
  const fieldOf = (name: string) => fields.find((field) => field.name === name)?.value
  const body = halves(octets)?.body ?? ''
  const { token, parameters } = parseParameters(fieldOf('content-type') ?? 'text/plain')
  const encoding = (fieldOf('content-transfer-encoding') ?? '7bit').toLowerCase()
  if (!covered.has('content-transfer-encoding') && !hasEncoding(body, encoding, token)) return false
  if (covered.has('content-type')) return true
  const { boundary, start, charset = 'utf-8' } = parameters
  if (token.startsWith('multipart/'))
    return boundary !== undefined && start === undefined && isDivided(octets, body, `--${boundary}`)
  if (!plainCharset.test(charset)) return false
  return token === 'text/html' ? /^\s*</.test(body) : token === 'text/plain' && !body.startsWith('--')
}

function hasEncoding(body: string, encoding: string, type: string): boolean {
  if (['7bit', '8bit', 'binary'].includes(encoding)) return true
  if (type.startsWith('multipart/')) return false
  return encoding === 'quoted-printable' || (encoding === 'base64' && /^[a-z0-9+/=\s]*$/i.test(body))
}

/** The delimiter is the first line, and alternative parts are versions of the same text. */
function isDivided(octets: Buffer, body: string, delimiter: string): boolean {
  if (body.split(/\r?\n/, 1)[0]?.trimEnd() !== delimiter) return false
  const { type, children } = parseOctets(octets).structure
  if (type === 'multipart/mixed' || type === 'multipart/related') return true
  const [plain, ...others] = children
  return (
    type === 'multipart/alternative' &&
    plain?.type === 'text/plain' &&
    others.every(
      ({ type: other, disposition }) =>
        disposition === null && ['text/html', 'text/calendar', 'multipart/related'].includes(other),
    )
  )
}
