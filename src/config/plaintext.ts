/** Mail, passwords and keys leave this machine encrypted, unless the owner allows plain text for a host. */
import type { ConfigFinding } from './faults.ts'
import { isLoopback } from './loopback.ts'
import { entries, type Path, valueAt } from './source.ts'

/** With these libpq's `sslmode` never falls back to plain text. */
const encryptedModes = new Set(['require', 'verify-ca', 'verify-full', 'no-verify'])

const encryptedSchemes: Readonly<Record<string, string>> = { 'http:': 'https', 'redis:': 'rediss' }

export function plaintextFindings(document: unknown): ConfigFinding[] {
  const allowed = new Set(allowedHosts(document))
  return urlPaths(document).flatMap((path) => {
    const plain = plaintextTo(valueAt(document, path))
    if (plain === null || isLoopback(plain.host) || allowed.has(plain.host)) return []
    const message = `is not encrypted beyond this machine: ${plain.remedy}, or name its host in allowPlaintext`
    return [{ path, message }]
  })
}

function allowedHosts(document: unknown): string[] {
  const hosts = valueAt(document, ['allowPlaintext'])
  if (!Array.isArray(hosts)) return []
  return hosts.filter((host) => typeof host === 'string').map(bare)
}

function urlPaths(document: unknown): Path[] {
  return [
    ['model', 'baseUrl'],
    ...['triage', 'compose', 'check', 'fallback'].map((task) => ['model', task, 'baseUrl']),
    ...entries(document, ['webhooks']).map((hook) => [...hook, 'url']),
    ...[[], ...entries(document, ['accounts'])]
      .flatMap((owner: Path) => entries(document, [...owner, 'lookups']))
      .flatMap((lookup) => [
        [...lookup, 'http', 'url'],
        [...lookup, 'sql', 'url'],
      ]),
    ...[[], ...entries(document, ['accounts'])].flatMap((owner: Path) =>
      entries(document, [...owner, 'knowledge', 'urls']),
    ),
    ['state', 'databaseUrl'],
    ['state', 'redisUrl'],
    ['log', 'traces'],
  ]
}

const bare = (host: string) => host.toLowerCase().replace(/^\[|\]$/g, '')

/** Where the URL leads without TLS, and what to write instead; null when it is encrypted, or not a URL. */
function plaintextTo(value: unknown): { host: string; remedy: string } | null {
  if (typeof value !== 'string' || !URL.canParse(value)) return null
  const { protocol, hostname, searchParams } = new URL(value)
  const better = encryptedSchemes[protocol]
  if (better !== undefined) return { host: bare(hostname), remedy: `use ${better}://` }
  if (!protocol.startsWith('postgres')) return null
  // If a parameter is given twice, the driver uses the last one.
  const last = (name: string) => searchParams.getAll(name).at(-1)
  if (encryptedModes.has(last('sslmode') ?? '')) return null
  const host = last('host') ?? hostname
  // A socket file, or libpq's default.
  if (host === '' || host.startsWith('/')) return null
  return { host: bare(host), remedy: 'add ?sslmode=verify-full' }
}
