import { z } from 'zod'
import { canonicalAddress, canonicalDomain } from './address.ts'
import { durationPattern, formatDuration, parseDuration } from './duration.ts'
import { parseHours } from './hours.ts'

/** Words for a value that is there but of the wrong kind; a missing one keeps the words that faults.ts has for it. */
const instead = (words: string) => ({
  error: (issue: { input?: unknown }) => (issue.input === undefined ? undefined : words),
})

/** An optional key: described for editors and the reference page; `preset` is what leaving it out means. */
export function key<T extends z.ZodType>(schema: T, description: string, preset?: unknown) {
  return schema.optional().meta(preset === undefined ? { description } : { description, default: preset })
}

/** A key that the owner has to write. */
export function required<T extends z.ZodType>(schema: T, description: string): T {
  return schema.meta({ description })
}

export const text = () => z.string().max(20_000, 'must be at most 20,000 characters')

export const word = () => z.string().trim().min(1, 'must not be empty')

/** @param least, most bounds in milliseconds; timers of Node.js fire at once beyond 2^31 ms */
export function duration(least: number, most: number) {
  const form = 'must be a duration with its unit, such as 30s, 15m, 12h or 7d'
  return z
    .string(instead(form))
    .regex(durationPattern, form)
    .refine(
      (value) => {
        const ms = parseDuration(value)
        return ms === null || (ms >= least && ms <= most)
      },
      `must be from ${formatDuration(least)} to ${formatDuration(most)}`,
    )
}

export const since = () => {
  const form = 'must be now, all, or a duration such as 7d'
  return z.string(instead(form)).regex(/^(now|all|\d+(\.\d+)?\s*(ms|s|m|h|d|w))$/, form)
}

export const address = () =>
  z
    .string(instead('must be a bare address such as support@example.com'))
    .refine((value) => canonicalAddress(value) !== null, 'must be a bare address such as support@example.com')

export const addressOrDomain = () =>
  z
    .string(instead('must be an address or a domain'))
    .refine(
      (value) =>
        (value.includes('@') ? canonicalAddress(value.replace(/^@/, 'any@')) : canonicalDomain(value)) !==
        null,
      'must be an address (ann@example.com) or a domain (example.com)',
    )

export const host = () =>
  z.string().regex(/^(?!-)[\p{L}\p{N}._-]+$|^\[?[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?$/u, {
    error: 'must be a host name or an IP address, without scheme and port',
  })

export const port = (least: number) => {
  const form = `must be a port number from ${least} to 65535`
  return z.int(instead(form)).min(least, form).max(65_535, form)
}

export const fraction = () => {
  const form = 'must be a number from 0 to 1'
  return z.number(instead(form)).min(0, form).max(1, form)
}

export const dollars = () =>
  z
    .number(instead('must be an amount in US dollars'))
    .min(0, 'must not be negative')
    .max(1_000_000, 'is too large')

/** @param schemes without colon */
export function url(...schemes: string[]) {
  const form = `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`
  return z.string(instead(form)).refine((value) => {
    const parsed = URL.canParse(value) ? new URL(value) : null
    return parsed !== null && schemes.includes(parsed.protocol.slice(0, -1)) && parsed.hostname !== ''
  }, form)
}

export const businessHours = () => {
  const form =
    'must be days and hours such as "mon-fri 09:00-17:00" or "mon-thu 08:00-16:30, sat 10:00-13:00"'
  return z.string(instead(form)).refine((value) => parseHours(value) !== null, form)
}

/** BCP 47 language tag. */
export const language = () =>
  z
    .string(instead('must be a language tag such as en or pt-BR'))
    .refine(
      (value) => tryIntl(() => Intl.getCanonicalLocales(value)),
      'must be a language tag such as en or pt-BR',
    )

/** A name of the IANA time zone database. */
export const timeZone = () =>
  z
    .string(instead('must be a time zone such as Europe/Berlin'))
    .refine(
      (value) => tryIntl(() => new Intl.DateTimeFormat('en', { timeZone: value })),
      'must be a time zone such as Europe/Berlin',
    )

function tryIntl(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}
