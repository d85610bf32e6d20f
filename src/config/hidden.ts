import type { Config } from './settings.ts'

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

const urls = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi

/** A copy of the settings that is safe to display: secrets, and credentials in URLs wherever they are, are hidden. */
export function withoutSecrets(config: Config): unknown {
  return JSON.parse(JSON.stringify(config), (name, value: unknown) => {
    if (name === 'headers') return withoutValues(value)
    if (typeof value !== 'string' || value === '') return value
    if (secrets.has(name)) return '(hidden)'
    // The path of a webhook is its secret: anyone who knows it can post there.
    if (name === 'url') return value.startsWith('postgres') ? withoutPassword(value) : withoutPath(value)
    return name.endsWith('Url') ? withoutPassword(value) : value.replace(urls, (url) => withoutPassword(url))
  })
}

/** Header fields of lookups: which ones there are is no secret. */
const withoutValues = (headers: unknown): unknown =>
  Object.fromEntries(Object.keys(headers ?? {}).map((name) => [name, '(hidden)']))

const withoutPath = (text: string): string =>
  URL.canParse(text) ? `${new URL(text).origin}/(hidden)` : '(hidden)'

/** The URL with its credentials hidden; completely hidden when it can't be parsed. */
export function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return '(hidden)'
  const url = new URL(text)
  // A token may be given as the user, without a password. The user of a database is not secret.
  if (url.password === '' && url.username !== '' && /^https?:$/.test(url.protocol)) url.username = 'hidden'
  if (url.password !== '') url.password = 'hidden'
  // libpq also accepts a password as a parameter.
  for (const name of [...url.searchParams.keys()]) {
    if (/pass|pwd|secret|key|token|sig|auth/i.test(name)) url.searchParams.set(name, 'hidden')
  }
  return url.href
}
