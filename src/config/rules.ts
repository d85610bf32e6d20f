/**
 * Rules that involve several keys. Each rule reads the document as it is, complete or not, so that its findings are
 * reported together with the schema's; it ignores values of the wrong kind.
 */

import { defaults } from './defaults.ts'
import type { ConfigFinding } from './faults.ts'
import { canonicalAddress } from './fields.ts'
import { isLoopback } from './loopback.ts'
import { plaintextFindings } from './plaintext.ts'
import { entries, isGroup, type Path, valueAt } from './source.ts'

export function ruleFindings(document: unknown): ConfigFinding[] {
  if (!isGroup(document)) return []
  const accounts = entries(document, ['accounts'])
  return [
    ...accounts.flatMap((path) => accountFindings(document, path)),
    ...repeated(document, accounts, 'address', canonicalAddress, 'is also the address of another account'),
    ...[[], ...accounts].flatMap((path) => categoryFindings(document, path)),
    ...lookupFindings(document, [[], ...accounts]),
    ...answerFindings(document, [[], ...accounts]),
    ...modelFindings(document),
    ...webFindings(document),
    ...plaintextFindings(document),
  ]
}

function accountFindings(document: unknown, account: Path): ConfigFinding[] {
  const found: ConfigFinding[] = []
  const imap = [...account, 'imap']
  if (isGroup(valueAt(document, imap)) && !hasLogin(document, imap)) {
    found.push({ path: [...imap, 'password'], message: 'is missing (or set oauth2)' })
  }
  for (const kind of ['imap', 'smtp'] as const) {
    const server = [...account, kind]
    found.push(...tlsFindings(document, server), ...oauth2Findings(document, server))
    if (has(document, [...server, 'password']) && has(document, [...server, 'oauth2'])) {
      found.push({ path: [...server, 'oauth2'], message: 'is set together with password: keep one of them' })
    }
  }
  return found
}

const hasLogin = (document: unknown, server: Path) =>
  has(document, [...server, 'password']) || has(document, [...server, 'oauth2'])

/** Ports whose first octets are fixed by RFC 8314 and RFC 6409; the wrong mode ends in a cryptic TLS error. */
const implicitTls = new Set([993, 465])
const startTls = new Set([143, 587, 25])

function tlsFindings(document: unknown, server: Path): ConfigFinding[] {
  const [host, port, secure] = ['host', 'port', 'secure'].map((name) => valueAt(document, [...server, name]))
  if (typeof host !== 'string' || isLoopback(host)) return []
  const path = [...server, 'secure']
  if (secure === true && startTls.has(Number(port))) {
    return [
      {
        path,
        message: `must be false on port ${port}, which starts in plain text and then changes to TLS (STARTTLS)`,
      },
    ]
  }
  if (secure === false && implicitTls.has(Number(port))) {
    return [{ path, message: `must be true on port ${port}, which is TLS from the first octet` }]
  }
  return []
}

function oauth2Findings(document: unknown, server: Path): ConfigFinding[] {
  const path = [...server, 'oauth2']
  if (valueAt(document, [...path, 'provider']) !== 'custom' || has(document, [...path, 'tokenUrl'])) return []
  return [{ path: [...path, 'tokenUrl'], message: 'is missing (a custom provider needs it)' }]
}

function categoryFindings(document: unknown, owner: Path): ConfigFinding[] {
  const categories = entries(document, [...owner, 'categories'])
  return repeated(
    document,
    categories,
    'name',
    (name) => name.trim().toLowerCase(),
    'is also the name of another category',
  )
}

/** @param owners the paths that may have categories and lookups: the top and the accounts */
function lookupFindings(document: unknown, owners: readonly Path[]): ConfigFinding[] {
  const categories = categoriesIn(document, owners)
  return owners.flatMap((owner) => {
    const lookups = entries(document, [...owner, 'lookups'])
    const unknown = lookups
      .map((each) => [...each, 'when', 'category'])
      .filter((path) => [valueAt(document, path) ?? []].flat().some((name) => !categories.has(name)))
      .map((path) => ({ path, message: 'is not one of your categories (see categories)' }))
    const lower = (name: string) => name.toLowerCase()
    return [...unknown, ...repeated(document, lookups, 'name', lower, 'is also the name of another lookup')]
  })
}

