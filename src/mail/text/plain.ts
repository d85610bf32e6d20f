/** A text/plain part as its author wrote it: with transfer encoding, charset, flow and armour undone. */
import { type Fault, faultOf } from '../fault.ts'
import type { Part } from '../message.ts'
import { decodeCharset } from '../mime/charset.ts'
import { decodeTransfer } from '../mime/decode.ts'
import { withoutInvisible } from './deceptive.ts'

export interface ReadText {
  text: string
  hidden: boolean
  faults: Fault[]
}

/** Extracts the cleartext from PGP armour (RFC 9580 section 7); encrypted text is omitted and reported as a fault. */
function withoutArmour(text: string, faults: Fault[]): string {
  if (!text.includes('-----BEGIN PGP ')) return text
  const kept: string[] = []
  let state: 'text' | 'hash' | 'signed' | 'armour' = 'text'
  for (const line of text.split('\n')) {
    const begin = /^-----BEGIN PGP ([A-Z ]+)-----\s*$/.exec(line)?.[1]
    if (begin === 'SIGNED MESSAGE') state = 'hash'
    else if (begin !== undefined) {
      state = 'armour'
      if (begin.startsWith('MESSAGE')) faults.push(faultOf('encrypted-text'))
    } else if (/^-----END PGP [A-Z ]+-----\s*$/.test(line)) state = 'text'
    else if (state === 'hash') state = line.trim() === '' ? 'signed' : state
    else if (state === 'signed') kept.push(line.startsWith('- ') ? line.slice(2) : line)
    else if (state === 'text') kept.push(line)
  }
  return kept.join('\n')
}

/** Leaves out files that old programs put into the text itself (uuencode). */
function withoutUuencoded(text: string): string {
  if (!/^begin [0-7]{3,4} \S/m.test(text)) return text
  const kept: string[] = []
  let inside = false
  for (const line of text.split('\n')) {
    // A line of uuencoded octets starts with its length and has no lower-case letters.
    if (inside && (line === 'end' || /[a-z]/.test(line))) {
      inside = false
      if (line === 'end') continue
    }
    if (!inside && /^begin [0-7]{3,4} \S/.test(line)) inside = true
    if (!inside) kept.push(line)
  }
  return kept.join('\n')
}

/** @param octets the part as transferred, perhaps cut at the end */
export function readPlain(octets: Buffer, part: Part): ReadText {
  const faults: Fault[] = []
  const { text, known } = decodeCharset(decodeTransfer(octets, part.encoding), part.parameters.charset ?? '')
  if (!known) faults.push(faultOf('unknown-charset', part.path))
  const clean = withoutInvisible(text)
  const flowed = part.parameters.format?.toLowerCase() === 'flowed'
  const whole = flowed ? unwrapFlowed(clean.text, part.parameters.delsp?.toLowerCase() === 'yes') : clean.text
  return { text: withoutUuencoded(withoutArmour(whole, faults)), hidden: clean.hidden, faults }
}

/** Characters that a note "this mail needs HTML" has at most. */
const longestPlaceholder = 600

/**
 * True for a text/plain side that only points to the HTML side: no word in it, or a short note about HTML that the HTML
 * side hardly repeats.
 */
export function isPlaceholder(plain: string, html: string): boolean {
  if (!word.test(bareOf(plain))) return /[\p{L}\p{N}]/u.test(html)
  if (plain.length > longestPlaceholder || !/\p{L}/u.test(html)) return false
  if (/^\W*this is a multi-?part message in mime format\W*$/i.test(plain)) return true
  if (!aboutHtml.test(plain)) return false
  const said = wordsOf(plain)
  const shown = new Set(wordsOf(html))
  return said.filter((each) => shown.has(each)).length < said.length * 0.4
}

const aboutHtml =
  /\bx?html\b|\b(?:e-?mail|mail) (?:client|program|reader|viewer)|web ?browser|(?:in|im|dans|en|nel|no|i) (?:your|a|the|ihrem|votre|su|tuo|seu|uw|din)? ?(?:browser|navigat|navegador)|ブラウザ|浏览器|瀏覽器|브라우저|браузер|tarayıcı|přehlížeč|przeglądar|prohlížeč/iu

const word = /[\p{L}\p{N}]{2,}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u
const words = new RegExp(word, 'gu')

const bareOf = (text: string) => text.replace(/<?(?:https?:\/\/|mailto:)\S+/g, ' ').toLowerCase()

const wordsOf = (text: string): string[] => bareOf(text).match(words) ?? []

interface Line {
  depth: number
  text: string
}

/** Quote depth and text of a line, its space-stuffing removed (RFC 3676 sections 4.3 and 4.4). */
function readLine(raw: string): Line {
  let depth = 0
  while (raw.charCodeAt(depth) === 0x3e) depth++
  const text = raw.slice(depth)
  return { depth, text: text.startsWith(' ') ? text.slice(1) : text }
}

function writeLine({ depth, text }: Line): string {
  if (depth === 0) return text
  return text === '' ? '>'.repeat(depth) : `${'>'.repeat(depth)} ${text}`
}

/**
 * format=flowed (RFC 3676): paragraphs that were wrapped for transport become one line again.
 * @param deleteSpace the DelSp parameter: the space that marks a soft break is not part of the text
 * @returns lines of the same quote depth joined, quote marks kept, `-- ` still on a separate line
 */
export function unwrapFlowed(text: string, deleteSpace: boolean): string {
  const out: string[] = []
  let pieces: string[] = []
  let depth = 0
  const flush = () => {
    if (pieces.length > 0) out.push(writeLine({ depth, text: pieces.join('') }))
    pieces = []
  }
  for (const raw of text.split('\n')) {
    const line = readLine(raw)
    const signature = line.text === '-- '
    if (signature || line.depth !== depth) flush()
    depth = line.depth
    const flows = line.text.endsWith(' ') && !signature
    pieces.push(flows && deleteSpace ? line.text.slice(0, -1) : line.text)
    if (!flows) flush()
  }
  flush()
  return out.join('\n')
}
