import { createHash, createHmac } from 'node:crypto'
import { type Logger, pino } from 'pino'

export type Log = Logger

/** Fields that contain people's text or secrets; they are never logged, at any depth. */
const redacted: ReadonlySet<string> = new Set([
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
])

/** JSON lines on stderr, one event each (`log.info({ event: 'reply.sent', … })`). @param level pino level name */
export const openLog = (level: string): Log =>
  pino(optionsOf(level), pino.destination({ dest: 2, sync: true }))

const optionsOf = (level: string) => ({ level, base: null, formatters: { log: harmlessFields } })

/** The same lines, given to a function. @param level pino level name */
export function logTo(level: string, write: (line: string) => void): Log {
  return pino(optionsOf(level), { write })
}

/** Nesting depth that is logged; no event is deeper. */
const deepest = 4

/**
 * The fields, without those that must not be logged, and without addresses: reasons repeat server messages, which
 * often repeat them. Does not modify its argument. One walk, because pino's own redaction takes longer than all the rest of a line.
 */
function harmlessFields(fields: object, level = 0): Record<string, unknown> {
  // A changed copy: an object that grows from nothing takes three times as long.
  const shown: Record<string, unknown> = { ...fields }
  for (const name in shown) {
    const value = shown[name]
    shown[name] = redacted.has(name) && value !== undefined ? '[redacted]' : harmlessValue(value, level)
  }
  return shown
}

function harmlessValue(value: unknown, level: number): unknown {
  if (typeof value === 'string') return harmless(value)
  if (typeof value !== 'object' || value === null) return value
  if (level >= deepest) return '…'
  if (Array.isArray(value)) return value.map((each) => harmlessValue(each, level + 1))
  // A date, for example, has its own toJSON.
  return typeof Reflect.get(value, 'toJSON') === 'function' ? value : harmlessFields(value, level + 1)
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
  const plain = /[^ -~]/.test(text) ? text.replace(control, '\ufffd') : text
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
