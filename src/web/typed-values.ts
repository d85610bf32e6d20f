/** What people type for a value, in the form that the configuration has. What is not understood stays as it is, and is refused. */
import { dayNames } from '../config/fields.ts'

const everyDay = 'mon-sun'
const allDay = '00:00-24:00'

const namedDays: readonly (readonly [RegExp, string])[] = [
  [/\b(?:every ?day|daily|all week)\b/g, everyDay],
  [/\b(?:weekdays|working days|workdays)\b/g, 'mon-fri'],
  [/\bweekends?\b/g, 'sat-sun'],
]
/** `monday` as `mon`, `thurs` as `thu`. */
const longDay = /\b(sun|mon|tue|wed|thu|fri|sat)(?:s|rs|urs|nes|ur)?(?:days?)?\b\.?/g
const part = /^([a-z]{3})?(?:-([a-z]{3}))?\s*(?:(\S+?)-(\S+))?$/

/** `Mon-Fri 9-17` as `mon-fri 09:00-17:00`. */
export function hoursTyped(text: string): string {
  let plain = text
    .toLowerCase()
    .replace(/\s*(?:[-–—]|\b(?:to|until|till)\b)\s*/g, '-')
    .replace(/(\d)\s*(am|pm|h)\b/g, '$1$2')
  for (const [words, days] of namedDays) plain = plain.replace(words, days)
  const parts = plain
    .replace(longDay, '$1')
    .split(/\s*(?:[,;\n&+]|\band\b)\s*/)
    .map(windowIn)
  return parts.some((each) => each === null) ? text : spread(parts as Window[])
}

interface Window {
  /** Null: those before it, or every day. */
  days: string | null
  /** Null: those of the next one, or all day. */
  hours: string | null
}

/** `mon, wed 9-12, 13-17`: both days have both hours. */
function spread(windows: readonly Window[]): string {
  const said: string[] = []
  let days: string[] = []
  let hasHours = false
  for (const [at, window] of windows.entries()) {
    if (window.days !== null) days = hasHours ? [window.days] : [...days, window.days]
    hasHours = window.hours !== null
    const isLast = at === windows.length - 1
    if (hasHours || isLast)
      said.push(...(days.length > 0 ? days : [everyDay]).map((each) => `${each} ${window.hours ?? allDay}`))
  }
  return said.join(', ')
}

function windowIn(text: string): Window | null {
  const [whole, first, last, from, to] = part.exec(text.trim()) ?? []
  if (!whole || (first === undefined && last !== undefined)) return null
  if ([first, last].some((day) => day !== undefined && !dayNames.includes(day))) return null
  const days = first === undefined ? null : last === undefined ? first : `${first}-${last}`
  if (from === undefined || to === undefined) return days === null ? null : { days, hours: null }
  const [start, end] = [clockIn(from), clockIn(to)]
  if (start === null || end === null) return null
  return { days, hours: `${start}-${end === '00:00' ? '24:00' : end}` }
}

/** `9`, `9:30`, `9.30`, `9h30` and `5pm` as `17:00`. */
function clockIn(text: string): string | null {
  const [, hour, minutes = '00', half] = /^(\d{1,2})(?:[:.h](\d{2}))?h?(am|pm)?$/.exec(text) ?? []
  if (hour === undefined || (half !== undefined && Number(hour) > 12)) return null
  const hours = (Number(hour) % (half === undefined ? 100 : 12)) + (half === 'pm' ? 12 : 0)
  return `${String(hours).padStart(2, '0')}:${minutes}`
}

const units: readonly (readonly [RegExp, string])[] = [
  [/^(?:s|secs?|seconds?)$/, 's'],
  [/^(?:m|mins?|minutes?)$/, 'm'],
  [/^(?:h|hrs?|hours?)$/, 'h'],
  [/^(?:d|days?)$/, 'd'],
  [/^(?:w|weeks?)$/, 'w'],
]

/** `5 minutes` as `5m`. */
export function durationTyped(text: string): string {
  const [, amount, word = ''] = /^(\d+(?:[.,]\d+)?)\s*([a-z]+)\.?$/i.exec(text) ?? []
  const unit = units.find(([words]) => words.test(word.toLowerCase()))?.[1]
  return amount === undefined || unit === undefined ? text : `${amount.replace(',', '.')}${unit}`
}

/** `$2,50` as 2.5 and `80 %` as 0.8. */
export function numberTyped(text: string): number | string {
  const [, amount, percent] = /^\$?\s*(-?\d+(?:[.,]\d+)?|-?[.,]\d+)\s*(%?)$/.exec(text) ?? []
  if (amount === undefined) return text
  const number = Number(amount.replace(',', '.'))
  return percent === '%' ? Number((number / 100).toPrecision(12)) : number
}
