/** Figures and days that are in no source but follow from one: sums, products, shares, units, the calendar. */
import { memoized } from '../../base/lru.ts'
import type { Found } from './found.ts'

const dayMs = 86_400_000

/** Factors between units that customers and owners use; in both directions. */
const units = [0.45359237, 28.349523, 2.54, 30.48, 1.609344, 3.785412, 0.9144, 60, 24, 7, 12, 1000, 100]

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

export class Derivation {
  readonly #given: readonly number[]
  readonly #counts: readonly number[]
  readonly #days: readonly number[]

  constructor({ sources, mail, today }: Grounds, days: (text: string, today: string) => number[]) {
    const positive = (values: readonly number[]) => [...new Set(values)].filter((value) => value > 0)
    const own = positive(figuresOf(mail))
    this.#given = positive(sources.flatMap(figuresOf)).slice(0, most)
    // Small counts are rarely written as figures.
    this.#counts = positive([...own, 2, 3, 4, 5, 6, 10, 12]).slice(0, most)
    const known = [...sources, mail].flatMap((text) => days(text, today))
    this.#days = [...new Set([Date.parse(`${today}T00:00:00Z`), ...known])]
  }

  /** Whether a figure can be calculated from the given ones. */
  value(found: Found): boolean {
    const values = found.keys.flatMap((key) => {
      const value = Number(/^[pmnb]:(\d+(?:\.\d+)?)/.exec(key)?.[1] ?? 'NaN')
      return Number.isNaN(value) ? [] : [value]
    })
    return values.some(
      (value) => this.#sumReaches(value) || (found.kind !== 'price' && this.#converts(value)),
    )
  }

  /** A weight in other units, or how many days a bag lasts; never a price. */
  #converts(value: number): boolean {
    const near = (other: number) => Math.abs(other - value) <= Math.max(0.006, value * 0.001)
    const rounded = (other: number) =>
      near(other) || near(Math.floor(other)) || near(Math.round(other)) || near(Math.round(other * 10) / 10)
    const operands = [...new Set([...this.#given, ...this.#counts])]
    const converted = operands.some((a) => units.some((unit) => rounded(a * unit) || rounded(a / unit)))
    return (
      converted || operands.some((a) => this.#given.some((b) => rounded(a / b) || rounded((a * 1000) / b)))
    )
  }

  #products: readonly number[] | null = null
  #cents: Set<number> | null = null

  /** Products with a count, shares of a percentage, and their sum or difference with one more figure. */
  #sumReaches(value: number): boolean {
    this.#products ??= this.#productsOf()
    this.#cents ??= new Set([...this.#amounts(), 0].map((each) => Math.round(each * 100)))
    const known = this.#cents
    const wanted = Math.round(value * 100)
    return this.#products.some((cents) => known.has(wanted - cents) || known.has(cents - wanted))
  }

  /** Small whole numbers are counts: a sum with one of them would reach every neighbour of a price. */
  #amounts(): number[] {
    return this.#given.filter((each) => each >= 5 || !Number.isInteger(each))
  }

  /** In cents. There may be a hundred thousand: building a set of them would take longer than trying each. */
  #productsOf(): number[] {
    const shares = this.#given.filter((each) => each < 100).flatMap((each) => [each / 100, 1 - each / 100])
    const factors = [1, ...this.#counts, ...shares]
    const products: number[] = []
    for (const amount of this.#amounts())
      for (const factor of factors) products.push(Math.round(amount * factor * 100))
    return products
  }

  /** Whether a day follows from another one by a given number of days, weeks or hours. @param at midnight, UTC */
  day(at: number): boolean {
    const spans = [...new Set([...this.#given, ...this.#counts])].filter((value) => value <= 400)
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
