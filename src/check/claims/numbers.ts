/** Prices, percentages, durations and other figures, in the notation of any country. */
import { after, before, unspaced } from './boundaries.ts'
import type { Found } from './found.ts'
import { alternation, currencyByName, numberByWord, unitByName } from './vocabulary.ts'

/** Groups of three after a space, a dot, a comma or an apostrophe, and a decimal part. */
export const figure = String.raw`\d{1,3}(?:[   .,'’]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?`
/** `2万`, `3万5千`. */
const scale = String.raw`[万千](?:\d{1,4}千?)?`
const spaced = (word: string) => !new RegExp(unspaced, 'u').test(word)
export const words = alternation([...numberByWord.keys()].filter(spaced))
const currency = alternation(currencyByName.keys())
const sign = alternation([...currencyByName.keys()].filter(spaced))
const unit = alternation([...unitByName.keys()].filter(spaced))
const asianUnit = alternation([...unitByName.keys()].filter((name) => !spaced(name)))
/** Not in a longer figure. */
const start = `(?<![.,])${before}`
/** `three to five days`, `2-3 Wochen`: both figures carry the unit. */
export const range = String.raw`(?:\s?(?:-|–|to|bis|à|a|or|oder|ou|o|y|und|and)\s?)`

/** Digits of other scripts and full-width ones become ASCII, position by position; so do the signs between them. */
export function withAsciiDigits(text: string): string {
  const plain = text.replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0
    // The ten digits of a script are consecutive and start at a multiple of ten or sixteen: walk down to find it.
    let zero = code
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && code - zero < 9) zero--
    const value = String((code - zero) % 10)
    return value.padEnd(digit.length, ' ')
  })
  return plain.replace(/(?<=\d)[，．：](?=\d)/gu, (sign) => ({ '，': ',', '．': '.' })[sign] ?? ':')
}

