/** A text/plain part as its author wrote it: with transfer encoding, charset, flow and armour undone. */

import { type Fault, faultOf } from '../fault.ts'
import type { Part } from '../message.ts'
import { decodeCharset } from '../mime/charset.ts'
import { decodeTransfer } from '../mime/decode.ts'
import { unwrapFlowed } from './flowed.ts'
import { withoutInvisible } from './invisible.ts'

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
 * True for a text/plain side that only points to the HTML side: no word in it, or a short note about HTML of which the
 * HTML side repeats little.
 */
export function isPlaceholder(plain: string, html: string): boolean {
  const words = wordsOf(plain)
  if (words.length === 0) return /[\p{L}\p{N}]/u.test(html)
  if (plain.length > longestPlaceholder || !/\p{L}/u.test(html)) return false
  if (/^\W*this is a multi-?part message in mime format\W*$/i.test(plain)) return true
  if (!aboutHtml.test(plain)) return false
  const shown = new Set(wordsOf(html))
  return words.filter((word) => shown.has(word)).length < words.length * 0.4
}

const aboutHtml =
  /\bx?html\b|\b(?:e-?mail|mail) (?:client|program|reader|viewer)|web ?browser|(?:in|im|dans|en|nel|no|i) (?:your|a|the|ihrem|votre|su|tuo|seu|uw|din)? ?(?:browser|navigat|navegador)|ブラウザ|浏览器|瀏覽器|브라우저|браузер|tarayıcı|přehlížeč|przeglądar|prohlížeč/iu

function wordsOf(text: string): string[] {
  const bare = text.replace(/<?(?:https?:\/\/|mailto:)\S+/g, ' ').toLowerCase()
  return bare.match(/[\p{L}\p{N}]{2,}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu) ?? []
}
