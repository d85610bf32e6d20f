/** The daemon's HTTP server: who has access, and to what. */
import { type Context, Hono, type Next } from 'hono'
import { accountLabel } from '../base/log.ts'
import { PagePassword } from '../review/page-password.ts'
import { loadAccountState } from '../store/accounts.ts'
import { apiToken, type Env, isOwnHost, writeAccess } from './access.ts'
import { operations } from './api.ts'
import { addAssets } from './assets.ts'
import { bearerGuard } from './bearer.ts'
import { boardHandler, boardPath } from './board.ts'
import { Proxies, writeCookie } from './client-address.ts'
import { answerOf, failed, notAllowed, notFound } from './failures.tsx'
import { listen } from './listener.ts'
import { liveUpdates, Presence } from './live-updates.ts'
import { addLogin, toLogin } from './login.tsx'
import { addMcp } from './mcp-route.ts'
import { metricsText } from './metrics.ts'
import { PasswordCheck } from './password-check.ts'
import { answerHeaders, formLimit, jsonLimit, plausible, sameSite } from './request-guard.ts'
import { roleGuard } from './roles.ts'
import { pageRoutes } from './routes.tsx'
import { Sessions } from './sessions.ts'
import type { WebContext } from './web-context.ts'

export type { Health, WebContext } from './web-context.ts'

export interface WebServer extends AsyncDisposable {
  readonly url: string
}

export async function startWeb(web: WebContext, address: { host: string; port: number }): Promise<WebServer> {
  const { config } = web.context
  const token = apiToken(config)
  const lock = new PagePassword(web.context)
  // Read before the first request, because it decides which host names are accepted.
  await lock.hash()
  const listener = await listen(buildApp(web, token, lock), address)
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  const reachable = /^(0\.0\.0\.0|\[::\])$/.test(host) ? '127.0.0.1' : host
  writeAccess(config.state.directory, { url: `http://${reachable}:${listener.port}`, token })
  return {
    url: `http://${host}:${listener.port}`,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  }
}

/** The whole application without a socket. Clients are identified before a body is read, and bodies are limited. */
export function buildApp(
  web: WebContext,
  token: string,
  lock: PagePassword = new PagePassword(web.context),
): Hono<Env> {
  const { config, clock, db, log } = web.context
  const { totpSecret } = config.web
  const proxies = new Proxies(config.web.trustedProxies)
  const passwords = new PasswordCheck(web, lock, proxies, token)
  const sessions = new Sessions({ db, now: () => clock.now(), secret: token, proxies })
  const app = new Hono<Env>()
  app.use(answerHeaders, plausible, sameSite)
  app.use(async (c, next) => {
    if (!lock.isKnown && !isOwnHost(c.req.header('host')))
      return failed(c, 421, 'another-name', 'Not available under this name.')
    return next()
  })
  app.onError(answerOf(log))
  app.notFound(notFound)
  addAssets(app)
  addHealth(app, web)
  const bearer = bearerGuard(web, lock, token)
  app.use('/api/*', operations.gate, bearer, jsonLimit)
  app.get('/metrics', bearer, async (c) => {
    const { text, type } = await metricsText(web)
    return c.body(text, 200, { 'content-type': type })
  })
  for (const path of ['/metrics', '/healthz', '/readyz']) app.all(path, (c) => notAllowed(c, ['GET', 'HEAD']))
  app.route('/api', operations.routes(web))
  addMcp(app, bearer)
  addLogin(app, { db, lock, sessions, passwords, hasCode: totpSecret !== null })
  app.use(...pageGuard(sessions, lock))
  const live = { lock, sessions, presence: new Presence() }
  app.get('/events', (c) => liveUpdates(c, web, live))
  if (web.boards) app.all(`${boardPath}/*`, boardHandler(web.boards))
  app.route('/', pageRoutes(web, { lock, sessions, passwords }))
  return app
}

function addHealth(app: Hono<Env>, web: WebContext): void {
  app.get('/healthz', async (c) => {
    const { ok, parts } = await web.health()
    return c.json({ ok, parts: withoutAddresses(parts) }, ok ? 200 : 503)
  })
  app.get('/readyz', async (c) => {
    const ready = await isReady(web)
    return c.json({ ready }, ready ? 200 : 503)
  })
}

/** Mail can be handled, and no process has stopped because the owner has to act. */
async function isReady({ context, health }: WebContext): Promise<boolean> {
  const { ok, parts } = await health()
  if (!ok || parts.model !== 'ok' || Object.values(parts).includes('stopped')) return false
  const states = await Promise.all(
    [...context.accounts.keys()].map((address) => loadAccountState(context.db, address)),
  )
  return states.every(({ stopped }) => stopped === null)
}

/** Anyone who can reach the port may read the health: accounts are named as in the log. */
const withoutAddresses = (parts: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(parts).map(([name, state]) => [name.replace(/\S+@\S+/, accountLabel), state]),
  )

/** First the session, then a form's length, then its token. */
function pageGuard(sessions: Sessions, lock: PagePassword) {
  const changes = (c: Context) => c.req.method !== 'GET' && c.req.method !== 'HEAD'
  const knows = async (c: Context<Env>, next: Next): Promise<Response | undefined> => {
    const passwordHash = await lock.hash()
    c.set('passwordHash', passwordHash)
    const known = await sessions.read(c, passwordHash)
    if (known === null && passwordHash !== null) return toLogin(c)
    if (known === null && changes(c)) return failed(c, 403, 'stale-form', staleForm)
    c.set('session', known ?? sessions.beginOpen(c))
    await next()
  }
  const hasToken = async (c: Context<Env>, next: Next): Promise<Response | undefined> => {
    if (!changes(c)) return void (await next())
    const { token } = await c.req.parseBody()
    const session = c.get('session')
    if (!sessions.isFormToken(session, token)) return failed(c, 403, 'stale-form', staleForm)
    if (c.req.path === '/logout') {
      await sessions.end(session.id)
      writeCookie(c, 'session', '', 0)
      return c.redirect('/login', 303)
    }
    await next()
  }
  return [knows, roleGuard, formLimit, hasToken] as const
}

const staleForm = 'This form has expired. Go back, reload the page and try again.'
