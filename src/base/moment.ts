/** Moments for people, and days, in the owner's time zone. */
import { memoized } from './lru.ts'

/** `24 Nov 2026, 09:03`. */
export function momentOf(at: Date, timeZone: string): string {
  return formatOf({ ...dayParts, ...minuteParts, timeZone }).format(at)
}

export const dayParts = { day: 'numeric', month: 'short', year: 'numeric' } as const
export const minuteParts = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const

/** Making a format takes longer than a hundred uses of it. */
const formats = new Map<string, Intl.DateTimeFormat>()

export function formatOf(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options)
  const format = formats.get(key) ?? new Intl.DateTimeFormat('en-GB', options)
  formats.set(key, format)
  return format
}

/** Creating one takes longer than everything else. */
const numbersFor = memoized(
  (timeZone) =>
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    }),
)

const minute = 60_000

/** Each call of the model asks for the day twice. */
const dayIn = memoized((minuteAndZone) => {
  const [minutes = '', timeZone = ''] = minuteAndZone.split(' ')
  const parts = numbersFor(timeZone).formatToParts(new Date(Number(minutes) * minute))
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`
})

/**
 * The calendar day of an instant, YYYY-MM-DD. A day's budget ends at the owner's midnight, not the server's.
 * @param timeZone IANA name
 * @throws RangeError for an unknown time zone
 */
export const dayOf = (now: Date, timeZone: string): string =>
  dayIn(`${Math.floor(now.getTime() / minute)} ${timeZone}`)

/**
 * The first instant of the next day in that zone, exact to the second. Searched rather than computed: in some zones
 * daylight saving starts at midnight, so that the day starts at 01:00, and days have 23 or 25 hours.
 */
export function nextMidnight(now: Date, timeZone: string): Date {
  const today = dayOf(now, timeZone)
  let before = now.getTime()
  // No day is longer than 25 hours; a zone that skips a whole date only makes the found instant earlier.
  let after = before + 26 * 60 * minute
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (dayOf(new Date(middle), timeZone) === today) before = middle
    else after = middle
  }
  return new Date(after)
}