function categoriesIn(document: unknown, owners: readonly Path[]): Set<unknown> {
  const namesAt = (path: Path) => entries(document, path).map((each) => valueAt(document, [...each, 'name']))
  return new Set(['other', ...owners.flatMap((owner) => namesAt([...owner, 'categories']))])
}

function answerFindings(document: unknown, owners: readonly Path[]): ConfigFinding[] {
  const categories = categoriesIn(document, owners)
  return owners.flatMap((owner) => {
    const answers = entries(document, [...owner, 'answers'])
    const unknown = answers
      .map((each) => [...each, 'category'])
      .filter((path) => valueAt(document, path) !== undefined && !categories.has(valueAt(document, path)))
      .map((path) => ({ path, message: 'is not one of your categories (see categories)' }))
    const lower = (name: string) => name.toLowerCase()
    return [
      ...unknown,
      ...repeated(document, answers, 'name', lower, 'is also the name of another saved reply'),
    ]
  })
}

function modelFindings(document: unknown): ConfigFinding[] {
  const places: Path[] = [
    ['model'],
    ...['triage', 'compose', 'check', 'fallback'].map((task) => ['model', task]),
  ]
  return places.flatMap((place) => keyFindings(document, place))
}

/** Local servers want no key; the hosted ones all do, and the default is one of those. */
function keyFindings(document: unknown, place: Path): ConfigFinding[] {
  const first = valueAt(document, ['model', 'baseUrl']) ?? defaults.model.baseUrl
  const isFirst = place.length === 1
  const baseUrl = isFirst ? first : valueAt(document, [...place, 'baseUrl'])
  // Without its own address, or with the same one, it uses the first model's key.
  if (!isFirst && (baseUrl === undefined || baseUrl === first)) return []
  if (typeof baseUrl !== 'string' || !URL.canParse(baseUrl) || has(document, [...place, 'apiKey'])) return []
  if (new URL(baseUrl).hostname !== 'api.openai.com') return []
  const message = isFirst
    ? 'is missing (set OPENAI_API_KEY, or model.baseUrl for another endpoint)'
    : 'is missing (this endpoint has no key yet)'
  return [{ path: [...place, 'apiKey'], message }]
}

function webFindings(document: unknown): ConfigFinding[] {
  const found: ConfigFinding[] = []
  const locked = has(document, ['web', 'password']) || has(document, ['web', 'passwordHash'])
  const host = valueAt(document, ['web', 'host'])
  if (typeof host === 'string' && !isLoopback(host) && !locked) {
    const message =
      'is reachable from other machines: set web.password (REPLYD_WEB_PASSWORD), or use 127.0.0.1'
    found.push({ path: ['web', 'host'], message })
  }
  if (has(document, ['web', 'password']) && has(document, ['web', 'passwordHash'])) {
    found.push({ path: ['web', 'password'], message: 'is set together with passwordHash: keep one of them' })
  }
  if (has(document, ['web', 'totpSecret']) && !locked) {
    found.push({ path: ['web', 'totpSecret'], message: 'needs web.password: it is a second factor' })
  }
  return found
}

function repeated(
  document: unknown,
  paths: readonly Path[],
  name: string,
  canonical: (text: string) => string | null,
  message: string,
): ConfigFinding[] {
  const seen = new Set<string>()
  return paths.flatMap((each) => {
    const path = [...each, name]
    const value = valueAt(document, path)
    const text = typeof value === 'string' ? canonical(value) : null
    if (text === null) return []
    if (seen.has(text)) return [{ path, message }]
    seen.add(text)
    return []
  })
}

function has(document: unknown, path: Path): boolean {
  return valueAt(document, path) !== undefined
}
