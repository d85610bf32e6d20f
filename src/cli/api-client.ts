import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { UsageError } from './failure.ts'
import { readConfig } from './settings.ts'
import type { Terminal } from './terminal.ts'

export interface ApiClient {
  get<T>(path: string, query?: Record<string, string | undefined>): Promise<T>
  /** @throws Error with the daemon's own words when it refuses */
  post<T = unknown>(path: string, body?: Record<string, unknown>): Promise<T>
  /** What a POST answers with, octet by octet. */
  stream(path: string): Promise<AsyncIterable<Uint8Array>>
}

/**
 * The running daemon's API: at REPLYD_URL with REPLYD_TOKEN, else where the state directory of the configuration says.
 * @throws UsageError when no daemon has left its address there
 */
export function openApi(config: string | undefined, terminal: Terminal): ApiClient {
  const { url, token } = accessOf(config, terminal)
  const answerTo = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'replyd-actor': actor(),
    }
    const response = await fetch(new URL(`/api${path}`, url), { ...init, headers }).catch(
      (cause: unknown) => {
        throw new Error(`no daemon answers at ${url}: is \`replyd start\` running?`, { cause })
      },
    )
    if (response.ok) return response
    const answer = (await response.json().catch(() => null)) as { message?: string; error?: string } | null
    throw new Error(answer?.message ?? answer?.error ?? `the daemon answered ${response.status}`)
  }
  const ask = async (path: string, init: RequestInit): Promise<unknown> =>
    (await answerTo(path, init)).json().catch(() => null)
  return {
    get: async <T>(path: string, query: Record<string, string | undefined> = {}) => {
      const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
      const search = new URLSearchParams(given)
      return (await ask(search.size === 0 ? path : `${path}?${search}`, {})) as T
    },
    post: async <T>(path: string, body: Record<string, unknown> = {}) =>
      (await ask(path, { method: 'POST', body: JSON.stringify(body) })) as T,
    stream: async (path) => {
      const { body } = await answerTo(path, { method: 'POST' })
      return (body ?? []) as AsyncIterable<Uint8Array>
    },
  }
}

function actor(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}

function accessOf(config: string | undefined, terminal: Terminal): Access {
  const { REPLYD_URL: url, REPLYD_TOKEN: token } = terminal.environment
  if (url && token) return { url, token }
  const { state } = readConfig(config, terminal)
  const left = accessLeft(state.directory)
  if (left) return left
  throw new UsageError(
    `${join(state.directory, 'api.json')} can't be read: start the daemon first, or set REPLYD_URL and REPLYD_TOKEN`,
  )
}

export interface Access {
  url: string
  token: string
}

/** What a daemon has left in its state directory for those who may read it; null when none has. */
export function accessLeft(directory: string): Access | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'api.json'), 'utf8')) as Access
  } catch {
    return null
  }
}
