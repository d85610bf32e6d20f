/** Compares input with the password and the second factor, and slows down guessing. */
import type { Context } from 'hono'
import { verifyPassword } from '../config/password.ts'
import { matchingStep } from '../config/totp.ts'
import { takeCode } from '../store/sessions.ts'
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
  readonly #proxies: Proxies
  readonly #devices: DeviceCookies
  readonly #limiter = new LoginLimiter()

  /** @param secret signs the device cookies */
  constructor(web: WebContext, proxies: Proxies, secret: string) {
    this.#web = web
    this.#proxies = proxies
    this.#devices = new DeviceCookies(secret)
  }

  /** Seconds until this caller may try; 0 for now. */
  waitSeconds(c: Context): number {
    return this.#limiter.waitSeconds(this.#callerOf(c), this.#web.context.clock.now())
  }

  /** Counts a try, before its body is read. @returns a function that checks the input; call it once */
  begin(c: Context): (typed: Typed) => Promise<boolean> {
    const forgive = this.#limiter.begin(this.#callerOf(c), this.#web.context.clock.now())
    return async (typed) => {
      const right = await this.#matches(typed)
      if (right) forgive()
      else this.#web.context.log.warn({ event: 'web.login-refused' })
      return right
    }
  }

  /** From now on this browser is known. */
  rememberDevice(c: Context): void {
    if (this.#devices.read(readCookie(c, 'device')) === null)
      writeCookie(c, 'device', this.#devices.make(), deviceAge)
  }

  async #matches({ password, code }: Typed): Promise<boolean> {
    const { config, db, clock } = this.#web.context
    const { passwordHash, totpSecret } = config.web
    if (passwordHash === null || !(await verifyPassword(password, passwordHash))) return false
    if (totpSecret === null) return true
    const step = matchingStep(totpSecret, code, clock.now())
    // A code can't be used again by somebody who saw it being typed.
    return step !== null && (await takeCode(db, step))
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
