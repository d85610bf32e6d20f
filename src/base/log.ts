import { createHash, createHmac } from 'node:crypto'
import { type Logger, pino } from 'pino'

export type Log = Logger

/** Fields that contain people's text or secrets; they are never logged. */
const redacted = [
  'address',
  'from',
  'to',
  'subject',
  'text',
  'password',
  'pass',
  'accessToken',
  'apiKey',
  'envelope',
]

/** JSON lines on stderr, one event each (`log.info({ event: 'reply.sent', … })`). @param level pino level name */
export const openLog = (level: string): Log =>
  pino(optionsOf(level), pino.destination({ dest: 2, sync: true }))

function optionsOf(level: string) {
  const paths = redacted.flatMap((name) => [name, `*.${name}`])
  return {
    level,
    base: null,
    redact: { paths, censor: '[redacted]' },
    formatters: { log: withoutAddresses },
  }
}

/** The same lines, given to a function. @param level pino level name */
export function logTo(level: string, write: (line: string) => void): Log {
  return pino(optionsOf(level), { write })
}

/** Reasons repeat server messages, which often repeat addresses. Does not modify its argument. */
const withoutAddresses = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cleaned(value)]))

/** Nesting depth that is logged; no event is deeper. */
const deepest = 4

function cleaned(value: unknown, level = 0): unknown {
  if (typeof value === 'string') return harmless(value)
  if (typeof value !== 'object' || value === null) return value
  if (level >= deepest) return '…'
  if (Array.isArray(value)) return value.map((each) => cleaned(each, level + 1))
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, cleaned(each, level + 1)]))
}

/** Cap the length: the regex below is super-linear. */
const longestText = 2000

/** Control characters except tabs and line ends, bidirectional controls, and the line separators of Unicode. */
const control = /(?![\t\n\r])\p{Cc}|[\p{Bidi_Control}\u2028\u2029]/gu

/**
 * Removes addresses and control characters: terminals obey C1, which JSON does not escape, and `jq -r` unescapes the
 * others.
 */
function harmless(text: string): string {
  const plain = text.replace(control, '\ufffd')
  return plain.includes('@') ? addressless(plain) : plain
}

function addressless(text: string): string {
  return text.slice(0, longestText).replace(/<?[^\s<>@]+@[^\s<>@]+>?/g, '<address>')
}

/** Identifies an account in the log without naming anybody; the same in every process and run. */
export function accountLabel(address: string): string {
  return createHash('sha256').update(address).digest('hex').slice(0, 8)
}

/** The same for a correspondent. A reader of the log can't test addresses without the key. */
export function senderLabel(address: string, key: Buffer): string {
  return createHmac('sha256', key).update(address).digest('hex').slice(0, 8)
}

/** Logs what a person did with a mail; only its id identifies the mail. @param reason code of the ledger */
export function logDecision(
  log: Log,
  { id, reason, actor }: { id: string; reason?: string; actor?: string },
): void {
  log.info({ event: 'mail.decided', id, reason, actor })
}

/** For tests and offline commands. */
export const silentLog: Log = pino({ level: 'silent' })
