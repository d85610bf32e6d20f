/** Access control: the login, its cookie, the forms' token, the API's bearer token, and the Host field. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newSecret } from '../base/secret.ts'
import { isLoopback } from '../config/loopback.ts'
import type { Config } from '../config/settings.ts'
import { identity } from '../store/lock.ts'
import type { Session } from './sessions.ts'

/** Where the command line finds the running daemon; readable by its owner only. */
const accessFile = 'api.json'

/** The configured token, otherwise the one created at the first start. */
export function apiToken({
  web,
  state,
}: {
  web: Pick<Config['web'], 'token'>
  state: Pick<Config['state'], 'directory'>
}): string {
  if (web.token !== null) return web.token
  try {
    const { token } = JSON.parse(readFileSync(join(state.directory, accessFile), 'utf8')) as {
      token?: string
    }
    if (typeof token === 'string' && token.length >= 20) return token
  } catch {
    // The first start.
  }
  return newSecret()
}

/** Records the process id, too: once that process has ended, anybody on this machine may listen on its port. */
export function writeAccess(directory: string, place: { url: string; token: string }): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, accessFile)
  const access = { ...place, process: identity(process.pid) }
  writeFileSync(path, `${JSON.stringify(access)}\n`, { mode: 0o600 })
  // writeFileSync applies the mode only to a new file.
  chmodSync(path, 0o600)
}

/**
 * Without a password only this machine may send requests, and only under its own names: a foreign name that resolves
 * to us is an attack.
 */
export function isOwnHost(host: string | undefined): boolean {
  if (!host) return false
  const name = /^(\[[^\]]+\]|[^:]+)(?::\d+)?$/.exec(host)?.[1]
  return name !== undefined && isLoopback(name)
}

/** What the page guard provides to the pages. */
export type Env = {
  Variables: {
    session: Session
    /** Of the page; null: no login is required. */
    passwordHash: string | null
    mark: string | undefined
    /** Compares what was typed at a login. The attempt is already counted. */
    check: (typed: { password: string; code: string }, hash?: string) => Promise<boolean>
  }
}
