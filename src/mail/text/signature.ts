/** Signatures: what stands under the author's words and says who he is. When in doubt it is text. */

import { isSentFrom } from './sentfrom.ts'

/** Lines that a signature behind `--` may have; more is rather a second half of the message. */
const mostLines = 25

const contact =
  /@|https?:\/\/|www\.|\+?\d[\d ()/.-]{6,}\d|mailing list|unsubscribe|signature|\b(?:tel|phone|fax|mobile?|gmbh|inc|ltd|llc|s\.?a\.?r\.?l)\b/i

/** The lines from `start` that are not blank nor marked, one more than a signature may have at most. */
function tailOf(lines: readonly string[], start: number, marked: readonly boolean[]): string[] {
  const tail: string[] = []
  for (let at = start; at < lines.length && tail.length <= mostLines; at++) {
    const line = lines[at] ?? ''
    if (!marked[at] && line.trim() !== '') tail.push(line)
  }
  return tail
}

/** True when lines below a rule of dashes or underscores are a signature or a footer. */
function looksSigned(rule: string, lines: readonly string[]): boolean {
  if (lines.length === 0) return true
  // RFC 3676 section 4.3; the blank is often lost on the way.
  if (/^-- ?$/.test(rule)) return lines.length <= mostLines
  if (lines.length > 12 || lines.some((line) => /\?\s*$/.test(line) || line.length > 200)) return false
  const short = lines.every((line) => line.trim().length <= 60 && !/[.!:,]\s*$/.test(line.trim()))
  if (/^\s*[-\u2010-\u2015]{1,3}\s*$/.test(rule)) return short && lines.length <= 6
  return (
    lines.some((line) => contact.test(line)) ||
    (short && lines.length <= 4) ||
    (/^_{10,}$/.test(rule) && lines.length <= 2)
  )
}

/** A line that may separate a signature: `-- `, a long dash, a row of underscores. */
function isSeparator(line: string): boolean {
  return (
    line.length < 120 && /^\s{0,2}(?:-- ?|[\u2013-\u2015]|[-_=*~\u2013-\u2015]{2,}|\u1427)\s*$/.test(line)
  )
}

/** `John E. Doe, Ph.D.`: a few capitalised words and nothing that a sentence has. */
function isName(line: string): boolean {
  const words = line.trim().split(/\s+/)
  if (words.length > 5 || line.length > 50 || /[?!:;@]|\d{3}/.test(line)) return false
  return (
    words.length > 1 &&
    words.every(
      (word) => /^[\p{Lu}(][\p{L}.'’,)-]*$/u.test(word) || /^(?:von|van|de|der|da|di|la)$/.test(word),
    )
  )
}

/** Number of lines at the end of a text that are a block of name and contact, 0 when there is none. */
function contactBlock(lines: readonly string[]): number {
  let start = lines.length
  while (start > 0 && (lines[start - 1] ?? '').trim() !== '') start--
  const block = lines.slice(start)
  const before = lines.slice(Math.max(0, start - 20), start).findLast((line) => line.trim() !== '')
  if (block.length < 3 || block.length > 8 || before === undefined || /[:：]\s*$/.test(before)) return 0
  // A farewell above the name belongs to the text.
  const farewell = /^\p{Lu}[^.?!]{2,40},\s*$/u.test(block[0] ?? '') ? 1 : 0
  if (!isName(block[farewell] ?? '') || block.some((line) => line.length > 70 || /[?!]\s*$/.test(line)))
    return 0
  const alone = /^(?:[\p{L}. -]{1,12}[:.]?\s*)?(?:\S+@\S+|(?:https?:\/\/|www\.)\S+|\+?[\d ()/.-]{7,})$/u
  return block.some((line) => alone.test(line.trim())) ? block.length - farewell : 0
}

/**
 * Which lines of one unbroken stretch of the author's text are signature.
 * @param last nothing of the author's follows, so that a block without separator may end it
 */
export function signatureLines(lines: readonly string[], last: boolean): boolean[] {
  const marked = lines.map((line) => isSentFrom(line))
  let separators = 0
  for (let at = lines.length - 1; at >= 0 && separators < 20; at--) {
    const line = lines[at] ?? ''
    if (!isSeparator(line)) continue
    separators++
    if (looksSigned(line, tailOf(lines, at + 1, marked))) marked.fill(true, at)
  }
  if (!last) return marked
  let end = lines.length
  while (end > 0 && (marked[end - 1] || (lines[end - 1] ?? '').trim() === '')) end--
  const block = contactBlock(lines.slice(0, end))
  if (block > 0) marked.fill(true, end - block, end)
  return marked
}
