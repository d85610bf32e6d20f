import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import * as z from 'zod'

/** Message for a value of the wrong kind; missing values keep the message from faults.ts. */
const instead = (words: string) => ({
  error: (issue: { input?: unknown }) => (issue.input === undefined ? undefined : words),
})

/** An optional key, described for editors and the reference page; `preset` is its default. */
export function key<T extends z.ZodType>(schema: T, description: string, preset?: unknown) {
  return schema.optional().meta(preset === undefined ? { description } : { description, default: preset })
}

/** A key that the owner must set. */
export function required<T extends z.ZodType>(schema: T, description: string): T {
  return schema.meta({ description })
}

export const text = () => z.string().max(20_000, 'must be at most 20,000 characters')

/** Whose certificates are trusted; shared by servers and models. */
export const tls = () =>
  key(
    z.strictObject({ ca: key(word(), 'File with the certificate (PEM) of a private authority to trust') }),
    'TLS certificates: public authorities are trusted, and the one named here',
  )

export const word = () => z.string().trim().min(1, 'must not be empty')

/** @param least, most bounds in milliseconds; Node.js timers fire at once beyond 2^31 ms */
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

export const network = () => {
  const form = 'must be an IP address or a network such as 10.0.0.0/8'
  return z.string(instead(form)).refine((value) => {
    const [address = '', prefix, ...more] = value.split('/')
    const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1
    return (
      bits > 0 &&
      more.length === 0 &&
      (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
    )
  }, form)
}

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

/**
 * The owner's own addresses and entries of allow and deny lists: bare `local@domain` (RFC 5321 section 4.1.2, no
 * display name, no quoted local part).
 * @returns lower case with the domain as A-labels (RFC 5890), or null when it is not a bare address
 */
export function canonicalAddress(text: string): string | null {
  const at = text.lastIndexOf('@')
  if (at < 1) return null
  const local = text.slice(0, at)
  // The kelvin sign becomes a plain k in lower case: two addresses would be the same.
  if (local.includes('\u212a')) return null
  if (local.length > 64 || !/^[^\s"(),:;<>@[\\\]\p{Cc}]+$/u.test(local)) return null
  const domain = canonicalDomain(text.slice(at + 1))
  return domain === null ? null : `${local.toLowerCase()}@${domain}`
}

/** Lower case, A-labels, no trailing dot; null when it is not a domain name. */
export function canonicalDomain(text: string): string | null {
  const ascii = domainToASCII(text.replace(/\.$/, ''))
  const labels = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/
  return labels.test(ascii) && ascii.length <= 253 ? ascii : null
}

/** Minutes after midnight; `to` is exclusive. */
export interface OpenHours {
  /** 0 is Sunday. */
  readonly days: readonly number[]
  readonly from: number
  readonly to: number
}

export const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const window = /^([a-z]{3})(?:-([a-z]{3}))?\s+(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})$/

/** `mon-fri 09:00-17:00, sat 10:00-13:00`. Null for another format. */
export function parseHours(text: string): OpenHours[] | null {
  const windows = text.toLowerCase().split(',').map(parseWindow)
  return windows.some((each) => each === null) ? null : (windows as OpenHours[])
}

function parseWindow(text: string): OpenHours | null {
  const [, first = '', last = first, ...clock] = window.exec(text.trim()) ?? []
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = clock.map(Number)
  const [start, end] = [first, last].map((name) => dayNames.indexOf(name))
  if (start === undefined || end === undefined || start < 0 || end < 0) return null
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute]
  if (fromMinute > 59 || toMinute > 59 || to > 24 * 60 || from >= to) return null
  // fri-mon wraps around the end of the week.
  const count = ((end - start + 7) % 7) + 1
  return { days: Array.from({ length: count }, (_, at) => (start + at) % 7), from, to }
}

/** Durations as people write them: `500ms`, `30s`, `15m`, `12h`, `7d`, `2w`. */

const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

export const durationPattern = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/

/** Milliseconds, or null when the text is not a duration. */
export function parseDuration(text: string): number | null {
  const match = durationPattern.exec(text.trim())
  if (!match) return null
  const [, amount, unit] = match
  return Math.round(Number(amount) * milliseconds[unit as keyof typeof milliseconds])
}

/** The largest unit that divides the duration: 604800000 gives `1w`. */
/**
 * Milliseconds of a duration that the schema has validated.
 * @throws TypeError for any other text
 */
export function msOf(text: string): number {
  const ms = parseDuration(text)
  if (ms === null) throw new TypeError('A duration passed the schema in another form')
  return ms
}

export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  const units = Object.entries(milliseconds).reverse()
  const [unit, size] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}

/** Whether it does not throw. */
export const valid = (attempt: () => unknown): boolean => {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}

/** A regular expression. */
export const pattern = () =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(500, 'must be at most 500 characters')
    .refine(
      (text) => valid(() => new RegExp(text, 'u')),
      'must be a regular expression such as [A-Z]{2}-\\d{5,8}',
    )
    .refine((text) => !(valid(() => new RegExp(text, 'u')) && new RegExp(text, 'u').test('')), {
      message: 'must not match an empty text',
    })
