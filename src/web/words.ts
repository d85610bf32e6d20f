/** Formats names, times, shares and money for the pages. */
import { capitalised } from '../base/dispositions.ts'
import { dayParts, formatOf, minuteParts } from '../base/moment.ts'

export { momentOf } from '../base/moment.ts'

/** A name chosen by the owner, for example of a category: `order-status` as `Order status`. */
export const titled = (name: string): string => capitalised(name.replaceAll('-', ' '))

/** Age for a list: `now`, `5 min`, `3 h`, `2 d`. */
export function ageOf(at: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - at.getTime()) / 60_000))
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  return minutes < 1440 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`
}

/** `Tue, 24 Nov 2026, 09:03:12 CET`: to the second, with its zone. */
export function exactly(at: Date, timeZone: string): string {
  const second = { ...minuteParts, second: '2-digit', timeZoneName: 'short', weekday: 'short' } as const
  return formatOf({ ...dayParts, ...second, timeZone }).format(at)
}

/** `09:03:12` in the owner's time zone. */
export function clockOf(at: Date, timeZone: string): string {
  return formatOf({ ...minuteParts, second: '2-digit', timeZone }).format(at)
}

/** `2026-11-24` as `24 Nov`. */
export function shortDay(day: string): string {
  const at = new Date(`${day}T00:00:00Z`)
  return Number.isNaN(at.getTime())
    ? day
    : formatOf({ ...dayParts, timeZone: 'UTC' })
        .format(at)
        .replace(/ \d{4}$/, '')
}

/** A duration: `40 s`, `12 min`, `3.5 h`, `2.1 d`. */
export function lasting(seconds: number): string {
  const short = (value: number) =>
    value < 10 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value))
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3600) return `${short(seconds / 60)} min`
  return seconds < 86_400 ? `${short(seconds / 3600)} h` : `${short(seconds / 86_400)} d`
}

/** Percent; `under 1 %` for small shares; zero of zero is `0 %`. */
export function shareOf(part: number, whole: number): string {
  if (part <= 0 || whole <= 0) return '0 %'
  const percent = (part / whole) * 100
  return percent < 1 ? 'under 1 %' : `${Math.round(percent)} %`
}

/** US dollars: cents, or more digits below one dollar. */
export const dollars = (amount: number) =>
  amount === 0
    ? '$0'
    : `$${amount < 0.01 ? Number(amount.toPrecision(2)).toFixed(5).replace(/0+$/, '') : amount.toFixed(2)}`

/** A window in which a reply can be taken back: `60 s`, `5 min`. Seconds. */
export const windowOf = (seconds: number) => (seconds <= 90 ? `${Math.round(seconds)} s` : lasting(seconds))

/** Margins of mail programs that wrap text are within this range; only RFC 5322's limit is higher. Characters. */
const [leastWidth, mostWidth] = [50, 100]

/**
 * Text without the line ends that a mail program inserted at its margin. A line end stays if the next word would have
 * fitted before it, and before lists, quotes and indented lines.
 */
export function unwrapped(text: string): string {
  const lines = text.split('\n')
  const width = Math.max(...lines.map((line) => line.trimEnd().length))
  if (width < leastWidth || width > mostWidth) return text
  return lines.reduce((whole, line, at) => {
    const last = (lines[at - 1] ?? '').trimEnd()
    const [first = ''] = line.split(' ')
    const isFull = last.length > width * 0.6 && last.length + 1 + first.length > width
    const flows =
      /^[\p{L}\p{N}"'“„(«]/u.test(line) && !/^(?:\d+[.)]|[-*])\s/.test(line) && !/^[>|\s]/.test(last)
    if (at === 0) return line
    return isFull && flows ? `${whole.trimEnd()} ${line}` : `${whole}\n${line}`
  }, '')
}

export interface Sentence {
  text: string
  /** Index of the passage that supports it; null for none. */
  source: number | null
}

/** A passage supports a sentence when it has this share of the sentence's longer words. */
const leastShare = 0.45

/**
 * Splits a draft at sentence and line ends without losing text, and finds the passage that supports each sentence.
 */
export function supported(text: string, passages: readonly { heading: string; text: string }[]): Sentence[] {
  const wordsOf = (part: string) => part.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? []
  const known = passages.map((passage) => new Set(wordsOf(`${passage.heading} ${passage.text}`)))
  return (text.match(/[^.!?\n]*[.!?\n]+\s*|[^.!?\n]+$/g) ?? []).map((sentence) => {
    const own = wordsOf(sentence)
    const shares = known.map((set) => own.filter((word) => set.has(word)).length / own.length)
    const best = shares.indexOf(Math.max(...shares))
    return { text: sentence, source: own.length >= 3 && (shares[best] ?? 0) >= leastShare ? best : null }
  })
}

/** A size for people, from octets: `840 B`, `12 KB`, `3.4 MB`. */
export function sizeOf(octets: number): string {
  if (octets < 1000) return `${octets} B`
  return octets < 1_000_000 ? `${Math.round(octets / 1000)} KB` : `${(octets / 1_000_000).toFixed(1)} MB`
}
