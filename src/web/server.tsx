/** The daemon's HTTP side: who may come in, and to what. */
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { type Context, Hono, type Next } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { streamSSE } from 'hono/streaming'
import { reasonOf } from '../base/errors.ts'
import { accountLabel } from '../base/log.ts'
import { verifyPassword } from '../config/password.ts'
import { Refusal } from '../review/review.ts'
import { loadAccountState } from '../store/accounts.ts'
import { latestChange } from '../store/review-lists.ts'
import { apiToken, type Env, isOwnHost, LoginLimiter, Sessions, sameText, writeAccess } from './access.ts'
import { apiRoutes } from './api.ts'
import { boardHandler, boardPath } from './board.ts'
import { metricsText } from './metrics.ts'
import { LoginPage } from './pages.tsx'
import { pageRoutes } from './routes.tsx'
import type { WebContext } from './web-context.ts'

export type { Health, WebContext } from './web-context.ts'

export interface WebServer extends AsyncDisposable {
  readonly url: string
}

const cookieName = 'replyd_session'
/** How often the pages' live updates look at the store while somebody watches, milliseconds. */
const lookEveryMs = 1000

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"

export async function startWeb(web: WebContext, listen: { host: string; port: number }): Promise<WebServer> {
  const { config } = web.context
  const token = apiToken(config)
  const app = buildApp(web, token)
  const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const starting = serve({ fetch: app.fetch, hostname: listen.host, port: listen.port }, () =>
      resolve(starting),
    )
    starting.once('error', reject)
  })
  const { port } = server.address() as AddressInfo
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  const reachable = /^(0\.0\.0\.0|\[::\])$/.test(host) ? '127.0.0.1' : host
  writeAccess(config.state.directory, { url: `http://${reachable}:${port}`, token })
  return {
    url: `http://${host}:${port}`,
    async [Symbol.asyncDispose]() {
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** The whole of it without a socket. */
export function buildApp(web: WebContext, token: string): Hono<Env> {
  const { config, clock, log } = web.context
  const { passwordHash } = config.web
  const sessions = new Sessions(token, passwordHash)
  const app = new Hono<Env>()
  app.use(headers)
  app.use(async (c, next) => {
    if (passwordHash === null && !isOwnHost(c.req.header('host'))) return c.text('Not under this name\n', 421)
    return next()
  })
  app.onError((error, c) => {
    const api = c.req.path.startsWith('/api/')
    if (error instanceof Refusal) {
      const status = statusOf(error)
      return api
        ? c.json({ error: error.reason, message: error.message }, status)
        : c.text(error.message, status)
    }
    log.warn({ event: 'web.failed', path: c.req.routePath, reason: reasonOf(error) })
    return api ? c.json({ error: 'failed' }, 500) : c.text('This did not work; try again in a moment.', 500)
  })
  addAssets(app)
  app.get('/healthz', async (c) => {
    const { ok, parts } = await web.health()
    return c.json({ ok, parts: withoutAddresses(parts) }, ok ? 200 : 503)
  })
  app.get('/readyz', async (c) => {
    const ready = await isReady(web)
    return c.json({ ready }, ready ? 200 : 503)
  })
  const bearer = async (c: Context<Env>, next: Next) => {
    const given = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    const reads = c.req.method === 'GET' && passwordHash === null
    if (!reads && !(given && sameText(given, token))) return c.json({ error: 'unauthorized' }, 401)
    return next()
  }
  app.use('/api/*', bearer)
  app.get('/metrics', bearer, async (c) => {
    const { text, type } = await metricsText(web)
    return c.body(text, 200, { 'content-type': type })
  })
  app.route('/api', apiRoutes(web))
  addLogin(app, web, sessions)
  app.use(pageGuard(sessions, passwordHash, () => clock.now()))
  app.get('/events', (c) => events(c, web))
  if (web.boards) app.all(`${boardPath}/*`, boardHandler(web.boards))
  app.route('/', pageRoutes(web, sessions))
  return app
}

/** Mail can be handled, and nothing has stopped for want of its owner, in whatever process. */
async function isReady({ context, health }: WebContext): Promise<boolean> {
  const { ok, parts } = await health()
  if (!ok || parts.model !== 'ok' || Object.values(parts).includes('stopped')) return false
  const states = await Promise.all(
    [...context.accounts.keys()].map((address) => loadAccountState(context.db, address)),
  )
  return states.every(({ stopped }) => stopped === null)
}

/** Whoever can reach the port may ask for health: accounts are named as in the log. */
const withoutAddresses = (parts: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(parts).map(([name, state]) => [name.replace(/\S+@\S+/, accountLabel), state]),
  )

function statusOf({ reason }: Refusal): 404 | 409 | 422 {
  if (reason === 'not-found' || reason === 'unknown-account') return 404
  return reason === 'unfit-text' ? 422 : 409
}

async function headers(c: Context, next: Next): Promise<void> {
  await next()
  c.header('x-content-type-options', 'nosniff')
  c.header('referrer-policy', 'no-referrer')
  if (!c.res.headers.has('content-security-policy')) c.header('content-security-policy', policy)
  if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
}

/** The same relative path from src/web and from dist/web. */
const asset = (name: string) => readFileSync(fileURLToPath(new URL(`../../assets/${name}`, import.meta.url)))

function addAssets(app: Hono<Env>): void {
  const htmx = fileURLToPath(new URL('./htmx.min.js', import.meta.resolve('htmx.org')))
  const files: [string, Buffer, string][] = [
    ['review.css', asset('review.css'), 'text/css; charset=utf-8'],
    ['mail.css', asset('mail.css'), 'text/css; charset=utf-8'],
    ['review.js', asset('review.js'), 'text/javascript; charset=utf-8'],
    ['icon.svg', asset('icon.svg'), 'image/svg+xml'],
    ['htmx.js', readFileSync(htmx), 'text/javascript; charset=utf-8'],
  ]
  for (const [name, octets, type] of files) {
    const body = new Uint8Array(octets)
    app.get(`/assets/${name}`, (c) =>
      c.body(body, 200, { 'content-type': type, 'cache-control': 'max-age=3600' }),
    )
  }
}

function addLogin(app: Hono<Env>, web: WebContext, sessions: Sessions): void {
  const { clock, config, log } = web.context
  const limiter = new LoginLimiter()
  app.get('/login', (c) => c.html(<LoginPage fault={null} />))
  app.post('/login', async (c) => {
    const now = clock.now()
    const from = getConnInfo(c).remote.address ?? 'unknown'
    const body = await c.req.parseBody()
    const wait = limiter.waitSeconds(from, now)
    if (wait > 0) {
      c.header('retry-after', String(wait))
      return c.html(<LoginPage fault="Too many wrong passwords. Try again in a quarter of an hour." />, 429)
    }
    const { name, password } = body
    const hash = config.web.passwordHash
    const forgive = limiter.begin(from, now)
    if (hash === null || typeof password !== 'string' || !(await verifyPassword(password, hash))) {
      log.warn({ event: 'web.login-refused' })
      return c.html(<LoginPage fault="That is not the password." />, 401)
    }
    forgive()
    const actor = typeof name === 'string' ? name.trim().slice(0, 60) : ''
    putCookie(c, sessions.begin(actor || 'reviewer', now).cookie)
    return c.redirect('/', 303)
  })
}

function putCookie(c: Context, value: string): void {
  const secure = c.req.header('x-forwarded-proto') === 'https'
  setCookie(c, cookieName, value, { httpOnly: true, sameSite: 'Lax', path: '/', secure, maxAge: 30 * 86_400 })
}

/** A session for whoever may come in, and on every form its token. */
function pageGuard(sessions: Sessions, passwordHash: string | null, now: () => Date) {
  return async (c: Context<Env>, next: Next) => {
    const known = sessions.read(getCookie(c, cookieName), now())
    if (known === null && passwordHash !== null) return c.redirect('/login', 303)
    const begun = known === null ? sessions.begin('owner', now()) : null
    if (begun) putCookie(c, begun.cookie)
    const session = known ?? begun?.session
    if (!session) return c.redirect('/login', 303)
    c.set('session', session)
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
      const { token } = await c.req.parseBody()
      if (typeof token !== 'string' || !sameText(token, sessions.formToken(session)))
        return c.text('This form has grown too old. Go back, load the page again and repeat it.', 403)
      if (c.req.path === '/logout') {
        setCookie(c, cookieName, '', { path: '/', maxAge: 0 })
        return c.redirect('/login', 303)
      }
    }
    return next()
  }
}

/** Says that something has changed, whichever process changed it. */
function events(c: Context, { context }: WebContext): Response {
  return streamSSE(c, async (stream) => {
    let last = await latestChange(context.db)
    await stream.writeSSE({ event: 'ready', data: '' })
    while (!stream.aborted && !stream.closed) {
      await stream.sleep(lookEveryMs)
      const mark = await latestChange(context.db).catch(() => last)
      if (mark !== last) await stream.writeSSE({ event: 'changed', data: '' })
      last = mark
    }
  })
}
