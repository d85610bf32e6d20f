import { type Logger, pino } from 'pino'

export type Log = Logger

/** Names whose values are people's text or secrets; they never reach a log line. */
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

/**
 * JSON lines on stderr, one event each (`log.info({ event: 'reply.sent', … })`); pretty on a terminal.
 * @param level pino level name
 */
export function openLog(level: string, pretty: boolean): Log {
  const paths = redacted.flatMap((name) => [name, `*.${name}`])
  const options = { level, base: null, redact: { paths, censor: '[redacted]' } }
  if (pretty) {
    return pino({
      ...options,
      transport: { target: 'pino-pretty', options: { destination: 2, ignore: 'pid,hostname' } },
    })
  }
  return pino(options, pino.destination({ dest: 2, sync: true }))
}

/** For tests and offline commands. */
export const silentLog: Log = pino({ level: 'silent' })
