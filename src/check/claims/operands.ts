/** What other figures can be calculated from: amounts of money, percentages, counts, durations, measures. */
import { memoized } from '../../base/lru.ts'
import { after, before } from './boundaries.ts'
import { extract } from './extract.ts'
import type { Found } from './found.ts'
import {
  anyNumberKeys,
  bareNumberKeys,
  figure,
  range,
  valuesOfWord,
  withAsciiDigits,
  words,
} from './numbers.ts'
import { alternation, measureByName } from './vocabulary.ts'

/** The numbers after a prefix. */
const valuesIn = (keys: readonly string[], prefix: string): number[] =>
  keys.filter((key) => key.startsWith(prefix)).map((key) => Number(key.slice(prefix.length).split(':')[0]))

/** Of one kind, in all that a text states. */
const statedIn = (text: string, prefix: string) =>
  extract(text).found.flatMap(({ keys }) => valuesIn(keys, prefix))

export interface Amount {
  value: number
  /** null: the text does not say; it may be any. */
  currency: string | null
}

export const amountsIn = (keys: readonly string[]): Amount[] =>
  keys.flatMap((key) => {
    const [, value, currency] = /^p:([^:]+):(.*)$/.exec(key) ?? []
    return value === undefined ? [] : [{ value: Number(value), currency: currency ?? null }]
  })

/** A text that is about prices: what stands alone in a cell of its tables, or after a label, may be one. */
const aboutMoney =
  /\p{Sc}|preis|price|prix|precio|prezz|prijs|tarif|kosten|kostet|costs?(?!\p{L})|coût|gebühr|fees?(?!\p{L})|rates?(?!\p{L})|(?<!\p{L})(?:eur|usd|chf|gbp)|料金|価格|値段|费用|价格|요금/iu
const alone = new RegExp(`(?<=^|[|\\t:：]|  )[ *_]{0,3}(${figure})(?:[,.][-–])?[ *_]{0,3}(?=$|[|\\t])`, 'gmu')
/** `12 to 15 euros`, `EUR 12–15`: only one of the figures has the currency next to it. */
const rangeBegin = new RegExp(`${before}(${figure})(?:${range}|\\s?/\\s?)$`, 'iu')
const rangeEnd = new RegExp(`^\\s?[-–]\\s?(${figure})`, 'u')

function rangesAround(text: string, { claim, keys, index }: Found): Amount[] {
  const end = index + claim.length
  const other =
    rangeBegin.exec(text.slice(Math.max(0, index - 24), index)) ?? rangeEnd.exec(text.slice(end, end + 24))
  const currency = amountsIn(keys)[0]?.currency ?? null
  return other ? valuesOfWord(other[1] ?? '').map((value) => ({ value, currency })) : []
}

export const amountsOf = memoized((source: string): readonly Amount[] => {
  const text = withAsciiDigits(source)
  const { found, rest } = extract(source)
  const prices = found.filter(({ kind }) => kind === 'price')
  const cells = aboutMoney.test(text)
    ? [...rest.matchAll(alone)].flatMap(([, cell = '']) => valuesOfWord(cell))
    : []
  const bare = [...cells, ...valuesIn(bareNumberKeys(rest), 'm:')]
  return [
    ...prices.flatMap((price) => [...amountsIn(price.keys), ...rangesAround(text, price)]),
    ...bare.map((value) => ({ value, currency: null })),
  ]
})

/** As shares of one. */
export const percentagesOf = (source: string): number[] =>
  statedIn(source, 'pc:')
    .filter((value) => value < 100)
    .map((value) => value / 100)

/** Kanji that count what follows. */
const counted = /[二两兩三四五六七八九十](?=[人名个個つ位泊点枚本台只匹冊])/gu

/** How many of something a text says: no dates, times, prices, percentages, durations or telephone numbers. */
export const countsOf = memoized((source: string): readonly number[] => {
  const { rest } = extract(source)
  const kanji = [...rest.matchAll(counted)].flatMap(([sign]) =>
    /[两兩]/.test(sign) ? [2] : valuesOfWord(sign),
  )
  return few([...valuesIn(anyNumberKeys(rest), 'n:'), ...kanji])
})

const few = (counts: readonly number[]) => [...new Set(counts)].filter((count) => count > 1 && count <= 1000)

/** Its durations in all units that something may be paid by. */
export const spansCounted = (source: string): number[] => {
  const days = durationsOf(source).flatMap(({ scale, value }) =>
    scale === 'm' ? [value] : [value, value / 24],
  )
  return few([...statedIn(source, 'b:'), ...days])
}

export interface Span {
  /** `h` and `w` for hours, of days and of working days; `m` for months. */
  scale: string
  value: number
}

export const spansIn = (keys: readonly string[]): Span[] =>
  keys
    .filter((key) => key.startsWith('d:'))
    .map((key) => ({ scale: key.charAt(2), value: Number(key.slice(3)) }))

export const durationsOf = (source: string): Span[] =>
  extract(source).found.flatMap(({ keys }) => spansIn(keys))

export interface Measure {
  dimension: string
  /** In the dimension's base unit. */
  value: number
}

const measure = alternation(measureByName.keys())
const measurePattern = new RegExp(`${before}(${figure}|${words})[\\s-]?(${measure})${after}`, 'giu')
const measureAfter = new RegExp(`^[\\s-]?(${measure})${after}`, 'iu')

export const measuresOf = memoized((source: string): readonly Measure[] =>
  [...withAsciiDigits(source).matchAll(measurePattern)].flatMap(([, amount = '', name = '']) => {
    const unit = measureByName.get(name.toLowerCase())
    return unit ? valuesOfWord(amount).map((value) => ({ dimension: unit[0], value: value * unit[1] })) : []
  }),
)

/** The unit that follows a figure: its dimension, and how much of its base unit it is. */
export function unitAfter(text: string, { claim, index }: Found): readonly [string, number] | null {
  const name = measureAfter.exec(text.slice(index + claim.length, index + claim.length + 24))?.[1]
  return (name && measureByName.get(name.toLowerCase())) || null
}
