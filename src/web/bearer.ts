/** The API's bearer tokens: replyd's own, which may do everything, and the named ones, each within its scopes. */
import type { Context, Next } from 'hono'
import { sameText } from '../base/secret.ts'
import type { PagePassword } from '../review/page-password.ts'
import { type TokenScope, useToken } from '../store/api-tokens.ts'
import type { WebContext } from './web-context.ts'

/** HEAD is GET without the answer's body (RFC 9110, section 9.3.2). */
const isReading = (method: string) => method === 'GET' || method === 'HEAD'

/** The scope that a request needs. Anything not listed here needs `admin`. */
export function scopeOf(method: string, path: string): TokenScope {
  if (path === '/metrics') return 'metrics'
  if (path === '/mcp') return 'read'
  // Approval codes are for people: an assistant's token can't read them, even if it may decide.
  if (/^\/api\/(?:tokens|people)/.test(path) || /^\/api\/replies\/[^/]+\/code$/.test(path)) return 'admin'
  if (isReading(method) || path === '/api/audit') return 'read'
  return path === '/api/facts' || /^\/api\/(?:replies|junk|accounts)\//.test(path) ? 'decide' : 'admin'
}

/**
 * Without a password anyone who can reach the port of this machine may read; changes need a token.
 * @param own replyd's own token
 */
export function bearerGuard({ context: { db, clock } }: WebContext, lock: PagePassword, own: string) {
  return async (c: Context, next: Next): Promise<Response | undefined> => {
    if (c.get('isOpen') === true) return void (await next())
    const given = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    const scope = scopeOf(c.req.method, c.req.path)
    if (given !== undefined && sameText(given, own)) {
      c.set('scopes', ['admin'] satisfies TokenScope[])
      return void (await next())
    }
    const named = given === undefined ? null : await useToken(db, given, clock.now())
    if (named === null) {
      const isOpen = (scope === 'read' || scope === 'metrics') && isReading(c.req.method)
      return isOpen && (await lock.hash()) === null
        ? void (await next())
        : unauthorized(c, given !== undefined)
    }
    if (!named.scopes.includes(scope) && !named.scopes.includes('admin'))
      return c.json({ error: 'forbidden', message: `This token lacks the scope ${scope}.` }, 403)
    c.set('token', named.name)
    c.set('scopes', named.scopes)
    await next()
  }
}

/** The header tells a missing token from an invalid one (RFC 6750, section 3.1). */
function unauthorized(c: Context, wasGiven: boolean): Response {
  const message = wasGiven
    ? 'The token that was sent is not known here: it was mistyped or revoked.'
    : 'Send a replyd token as Authorization: Bearer TOKEN.'
  const challenge = wasGiven ? 'Bearer error="invalid_token"' : 'Bearer'
  return c.json({ error: 'unauthorized', message }, 401, { 'www-authenticate': challenge })
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