/** All values that a figure can mean: `1.000` is a thousand in Berlin and one in Boston. */
function valuesOf(text: string): number[] {
  const plain = text.replace(/[ \u00a0\u202f'’]/g, '')
  const decimalPoint = Number(plain.replace(/,/g, ''))
  const decimalComma = Number(plain.replace(/\./g, '').replace(',', '.'))
  const values = [decimalPoint, decimalComma].filter((value) => Number.isFinite(value))
  return [...new Set(values)]
}

/** `四十五`: a figure before 十 or 百 counts them. */
function valueOfKanji(text: string): number {
  let [sum, last] = [0, 0]
  for (const sign of text) {
    const value = Number(numberByWord.get(sign) ?? 1)
    if (value >= 10) sum += value * (last || 1)
    last = value < 10 ? value : 0
  }
  return sum + last
}

const scaledFigure = /^(.*?)([万千])(?:(\d+)(千?))?$/su

/** Of a figure, with or without 万 or 千, or a word. */
export function valuesOfWord(text: string): number[] {
  const word = numberByWord.get(text.toLowerCase())
  if (word !== undefined) return [Number(word)]
  if (/^[二三四五六七八九十百]/u.test(text)) return [valueOfKanji(text)]
  const [, figures = '', tens, ones = '0', thousands] = scaledFigure.exec(text) ?? []
  if (tens === undefined) return valuesOf(text)
  const rest = Number(ones) * (thousands ? 1000 : 1)
  return valuesOf(figures).map((value) => value * (tens === '万' ? 10_000 : 1000) + rest)
}

/** Two decimals, or grouped thousands: an amount even without a currency next to it. */
export const looksLikeMoney = (text: string) => /[.,]\d{2}$|\d[ \u00a0\u202f.,'’]\d{3}(?!\d)/.test(text)

const pricePattern = new RegExp(
  `${before}(?:(${sign})\\s?(${figure})(?![\\d])|((?:${figure})(?:${scale})?|${words})(?:\\s?[,.][-–])?\\s?(${currency})${after})`,
  'giu',
)
const percentPattern = new RegExp(
  `${start}(${figure}|${words})\\s?(?:%|％|percent|per cent|prozent|pour ?cent|por ciento|per cento|procent|パーセント)`,
  'giu',
)
const durationPattern = new RegExp(
  `${start}(?:(${figure}|${words})${range})?(${figure}|${words})(?:[\\s-]|\\s?x\\s?|\\+\\s?)?\\s?(?:[\\p{L}]{1,12}\\s)??(${unit})${after}`,
  'giu',
)
/** Match a run of figures only from its start: trying every figure would take quadratic time. */
const kanjiFigures = '二三四五六七八九十百'
const asianDurationPattern = new RegExp(
  // 十分 is `enough`, or `very`.
  `((?<!\\d)\\d+|(?<![${kanjiFigures}])(?!十分)[${kanjiFigures}]+)(${asianUnit})`,
  'gu',
)
/** `1つ` counts as little as an article does. */
const plainPattern = new RegExp(`${before}(?!1${unspaced})(?:${figure})(?:${scale})?${after}`, 'gu')

export function findPrices(text: string): Found[] {
  return [...text.matchAll(pricePattern)].map((match) => {
    const [claim, sign, afterSign, beforeName, name] = match
    const amount = afterSign ?? beforeName ?? ''
    const code = currencyByName.get((sign ?? name ?? '').toLowerCase())
    const keys = valuesOfWord(amount).flatMap((value) => [`p:${value}:${code}`, `m:${value}`])
    return {
      claim: claim.trim(),
      kind: 'price' as const,
      keys,
      index: match.index + claim.indexOf(claim.trim()),
    }
  })
}

export function findPercentages(text: string): Found[] {
  // Most texts have no percentage. This test shows that much faster than the pattern does.
  if (!/[%％パ割]|cent|ciento|prozent/iu.test(text)) return []
  const of = (pattern: RegExp, unit: number) =>
    [...text.matchAll(pattern)].map((match) => ({
      claim: match[0],
      kind: 'number' as const,
      keys: valuesOfWord(match[1] ?? '').map((value) => `pc:${value * unit}`),
      index: match.index,
    }))
  return [...of(percentPattern, 1), ...of(/(?<!\d)([1-9])割(?:引|オフ|増)/gu, 10)]
}

/** `9.30`, `9,30` and `18` as a time of day. */
function timeKeys(text: string): string[] {
  const [, hour, minute = '0'] = /^([01]?\d|2[0-4])(?:[.,]([0-5]\d))?$/.exec(text) ?? []
  return hour === undefined ? [] : [`t:${Number(hour) * 60 + Number(minute)}`]
}

/** Hours or months, so that 14 days equal two weeks; working days are kept separate. */
function durationKeys(amount: string, unitName: string): string[] {
  const code = unitByName.get(unitName.toLowerCase()) ?? 'h24'
  const factor = Number(code.slice(1))
  return valuesOfWord(amount).flatMap((value) => {
    const total = Math.round(value * factor * 100) / 100
    return [`d:${code.charAt(0)}${total}`, `b:${value}`]
  })
}

export function findDurations(text: string): Found[] {
  const found = [...withoutSpoken(text).matchAll(durationPattern)].map(
    (match): Found => ({
      claim: match[0],
      kind: 'number',
      // The end of a range decides; its beginning is checked as a separate figure.
      // In Dutch an hour is also a time of day.
      keys: [
        ...durationKeys(match[2] ?? '', match[3] ?? ''),
        ...(/^uur$/i.test(match[3] ?? '') ? timeKeys(match[2] ?? '') : []),
      ],
      index: match.index,
    }),
  )
  const asian = [...text.matchAll(asianDurationPattern)].map(
    ({ 0: claim, 1: amount = '', 2: name = '', index }): Found => ({
      claim,
      kind: 'number',
      // Also the year, or a day of the month that is named a few words before.
      keys: [...durationKeys(amount, name), ...(/^[日年]$/.test(name) ? [`n:${amount}`] : [])],
      index,
    }),
  )
  return [...found, ...asian]
}

/** The figures that start a range of durations. */
export function rangeBeginnings(text: string): Found[] {
  return [...text.matchAll(durationPattern)].flatMap((match) => {
    const [claim, first, , unitName] = match
    return first === undefined
      ? []
      : [{ claim, kind: 'number' as const, keys: durationKeys(first, unitName ?? ''), index: match.index }]
  })
}

/** The number of a list item states nothing; `24/7` and `1/2 litre` are words. */
const listMark = /(^|\n)[ \t]*\(?\d{1,2}[.)](?=\s)/g
const spokenFigure = /(?<![\d/.,])(?:24\/7|1\/[234]|[23]\/[34])(?=\s?\p{L}|$)/gmu
const blank = (mark: string) => mark.replace(/\d/g, ' ')
const withoutSpoken = (text: string) => text.replace(spokenFigure, blank)

/** Other figures, including order and serial numbers. */
export function findPlainNumbers(text: string): Found[] {
  const rest = withoutSpoken(text.replace(listMark, blank))
  return [...rest.matchAll(plainPattern)].map((match) => ({
    claim: match[0],
    kind: 'number' as const,
    keys: [
      ...valuesOfWord(match[0]).map((value) => `n:${value}`),
      ...(/[.,]/.test(match[0]) ? timeKeys(match[0]) : []),
    ],
    index: match.index,
  }))
}

const figurePattern = new RegExp(`(?:${figure})(?:${scale})?`, 'gu')
const wordPattern = new RegExp(`(?<!\\p{L})(?:${words})(?!\\p{L})`, 'gu')

/** Every figure and number word of a source, with anything next to it. */
export function anyNumberKeys(source: string): string[] {
  const figures = [...source.matchAll(figurePattern)].flatMap(([text]) => valuesOfWord(text))
  const digits = [...source.matchAll(/\d+/g)].map(([text]) => Number(text))
  const spelled = [...source.toLowerCase().matchAll(wordPattern)].flatMap(([word]) => valuesOfWord(word))
  return [...figures, ...digits, ...spelled].map((value) => `n:${value}`)
}

/**
 * Figures of a source without a unit (`b:`), and those that look like money (`m:`), in a text where everything else
 * is blanked.
 */
export function bareNumberKeys(rest: string): string[] {
  return [...rest.matchAll(plainPattern)].flatMap(([text]) =>
    valuesOfWord(text).flatMap((value) => [`b:${value}`, ...(looksLikeMoney(text) ? [`m:${value}`] : [])]),
  )
}

/** A looked-up fact, as the writer is given it: label, field, value or values. */
const fact = new RegExp(`^lookup .*\\n.*\\n((?:${figure})(?:; (?:${figure}))*)\\n\\(read `, 'u')

/** JSON has no currencies and drops the last zero of an amount: a figure that is a whole value may be one. */
export function lookedUpAmounts(source: string): string[] {
  const values = fact.exec(source)?.[1]?.split('; ') ?? []
  return values.flatMap(valuesOf).map((value) => `m:${value}`)
}
