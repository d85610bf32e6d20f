/** Environment variables: the whole configuration if there is no file, and defaults for what a file leaves out. */
import type { Environment } from './interpolation.ts'
import {
  type ConfigFault,
  type ConfigSource,
  formatPath,
  type Path,
  type SourcePosition,
  valueAt,
  withValue,
} from './source.ts'

interface Variable {
  readonly name: string
  readonly path: Path
  /** Converts the text to a value of the document; plain text by default. */
  readonly read?: (text: string) => unknown
}

const list = (text: string) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')

const account = (...path: string[]): Path => ['accounts', 0, ...path]

const required = {
  REPLYD_ADDRESS: account('address'),
  IMAP_URL: account('imap'),
  SMTP_URL: account('smtp'),
} as const

/** Read only when there is no file, since they describe one account. */
export const accountVariables: readonly Variable[] = [
  { name: 'REPLYD_ADDRESS', path: account('address') },
  { name: 'REPLYD_NAME', path: account('name') },
  { name: 'REPLYD_ALIASES', path: account('aliases'), read: list },
  { name: 'REPLYD_MAILBOX', path: account('mailbox') },
  { name: 'REPLYD_SINCE', path: account('since') },
  { name: 'REPLYD_TLS_CA', path: account('tls', 'ca') },
  { name: 'REPLYD_ALLOW_PLAINTEXT', path: account('allowPlaintext') },
]

/** Always read; keys in the file take precedence. */
export const commonVariables: readonly Variable[] = [
  { name: 'OPENAI_API_KEY', path: ['model', 'apiKey'] },
  { name: 'OPENAI_BASE_URL', path: ['model', 'baseUrl'] },
  { name: 'OPENAI_TLS_CA', path: ['model', 'tls', 'ca'] },
  { name: 'REPLYD_MODEL', path: ['model', 'name'] },
  { name: 'REPLYD_MODE', path: ['replies', 'mode'] },
  { name: 'REPLYD_SIGNATURE', path: ['replies', 'signature'] },
  { name: 'REPLYD_KNOWLEDGE', path: ['knowledge'] },
  { name: 'REPLYD_BUDGET', path: ['budget', 'perDay'] },
  { name: 'REPLYD_DATA', path: ['state', 'directory'] },
  { name: 'REPLYD_KEY', path: ['state', 'key'] },
  { name: 'DATABASE_URL', path: ['state', 'databaseUrl'] },
  { name: 'REDIS_URL', path: ['state', 'redisUrl'] },
  { name: 'REPLYD_WEB_PASSWORD', path: ['web', 'password'] },
  { name: 'REPLYD_API_TOKEN', path: ['web', 'token'] },
  { name: 'REPLYD_WEB_TOTP', path: ['web', 'totpSecret'] },
  { name: 'REPLYD_PLAINTEXT_HOSTS', path: ['allowPlaintext'], read: list },
  { name: 'REPLYD_LOG_LEVEL', path: ['log', 'level'] },
  { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', path: ['log', 'traces'] },
]

/** One account from REPLYD_ADDRESS, IMAP_URL and SMTP_URL, which must be set. */
export function readEnvironment(environment: Environment): ConfigSource {
  const faults: ConfigFault[] = []
  const origins = new Map<string, string>()
  let document: unknown = { accounts: [{}] }
  const put = (path: Path, value: unknown, name: string) => {
    document = withValue(document, path, value)
    origins.set(formatPath(path), name)
  }
  if (Object.keys(required).every((name) => !environment[name])) {
    const message =
      'there is no replyd.yaml here, and REPLYD_ADDRESS, IMAP_URL and SMTP_URL are not set: `npx replyd init` asks for what is needed'
    return { document: null, written: [], faults: [{ ...named(''), message }], ...tracing(origins) }
  }
  for (const [name, path] of Object.entries(required)) {
    if (!environment[name]) faults.push({ ...named(name), path, message: 'is not set' })
  }
  for (const { name, path, read } of accountVariables) {
    const text = environment[name]
    if (text) put(path, read ? read(text) : text, name)
  }
  for (const kind of ['imap', 'smtp'] as const) {
    const name = `${kind.toUpperCase()}_URL`
    const server = readServerUrl(kind, environment[name] ?? '')
    if (typeof server !== 'string') {
      const { mailbox, ...rest } = server
      put(account(kind), rest, name)
      if (mailbox && !environment.REPLYD_MAILBOX) put(account('mailbox'), mailbox, name)
    } else if (environment[name]) faults.push({ ...named(name), path: account(kind), message: server })
  }
  return { document, written: [], faults, ...tracing(origins) }
}

/** The same source with its gaps filled from the common variables. */
export function withCommonVariables(source: ConfigSource, environment: Environment): ConfigSource {
  const origins = new Map<string, string>()
  const faults: ConfigFault[] = []
  const written = [...source.written]
  let document = source.document
  for (const { name, path, read } of commonVariables) {
    const text = environment[name]
    if (!text || isTaken(document, path)) continue
    document = withValue(document, path, read ? read(text) : text)
    origins.set(formatPath(path), name)
    written.push({ path, text, raw: `\${${name}}` })
  }
  const listen = environment.REPLYD_LISTEN
  if (listen) {
    const [whole, host, port] = /^(?:(\[[^\]]+\]|[^:]+):)?(\d+)$/.exec(listen) ?? []
    if (whole) document = fillListen(document, host, port, origins)
    else faults.push({ ...named('REPLYD_LISTEN'), message: 'must have the form host:port' })
  }
  const traced = tracing(origins)
  return {
    document,
    written,
    faults: [...source.faults, ...faults],
    isFromVariable: (path) => traced.isFromVariable(path) || source.isFromVariable(path),
    locate: (path) => (traced.isFromVariable(path) ? traced.locate(path) : source.locate(path)),
  }
}

