/** Days in the owner's time zone. A day's budget ends at the owner's midnight, not the server's. */

import { memoized } from '../../base/lru.ts'

/** Creating one takes longer than everything else. */
const formatFor = memoized(
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

/**
 * The calendar day of an instant, YYYY-MM-DD.
 * @param timeZone IANA name
 * @throws RangeError for an unknown time zone
 */
export function dayOf(now: Date, timeZone: string): string {
  const parts = formatFor(timeZone).formatToParts(now)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`
}

const minute = 60_000

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
