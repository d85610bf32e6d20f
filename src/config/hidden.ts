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

/** A copy of the settings that is safe to display: secrets and passwords inside URLs are hidden. */
export function withoutSecrets(config: Config): unknown {
  return JSON.parse(JSON.stringify(config), (name, value: unknown) => {
    if (typeof value !== 'string' || value === '') return value
    if (secrets.has(name)) return '(hidden)'
    return name.endsWith('Url') ? withoutPassword(value) : value
  })
}

/** The URL with its password hidden; completely hidden when it can't be parsed. */
export function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return '(hidden)'
  const url = new URL(text)
  if (url.password !== '') url.password = 'hidden'
  // libpq also accepts a password as a parameter.
  for (const name of [...url.searchParams.keys()]) {
    if (/pass|secret|key/i.test(name)) url.searchParams.set(name, 'hidden')
  }
  return url.href
}
