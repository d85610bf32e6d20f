/** Dates, months, weekdays and times of day, in figures and in words. */
import { memoized } from '../../base/lru.ts'
import { after, before } from './boundaries.ts'
import { type Found, masked } from './found.ts'
import { alternation, monthByName, relativeDays, weekdayByName } from './vocabulary.ts'

const month = alternation(monthByName.keys())
const weekday = alternation([...weekdayByName.keys()].filter((name) => !/\p{Script=Han}/u.test(name)))
const noLetter = '(?<![\\p{L}\\p{N}])'
const end = '(?![\\p{L}\\p{N}])'
const pattern = (source: string) => new RegExp(source, 'giu')

/** Year, month and day as written; null if the text does not say. */
interface Day {
  year: number | null
  month: number
  day: number | null
}

/**
 * `y-m-d` for a full date; `-m-d` when it has a day but the other side may lack the year; `?-m-d` when this side
 * lacks it. A source with the year supports a draft without it, and vice versa.
 */
function keysOf({ year, month: m, day }: Day): string[] {
  const rest = day === null ? `${m}` : `${m}-${day}`
  return year === null ? [`date:-${rest}`, `date:?-${rest}`] : [`date:${year}-${rest}`, `date:?-${rest}`]
}

/** What a source's date also supports: the same date without its year, its month, its weekday. */
function supportedBy({ year, month: m, day }: Day): string[] {
  const rest = day === null ? `${m}` : `${m}-${day}`
  const own = year === null ? [`date:?-${rest}`, `date:-${rest}`] : [`date:${year}-${rest}`, `date:-${rest}`]
  if (day === null) return own
  const ofMonth = supportedBy({ year, month: m, day: null })
  if (year === null) return [...own, ...ofMonth]
  return [...own, ...ofMonth, `w:${new Date(Date.UTC(year, m - 1, day)).getUTCDay()}`]
}

const valid = ({ month: m, day }: Day) => m >= 1 && m <= 12 && (day === null || (day >= 1 && day <= 31))
const fullYear = (year: string | undefined) =>
  year ? (year.length === 2 ? 2000 + Number(year) : Number(year)) : null

interface Rule {
  pattern: RegExp
  /** All readings: 03/04 may be in March or April. */
  read: (groups: (string | undefined)[]) => Day[]
}

const monthNumber = (name: string | undefined) => Number(monthByName.get((name ?? '').toLowerCase()) ?? 0)
const day = (y: string | undefined, m: string | undefined, d: string | undefined): Day => ({
  year: fullYear(y),
  month: Number(m),
  day: Number(d),
})

/** Each needs a digit. */
const inFigures: readonly Rule[] = [
  {
    pattern: /(?<![\d.-])(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?![\d-])/g,
    read: ([y, m, d]) => [day(y, m, d)],
  },
  {
    pattern: /令和(\d{1,2})年(\d{1,2})月(\d{1,2})日/g,
    read: ([y, m, d]) => [day(`${2018 + Number(y)}`, m, d)],
  },
  { pattern: /(\d{4})年(\d{1,2})月(\d{1,2})日/g, read: ([y, m, d]) => [day(y, m, d)] },
  { pattern: /(\d{1,2})月(\d{1,2})日/g, read: ([m, d]) => [day(undefined, m, d)] },
  {
    pattern: /(?:(\d{4})年)?(?<!\d)(\d{1,2})月(?!間)/g,
    read: ([y, m]) => [{ year: fullYear(y), month: Number(m), day: null }],
  },
  {
    pattern: /(?<![\d.,/-])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/-]|[.,]\d)/g,
    read: ([a, dot, b, y]) => (dot === '.' ? [day(y, b, a)] : [day(y, b, a), day(y, a, b)]),
  },
  // Without the year only with both dots: 24.11. is a date, 24.11 an amount.
  { pattern: /(?<![\d.,/-])(\d{1,2})\.\s?(\d{1,2})\.(?!\d)/g, read: ([d, m]) => [day(undefined, m, d)] },
]

/** Each needs a digit and a month's name. */
const withMonth: readonly Rule[] = [
  {
    pattern: pattern(
      `${noLetter}(\\d{1,2})(?:\\.|st|nd|rd|th|er|º|ª)?(?:[^\\S\\n]+(?:de|of|d[’']))?[^\\S\\n]*(${month})\\.?(?:,?[^\\S\\n]+(?:de[^\\S\\n]+|del[^\\S\\n]+)?(\\d{4}))?${end}`,
    ),
    read: ([d, m, y]) => [{ year: fullYear(y), month: monthNumber(m), day: Number(d) }],
  },
  {
    pattern: pattern(
      `${noLetter}(${month})\\.?[^\\S\\n]+(\\d{1,2})(?:st|nd|rd|th)?(?:,?[^\\S\\n]+(\\d{4}))?${end}`,
    ),
    read: ([m, d, y]) => [{ year: fullYear(y), month: monthNumber(m), day: Number(d) }],
  },
  {
    pattern: pattern(`${noLetter}(${month})\\.?[^\\S\\n]+(?:de[^\\S\\n]+)?(\\d{4})${end}`),
    read: ([m, y]) => [{ year: fullYear(y), month: monthNumber(m), day: null }],
  },
]

