/**
 * Finds statements without a source in a draft, without a model: figures, dates, prices, links, addresses and names
 * that none of the texts it was written from contains. Also finds what must never be sent: placeholders, foreign
 * links, leaks.
 */

import { memoized } from '../base/lru.ts'
import { dateKeys, daysNamed, wrongWeekdays } from './claims/dates.ts'
import { Derivation, type Grounds } from './claims/derived.ts'
import { extract } from './claims/extract.ts'
import type { Found, StatementKind } from './claims/found.ts'
import { findHonorifics, findNames, isKnown, knownWords } from './claims/names.ts'
import {
  anyNumberKeys,
  bareNumberKeys,
  findPlainNumbers,
  lookedUpAmounts,
  rangeBeginnings,
  withAsciiDigits,
} from './claims/numbers.ts'

export { hasContact } from './claims/links.ts'
export {
  addressesOf,
  linksOf,
  type OutboundCheck,
  type OutboundFault,
  outboundFaults,
  placeholders,
} from './claims/outbound.ts'

export interface Claim {
  /** As written in the draft. */
  claim: string
  kind: StatementKind
}

/** What one source supports. */
const keysOf = memoized((source: string): readonly string[] => {
  const text = withAsciiDigits(source)
  const { found, rest } = extract(text)
  // A bare figure is supported by any bare figure; a figure with a unit only by one with the same unit.
  const figures = found.flatMap(({ keys }) => keys).filter((key) => !/^[bm]:|^date:/.test(key))
  const ranges = rangeBeginnings(text).flatMap(({ keys }) => keys.filter((key) => !key.startsWith('b:')))
  const bare = [...bareNumberKeys(rest), ...lookedUpAmounts(text), ...anyNumberKeys(text)]
  return [...figures, ...ranges, ...dateKeys(text), ...bare]
})

/** The sources are much longer than the draft, so reading stops once every figure was found. */
function withoutSource(figures: readonly Found[], sources: readonly string[]): readonly Found[] {
  let left = figures
  for (const source of sources) {
    if (left.length === 0) break
    const keys = new Set(keysOf(source))
    left = left.filter((one) => !one.keys.some((key) => keys.has(key)))
  }
  return left
}

/** An account, parcel or customer number in groups. */
const grouped = /(?<![\p{L}\p{N}])[A-Z]{0,4}\d{2,}(?:[ \u00a0-][A-Z0-9]{2,8}){2,}(?![\p{L}\p{N}])/gu

/** Without what is part of a longer number that a source groups in another way. */
function withoutCode(figures: readonly Found[], draft: string, given: readonly string[]): readonly Found[] {
  const dense = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '')
  const codes = figures.length === 0 ? [] : [...draft.matchAll(grouped)]
  const known = codes.filter(([code]) => {
    const wanted = dense(code)
    return wanted.length >= 10 && given.some((text) => dense(text).includes(wanted))
  })
  return figures.filter(
    ({ index }) => !known.some(({ 0: code, index: start }) => index >= start && index < start + code.length),
  )
}

/**
 * The claims of a draft that none of its sources states.
 * @param draft the reply's text
 * @param sources everything it may use: the mail with From and Subject, the thread, the knowledge passages, the
 * owner's instructions, name and signature, and the days of the mail as YYYY-MM-DD
 * @returns in the order of the text, each once
 */
export function checkClaims(draft: string, sources: readonly string[]): Claim[] {
  const { found, rest } = extract(draft)
  const figures = [...found, ...findPlainNumbers(rest)]
  const unsupported = withoutSource(figures, sources)
  const mentioned = [...findNames(rest), ...findHonorifics(rest)]
  const known = mentioned.length > 0 ? knownWords(sources) : null
  const names = mentioned.filter(({ words }) => !words.every((word) => known && isKnown(word, known)))
  const seen = new Set<string>()
  return [...unsupported, ...names]
    .sort((a, b) => a.index - b.index)
    .map(({ claim, kind }) => ({ claim: claim.trim(), kind }))
    .filter(({ claim, kind }) => {
      const key = `${kind} ${claim}`
      return !seen.has(key) && seen.add(key)
    })
}

/**
 * Figures, prices, days and telephone numbers of a draft that are in no source, are not the correspondent's own, and
 * do not follow from either by a sum, a unit or the calendar; and weekdays that do not match the date next to them.
 */
export function checkFigures(draft: string, grounds: Grounds): Claim[] {
  const { found, rest } = extract(draft)
  const figures = [...found, ...findPlainNumbers(rest)].filter(
    ({ kind, keys }) => kind !== 'link' && kind !== 'address' && !/^[wr]:/.test(keys[0] ?? ''),
  )
  const wrongDays = wrongWeekdays(draft, grounds.today).map((claim) => ({ claim, kind: 'date' as const }))
  if (figures.length === 0) return wrongDays
  const { sources, mail, today } = grounds
  const given = [...sources, mail]
  const unknown = withoutCode(withoutSource(figures, [...given, today]), draft, given)
  if (unknown.length === 0) return wrongDays
  const asClaim = ({ claim, kind }: Found) => ({ claim: claim.trim(), kind })
  if (grounds.exact) return [...unknown.map(asClaim), ...wrongDays]
  const derivation = new Derivation(
    { sources, mail, today },
    withAsciiDigits(draft),
    figures.filter((one) => !unknown.includes(one)),
  )
  const inOrder = [...unknown].sort((one, other) => one.index - other.index)
  const open = inOrder.filter((one) => {
    if (one.kind !== 'date') return !derivation.value(one)
    // A month alone follows from too much to be checked.
    if (one.keys.some((key) => /^date:\??-?(?:\d{4}-)?\d{1,2}$/.test(key))) return false
    return !daysNamed(one.claim, today).some((day) => derivation.day(day))
  })
  return [...open.map(asClaim), ...wrongDays]
}
