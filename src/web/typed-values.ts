/** Typed values in the form of the configuration. Input that is not understood stays unchanged, and is refused. */
import { dayNames, parseHours } from '../config/fields.ts'

interface Unit {
  /** As the configuration has it. */
  short: string
  /** For people. */
  name: string
  words: RegExp
}

const units: readonly Unit[] = [
  { short: 's', name: 'second', words: /^(?:s|secs?|seconds?|sek|sekunden?)$/ },
  { short: 'm', name: 'minute', words: /^(?:m|mins?|minutes?|minuten?)$/ },
  { short: 'h', name: 'hour', words: /^(?:h|hrs?|hours?|std|stunden?|heures?)$/ },
  { short: 'd', name: 'day', words: /^(?:d|days?|tage?|jours?)$/ },
  { short: 'w', name: 'week', words: /^(?:w|weeks?|wochen?|semaines?)$/ },
]

/** `5 minutes` as `5m`. @param unit of a bare number: `s` */
export function durationTyped(text: string, unit: string): string {
  const [, amount, word = ''] = /^(\d+(?:[.,]\d+)?)\s*([a-z]*)\.?$/i.exec(text) ?? []
  const meant = word === '' ? unit : units.find(({ words }) => words.test(word.toLowerCase()))?.short
  return amount === undefined || meant === undefined ? text : `${amount.replace(',', '.')}${meant}`
}

/** Each duration in it for people: `5m` as `5 minutes`. It can be typed again. */
export const durationSaid = (text: string): string =>
  text.replace(/\b(\d+(?:\.\d+)?)\s*([smhdw])\b/g, (_, amount: string, short: string) => {
    const name = units.find((unit) => unit.short === short)?.name
    return `${amount} ${name}${amount === '1' ? '' : 's'}`
  })

/** `$2,50` as 2.5. */
export function numberTyped(text: string): number | string {
  const [, amount] = /^\$?\s*(-?\d+(?:[.,]\d+)?|-?[.,]\d+)\s*\$?$/.exec(text) ?? []
  return amount === undefined ? text : Number(amount.replace(',', '.'))
}

/** `80 %`, `80` and `0.8` as 0.8. A number above 1 is a percentage. */
export function shareTyped(text: string): number | string {
  const [, amount, percent] = /^(\d+(?:[.,]\d+)?|[.,]\d+)\s*(%|percent|prozent)?$/i.exec(text) ?? []
  if (amount === undefined) return text
  const number = Number(amount.replace(',', '.'))
  return percent !== undefined || number > 1 ? Number((number / 100).toPrecision(12)) : number
}

/** 0.8 as `80 %`. */
export const shareSaid = (share: number): string => `${Number((share * 100).toPrecision(12))} %`

/** An entry of a list of senders as the configuration has it: `Ann <ann@x.example>` and `*@x.example` as well. */
export const senderTyped = (text: string): string =>
  (/<([^<>]+)>\s*$/.exec(text)?.[1] ?? text).trim().replace(/^(?:\*?@|\*\.)/, '')

const everyDay = 'mon-sun'
const allDay = '00:00-24:00'

/** Matches whole words only: no letter of any script may be next to them. */
const word = (words: string) => new RegExp(`(?<!\\p{L})(?:${words})(?!\\p{L})`, 'gu')

const namedDays: readonly (readonly [RegExp, string])[] = [
  [word('24 ?/ ?7|always|any ?time|at any time|around the clock'), `${everyDay} ${allDay}`],
  [word('every ?day|daily|all week|täglich|jeden tag|tous les jours'), everyDay],
  [word('weekdays|working days|workdays|werktags|wochentags|en semaine'), 'mon-fri'],
  [word('weekends?|am wochenende|wochenende|week-end'), 'sat-sun'],
]

/** English in its usual lengths; German and French, short and long. */
const dayWords: readonly (readonly [RegExp, string])[] = [
  [word('sundays?|so|sonntags?|dim|dimanche'), 'sun'],
  [word('mondays?|mo|montags?|lun|lundi'), 'mon'],
  [word('tues|tuesdays?|di|dienstags?|mar|mardi'), 'tue'],
  [word('weds?|wednes|wednesdays?|mi|mittwochs?|mer|mercredi'), 'wed'],
  [word('thurs?|thursdays?|do|donnerstags?|jeu|jeudi'), 'thu'],
  [word('fridays?|fr|freitags?|ven|vendredi'), 'fri'],
  [word('saturdays?|sa|samstags?|sonnabends?|sam|samedi'), 'sat'],
]

