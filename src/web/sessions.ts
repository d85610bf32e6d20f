/**
 * Sessions of the pages. With a password a session is a row in the store; without one it only ties forms to a
 * browser.
 */
import { createHmac } from 'node:crypto'
import type { Context } from 'hono'
import { hashOfSecret, newSecret, sameText } from '../base/secret.ts'
import type { PersonRole } from '../store/people.ts'
import { movePushDevices, removePushDevicesOf } from '../store/push-devices.ts'
import type { Queryable } from '../store/queryable.ts'
import {
  beginSession,
  endSessions,
  listSessions,
  loadSession,
  type SessionRow,
  touchSession,
} from '../store/sessions.ts'
import { clientAddress, type Proxies, readCookie, writeCookie } from './client-address.ts'

/** Twelve hours without a click, thirty days in total. */
const sessionLimits = { idleMs: 12 * 3_600_000, longestMs: 30 * 86_400_000 }
/**
 * Seconds. The cookie outlives its session: it identifies the browser at the next login, so that a log-out still ends
 * the notifications that were turned on there.
 */
const cookieAge = 365 * 86_400
/** Resolution of the stored last use, milliseconds. */
const touchMs = 60_000

export interface Session {
  /** Hash of the cookie. */
  id: string
  actor: string
  /** Id of the person; null: the owner, by the password of the page or on a page without one. */
  person: string | null
  role: PersonRole
}

/** Who has logged in. */
export type Identity = Pick<Session, 'actor' | 'person' | 'role'>

const theOwner: Identity = { actor: 'owner', person: null, role: 'owner' }

interface Settings {
  db: Queryable
  now: () => Date
  /** The API's secret; signs form tokens. */
  secret: string
  proxies: Proxies
}

export class Sessions {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /**
   * Starts a session after a login, and ties the browser's notifications to it.
   * @param passwordHash of the page: a new one ends every session
   */
  async begin(
    c: Context,
    { actor, person }: Omit<Identity, 'role'>,
    passwordHash: string | null,
  ): Promise<void> {
    const { db, now, proxies } = this.#settings
    const secret = newSecret()
    const session = { id: hashOfSecret(secret), actor, person }
    const from = { device: deviceWords(c.req.header('user-agent')), address: clientAddress(c, proxies) }
    await beginSession(
      db,
      { ...session, ...from, begunAt: now(), mark: this.#mark(passwordHash) },
      sessionLimits,
    )
    const before = readCookie(c, 'session')
    if (before) await movePushDevices(db, hashOfSecret(before), session.id)
    this.#write(c, secret)
  }

  /**
   * The session of this request, or null if a login is required.
   * @param passwordHash of the page; null: no login is required
   */
  async read(c: Context, passwordHash: string | null): Promise<Session | null> {
    const { db, now, proxies } = this.#settings
    const secret = readCookie(c, 'session')
    if (!secret) return null
    const id = hashOfSecret(secret)
    if (passwordHash === null) return { id, ...theOwner }
    const session = await loadSession(db, { id, mark: this.#mark(passwordHash) }, sessionLimits, now())
    if (session === null) return null
    const isOld = session.seenAt.getTime() < now().getTime() - touchMs
    if (isOld && !isBackground(c)) await touchSession(db, id, clientAddress(c, proxies), now())
    return session
  }

  /** Without a password: ties the forms of this browser to it. */
  beginOpen(c: Context): Session {
    const secret = newSecret()
    this.#write(c, secret)
    return { id: hashOfSecret(secret), ...theOwner }
  }

  list(passwordHash: string | null): Promise<SessionRow[]> {
    const { db, now } = this.#settings
    return listSessions(db, this.#mark(passwordHash), sessionLimits, now())
  }

  /** Also turns its notifications off. @param id null: every session */
  async end(id: string | null): Promise<void> {
    await endSessions(this.#settings.db, id)
    await removePushDevicesOf(this.#settings.db, id)
  }

  /** The token for forms of this session. */
  formToken({ id }: Session): string {
    return this.#sign(`form ${id}`)
  }

  isFormToken(session: Session, token: unknown): boolean {
    return typeof token === 'string' && sameText(token, this.formToken(session))
  }

  #mark(passwordHash: string | null): string {
    return this.#sign(`password ${passwordHash}`)
  }

  #write(c: Context, secret: string): void {
    writeCookie(c, 'session', secret, cookieAge)
  }

  #sign(text: string): string {
    return createHmac('sha256', `session ${this.#settings.secret}`).update(text).digest('base64url')
  }
}

/** Automatic requests of an open page do not keep a session alive. */
const isBackground = (c: Context) => c.req.path === '/events' || c.req.header('hx-request') !== undefined

const browsers: readonly [RegExp, string][] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/\b(?:Headless)?Chrome\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]
const systems: readonly [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
]

/** `Firefox on Linux`, from the User-Agent. Only known words are taken from it. */
export function deviceWords(userAgent = ''): string {
  const wordFor = (table: typeof browsers) => table.find(([pattern]) => pattern.test(userAgent))?.[1]
  const system = wordFor(systems)
  return `${wordFor(browsers) ?? 'A program'}${system ? ` on ${system}` : ''}`
}
