/** Times in the owner's time zone: models miscount weekdays, and at night UTC has another date. */

import { memoized } from '../../base/lru.ts'

const dayMs = 86_400_000
const minuteMs = 60_000

const formatOf = memoized(
  (timeZone) =>
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }),
)

/** Parts of a minute in a time zone. The same few are needed again and again: now, and when a mail was written. */
const partsIn = memoized((minuteAndZone) => {
  const [minute = '', timeZone = ''] = minuteAndZone.split(' ')
  const parts = formatOf(timeZone).formatToParts(new Date(Number(minute) * minuteMs))
  return new Map(parts.map(({ type, value }) => [type, value]))
})

function partsOf(at: Date, timeZone: string) {
  const parts = partsIn(`${Math.floor(at.getTime() / minuteMs)} ${timeZone}`)
  return (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? ''
}

/** `Wed 2026-12-09 00:14`. @param timeZone IANA name */
export function localTime(at: Date, timeZone: string): string {
  const part = partsOf(at, timeZone)
  return `${part('weekday')} ${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}`
}

/** `2026-12-09` in the owner's time zone. */
export function localDay(at: Date, timeZone: string): string {
  const part = partsOf(at, timeZone)
  return `${part('year')}-${part('month')}-${part('day')}`
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** Days that a calendar line names individually; later ones are counted from them. */
const daysShown = 14

/** `Wed 2026-12-09 (today), Thu 10, Fri 11 … Tue 2026-12-22`. @param timeZone IANA name */
export const calendarLine = (at: Date, timeZone: string): string => calendarFrom(localDay(at, timeZone))

/** The mails of a day share it. */
const calendarFrom = memoized((day) => {
  const today = Date.parse(`${day}T00:00:00Z`)
  const days = Array.from({ length: daysShown }, (_, ahead) => new Date(today + ahead * dayMs))
  return days
    .map((day, ahead) => {
      const date = day.toISOString().slice(0, 10)
      const whole = ahead === 0 || date.endsWith('-01')
      const name = `${weekdays[day.getUTCDay()]} ${whole ? date : date.slice(8)}`
      return ahead === 0 ? `${name} (today)` : name
    })
    .join(', ')
})
