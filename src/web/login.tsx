/** Logging in. */
import type { Context, Hono, Next } from 'hono'
import * as z from 'zod'
import type { PagePassword } from '../review/page-password.ts'
import { foldedName, reviewerName } from '../review/people.ts'
import { hasPeople, loadPerson } from '../store/people.ts'
import type { Queryable } from '../store/queryable.ts'
import type { Env } from './access.ts'
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

interface LoginSettings {
  db: Queryable
  lock: PagePassword
  sessions: Sessions
  passwords: PasswordCheck
  /** A second factor is required. */
  hasCode: boolean
}

export function addLogin(app: Hono<Env>, { db, lock, sessions, passwords, hasCode }: LoginSettings): void {
  const page = async (c: Context<Env>, fault: string | null, name = '') => (
    <LoginPage
      {...{ fault, name, hasCode, hasPeople: await hasPeople(db), hasWanted: wantedPage(c) !== '/' }}
    />
  )
  app.get('/login', async (c) => c.html(await page(c, null)))
  const mayTry = async (c: Context<Env>, next: Next): Promise<Response | undefined> => {
    const wait = passwords.waitSeconds(c)
    if (wait === 0) {
      // Counted before the body is read, which can take long, so that many at once are not all checked.
      c.set('check', passwords.begin(c))
      return void (await next())
    }
    c.header('retry-after', String(wait))
    return c.html(await page(c, waitWords(wait)), 429)
  }
  app.post('/login', mayTry, formLimit, async (c) => {
    const { name, ...typed } = fitting(await formBody(c), loginFields)
    const passwordHash = await lock.hash()
    const person = await loadPerson(db, foldedName(name))
    const isRight = await c.get('check')(typed, person?.passwordHash)
    if (!isRight) return c.html(await page(c, await wrong(), name), 401)
    const actor = person?.name ?? (await ownName(name))
    if (actor === null) return c.html(await page(c, "Choose another name: this one is replyd's own."), 422)
    await sessions.begin(c, { actor, person: person?.id ?? null }, passwordHash)
    passwords.rememberDevice(c)
    const wanted = wantedPage(c)
    writeCookie(c, 'wanted', '', 0)
    return c.redirect(wanted, 303)
  })
  const wrong = async () => {
    const what = (await hasPeople(db)) ? 'The name, the password' : 'The password'
    if (hasCode) return `${what} or the code is wrong.`
    return what === 'The password' ? 'That is not the password.' : 'The name or the password is wrong.'
  }
  /**
   * The ledger's name for somebody with the password of the page. Once people have names of their own, it is always
   * `owner`; older sessions keep the name that was typed.
   */
  const ownName = async (name: string) => ((await hasPeople(db)) ? 'owner' : reviewerName(name))
}

/** Redirects to the login, and remembers the requested page. */
export function toLogin(c: Context): Response {
  const destination = c.req.header('sec-fetch-dest') ?? 'document'
  const { pathname, search } = new URL(c.req.url)
  if (c.req.method === 'GET' && destination === 'document' && `${pathname}${search}` !== '/')
    writeCookie(c, 'wanted', `${pathname}${search}`, wantedAge)
  return c.redirect('/login', 303)
}

/** Only our own pages: `//host` and `/\host` would be on another host. */
export const isOwnPath = (path: string): boolean => /^\/(?:[\w?-][\x21-\x5b\x5d-\x7e]*)?$/.test(path)

function wantedPage(c: Context): string {
  const wanted = readCookie(c, 'wanted') ?? ''
  return isOwnPath(wanted) ? wanted : '/'
}
