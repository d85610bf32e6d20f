/** Lines that introduce quoted mail: `On ... X wrote:`, quoted header blocks, `-----Original Message-----`. */

import { address, day, headerBlockAt, type QuotedLines, type Span } from './header-block.ts'
import type { Known } from './known.ts'
import {
  attributionStart,
  isOriginalMark,
  longestLine,
  personalVerb,
  plainDashes,
  plainDigits,
  saidVerb,
  wroteVerb,
} from './phrases.ts'

export type { QuotedLines, Span } from './header-block.ts'

/** Lines of a text that are searched for introductions; nobody writes longer texts. */
const mostSearched = 20_000

/** Lines that a wrapped attribution may take, blank ones included. */
const mostLines = 6

const date =
  /\d{1,2}[:.h]\d{2}(?!\d)|(?<!\d)(?:19|20)\d\d(?!\d)|(?<![\d.])\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\.?\d)|\d[月日年]|(?<!\p{L})(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d/iu

const time = /\d{1,2}[:.h]\d{2}(?!\d)/
/** A time of day that is certainly not part of a date such as `12.11.2026`. */
const moment =
  /(?<![\d.])\d{1,2}[:h]\d{2}(?!\d)|(?<!\p{L})(?:kl|klo|kello|ore|um|at)\.? \d{1,2}\.\d{2}(?![\d.])/iu
const inBrackets = /[<(]\s*(?:mailto:)?([^\s<>()]{1,200}@[^\s<>()]{1,200})\s*[>)]/gi
/** `>>> Ann Lee <ann@example.com> 03.05.22 16:05 >>>`, as GroupWise writes it. */
const groupWise = /^>>> (?=.*\d).{5,300} >>>$/

/** The author says where a text comes from. */
const told =
  /(?<!\p{L})(?:I|have|had|got|received|ich|wir|habe|haben|erhielt|erhalten|bekam|bekommen|nous|reçu|yo|recibí|recibimos|ho|ricevuto|recebi|ontving|ontvangen|fick|fik|fikk|otrzymał[a-z]*)(?!\p{L})/u

const quoting = /^(?:quoting|zitat von|citando|citando a|citerar|siterer|cytat) /i
const nameFirst = /^\p{Lu}[\p{L}'.-]{0,30}(?: \p{Lu}[\p{L}'.-]{0,30}){0,3} \p{Ll}{4,12} /u
/** Direction marks that right-to-left mail has around names and addresses. */
const directions = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** In case of doubt the text after the attribution decides; `'|'` quotes of old programs count, too. */
function introducesQuote({ lines, quoted }: QuotedLines, after: number): boolean {
  for (let at = after; at < lines.length && at < after + 3; at++) {
    if (quoted[at] || /^\s*\|/.test(lines[at] ?? '')) return true
    if ((lines[at] ?? '').trim() !== '') return isIndentedFrom(lines, at)
  }
  return false
}

/** Everything that follows is indented further. */
function isIndentedFrom(lines: readonly string[], start: number): boolean {
  if (!/^(?: {2}|\t)/.test(lines[start] ?? '')) return false
  return lines.slice(start, start + 200).every((line) => line.trim() === '' || /^(?: {2}|\t)/.test(line))
}

/** `here is what your agent Tom <tom@example.com> wrote on 3 May:` is a sentence of the author's. */
function readsAsProse(text: string): boolean {
  const small = /^\p{Ll}/u.test(text)
  if (date.test(text.slice(0, 80))) return small && !date.test(text.slice(0, 25))
  return small || (text.split('<', 1)[0] ?? '').trim().split(/\s+/).length > 6
}

/** Somebody of this conversation, by an address in brackets, at a moment: no verb in any language is needed. */
function namesParty(text: string, { author, addressees }: Known): boolean {
  if (!day.test(text) || !time.test(text)) return false
  return [...text.matchAll(inBrackets)].some(([, address = '']) => {
    const lower = address.toLowerCase()
    return author.has(lower) || addressees.has(lower)
  })
}

