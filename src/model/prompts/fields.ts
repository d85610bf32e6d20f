/**
 * Tolerant zod fields for a model's output. Coerces only where no meaning can be lost: a number as a string, a value
 * slightly out of range, a control character. Anything else fails, so that the model is asked again.
 */
import * as z from 'zod'

const noControls = /[\p{Cc}\u2028\u2029]/gu
const noControlsButLines = /[^\P{Cc}\n\t]/gu
/**
 * Bidi controls, zero-width spaces and tag characters, which change or hide what a person sees. ZWJ and ZWNJ stay
 * (scripts need them).
 */
const invisible =
  /[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu

const loneSurrogate = /\p{Cs}/gu

/** Removes what a reader cannot see. */
export function withoutInvisible(text: string): string {
  return text.replace(invisible, '')
}

/** Cuts at a code point, so that no lone surrogate is left. @param limit UTF-16 units */
export function cutAt(text: string, limit: number): string {
  if (text.length <= limit) return text
  const end = /[\ud800-\udbff]/.test(text.charAt(limit - 1)) ? limit - 1 : limit
  return text.slice(0, end)
}

/** Words of Latin letters with one space between them: nothing has to be removed. One test costs less than four. */
const ordinary = /^(?:[!-~\u00a1-\u024f\u2010-\u2027] ?)*$/

/** One line: control and invisible characters are removed or become a space; cut with an ellipsis. */
export function oneLine(text: string, limit: number): string {
  const line = ordinary.test(text)
    ? text.trimEnd()
    : withoutInvisible(text)
        .replace(noControls, ' ')
        .replace(/\s+/g, ' ')
        .trim()
        .replace(loneSurrogate, '\ufffd')
  return line.length <= limit ? line : `${cutAt(line, limit - 1)}…`
}

/** Keeps lines, with LF line ends; removes every other control character. */
export function severalLines(text: string, limit: number): string {
  const lines = withoutInvisible(text.replace(/\r\n?/g, '\n'))
    .replace(noControlsButLines, '')
    .replace(loneSurrogate, '\ufffd')
  return cutAt(lines, limit).trim()
}

/** The JSON Schema sent to some endpoints contains the bounds; here larger values are cut or clamped. */
export const line = (limit: number) =>
  z
    .string()
    .meta({ maxLength: limit })
    .transform((text) => oneLine(text, limit))

function asNumber(input: unknown): unknown {
  if (typeof input !== 'string') return input
  const percent = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(input)
  if (percent) return Number(percent[1]) / 100
  return /^\s*-?\d+(?:\.\d+)?\s*$/.test(input) ? Number(input) : input
}

/** 0 to 1. A value above 2 was meant as a percentage; other values out of range are clamped. */
export const share = z.preprocess(
  asNumber,
  z
    .number()
    .meta({ minimum: 0, maximum: 1 })
    .transform((value) => Math.min(1, Math.max(0, value > 2 ? value / 100 : value))),
)

/** A whole number in a range, rounded and clamped. */
export const level = (lowest: number, highest: number) =>
  z.preprocess(
    asNumber,
    z
      .number()
      .meta({ type: 'integer', minimum: lowest, maximum: highest })
      .transform((value) => Math.min(highest, Math.max(lowest, Math.round(value)))),
  )

const yes = /^(?:true|yes|ja|oui|s[ií]|sim|tak|ano|igen|evet|да|так|はい|是)$/u
const no = /^(?:false|no|nein|non|nee|n[ãa]o|nie|ne|nej|nem|hayır|нет|ні|いいえ|否)$/u

function asBoolean(input: unknown): unknown {
  if (typeof input !== 'string') return input
  const word = input.trim().toLowerCase()
  if (yes.test(word)) return true
  if (no.test(word)) return false
  return input
}

export const flag = z.preprocess(asBoolean, z.boolean())

/** A word from a list, in any case. */
export const word = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.preprocess((input) => (typeof input === 'string' ? input.trim().toLowerCase() : input), z.enum(words))

/** Languages of mail; their names are known in each other's language. */
const languages =
  'ar bg ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nb nl no pl pt ro ru sk sl sq sr sv th tr uk vi zh'.split(
    ' ',
  )

let named: Map<string, string> | null = null

/** `German`, `Deutsch`, `allemand`, `de` → `de`. */
function languageNamed(name: string): string | null {
  named ??= new Map(
    [...languages, 'en', 'de'].flatMap((speaking) => {
      const names = new Intl.DisplayNames([speaking], { type: 'language' })
      return languages.map((tag) => [(names.of(tag) ?? tag).toLowerCase(), tag] as const)
    }),
  )
  // They are in canonical form, and nearly every answer has one of them.
  for (const tag of languages) if (!named.has(tag)) named.set(tag, tag)
  return named.get(name.toLowerCase()) ?? null
}

/**
 * A BCP 47 tag in canonical form, also from a language's name; otherwise `und`, and the reply's language is the
 * mail's.
 */
export const languageTag = z
  .string()
  .meta({ maxLength: 35 })
  .transform((text) => {
    const tag = text.trim().replace(/_/g, '-')
    const known = languageNamed(tag)
    if (known) return known
    // A longer word can be a well-formed tag, but no language has one.
    if (!/^[a-z]{2,3}(?:-|$)/i.test(tag)) return 'und'
    try {
      return Intl.getCanonicalLocales(tag)[0] ?? 'und'
    } catch {
      return 'und'
    }
  })

/** Characters (UTF-16 units). 16 KiB is the most an answer may have (docs/rules.md section 5.7). */
export const answerLimits = {
  summary: 240,
  category: 60,
  text: 16_384,
  ask: 300,
  source: 200,
  list: 20,
  phrase: 120,
  phrases: 6,
} as const

/** Some models put the object into an array. */
export function onlyObject(input: unknown): unknown {
  return Array.isArray(input) && input.length === 1 ? input[0] : input
}

/** What a model writes when it has nothing to list, in the languages it may use. */
export const nothing =
  /^[\s"'([-]*(?:none|nothing|no|n\/?a|null|nil|keine?[ns]?|nichts|nein|aucune?|rien|ningun[oa]?|nada|nessun[oa]?|niente|geen|niets|nenhum[a]?|brak|ingen|inget|žádn[áéý]|nincs|yok|немає|нет|нічого|なし|无|無|لا شيء|لا يوجد)[\s"')\].!。-]*$/iu

/** A list of short texts. Null, a single text, and words for "nothing" are accepted. */
export function lines(
  length: number,
  most: number,
  absent: 'empty' | 'fault' = 'empty',
): z.ZodType<string[]> {
  const list = (input: unknown) => {
    if (input === null || (input === undefined && absent === 'empty')) return []
    return typeof input === 'string' ? [input] : input
  }
  return z
    .preprocess(list, z.array(line(length)).meta({ maxItems: most }))
    .transform((texts) => texts.filter((text) => text !== '' && !nothing.test(text)).slice(0, most))
}
