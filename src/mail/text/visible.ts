/**
 * The author's own new words, without quoted mail and signatures. Linear in the length of the text; in case of doubt
 * a line is kept, because a lost question is worse than an extra quote.
 */

import type { Message } from '../message.ts'
import { findIntroductions, isRule, type QuotedLines, type Span } from './attribution.ts'
import { type Known, knownOf, nothingKnown } from './known.ts'
import { bannerLines, isFooter, isOnlyUrls } from './notices.ts'
import { longestLine, withMarksApart } from './phrases.ts'
import { signatureLines } from './signature.ts'

interface VisibleText {
  text: string
  quoted: string
  signature: string
}

/** The kind of a line. */
type Kind = 'own' | 'blank' | 'quote' | 'introduction' | 'quoted mail' | 'signature' | 'notice'

/** `> `, and the initials that some programs put before it (`JD> `) if a neighbouring line has them, too. */
function quoteMarks(lines: readonly string[]): boolean[] {
  const isGroupWise = (at: number) =>
    /^>>> (?:.{5,300} >>>|.{1,300}@.{1,300}[:：])\s*$/.test(lines[at] ?? '') &&
    !/^\s{0,3}>/.test(lines[at - 1] ?? '') &&
    !/^>>/.test(lines[at + 1] ?? '')
  const initials = (line: string | undefined) =>
    /^\s{0,3}(\p{Lu}{1,3})>(?:\s|$)/u.exec(line?.slice(0, 20) ?? '')?.[1]
  const quoted = lines.map((line, at) => {
    if (/^\s{0,3}>/.test(line.slice(0, 8))) return !isGroupWise(at)
    const own = initials(line)
    return own !== undefined && (initials(lines[at - 1]) === own || initials(lines[at + 1]) === own)
  })
  // The end of a quoted line that was wrapped on the way: short, in the middle of a sentence, between quoted lines.
  for (let at = 1; at < lines.length - 1; at++) {
    const line = lines[at] ?? ''
    const above = (lines[at - 1] ?? '').slice(0, longestLine).trimEnd()
    if (!quoted[at - 1] || !quoted[at + 1] || quoted[at] || above.length < 65) continue
    if (line.length < 40 && /^\p{Ll}/u.test(line) && !/[.?!:>]$/.test(above)) quoted[at] = true
  }
  // The rest of a URL that was wrapped onto the next line, even below the end of a quotation.
  for (let at = 1; at < lines.length; at++) {
    const above = (lines[at - 1] ?? '').slice(-longestLine)
    if (
      quoted[at - 1] &&
      !quoted[at] &&
      /https?:\/\/\S{20,}$/.test(above) &&
      /^\S{4,}$/.test(lines[at] ?? '')
    )
      quoted[at] = true
  }
  return quoted
}

function nextFilled(lines: readonly string[], from: number): number {
  let at = from
  while (at < lines.length && (lines[at] ?? '').trim() === '') at++
  return at
}

/** First look at each line: introductions, marked quotes, and mail quoted without marks, which reaches to the end. */
function classify(text: QuotedLines, introductions: readonly Span[]): Kind[] {
  const { lines, quoted } = text
  const kinds: Kind[] = lines.map((line, at) => (quoted[at] ? 'quote' : line.trim() === '' ? 'blank' : 'own'))
  const banner = bannerLines(lines, (at) => kinds[at] === 'own')
  for (let at = 0; at < banner; at++) if (kinds[at] === 'own') kinds[at] = 'notice'
  let at = 0
  let hasOwn = false
  for (const { start, end } of introductions) {
    for (; at < start && !hasOwn; at++) hasOwn = kinds[at] === 'own' && !isRule(lines[at] ?? '')
    kinds.fill('introduction', start, end + 1)
    const next = nextFilled(lines, end + 1)
    at = end + 1
    // Without own words above, the text below an introduction may be all that the author has to say.
    if (next < lines.length && !quoted[next] && hasOwn) return kinds.fill('quoted mail', start)
  }
  return kinds
}

/** Index of the line from which on a text is mail quoted without marks; infinite without such a quotation. */
export function quotedFrom(text: string): number {
  const lines = text.split('\n')
  const quotedLines = { lines, quoted: quoteMarks(lines), known: nothingKnown }
  const at = classify(quotedLines, findIntroductions(quotedLines)).indexOf('quoted mail')
  return at < 0 ? Number.POSITIVE_INFINITY : at
}

/** Footers below a quotation do not answer it. Web addresses do, if there is nothing else. */
function markFooters(lines: readonly string[], kinds: Kind[]): void {
  const lastQuote = kinds.findLastIndex((kind) => kind === 'quote' || kind === 'introduction')
  if (lastQuote < 0) return
  const urls: number[] = []
  for (let end = kinds.length; end > lastQuote + 1; ) {
    while (end > lastQuote + 1 && kinds[end - 1] !== 'own') end--
    let start = end
    while (start > lastQuote + 1 && kinds[start - 1] === 'own') start--
    const paragraph = lines.slice(start, end)
    if (start === end || !isFooter(paragraph)) break
    if (isOnlyUrls(paragraph)) for (let at = start; at < end; at++) urls.push(at)
    kinds.fill('notice', start, end)
    end = start
  }
  if (!kinds.includes('own')) for (const at of urls) kinds[at] = 'own'
}