const monthAlone: readonly Rule[] = [
  {
    // A month alone needs a word before it: may, march, mars, sept and an are also other words.
    pattern: pattern(
      `(?<=(?<![\\p{L}\\p{N}])(?:in|im|by|until|till|since|from|of|next|last|mid|early|late|bis|seit|ab|anfang|mitte|ende|en|fin|début|depuis|hasta|desde|a finales de|de|di|do)[\\s-]{1,2})(${month})${end}`,
    ),
    read: ([m]) => [{ year: null, month: monthNumber(m), day: null }],
  },
]

const monthName = new RegExp(`(?:${month})${end}`, 'iu')

/** Most texts have no date: two cheap tests save nine expensive ones. */
function rulesFor(text: string): Rule[] {
  const [hasDigit, hasMonth] = [/\d/.test(text), monthName.test(text)]
  return [
    ...(hasDigit ? inFigures : []),
    ...(hasDigit && hasMonth ? withMonth : []),
    ...(hasMonth ? monthAlone : []),
  ]
}

interface DateFound extends Pick<Found, 'claim' | 'index'> {
  days: readonly Day[]
}

/** Every date with its reading. Later rules do not see what an earlier one matched. */
const datesOf = memoized((text: string): readonly DateFound[] => {
  const found: DateFound[] = []
  let rest = text
  for (const rule of rulesFor(text)) {
    for (const match of rest.matchAll(rule.pattern)) {
      const days = rule.read(match.slice(1)).filter(valid)
      if (days.length > 0) found.push({ claim: match[0], index: match.index, days })
    }
    rest = masked(rest, found, '\0')
  }
  return found
})

const weekdayPattern = pattern(`${noLetter}(${weekday})s?${end}|[日月火水木金土]曜日|星期[一二三四五六日]`)
const relativePattern = pattern(
  `(?<![\\p{L}\\p{N}]|guten |good |goeden |dicho )(?:${alternation(Object.keys(relativeDays))})${end}`,
)
const timePattern = new RegExp(
  `(?<![.,])${before}(?:(\\d{1,2})(?:[:h.]|\\sh\\s)(\\d{2})(?:\\s?(Uhr|h|am|pm|a\\.\\s?m\\.|p\\.\\s?m\\.))?|(\\d{1,2})\\s?(Uhr|h|am|pm|a\\.\\s?m\\.|p\\.\\s?m\\.|heures?))${after}`,
  'giu',
)
/** `9時半`, `午後6:30`; `時間` is a duration. */
const asianTimePattern =
  /(?:(午前|上午|오전)|(午後|下午|晚上|오후))?\s?(?<!\d)(\d{1,2})(?:[時时시](?![間间간])(?:\s?(\d{1,2})[分분]|(半|반))?|(?<=[前午後上전후]\s?\d{1,2}):(\d{2}))/gu

function minutesOf(match: RegExpMatchArray): number | null {
  const [claim, hour, minute, suffix, fullHour, fullSuffix] = match
  const word = (suffix ?? fullSuffix ?? '').toLowerCase()
  // 10.30 is an amount unless a word makes it a time.
  if (/^\d+\.\d+$/.test(claim) || (claim.includes('.') && word === '' && !claim.includes(':'))) return null
  return minutesOfDay(Number(hour ?? fullHour), Number(minute ?? 0), word)
}

/** @param half begins with the half of the day: `a` or `p`; null: not a time */
function minutesOfDay(hour: number, minute: number, half: string): number | null {
  let h = hour
  if (half.startsWith('p') && h < 12) h += 12
  if (half.startsWith('a') && h === 12) h = 0
  return h > 24 || minute > 59 ? null : h * 60 + minute
}

function asianMinutesOf(match: RegExpMatchArray): number | null {
  const [, morning, afternoon, hour, minute, half, afterColon] = match
  const part = morning ? 'am' : afternoon ? 'pm' : ''
  return minutesOfDay(Number(hour), half ? 30 : Number(minute ?? afterColon ?? 0), part)
}

function findTimes(text: string): Found[] {
  const of = (source: string, pattern: RegExp, read: (match: RegExpMatchArray) => number | null) =>
    [...source.matchAll(pattern)].flatMap((match): Found[] => {
      const minutes = read(match)
      if (minutes === null) return []
      const hour = minutes / 60
      // `open 9 to 17` supports 9:00 and 5 pm.
      const bare = Number.isInteger(hour) ? [`b:${hour}`, `b:${hour > 12 ? hour - 12 : hour}`] : []
      return [{ claim: match[0], kind: 'date', keys: [`t:${minutes}`, ...bare], index: match.index }]
    })
  const asian = of(text, asianTimePattern, asianMinutesOf)
  return [...asian, ...of(masked(text, asian), timePattern, minutesOf)]
}