/** Business hours: `Mon-Fri 9-17` as `mon-fri 09:00-17:00`; input that is not understood stays unchanged. */
export function hoursTyped(text: string): string {
  const read = readHours(text)
  return 'fault' in read ? text : read.hours
}

/** Why business hours are not understood, as a sentence; null if they are. */
export function hoursFault(text: string): string | null {
  const read = readHours(text)
  return 'fault' in read ? read.fault : null
}

type Fault = { fault: string }

function readHours(text: string): { hours: string } | Fault {
  let plain = text.toLowerCase()
  for (const [words, days] of [...namedDays, ...dayWords]) plain = plain.replace(words, days)
  plain = plain
    .replace(word('uhr|o.clock|from|von|de'), ' ')
    .replace(/(?<=[a-z]{3})\./g, '')
    .replace(/\s*(?:[-–—]|(?<!\p{L})(?:to|until|till|bis|à|au)(?!\p{L}))\s*/gu, '-')
    .replace(/(\d)\s*(am|pm|h)\b/g, '$1$2')
  const windows = plain.split(/\s*(?:[,;\n&+]|(?<!\p{L})(?:and|und|et)(?!\p{L}))\s*/u).map(windowIn)
  const faults = windows.filter((each) => 'fault' in each)
  if (faults[0] !== undefined) return faults[0]
  return { hours: spread(windows as Window[]) }
}

interface Window {
  /** Null: the days of the previous window, or every day. */
  days: string | null
  /** Null: the hours of the next window, or all day. */
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

const part = /^(\p{L}+)?(?:-(\p{L}+))?\s*(?:(\S+?)-(\S+))?$/u
const asIn = 'Type days and hours, such as Mon-Fri 9-17, Sat 10-13:30.'

function windowIn(text: string): Window | Fault {
  const plain = text.trim()
  if (plain === '') return { fault: `Something is missing next to a comma. ${asIn}` }
  const [whole, first, last, from, to] = part.exec(plain) ?? []
  if (!whole || (first === undefined && last !== undefined)) return oddPart(plain)
  const odd = [first, last].find((day) => day !== undefined && !dayNames.includes(day))
  if (odd !== undefined) return { fault: `“${odd}” is not a day of the week. ${asIn}` }
  const days = first === undefined ? null : last === undefined ? first : `${first}-${last}`
  if (from === undefined || to === undefined) return days === null ? oddPart(plain) : { days, hours: null }
  return withHours(days, from, to)
}

const oddPart = (text: string): Fault =>
  /^(?:[a-z-]+\s+)?[\d:.h]+(?:am|pm)?$/.test(text)
    ? { fault: `“${text}” has no end. Type both, such as 9-17.` }
    : { fault: `“${text}” is not understood. ${asIn}` }

function withHours(days: string | null, from: string, to: string): Window | Fault {
  const [start, end] = [clockIn(from), clockIn(to)]
  const odd = start === null ? from : end === null ? to : null
  if (start === null || end === null)
    return { fault: `“${odd}” is not a time. Type hours from 0 to 24, such as 9-17 or 9:30am-5pm.` }
  // `9 to 5` means the afternoon.
  const isAfternoon = end <= start && start <= 12 * 60 && end > 0 && end < 12 * 60 && !/[ap]m$/.test(to)
  const until = end === 0 ? 24 * 60 : isAfternoon ? end + 12 * 60 : end
  if (until <= start)
    return {
      fault: `${from}-${to} ends before it begins. Across midnight, write two: Mon 18-24, Tue 0-2.`,
    }
  return { days, hours: `${clock(start)}-${clock(until)}` }
}

const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

/** `9`, `9:30`, `9.30`, `9h30` and `5pm`, as minutes after midnight. */
function clockIn(text: string): number | null {
  const [, hour, minutes = '00', half] = /^(\d{1,2})(?:[:.h](\d{2}))?h?(am|pm)?$/.exec(text) ?? []
  if (hour === undefined || Number(minutes) > 59 || (half !== undefined && Number(hour) > 12)) return null
  const hours = (Number(hour) % (half === undefined ? 100 : 12)) + (half === 'pm' ? 12 : 0)
  const all = hours * 60 + Number(minutes)
  return all > 24 * 60 ? null : all
}

/** For people: `Mon-Fri 09:00-17:00`. It can be typed again. */
export function hoursSaid(hours: string): string {
  if (parseHours(hours) === null) return hours
  return hours
    .toLowerCase()
    .replaceAll(`${everyDay} ${allDay}`, 'Always')
    .replaceAll(everyDay, 'Every day')
    .replace(/\b(?:sun|mon|tue|wed|thu|fri|sat)\b/g, (day) => `${day[0]?.toUpperCase()}${day.slice(1)}`)
}
