/** Lines that introduce quoted mail: `On ... X wrote:`, quoted header blocks, `-----Original Message-----`. */

import {
  attributionStart,
  headerRole,
  isOriginalMark,
  longestLine,
  personalVerb,
  wroteVerb,
} from './phrases.ts'

export interface Span {
  /** Index of its first and last line. */
  start: number
  end: number
}

export interface QuotedLines {
  lines: readonly string[]
  /** The line begins with a quote mark. */
  quoted: readonly boolean[]
}

/** Lines of a text that are searched for introductions; nobody's own words are longer. */
const mostSearched = 20_000

/** Lines that a wrapped attribution may take, blank ones included. */
const mostLines = 6

const address = /[^\s<>@]@[^\s<>@]|<\s*mailto:/i
const date =
  /\d{1,2}[:.h]\d{2}(?!\d)|(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d[月日年]|(?<!\p{L})(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d/iu

const quoting = /^(?:quoting|zitat von|citando|citando a|citerar|siterer|cytat) /i
const nameFirst = /^\p{Lu}[\p{L}'.-]{0,30}(?: \p{Lu}[\p{L}'.-]{0,30}){0,3} \p{Ll}{4,12} /u
/** Direction marks that right-to-left mail has around names and addresses. */
const directions = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** What stands behind the attribution decides in doubt: `'|'` quotes of old programs count, too. */
function introducesQuote({ lines, quoted }: QuotedLines, after: number): boolean {
  for (let at = after; at < lines.length && at < after + 3; at++) {
    if (quoted[at] || /^\s*\|/.test(lines[at] ?? '')) return true
    if ((lines[at] ?? '').trim() !== '') return false
  }
  return false
}

/** `here is what your agent Tom <tom@example.com> wrote on 3 May:` is a sentence of the author's. */
function readsAsProse(text: string): boolean {
  const small = /^\p{Ll}/u.test(text)
  if (date.test(text.slice(0, 80))) return small && !date.test(text.slice(0, 25))
  return small || (text.split('<', 1)[0] ?? '').trim().split(/\s+/).length > 6
}

/** True when the joined lines are an attribution. */
function isAttribution(text: string, beforeQuote: boolean): boolean {
  const ends = /[:：]["'*_\s]*$/.test(text)
  const wrote = wroteVerb.test(text) || quoting.test(text)
  const named = address.test(text)
  const dated = date.test(text)
  if (wrote && (ends || /-{2,}\s*$/.test(text))) {
    if (beforeQuote && text.length < 200) return true
    if (readsAsProse(text)) return false
    return (
      named || (dated && (attributionStart.test(text) || nameFirst.test(text)) && !personalVerb.test(text))
    )
  }
  if (!named || !dated) return false
  if (wrote && beforeQuote) return text.length < 200
  // `30.09.2017, 18.30, "John Doe" <john@example.com>:`
  if (ends) return />[\s)]*[:：]["'*_\s]*$/.test(text) && text.length < 300
  return beforeQuote && /^\d/.test(text) && />$/.test(text) && text.length < 200
}

/** A sentence ends in it, so that its start is the author's. */
function holdsSentence(text: string): boolean {
  return /\p{Ll}{3}[.!?]\s+\p{Lu}/u.test(text)
}

function joined(lines: readonly string[], start: number, end: number): string {
  return lines
    .slice(start, end + 1)
    .map((line) => line.slice(0, longestLine).replace(directions, '').trim())
    .join(' ')
    .trim()
}

/** A line that only ends an attribution whose address was wrapped: `> wrote:` behind an open `<`. */
function endsOpenBracket(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? ''
  if (line.length > 40) return false
  const before = joined(lines, Math.max(0, at - 4), at - 1)
  return before.lastIndexOf('<') > before.lastIndexOf('>') || /<\s+mailto:[^<>]*<[^<>]*>$/i.test(before)
}

/** The attribution that ends on line `end`, or null. */
export function attributionEndingAt(text: QuotedLines, end: number, floor: number): Span | null {
  const { lines, quoted } = text
  const line = joined(lines, end, end)
  if (line === '') return null
  // Without a colon at its end only a marked quote right below makes it one.
  const ends = /(?:[:：]|-{2,}|>)["'*_\s]*$/.test(line)
  if (!ends && !(introducesQuote(text, end + 1) && wroteVerb.test(line))) return null
  if (quoted[end] && !endsOpenBracket(lines, end)) return null
  const widest = joined(lines, Math.max(floor, end - mostLines + 1), end)
  if (!address.test(widest) && !wroteVerb.test(widest)) return null
  const beforeQuote = introducesQuote(text, end + 1)
  let found: Span | null = null
  let foundAddress = false
  for (let start = end; start >= Math.max(floor, end - mostLines + 1); start--) {
    if (start < end && quoted[start]) break
    const whole = joined(lines, start, end)
    if (whole.length > longestLine) break
    if ((lines[start] ?? '').trim() === '' || !isAttribution(whole, beforeQuote) || holdsSentence(whole))
      continue
    if (attributionStart.test(whole) && date.test(whole.slice(0, 80))) return { start, end }
    // Without a date at its start it is one line, or as many as it takes to name someone.
    const named = address.test(whole)
    if (!found || (named && !foundAddress)) found = { start, end }
    foundAddress ||= named
  }
  return found
}

/** Lines with a label before the colon, as Outlook and others quote a header; null when the author may have written it. */
export function headerBlockAt({ lines, quoted }: QuotedLines, start: number): Span | null {
  const roles = new Set<string>()
  let named = false
  let sent = false
  let end = start - 1
  let loose = 0
  for (let at = start; at < lines.length && at < start + 40; at++) {
    const line = (lines[at] ?? '').slice(0, longestLine)
    const role = quoted[at] && !quoted[start] ? null : headerRole(line)
    if (role) {
      roles.add(role)
      named ||= address.test(line) || /\[mailto:/i.test(line)
      sent ||= role === 'date' && !/^\W*(?:date|data|datum|dato|fecha|дата|日期|日付)\W*[:：]/iu.test(line)
      end = at
      loose = 0
    } else if (++loose > 2 || (line.trim() === '' && !followedByLabel(lines, at))) break
  }
  const enough = roles.size >= 3 && roles.has('from') && (roles.has('subject') || sent || named)
  return enough ? { start, end } : null
}

function followedByLabel(lines: readonly string[], blank: number): boolean {
  return headerRole(lines[blank + 1] ?? '') !== null
}

/** Only dashes, underscores or the like. */
export function isRule(line: string): boolean {
  return line.length < 200 && /^[\s>]*[-_=*~#\u2010-\u2015]{2,}\s*$/.test(line)
}

/** A rule, perhaps with a word or two in it, as it stands above a quoted header. */
function isHeading(line: string): boolean {
  return isRule(line) || /^\s*[-_=]{3,}[^-_=]{1,40}[-_=]{3,}\s*$/.test(line.slice(0, 200))
}

/** Every introduction of quoted mail in order; those with only blank lines and rules between them are one. */
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
    else if (!quoted[at] && headerRole(line)) {
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
