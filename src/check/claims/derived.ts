/**
 * Figures and days that are in no source but follow from one. Each kind only from its own: a price from amounts of
 * money, a duration from durations, a weight from weights; otherwise almost any figure follows from some pair.
 */
import { memoized } from '../../base/lru.ts'
import { daysNamed } from './dates.ts'
import type { Found } from './found.ts'
import { looksLikeMoney, valuesOfWord } from './numbers.ts'
import {
  type Amount,
  amountsIn,
  amountsOf,
  countsOf,
  durationsOf,
  type Measure,
  measuresOf,
  percentagesOf,
  type Span,
  spansCounted,
  spansIn,
  unitAfter,
} from './operands.ts'
import { alternation, unitByName } from './vocabulary.ts'

const dayMs = 86_400_000

/** A text with more figures is a catalogue: almost any number follows from some pair of them. */
const most = 300

const figurePattern = /\d{1,3}(?:[ \u00a0\u202f.,'’]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?/gu

/** All readings of every figure: `1.000` is a thousand in Berlin and one in Boston. */
const figuresOf = memoized((text: string): readonly number[] =>
  [...text.matchAll(figurePattern)].flatMap(([figure]) => {
    const plain = figure.replace(/[ \u00a0\u202f'’]/g, '')
    return [Number(plain.replace(/,/g, '')), Number(plain.replace(/\./g, '').replace(',', '.'))]
  }),
)

export interface Grounds {
  /** What the owner vouches for. */
  sources: readonly string[]
  /** What the correspondent states about their own case: counts, weights, dates. */
  mail: string
  /** The mail's date in the owner's time zone, `2026-12-09`. */
  today: string
  /** Nothing is calculated from them. */
  exact?: boolean
}

/** Words that count without a figure: `a week` is seven days, `a year` twelve months. */
const namesOf = (code: string) =>
  alternation([...unitByName].flatMap(([name, each]) => (each === code ? [name] : [])))
const countingWords: readonly (readonly [number, RegExp])[] = [
  [
    2,
    /(?<!\p{L})(?:both|beiden?|couple|pair|paar|twice|double|doppelt|zweimal|zu zweit|(?:les|tous) deux|ambos|ambas|entramb[ie]|round trip|hin und zurück|aller-retour|ida y vuelta|andata e ritorno|wife|husband|partner|(?:ehe)?frau|mann|mari|femme|épouse|marido|esposa|moglie|marito)(?!\p{L})|両方|往復|夫婦|妻|主人/iu,
  ],
  [3, /(?<!\p{L})zu dritt(?!\p{L})/iu],
  [4, /(?<!\p{L})zu viert(?!\p{L})/iu],
  [5, /(?<!\p{L})zu fünft(?!\p{L})/iu],
  [6, /(?<!\p{L})zu sechst(?!\p{L})/iu],
  [7, new RegExp(`(?<!\\p{L})(?:${namesOf('h168')}|weekly|wöchentlich)(?!\\p{L})`, 'iu')],
  [12, new RegExp(`(?<!\\p{L})(?:${namesOf('m12')}|yearly|annual(?:ly)?|jährlich)(?!\\p{L})`, 'iu')],
  [12, /dozen|dutzend|douzaine|docena|dozzina|dozijn|ダース/iu],
]

/** `from 1 to 5 March`, `3日から12日`: only the last day has a month. */
const dayRange =
  /(?<![\d.,:])(\d{1,2})(?:st|nd|rd|th|er|日)?\s?(?:to|until|till|-|–|bis|au|al|tot|から|〜|~)\s?(?:the )?(\d{1,2})(?![\d:])(?!\s?(?:h|Uhr|am|pm)(?!\p{L}))/giu

const rangesOf = (text: string): number[] =>
  [...text.matchAll(dayRange)].map(([, from, to]) => Number(to) - Number(from)).filter((days) => days > 0)

/** Of an order, how many amounts may be added up. */
const mostStated = 10

const cents = (value: number) => Math.round(value * 100)
const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)]

const distinctSpans = (spans: readonly Span[]) => [
  ...new Map(spans.slice(0, most).map((span) => [`${span.scale}${span.value}`, span])).values(),
]

/** A figure as people round it. */
function isNear(value: number, other: number): boolean {
  const near = (rounded: number) => Math.abs(rounded - value) <= Math.max(0.006, value * 0.001)
  return [other, Math.floor(other), Math.round(other), Math.round(other * 10) / 10].some(near)
}

/** Sums of money in cents. */
interface Sums {
  /** Amounts times a count, or a share of them. */
  products: readonly number[]
  /** Those times what the mail counts. */
  ordered: ReadonlySet<number>
  amounts: ReadonlySet<number>
  /** Shares, and differences within a source: nothing is added to them. */
  alone: ReadonlySet<number>
}

export class Derivation {
  readonly #sources: readonly string[]
  readonly #mail: string
  readonly #draft: string
  readonly #counts: readonly number[]
  readonly #measures: readonly Measure[]
  readonly #spans: readonly number[]
  readonly #days: readonly number[]
  readonly #daysApart: readonly number[]
  readonly #sums = new Map<string | null, Sums>()
  /** Amounts of the draft that are in a source or follow from one. */
  readonly #stated: number[]

  /** @param supported what the draft states and a source, too */
  constructor({ sources, mail, today }: Grounds, draft: string, supported: readonly Found[]) {
    this.#sources = sources
    this.#mail = mail
    this.#draft = draft
    const now = Date.parse(`${today}T00:00:00Z`)
    const ofMail = [now, ...daysNamed(mail, today)]
    this.#days = distinct([...ofMail, ...sources.flatMap((text) => daysNamed(text, today))])
    this.#daysApart = distinct(
      ofMail.slice(0, 10).flatMap((one) => this.#days.map((other) => Math.abs(one - other) / dayMs)),
    )
    this.#counts = this.#countsOf(ofMail.slice(1))
    this.#measures = [...sources, mail].flatMap(measuresOf).slice(0, most)
    const figures = [...sources.flatMap(figuresOf).slice(0, most), ...figuresOf(mail), 2, 3, 4, 5, 6, 10, 12]
    this.#spans = distinct(figures.filter((value) => value > 0 && value <= 400))
    this.#stated = distinct(supported.flatMap(({ keys }) => amountsIn(keys)).map(({ value }) => cents(value)))
  }

  /** What the mail counts, also as nights between two days, or as `2 adults and 3 children for a week`. */
  #countsOf(days: readonly number[]): number[] {
    const text = `${this.#mail}\n${this.#draft}`
    const named = countingWords.flatMap(([count, word]) => (word.test(text) ? [count] : []))
    const first = days[0] ?? 0
    const apart = days.slice(1, 4).map((other) => Math.abs(other - first) / dayMs)
    const nights = [...apart, ...rangesOf(this.#mail)]
    const said = [...countsOf(this.#mail), ...spansCounted(this.#mail), ...named, ...nights].slice(0, 40)
    const few = said.filter((count) => count <= 50).slice(0, 8)
    const together = few.flatMap((one) => few.flatMap((other) => [one * other, one + other]))
    return distinct([...said, ...together, ...nights.map((each) => each + 1)])
  }

  /** Whether a figure can be calculated from the given ones. */
  value(found: Found): boolean {
    const { kind, keys, claim } = found
    if (/^(?:ph|pc|t):/.test(keys[0] ?? '')) return false
    if (kind === 'price') return this.#price(amountsIn(keys))
    if (spansIn(keys).length > 0) return this.#duration(found)
    const values = valuesOfWord(claim)
    if (looksLikeMoney(claim) && this.#price(values.map((value) => ({ value, currency: null })))) return true
    return values.some((value) => this.#measure(found, value) || this.#count(value))
  }

  #price(readings: readonly Amount[]): boolean {
    const reached = readings.filter(({ value, currency }) =>
      this.#reaches(cents(value), this.#sumsIn(currency)),
    )
    this.#stated.push(...reached.map(({ value }) => cents(value)))
    return reached.length > 0
  }

  /**
   * One product, its sum with one more amount, two things ordered, a share, the difference of two prices of one
   * source or of one and what is ordered, or what the draft adds up.
   */
  #reaches(wanted: number, { products, ordered, amounts, alone }: Sums): boolean {
    if (alone.has(wanted) || products.some((each) => amounts.has(wanted - each))) return true
    for (const each of ordered) if (ordered.has(wanted - each)) return true
    for (const each of [...ordered, ...this.#stated])
      if (amounts.has(each + wanted) || amounts.has(each - wanted)) return true
    let totals = new Set([0])
    for (const each of this.#stated.slice(0, mostStated))
      totals = new Set([...totals, ...[...totals].map((total) => total + each)])
    return totals.has(wanted)
  }

  #sumsIn(currency: string | null): Sums {
    const known = this.#sums.get(currency)
    if (known) return known
    const shares = distinct(this.#sources.flatMap(percentagesOf))
    const parts = shares.flatMap((share) => [1 - share, 1 + share])
    const reduced = this.#counts.flatMap((count) => shares.map((share) => count * (1 - share)))
    const [products, ordered, amounts] = [new Set<number>(), new Set<number>(), new Set([0])]
    const alone = new Set<number>()
    const ofCurrency = (amount: Amount) =>
      [currency, amount.currency].includes(null) || amount.currency === currency
    for (const source of this.#sources) {
      if (amounts.size > most) break
      const own = amountsOf(source).filter(ofCurrency).slice(0, most)
      const factors = [1, ...this.#counts, ...parts, ...reduced, ...countsOf(source).slice(0, 20)]
      for (const { value } of own) {
        amounts.add(cents(value))
        for (const factor of factors) products.add(cents(value * factor))
        for (const count of this.#counts) ordered.add(cents(value * count))
        for (const share of shares) alone.add(cents(value * share))
        for (const other of own) alone.add(cents(value) - cents(other.value))
      }
    }
    const sums = { products: [...products], ordered, amounts, alone }
    this.#sums.set(currency, sums)
    return sums
  }

  /**
   * In months that are about as long, between two days, what is left of a duration, an hour for each thing, or how
   * long a supply lasts.
   */
  #duration({ keys }: Found): boolean {
    const given = distinctSpans(this.#sources.flatMap(durationsOf))
    const ofMail = distinctSpans(durationsOf(this.#mail))
    const inHours = ({ scale, value }: { scale: string; value: number }) =>
      scale === 'm' ? value * 730.5 : value
    const follows = spansIn(keys).some((span) => {
      const { scale, value } = span
      const alike = (other: number) => Math.abs(other - value) <= value * 0.001
      if (scale !== 'm' && this.#daysApart.some((days) => days > 0 && alike(days * 24))) return true
      return given.some((one) => {
        if (one.scale !== scale) {
          if (![one.scale, scale].includes('m') || [one.scale, scale].includes('w')) return false
          return Math.abs(inHours(one) - inHours(span)) <= inHours(span) * 0.081
        }
        const short =
          scale === 'h' && one.value < 24 && this.#counts.some((count) => alike(one.value * count))
        return short || ofMail.some((other) => other.scale === scale && alike(one.value - other.value))
      })
    })
    const amounts = keys.filter((key) => key.startsWith('b:')).map((key) => Number(key.slice(2)))
    return follows || amounts.some((amount) => this.#isRatio(amount))
  }

  /** A weight, length or volume in other units, or of several things. */
  #measure(found: Found, value: number): boolean {
    const unit = unitAfter(this.#draft, found)
    if (unit === null) return this.#isRatio(value)
    const [dimension, factor] = unit
    return this.#measures.some(
      (one) =>
        one.dimension === dimension &&
        [1, ...this.#counts].some((count) => isNear(value, (one.value * count) / factor)),
    )
  }

  /** How many portions a bag has, or how many days it lasts. */
  #isRatio(value: number): boolean {
    return this.#measures.some((whole) =>
      this.#measures.some(
        (part) =>
          part.dimension === whole.dimension &&
          part.value < whole.value &&
          isNear(value, whole.value / part.value),
      ),
    )
  }

  /** What the mail counts, together, less or in packs of what a source counts. */
  #count(value: number): boolean {
    const said = countsOf(this.#mail).filter((count) => count <= 100)
    const others = distinct([...said, ...this.#sources.flatMap(countsOf)]).slice(0, most)
    return said.some((one) =>
      others.some((other) =>
        [one + other, Math.abs(one - other), one * other, other / one, one / other].some(
          (result) => Math.abs(result - value) < 0.006,
        ),
      ),
    )
  }

  /** Whether a day follows from another one by a given number of days, weeks or hours. @param at midnight, UTC */
  day(at: number): boolean {
    const spans = this.#spans
    const days = [
      0,
      1,
      2,
      3,
      ...spans,
      ...spans.map((value) => value * 7),
      ...spans.map((hours) => hours / 24),
    ]
    return this.#days.some((base) => {
      const apart = Math.abs(at - base) / dayMs
      return days.some((span) => Math.abs(apart - span) < 0.6) || this.#months(base, at, spans)
    })
  }

  #months(base: number, at: number, spans: readonly number[]): boolean {
    const [from, to] = [new Date(base), new Date(at)]
    if (from.getUTCDate() !== to.getUTCDate()) return false
    const months = (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth()
    return spans.some((span) => span === Math.abs(months) || span * 12 === Math.abs(months))
  }
}
