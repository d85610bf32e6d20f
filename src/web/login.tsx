/** Logging in. */
import type { Context, Hono, Next } from 'hono'
import { z } from 'zod'
import { type Env, reviewerName } from './access.ts'
import { fitting, formBody, text } from './bodies.ts'
import { readCookie, writeCookie } from './client-address.ts'
import { LoginPage } from './login-page.tsx'
import { type PasswordCheck, waitWords } from './password-check.ts'
import { formLimit } from './request-guard.ts'
import type { Sessions } from './sessions.ts'

/** Seconds. */
const wantedAge = 600

const loginFields = z.strictObject({
  name: text().default(''),
  password: text(),
  code: text().default(''),
})

export function addLogin(
  app: Hono<Env>,
  sessions: Sessions,
  passwords: PasswordCheck,
  hasCode: boolean,
): void {
  app.get('/login', (c) => c.html(<LoginPage fault={null} hasCode={hasCode} />))
  const mayTry = async (c: Context<Env>, next: Next): Promise<Response | undefined> => {
    const wait = passwords.waitSeconds(c)
    if (wait === 0) return void (await next())
    c.header('retry-after', String(wait))
    return c.html(<LoginPage fault={waitWords(wait)} hasCode={hasCode} />, 429)
  }
  app.post('/login', mayTry, formLimit, async (c) => {
    // Counted before the body is read, so that many at once are not all checked.
    const check = passwords.begin(c)
    const { name, ...typed } = fitting(await formBody(c), loginFields)
    if (!(await check(typed))) {
      const fault = hasCode ? 'The password or the code is wrong.' : 'That is not the password.'
      return c.html(<LoginPage fault={fault} name={name} hasCode={hasCode} />, 401)
    }
    const reviewer = reviewerName(name)
    if (reviewer === null) {
      const fault = "Choose another name: this one is replyd's own."
      return c.html(<LoginPage fault={fault} hasCode={hasCode} />, 422)
    }
    await sessions.begin(c, reviewer)
    passwords.rememberDevice(c)
    const wanted = wantedPage(c)
    writeCookie(c, 'wanted', '', 0)
    return c.redirect(wanted, 303)
  })
}

/** Redirects to the login, and remembers the requested page. */
export function toLogin(c: Context): Response {
  const destination = c.req.header('sec-fetch-dest') ?? 'document'
  const { pathname, search } = new URL(c.req.url)
  if (c.req.method === 'GET' && destination === 'document' && pathname !== '/')
    writeCookie(c, 'wanted', `${pathname}${search}`, wantedAge)
  return c.redirect('/login', 303)
}

/** Only our own pages: `//host` and `/\host` would be on another host. */
export const isOwnPath = (path: string): boolean => /^\/(?:[\w-][\x21-\x5b\x5d-\x7e]*)?$/.test(path)

function wantedPage(c: Context): string {
  const wanted = readCookie(c, 'wanted') ?? ''
  return isOwnPath(wanted) ? wanted : '/'
}
