/** The owner's business hours in local time: daylight saving moves the instants, not the hours. */

import { memoized } from '../base/lru.ts'
import type { OpenHours } from './settings.ts'

const minute = 60_000
const day = 24 * 60 * minute
/** A week and a day, plus another week in case the only opening falls into an hour skipped by daylight saving. */
const daysAhead = 15

interface WallClock {
  /** Milliseconds since 1970 as if the zone were UTC, whole minutes. */
  local: number
  /** 0 is Sunday. */
  weekday: number
  minuteOfDay: number
}

/** Making one takes longer than everything else. */
const formatIn = memoized(
  (timeZone) =>
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    }),
)

/** @param timeZone IANA name */
function wallClock(timeZone: string): (at: number) => WallClock {
  return (at) => {
    const parts = new Map(
      formatIn(timeZone)
        .formatToParts(at)
        .map(({ type, value }) => [type, Number(value)]),
    )
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
    const midnight = Date.UTC(part('year'), part('month') - 1, part('day'))
    const minuteOfDay = part('hour') * 60 + part('minute')
    return { local: midnight + minuteOfDay * minute, weekday: new Date(midnight).getUTCDay(), minuteOfDay }
  }
}

const isWithin = (hours: readonly OpenHours[], { weekday, minuteOfDay }: WallClock) =>
  hours.some(({ days, from, to }) => days.includes(weekday) && from <= minuteOfDay && minuteOfDay < to)

/** The first instant with that local time; a time skipped by daylight saving moves forward by the gap. */
function instantOf(local: number, read: (at: number) => WallClock): number {
  const candidates = [local - day, local + day].map((near) => local - (read(near).local - near))
  const exact = candidates.filter((at) => read(at).local === local)
  return exact.length > 0 ? Math.min(...exact) : Math.max(...candidates)
}

/**
 * The moment itself if it is within the hours, otherwise when they next begin.
 * @param hours null: always open
 * @param timeZone IANA name
 */
export function nextOpening(hours: readonly OpenHours[] | null, at: Date, timeZone: string): Date {
  if (hours === null) return at
  const read = wallClock(timeZone)
  const now = read(at.getTime())
  if (isWithin(hours, now)) return at
  const midnight = now.local - now.minuteOfDay * minute
  for (let ahead = 0; ahead <= daysAhead; ahead++) {
    const date = midnight + ahead * day
    const weekday = new Date(date).getUTCDay()
    const openings = hours
      .filter(({ days }) => days.includes(weekday))
      .map(({ from }) => instantOf(date + from * minute, read))
      .filter((opening) => opening > at.getTime() && isWithin(hours, read(opening)))
    if (openings.length > 0) return new Date(Math.min(...openings))
  }
  return at
}
