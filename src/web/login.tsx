/** Logging in and out. */
import type { Context, Hono, Next } from 'hono'
import { z } from 'zod'
import { verifyPassword } from '../config/password.ts'
import { type Env, reviewerName, type Sessions } from './access.ts'
import { fitting, formBody, text } from './bodies.ts'
import { clientAddress, networkOf, Proxies, readCookie, writeCookie } from './client-address.ts'
import { type Caller, DeviceCookies, LoginLimiter } from './login-limit.ts'
import { LoginPage } from './login-page.tsx'
import { formLimit } from './request-guard.ts'
import type { WebContext } from './web-context.ts'

/** Seconds. */
const deviceAge = 365 * 86_400
const wantedAge = 600

const loginFields = z.strictObject({ name: text().default(''), password: text() })

/** @param secret signs the device cookies */
export function addLogin(app: Hono<Env>, web: WebContext, sessions: Sessions, secret: string): void {
  const { clock, config, log } = web.context
  const limiter = new LoginLimiter()
  const devices = new DeviceCookies(secret)
  const proxies = new Proxies(config.web.trustedProxies)
  const callerOf = (c: Context): Caller => {
    const device = devices.read(readCookie(c, 'device'))
    return device === null
      ? { name: networkOf(clientAddress(c, proxies)), known: false }
      : { name: device, known: true }
  }
  app.get('/login', (c) => c.html(<LoginPage fault={null} />))
  const mayTry = async (c: Context<Env>, next: Next): Promise<Response | undefined> => {
    const wait = limiter.waitSeconds(callerOf(c), clock.now())
    if (wait === 0) return void (await next())
    c.header('retry-after', String(wait))
    return c.html(<LoginPage fault={`Too many wrong passwords. Try again in ${waitWords(wait)}.`} />, 429)
  }
  app.post('/login', mayTry, formLimit, async (c) => {
    const now = clock.now()
    // Counted before the body is read, so that many at once are not all looked at.
    const forgive = limiter.begin(callerOf(c), now)
    const { name, password } = fitting(await formBody(c), loginFields)
    const hash = config.web.passwordHash
    if (hash === null || !(await verifyPassword(password, hash))) {
      log.warn({ event: 'web.login-refused' })
      return c.html(<LoginPage fault="That is not the password." name={name} />, 401)
    }
    forgive()
    const reviewer = reviewerName(name)
    if (reviewer === null)
      return c.html(<LoginPage fault="Choose another name: this one is replyd's own." />, 422)
    writeCookie(c, 'session', sessions.begin(reviewer, now).cookie, 30 * 86_400)
    if (devices.read(readCookie(c, 'device')) === null) writeCookie(c, 'device', devices.make(), deviceAge)
    const wanted = wantedPage(c)
    writeCookie(c, 'wanted', '', 0)
    return c.redirect(wanted, 303)
  })
}

/** Asks for the login, and notes the page that was asked for. */
export function toLogin(c: Context): Response {
  const destination = c.req.header('sec-fetch-dest') ?? 'document'
  const { pathname, search } = new URL(c.req.url)
  if (c.req.method === 'GET' && destination === 'document' && pathname !== '/')
    writeCookie(c, 'wanted', `${pathname}${search}`, wantedAge)
  return c.redirect('/login', 303)
}

/** A page of ours: `//host` and `/\host` would be another's. */
function wantedPage(c: Context): string {
  const wanted = readCookie(c, 'wanted') ?? ''
  return /^\/[\w-][\x21-\x5b\x5d-\x7e]*$/.test(wanted) ? wanted : '/'
}

const waitWords = (seconds: number) =>
  seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`
