/** The API's bearer tokens: replyd's own, which may do everything, and the named ones, each within its scopes. */
import type { Context, Next } from 'hono'
import { sameText } from '../base/secret.ts'
import { type TokenScope, useToken } from '../store/api-tokens.ts'
import type { WebContext } from './web-context.ts'

/** The scope that a request needs. Anything not listed here needs `admin`. */
export function scopeOf(method: string, path: string): TokenScope {
  if (path === '/metrics') return 'metrics'
  if (path.startsWith('/api/tokens')) return 'admin'
  if (method === 'GET' || method === 'HEAD' || path === '/api/audit') return 'read'
  return /^\/api\/(?:replies|junk|accounts)\//.test(path) ? 'decide' : 'admin'
}

/**
 * Without a password anyone who can reach the port of this machine may read; changes need a token.
 * @param own replyd's own token
 */
export function bearerGuard({ context: { config, db, clock } }: WebContext, own: string) {
  return async (c: Context, next: Next): Promise<Response | undefined> => {
    const given = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    const scope = scopeOf(c.req.method, c.req.path)
    const isOpen = config.web.passwordHash === null && (scope === 'read' || scope === 'metrics')
    if (given !== undefined && sameText(given, own)) return void (await next())
    const named = given === undefined ? null : await useToken(db, given, clock.now())
    if (named === null)
      return isOpen && c.req.method === 'GET' ? void (await next()) : c.json({ error: 'unauthorized' }, 401)
    if (!named.scopes.includes(scope) && !named.scopes.includes('admin'))
      return c.json({ error: 'forbidden', message: `This token lacks the scope ${scope}.` }, 403)
    c.set('token', named.name)
    await next()
  }
}

/**
 * The API client's name for the changed row: the token's name, otherwise what the holder of replyd's own token
 * states, sanitised.
 */
export function actorOf(c: Context): string {
  const name: unknown = c.get('token')
  const said = typeof name === 'string' ? name : (c.req.header('replyd-actor') ?? '')
  return `api ${said.replace(/[^\w .@-]/g, '').slice(0, 60)}`.trim()
}
