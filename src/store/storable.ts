/**
 * JSON for a jsonb parameter. PostgreSQL refuses U+0000 and lone surrogates in text, and hostile mail contains both:
 * they are replaced, so that any mail can be stored.
 */
export function storable(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === 'string' ? storableText(inner) : inner))
}

/** The same for a text parameter. */
export function storableText(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text).toWellFormed()
}