/** Few words precede its first address or date. */
function isTerse(text: string): boolean {
  const start = text.split(/[<(\d]/, 1)[0] ?? ''
  return start.trim().split(/\s+/).length <= 5 && !/[|\\]/.test(text)
}

/** True when the joined lines are an attribution. */
function isAttribution(text: string, beforeQuote: boolean, known: Known): boolean {
  if (groupWise.test(text)) return address.test(text) || date.test(text)
  const ends = /[:：]["'*_\s]*$/.test(text)
  const wrote = wroteVerb.test(text) || quoting.test(text)
  const named = address.test(text)
  const dated = date.test(text)
  if (wrote && (ends || /-{2,}\s*$/.test(text))) {
    if (beforeQuote && text.length < 200) return true
    if (readsAsProse(text) || personalVerb.test(text)) return false
    // A program that gives no address gives the time. People who retell what somebody wrote give only the day.
    return named || (moment.test(text) && (attributionStart.test(text) || nameFirst.test(text)))
  }
  if (!named || !dated) return false
  if (wrote && beforeQuote) return text.length < 200
  if (text.length >= 300 || told.test(text.split(/[<(]/, 1)[0] ?? '')) return false
  // `30.09.2017, 18.30, "John Doe" <john@example.com>:`
  if (ends && />[\s)]*[:：]["'*_\s]*$/.test(text)) return true
  const terse = isTerse(text) && day.test(text)
  if (ends) return terse && (beforeQuote || saidVerb.test(text) || namesParty(text, known))
  return (
    beforeQuote &&
    text.length < 200 &&
    ((/^\d/.test(text) && />$/.test(text)) || (terse && namesParty(text, known)))
  )
}

/** A sentence ends in it, so that its start is the author's. */
function holdsSentence(text: string): boolean {
  return /\p{Ll}{3}[.!?]\s+\p{Lu}/u.test(text)
}

function joined(lines: readonly string[], start: number, end: number): string {
  const text = lines
    .slice(start, end + 1)
    .map((line) => line.slice(0, longestLine).replace(directions, '').trim())
  return plainDigits(text.join(' ').trim())
}

/** A line that only ends an attribution whose address was wrapped: `> wrote:` after an open `<`. */
function endsOpenBracket(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? ''
  if (line.length > 40) return false
  const before = joined(lines, Math.max(0, at - 4), at - 1)
  return before.lastIndexOf('<') > before.lastIndexOf('>') || /<\s+mailto:[^<>]*<[^<>]*>$/i.test(before)
}

/** Whether an attribution may end on this line; cheap, because it is asked of every line. */
function mayEndAttribution(text: QuotedLines, end: number, beforeQuote: boolean): boolean {
  const { lines, quoted, known } = text
  const line = joined(lines, end, end)
  if (line === '' || (quoted[end] && !endsOpenBracket(lines, end))) return false
  if (/(?:[:：]|-{2,}|>)["'*_\s]*$/.test(line)) return true
  // Without a colon at its end only a marked quote right below makes it one.
  return beforeQuote && (wroteVerb.test(line) || namesParty(joined(lines, Math.max(0, end - 2), end), known))
}

/** The attribution that ends on line `end`, or null. */
function attributionEndingAt(text: QuotedLines, end: number, floor: number): Span | null {
  const { lines, quoted, known } = text
  const beforeQuote = introducesQuote(text, end + 1)
  if (!mayEndAttribution(text, end, beforeQuote)) return null
  const first = Math.max(floor, end - mostLines + 1)
  const widest = joined(lines, first, end)
  if (!address.test(widest) && !wroteVerb.test(widest) && !groupWise.test(joined(lines, end, end)))
    return null
  let found: Span | null = null
  let foundAddress = false
  for (let start = end; start >= first; start--) {
    if (start < end && quoted[start]) break
    const whole = joined(lines, start, end)
    if (whole.length > longestLine) break
    if (
      (lines[start] ?? '').trim() === '' ||
      !isAttribution(whole, beforeQuote, known) ||
      holdsSentence(whole)
    )
      continue
    if (attributionStart.test(whole) && date.test(whole.slice(0, 80))) return { start, end }
    // Without a date at its start it is one line, or as many as needed to name someone.
    const named = address.test(whole)
    if (!found || (named && !foundAddress)) found = { start, end }
    foundAddress ||= named
  }
  return found
}

/** Only dashes, underscores or the like. */
export function isRule(line: string): boolean {
  return line.length < 200 && /^[\s>]*[-_=*~#]{2,}\s*$/.test(plainDashes(line))
}

/** A rule, possibly with a word or two in it, as above a quoted header. */
function isHeading(line: string): boolean {
  return isRule(line) || /^\s*[-_=]{3,}[^-_=]{1,40}[-_=]{3,}\s*$/.test(plainDashes(line.slice(0, 200)))
}

/** Every introduction of quoted mail in order; those separated only by blank lines and rules are one. */
export function findIntroductions(text: QuotedLines): Span[] {
  const { lines, quoted } = text
  const found: Span[] = []
  const add = (span: Span) => {
    const before = found.at(-1)
    let gap = span.start - 1
    while (gap >= 0 && ((lines[gap] ?? '').trim() === '' || (isHeading(lines[gap] ?? '') && !quoted[gap])))
      gap--
    if (before && gap <= before.end) before.end = span.end
    else {
      // A rule right above belongs to the quoted mail.
      let start = span.start
      for (let at = span.start - 1; at > gap; at--) if (isHeading(lines[at] ?? '')) start = at
      found.push({ start, end: span.end })
    }
  }
  for (let at = 0; at < Math.min(lines.length, mostSearched); at++) {
    const floor = (found.at(-1)?.end ?? -1) + 1
    const line = lines[at] ?? ''
    if (!quoted[at] && isOriginalMark(line)) add({ start: at, end: at })
    else if (!quoted[at]) {
      const block = headerBlockAt(text, at)
      if (block) {
        add(block)
        at = block.end
        continue
      }
    }
    const span = attributionEndingAt(text, at, floor)
    if (span) add(span)
  }
  return found
}
