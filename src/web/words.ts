/** Formats names, times, shares and money for the pages. */
import { capitalised } from '../base/dispositions.ts'

/** A name chosen by the owner, for example of a category: `order-status` as `Order status`. */
export const titled = (name: string): string => capitalised(name.replaceAll('-', ' '))

/** Age for a list: `now`, `5 min`, `3 h`, `2 d`. */
export function ageOf(at: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - at.getTime()) / 60_000))
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  return minutes < 1440 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`
}

/** `24 Nov 2026, 08:03 UTC`: the format of times on every page. */
export function momentOf(at: Date): string {
  return `${dayFormat.format(at)}, ${at.toISOString().slice(11, 16)} UTC`
}

const dayFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})

/** `2026-11-24` as `24 Nov`. */
export function shortDay(day: string): string {
  const at = new Date(`${day}T00:00:00Z`)
  return Number.isNaN(at.getTime()) ? day : dayFormat.format(at).replace(/ \d{4}$/, '')
}

/** A duration: `40 s`, `12 min`, `3.5 h`, `2.1 d`. */
export function lasting(seconds: number): string {
  const short = (value: number) =>
    value < 10 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value))
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3600) return `${short(seconds / 60)} min`
  return seconds < 86_400 ? `${short(seconds / 3600)} h` : `${short(seconds / 86_400)} d`
}

/** Percent; `under 1 %` for small shares; zero of zero is none. */
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