function fillListen(
  document: unknown,
  host: string | undefined,
  port: string | undefined,
  origins: Map<string, string>,
) {
  let filled = document
  for (const [step, value] of [
    ['host', host?.replace(/^\[|\]$/g, '')],
    ['port', port],
  ] as const) {
    if (value === undefined || isTaken(document, ['web', step])) continue
    filled = withValue(filled, ['web', step], value)
    origins.set(`web.${step}`, 'REPLYD_LISTEN')
  }
  return filled
}

/**
 * True if the file has that key, a value on the way to it that can't contain it, or the hash instead of the password.
 */
function isTaken(document: unknown, path: Path): boolean {
  for (let depth = 1; depth < path.length; depth++) {
    const value = valueAt(document, path.slice(0, depth))
    if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value)))
      return true
  }
  if (path.at(-1) === 'password') return valueAt(document, ['web', 'passwordHash']) !== undefined
  return valueAt(document, path) !== undefined
}

const named = (name: string): SourcePosition => ({ where: name, line: 0, what: '' })

function tracing(origins: ReadonlyMap<string, string>) {
  const origin = (path: Path): { name: string; depth: number } | null => {
    for (let depth = path.length; depth > 0; depth--) {
      const name = origins.get(formatPath(path.slice(0, depth)))
      if (name !== undefined) return { name, depth }
    }
    return null
  }
  return {
    isFromVariable: (path: Path) => origin(path) !== null,
    locate: (path: Path): SourcePosition => {
      const found = origin(path)
      if (found === null) return { where: '', line: 0, what: formatPath(path) }
      return { where: found.name, line: 0, what: formatPath(path.slice(found.depth)) }
    },
  }
}

const schemes = { imap: { imaps: 993, imap: 143 }, smtp: { smtps: 465, smtp: 587 } } as const

interface ServerParts {
  host: string
  port: number
  secure: boolean
  user?: string
  password?: string
  mailbox?: string
}

/**
 * `imaps://user:password@host:993/mailbox` (RFC 5092), user and password percent-decoded. The schemes without s mean
 * STARTTLS.
 * @returns the error as text when it can't be parsed; it never repeats the URL
 */
export function readServerUrl(kind: 'imap' | 'smtp', text: string): ServerParts | string {
  const ports: Readonly<Record<string, number>> = schemes[kind]
  const form = `must have the form ${kind}s://user:password@host:port, with special characters percent-encoded`
  if (!URL.canParse(text)) return form
  const url = new URL(text)
  const scheme = url.protocol.slice(0, -1)
  const port = ports[scheme]
  if (port === undefined || url.hostname === '' || url.search !== '' || url.hash !== '') return form
  try {
    return {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? port : Number(url.port),
      secure: scheme.endsWith('s'),
      ...(url.username !== '' && { user: decodeURIComponent(url.username) }),
      ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
      ...(kind === 'imap' &&
        url.pathname.length > 1 && { mailbox: decodeURIComponent(url.pathname.slice(1)) }),
    }
  } catch {
    return form
  }
}
