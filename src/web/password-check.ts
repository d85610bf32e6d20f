/** Compares input with the password and the second factor, and slows down guessing. */
import type { Context } from 'hono'
import { verifyPassword } from '../config/password.ts'
import { matchingStep, stepsAround } from '../config/totp.ts'
import type { PagePassword } from '../review/page-password.ts'
import { loadPerson } from '../store/people.ts'
import { lastRestore } from '../store/restore.ts'
import { takeCode } from '../store/sessions.ts'
import type { Env } from './access.ts'
import { clientAddress, networkOf, type Proxies, readCookie, writeCookie } from './client-address.ts'
import { type Caller, DeviceCookies, LoginLimiter } from './login-limit.ts'
import type { WebContext } from './web-context.ts'

/** Seconds. */
const deviceAge = 365 * 86_400

export interface Typed {
  password: string
  /** Six digits of the authenticator app. */
  code: string
}

export class PasswordCheck {
  readonly #web: WebContext
  readonly #lock: PagePassword
  readonly #proxies: Proxies
  readonly #devices: DeviceCookies
  readonly #limiter = new LoginLimiter()

  /** @param secret signs the device cookies */
  constructor(web: WebContext, lock: PagePassword, proxies: Proxies, secret: string) {
    this.#web = web
    this.#lock = lock
    this.#proxies = proxies
    this.#devices = new DeviceCookies(secret)
  }

  /** Seconds until this caller may try; 0 for now. */
  waitSeconds(c: Context): number {
    return this.#limiter.waitSeconds(this.#callerOf(c), this.#web.context.clock.now())
  }

  /**
   * Counts a try, before its body is read.
   * @returns a function that checks the input, against the hash of a person's password or, without one, of the page's;
   * call it once
   */
  begin(c: Context): (typed: Typed, hash?: string) => Promise<boolean> {
    const forgive = this.#limiter.begin(this.#callerOf(c), this.#web.context.clock.now())
    return async (typed, hash) => {
      const right = await this.#matches(typed, hash ?? (await this.#lock.hash()))
      if (right) forgive()
      else this.#web.context.log.warn({ event: 'web.login-refused' })
      return right
    }
  }

  /** The browser is known from now on. */
  rememberDevice(c: Context): void {
    if (this.#devices.read(readCookie(c, 'device')) === null)
      writeCookie(c, 'device', this.#devices.make(), deviceAge)
  }

  /** Asks the person of this session for the password again. */
  async confirms(c: Context<Env>, typed: Typed): Promise<boolean> {
    const check = this.begin(c)
    const { person } = c.get('session')
    const known = person === null ? null : await loadPerson(this.#web.context.db, person)
    return check(typed, known?.passwordHash)
  }

  async #matches({ password, code }: Typed, hash: string | null): Promise<boolean> {
    const { config, db, clock } = this.#web.context
    const { totpSecret } = config.web
    if (hash === null || !(await verifyPassword(password, hash))) return false
    if (totpSecret === null) return true
    const step = matchingStep(totpSecret, code, clock.now())
    if (step === null) return false
    const restored = await lastRestore(db)
    // After a restore, it is no longer known which codes were used before it.
    if (restored !== null && stepsAround(restored).includes(step)) return false
    // A code can't be used again by somebody who saw it being typed.
    return takeCode(db, step)
  }

  #callerOf(c: Context): Caller {
    const device = this.#devices.read(readCookie(c, 'device'))
    return device === null
      ? { name: networkOf(clientAddress(c, this.#proxies)), known: false }
      : { name: device, known: true }
  }
}

export const waitWords = (seconds: number) =>
  `Too many wrong passwords. Try again in ${seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`}.`
