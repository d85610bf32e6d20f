/** Settings and URLs without the secrets in them. */
import { isDeepStrictEqual } from 'node:util'
import { baseOf } from './config.ts'
import { documentOf } from './document-of.ts'
import type { Config } from './settings.ts'
import { formatPath, isGroup, type Path, valueAt, type Written } from './source.ts'

interface Reusable {
  /** An equivalent configuration. Paths are absolute and defaults are written out. */
  readonly document: Record<string, unknown>
  /** Names of the variables that replace secrets written as text in the owner's file. */
  readonly variables: ReadonlyMap<string, string>
}

const secrets = new Set([
  'password',
  'passwordHash',
  'apiKey',
  'clientSecret',
  'secret',
  'token',
  'totpSecret',
  'key',
])

/** Keys that accounts take from the top level if they have none of their own. */
const shared = ['replies', 'spam', 'categories', 'instructions', 'knowledge', 'lookups', 'prompts'] as const

const urls = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi

/**
 * The configuration as a document that is safe to show and can be used again. A secret is written as the owner wrote
 * it, if that was a variable; otherwise it becomes one.
 */
export function reusable(config: Config): Reusable {
  const source = baseOf(config)?.source
  const written = source?.written ?? []
  const variables = new Map<string, string>()
  const stand = (path: Path, value: string) => {
    const name = nameOf(path, value, variables)
    variables.set(name, value)
    return `\${${name}}`
  }
  const shown = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((each, at) => shown(each, [...path, at]))
    if (isGroup(value))
      return Object.fromEntries(
        Object.entries(value).map(([name, each]) => [name, shown(each, [...path, name])]),
      )
    if (typeof value !== 'string') return value
    const raw = rawOf(written, value, path)
    if (isSecret(path)) return raw !== undefined && isBare(raw, path) ? raw : stand(path, value)
    if (raw !== undefined && holdsSecret(value) && isClean(raw.replace(reference, ''))) return raw
    return textOf(value, path, stand)
  }
  const document = shown(whole(config, source?.document), [])
  return { document: document as Record<string, unknown>, variables }
}

/** With common keys at the top, and with what the settings omit: the password of the pages, and allowed hosts. */
function whole(config: Config, source: unknown): Record<string, unknown> {
  const { accounts, web, ...rest } = documentOf(config)
  const [first] = accounts
  const common = shared.filter((key) => accounts.every((each) => isDeepStrictEqual(each[key], first?.[key])))
  const without = (account: object) =>
    Object.fromEntries(Object.entries(account).filter(([key]) => !common.some((each) => each === key)))
  const password = valueAt(source, ['web', 'password'])
  const { passwordHash, ...page } = web ?? {}
  const allowPlaintext = valueAt(source, ['allowPlaintext'])
  return {
    accounts: accounts.map(without),
    ...Object.fromEntries(common.flatMap((key) => (first?.[key] === undefined ? [] : [[key, first[key]]]))),
    ...rest,
    web: { ...page, ...(password === undefined ? passwordHash && { passwordHash } : { password }) },
    ...(allowPlaintext === undefined ? {} : { allowPlaintext }),
  }
}

/** The text at that path; a value that has moved is found by its text. */
function rawOf(written: readonly Written[], text: string, path: Path): string | undefined {
  const same = written.filter((each) => each.text === text)
  const where = formatPath(path)
  return (same.find((each) => formatPath(each.path) === where) ?? same[0])?.raw
}

/** A variable without a default, which might be the secret itself. */
const reference = /\$\{[A-Za-z_][A-Za-z0-9_]*\}/g

/** The path of a webhook is its secret: anyone who knows it can post there. Header fields hold keys. */
function isSecret(path: Path): boolean {
  const [name, group] = [path.at(-1), path.at(-2)]
  if (group === 'headers') return true
  return secrets.has(String(name)) || (name === 'url' && group !== 'sql')
}

/** Whether it consists only of variables; in a header field a scheme may precede them. */
function isBare(raw: string, path: Path): boolean {
  const rest = raw.replace(reference, '')
  return rest === '' || (path.at(-2) === 'headers' && /^(?:bearer|basic|token) ?$/i.test(rest))
}

/** Ordinary text: URLs in it that hold a secret become variables, and what looks like a variable is escaped. */
function textOf(value: string, path: Path, stand: (path: Path, value: string) => string): string {
  const parts = value.split(urls)
  const found = (value.match(urls) ?? []).map((url) => (holdsSecret(url) ? stand(path, url) : escaped(url)))
  return parts.map((part, at) => escaped(part) + (found[at] ?? '')).join('')
}

const escaped = (text: string) => text.replaceAll('${', () => '$${')

/** `ACCOUNTS_0_IMAP_PASSWORD`; several in one text are numbered. */
function nameOf(path: Path, value: string, taken: ReadonlyMap<string, string>): string {
  const words = path.map((step) => String(step).replace(/[^A-Za-z0-9]+/g, '_')).join('_')
  const name = words.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}_${n}`
    if (!taken.has(candidate) || taken.get(candidate) === value) return candidate
  }
}

const secretParameter = /pass|pwd|secret|key|token|sig|auth/i

/** Whether a URL visibly holds credentials. */
function holdsSecret(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, searchParams } = new URL(text)
  if (password !== '' || (username !== '' && /^https?:$/.test(protocol))) return true
  return [...searchParams].some(([name, value]) => value !== '' && secretParameter.test(name))
}

const isClean = (text: string) => URL.canParse(text) && !holdsSecret(text)

/** The URL with its credentials hidden; completely hidden when it can't be parsed. */
export function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return '(hidden)'
  const url = new URL(text)
  // A token may be given as the user, without a password. The user of a database is not secret.
  if (url.password === '' && url.username !== '' && /^https?:$/.test(url.protocol)) url.username = 'hidden'
  if (url.password !== '') url.password = 'hidden'
  // libpq also accepts a password as a parameter.
  for (const name of [...url.searchParams.keys()]) {
    if (secretParameter.test(name)) url.searchParams.set(name, 'hidden')
  }
  return url.href
}
