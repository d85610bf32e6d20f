import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { ConfigError, type SettingFault } from '../base/errors.ts'
import {
  beginningOf,
  exchange,
  type HttpRequest,
  OversizeError,
  openStream,
  TimeLimitError,
} from '../base/http.ts'
import { isLoopback } from '../config/loopback.ts'
import { runningPid } from '../store/lock.ts'
import { asCalled, configPath } from './called.ts'
import { asRefusal, UsageError } from './failure.ts'
import { readPlace } from './settings.ts'
import { fittingLines, printable, type Terminal } from './terminal.ts'

/** Some requests read whole mailboxes or rewrite the store, so this is generous. Milliseconds. */
const withinMs = 300_000
/** Octets of one answer, except a backup. */
const mostOctets = 67_108_864

export interface ApiClient {
  /** Address of the pages. */
  readonly url: string
  /** What /healthz answers: a word or sentence for each part. */
  health(): Promise<{ ok: boolean; parts: Record<string, string> }>
  get<T>(path: string, query?: Record<string, string | undefined>): Promise<T>
  /** @throws Error with the daemon's message when it refuses */
  post<T = unknown>(path: string, body?: Record<string, unknown>): Promise<T>
  /** The response body of a POST, as a stream. */
  stream(path: string): Promise<AsyncIterable<Uint8Array>>
}

/**
 * The running daemon's API: at REPLYD_URL with REPLYD_TOKEN, otherwise at the address in the configured state
 * directory.
 * @param warns reports faults of the file on standard error, since the daemon does not need the file
 * @throws Error when no daemon has written its address there
 */
export function openApi(
  config: string | undefined,
  terminal: Terminal,
  { warns = true }: { warns?: boolean } = {},
): ApiClient {
  const { url, token } = accessOf(config, terminal, warns)
  const requestOf = (content: Pick<HttpRequest, 'method' | 'body'>) => ({
    ...content,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
      'replyd-actor': actor(),
    },
    withinMs,
  })
  const refused = (error: unknown): never => {
    if (error instanceof TimeLimitError || error instanceof OversizeError) throw error
    const words = `no daemon answers at ${url}: is \`replyd start\` running?`
    throw unavailable(words, { cause: error })
  }
  const ask = async (path: string, content: Pick<HttpRequest, 'method' | 'body'> = {}): Promise<unknown> => {
    const request = { ...requestOf(content), mostOctets }
    const { status, body } = await exchange(new URL(`/api${path}`, url), request).catch(refused)
    const answer = jsonIn(body)
    if (status < 200 || status > 299) throw refusalOf(status, answer, token)
    return answer
  }
  return {
    url,
    health: async () => {
      const { body } = await exchange(new URL('/healthz', url), { mostOctets, withinMs: 10_000 }).catch(
        refused,
      )
      return jsonIn(body) as Awaited<ReturnType<ApiClient['health']>>
    },
    get: async <T>(path: string, query: Record<string, string | undefined> = {}) => {
      const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
      const search = new URLSearchParams(given)
      return (await ask(search.size === 0 ? path : `${path}?${search}`)) as T
    },
    post: async <T>(path: string, body: Record<string, unknown> = {}) =>
      (await ask(path, { method: 'POST', body: JSON.stringify(body) })) as T,
    stream: async (path) => {
      const request = requestOf({ method: 'POST' })
      const { status, body } = await openStream(new URL(`/api${path}`, url), request).catch(refused)
      if (status === 200) return body
      throw refusalOf(status, jsonIn(await beginningOf(body, mostOctets)), token)
    },
  }
}

/** An error with the API's code for a server that does not answer. */
const unavailable = (words: string, options: ErrorOptions = {}): Error =>
  asRefusal(new UnavailableError(words, options), { error: 'unavailable' })

class UnavailableError extends Error {}

/** Whether no daemon answered. */
export const isUnavailable = (error: unknown): boolean => error instanceof UnavailableError

/** Null if it is not JSON. */
function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return null
  }
}

function refusalOf(status: number, answer: unknown, token: string): Error {
  return asRefusal(refusalIn(status, (answer ?? {}) as Answered, token), answer ?? {})
}

interface Answered {
  message?: string
  error?: string
  faults?: readonly SettingFault[]
}

function refusalIn(status: number, { message, error, faults = [] }: Answered, token: string): Error {
  if (error === 'faulty-configuration' && message !== undefined) return new ConfigError(message, { faults })
  if (status === 401 && token === '')
    return new Error(`${message} REPLYD_TOKEN is not set: \`replyd token create\` makes one`)
  if (status === 400 && message !== undefined) return new UsageError(message)
  return new Error(message ?? error ?? `the daemon answered ${status}`)
}

function actor(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}

function accessOf(config: string | undefined, terminal: Terminal, warns: boolean): Access {
  const { REPLYD_URL: url, REPLYD_TOKEN: token } = terminal.environment
  if (url && !URL.canParse(url))
    throw new UsageError('REPLYD_URL must be an address such as http://127.0.0.1:8025')
  if (url && token) return { url: encryptedOrNear(url, terminal), token }
  const { directory, fault } = readPlace(config, terminal)
  const left = accessLeft(directory)
  // Reading may need no token.
  if (url) return { url, token: left && sameOrigin(left.url, url) ? left.token : '' }
  if (left === null)
    throw (
      fault ??
      unavailable(
        'no daemon runs here: `replyd start` starts one. For one elsewhere, set REPLYD_URL and REPLYD_TOKEN',
      )
    )
  if (fault && warns) warnOf(fault, terminal)
  return left
}

/** Like `allowPlaintext` of the configuration, which is not read by a command for another machine. */
function encryptedOrNear(url: string, { environment }: Terminal): string {
  const { protocol, hostname } = new URL(url)
  const allowed = (environment.REPLYD_PLAINTEXT_HOSTS ?? '')
    .split(',')
    .map((host) => host.trim().toLowerCase())
  if (protocol === 'https:' || isLoopback(hostname) || allowed.includes(hostname)) return url
  throw new UsageError(
    'REPLYD_URL is not encrypted beyond this machine, and the token could be read in transit: use https://, or name its host in REPLYD_PLAINTEXT_HOSTS',
  )
}

const sameOrigin = (one: string, other: string): boolean => new URL(one).origin === new URL(other).origin

/** A fault in the file must not stop a person from pausing the daemon. */
function warnOf({ message }: ConfigError, { environment, stderr }: Terminal): void {
  // A running daemon may have its variables from another shell.
  if (configPath(undefined, environment) === null && message.startsWith('there is no ')) return
  const words = `${message}\nThe running daemon keeps the configuration that it has.`
  stderr.write(`${fittingLines(printable(asCalled(words, environment)), stderr)}\n`)
}

export interface Access {
  url: string
  /** Empty when there is none: reading may need none. */
  token: string
}

/** Where a running daemon leaves its address and token. */
export const accessFileOf = (directory: string): string => join(directory, 'api.json')

/** The address and token that a daemon has written to its state directory; null when it does not run any more. */
export function accessLeft(directory: string): Access | null {
  try {
    const left = JSON.parse(readFileSync(accessFileOf(directory), 'utf8')) as Access & { process: string }
    return runningPid(left.process) === null ? null : left
  } catch {
    return null
  }
}