/** Marks signatures in each stretch of own lines. */
function markSignatures(lines: readonly string[], kinds: Kind[], known: Known): void {
  const isOwn = (at: number) => kinds[at] === 'own' || kinds[at] === 'blank'
  const lastOwn = kinds.lastIndexOf('own')
  for (let start = 0; start < lines.length; start++) {
    if (!isOwn(start)) continue
    let end = start
    while (end < lines.length && isOwn(end)) end++
    const marked = signatureLines(lines.slice(start, end), lastOwn < end, known)
    marked.forEach((isMarked, index) => {
      if (isMarked) kinds[start + index] = 'signature'
    })
    start = end - 1
  }
}

/** The quote itself begins with its author, as in HTML mail. */
function startsWithIntroduction(lines: readonly string[], first: number, known: Known): boolean {
  const bare = lines.slice(first, first + 4).map((line) => line.slice(0, longestLine).replace(/^[\s>]+/, ''))
  return findIntroductions({ lines: bare, quoted: bare.map(() => false), known })[0]?.start === 0
}

/** Decides which marked quotes are removed: those at the end, and one at the top that is followed by an answer. */
function cutQuotes(lines: readonly string[], kinds: Kind[], known: Known): void {
  const lastOwn = kinds.lastIndexOf('own')
  for (let at = lastOwn + 1; at < kinds.length; at++) if (kinds[at] === 'quote') kinds[at] = 'quoted mail'
  const first = kinds.findIndex((kind) => kind !== 'blank')
  if (first < 0 || !(kinds[first] === 'introduction' || startsWithIntroduction(lines, first, known))) return
  const firstOwn = kinds.indexOf('own')
  const answersBetween = kinds.indexOf('quote', firstOwn) >= 0
  if (firstOwn < 0 || answersBetween) return
  for (let at = first; at < firstOwn; at++) if (kinds[at] === 'quote') kinds[at] = 'quoted mail'
}

function select(lines: readonly string[], kinds: readonly Kind[], wanted: ReadonlySet<Kind>): string {
  const kept = lines.filter((_, at) => wanted.has(kinds[at] as Kind))
  let end = kept.length
  while (end > 0 && ((kept[end - 1] ?? '').trim() === '' || isRule(kept[end - 1] ?? ''))) end--
  let start = 0
  while (start < end && (kept[start] ?? '').trim() === '') start++
  return kept.slice(start, end).join('\n').trimEnd()
}

/** Text that consists only of quotes is better than none, unless it is empty. */
function fallback(lines: readonly string[], kinds: readonly Kind[], known: Known): string {
  const rest = lines.filter((_, at) => kinds[at] !== 'introduction')
  const says = rest.some((line) => {
    const bare = line.slice(0, longestLine).replace(/^[\s>|]+/, '')
    return (
      /[\p{L}\p{N}\p{S}]/u.test(bare) &&
      findIntroductions({ lines: [bare], quoted: [false], known }).length === 0
    )
  })
  return says ? rest.join('\n').trim() : ''
}

/**
 * Splits a text into what its author wrote now, quoted text, and the signature.
 * @param known what the header says; without it only the text itself is used
 */
export function splitText(text: string, known = nothingKnown): VisibleText {
  const lines = withMarksApart(text.replace(/\r\n?/g, '\n')).split('\n')
  const quoted = quoteMarks(lines)
  const quotedLines = { lines, quoted, known }
  const kinds = classify(quotedLines, findIntroductions(quotedLines))
  markFooters(lines, kinds)
  markSignatures(lines, kinds, known)
  cutQuotes(lines, kinds, known)
  const visible = select(lines, kinds, new Set<Kind>(['own', 'blank', 'quote']))
  return {
    text: visible === '' ? fallback(lines, kinds, known) : visible.replace(/\n{4,}/g, '\n\n\n'),
    quoted: select(lines, kinds, new Set<Kind>(['quoted mail', 'introduction'])),
    signature: select(lines, kinds, new Set<Kind>(['signature'])),
  }
}

const visible = new WeakMap<object, VisibleText>()

/** The author's own words in a message, see splitText. Several steps ask for them: they are cut out once. */
export function visibleText(
  message: Readonly<Pick<Message, 'text'> & Partial<Pick<Message, 'fields'>>>,
): VisibleText {
  const known = visible.get(message)
  if (known) return known
  const split = splitText(message.text, knownOf(message))
  visible.set(message, split)
  return split
}
