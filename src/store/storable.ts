/**
 * JSON for a jsonb parameter. PostgreSQL refuses U+0000 and lone surrogates in text, and hostile mail contains both:
 * they are replaced, so that any mail can be stored.
 */
export function storable(value: unknown): string {
  const json = JSON.stringify(value)
  if (isStorable(json)) return json
  return JSON.stringify(value, (_key, inner) => (typeof inner === 'string' ? storableText(inner) : inner))
}

/**
 * Whether the JSON contains neither: JSON.stringify writes both as escapes (ECMA-262, QuoteJSONString). Asking a function
 * about every value costs much more.
 */
export const isStorable = (json: string): boolean => !json.includes('\\u') || !/\\u(?:0000|d)/.test(json)

/** All properties, written out: one that is added and forgotten where a parameter is built would not be stored. */
export type Whole<T> = { [Key in keyof Required<T>]: T[Key] }

/** The same for a text parameter. */
export function storableText(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text).toWellFormed()
}

/** Range in which pages can format a time and add to it; JavaScript's own limits leave no room for that. */
const [earliest, latest] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')]

/**
 * A timestamptz of PostgreSQL. `infinity`, years that JavaScript cannot represent and those BC become the nearest
 * moment that it can, so that no row breaks a page.
 * @param parse the driver's parser for all others
 */
export function momentOf(text: string, parse: (text: string) => unknown): Date {
  if (text === '-infinity' || text.endsWith(' BC')) return new Date(earliest)
  const parsed = text === 'infinity' ? null : parse(text)
  const at = parsed instanceof Date ? parsed.getTime() : Number.NaN
  return new Date(Number.isNaN(at) ? latest : Math.min(Math.max(at, earliest), latest))
}