function findWeekdays(text: string): Found[] {
  return [...text.matchAll(weekdayPattern)].map((match): Found => {
    const name = match[0].toLowerCase()
    const number = weekdayByName.get(name) ?? weekdayByName.get(name.replace(/s$/, ''))
    return { claim: match[0], kind: 'date', keys: [`w:${number}`], index: match.index }
  })
}

/** Days such as `tomorrow`. */
function findRelativeDays(text: string): Found[] {
  return [...text.matchAll(relativePattern)].map(
    (match): Found => ({
      claim: match[0],
      kind: 'date',
      keys: [`r:${relativeDays[match[0].toLowerCase()]}`],
      index: match.index,
    }),
  )
}

const findNamedDays = (text: string): Found[] => [
  ...findWeekdays(text),
  ...findRelativeDays(text),
  ...findTimes(text),
]

/** Dates, weekdays, days such as `tomorrow`, times of day. */
export function findDates(text: string): Found[] {
  const dates = datesOf(text).map(
    ({ claim, index, days }): Found => ({ claim, kind: 'date', keys: days.flatMap(keysOf), index }),
  )
  return [...dates, ...findNamedDays(text)]
}

/** What the dates of a source support. */
export function dateKeys(source: string): string[] {
  const dates = datesOf(source).flatMap(({ days }) => days.flatMap(supportedBy))
  return [...dates, ...findNamedDays(source).flatMap(({ keys }) => keys.filter((key) => /^[wrt]:/.test(key)))]
}

const dayMs = 86_400_000

/** Midnight, UTC. A day without a year is the one nearest to today. @param today `2026-12-09` */
function instantsOf(days: readonly Day[], today: string): number[] {
  const now = Date.parse(`${today}T00:00:00Z`)
  return days.flatMap(({ year, month: m, day }) => {
    if (day === null) return []
    const years = year === null ? [-1, 0, 1].map((step) => new Date(now).getUTCFullYear() + step) : [year]
    const instants = years.map((each) => Date.UTC(each, m - 1, day))
    return [instants.reduce((best, each) => (Math.abs(each - now) < Math.abs(best - now) ? each : best))]
  })
}

/** Every full day that a text names. @returns midnight, UTC */
export function daysNamed(text: string, today: string): number[] {
  return datesOf(text).flatMap(({ days }) => instantsOf(days, today))
}

/** Words allowed between a weekday and its date: `Friday, the 4th`, `Freitag, den 4.`, `demain, vendredi`. */
const between = /^[\s,(]{0,3}(?:den|dem|der|the|le|el|il|de|op|dia)?[\s,]{0,2}$/iu

/** Before a weekday that means each one of a season or list: `Montag bis Freitag, 14.12. …`, `every Sunday 1 May to …` */
const repeated = pattern(
  `(?:${noLetter}(?:${weekday})\\.?(?:\\s?[-–—/,&+]\\s?|,?\\s(?:to|till|until|through|and|or|bis|und|oder|au|à|et|ou|al?|y|e|o|en|of|t/m|tot)\\s)|${noLetter}(?:every|each|jede[nrm]?|chaque|cada|ogni|elke|iedere|tous les|todos los|los)\\s)$`,
)

/** `Sundays`, `samstags`, `lundis`: `lunes` alone is one day. */
const isPlural = (name: string) => !weekdayByName.has(name.toLowerCase()) && /s$/i.test(name)

/** Weekdays that stand for one day. */
const singleWeekdays = (text: string): Found[] =>
  findWeekdays(text).filter(
    ({ claim, index }) =>
      !isPlural(claim) && text.slice(Math.max(0, index - 30), index).search(repeated) === -1,
  )

/**
 * Weekdays that do not match the date next to them: `Friday 5 December`, or `tomorrow, Friday` on a Friday. As
 * written.
 */
export function wrongWeekdays(text: string, today: string): string[] {
  const now = Date.parse(`${today}T00:00:00Z`)
  const named = singleWeekdays(text)
  if (named.length === 0) return []
  const relative = findRelativeDays(text).map(({ claim, index, keys }) => {
    return { claim, index, at: [now + Number(keys[0]?.slice(2)) * dayMs] }
  })
  const dated = datesOf(text).map(({ claim, index, days }) => ({ claim, index, at: instantsOf(days, today) }))
  return named.flatMap(({ claim, index, keys }) => {
    const after = [...dated, ...relative].find((one) => {
      const start = index + claim.length
      return one.index >= start && between.test(text.slice(start, one.index))
    })
    const before = relative.find((one) => {
      const end = one.index + one.claim.length
      return index >= end && between.test(text.slice(end, index))
    })
    const other = before ?? after
    if (other === undefined || other.at.length === 0) return []
    const right = other.at.some((at) => `w:${new Date(at).getUTCDay()}` === keys[0])
    return right ? [] : [`${claim} / ${other.claim}`]
  })
}
