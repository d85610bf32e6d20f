/** Serves `replyd token`, and shares code with the tokens page. */
import { Hono } from 'hono'
import { z } from 'zod'
import { newSecret } from '../base/secret.ts'
import { createToken, listTokens, revokeToken, type TokenScope, tokenScopes } from '../store/api-tokens.ts'
import type { Queryable } from '../store/queryable.ts'
import { actorOf } from './bearer.ts'
import { BadRequest, fitting, jsonBody } from './bodies.ts'
import type { WebContext } from './web-context.ts'

const tokenFields = z.strictObject({
  name: z.string().regex(/^[\w][\w .@-]{0,39}$/, 'must be 1 to 40 letters, digits, spaces or any of . _ @ -'),
  scopes: z.array(z.enum(tokenScopes)).min(1, 'must not be empty'),
})

export interface NewToken {
  name: string
  scopes: TokenScope[]
  /** Shown once and never again. */
  token: string
}

/** @param given `{ name, scopes }` @throws BadRequest when it is something else, or the name is taken */
export async function issueToken(db: Queryable, given: unknown, by: string, now: Date): Promise<NewToken> {
  const { name, scopes } = fitting(given, tokenFields)
  const token = `replyd_${newSecret()}`
  const unique = [...new Set(scopes)]
  if (!(await createToken(db, { name, scopes: unique, createdBy: by, secret: token }, now)))
    throw new BadRequest(`There is a token named ${name} already. Revoke it first, or choose another name.`)
  return { name, scopes: unique, token }
}

export function tokenRoutes({ context: { db, clock, log } }: WebContext): Hono {
  const routes = new Hono()
  routes.get('/tokens', async (c) => c.json(await listTokens(db)))
  routes.post('/tokens', async (c) => {
    const issued = await issueToken(db, await jsonBody(c), actorOf(c), clock.now())
    log.info({ event: 'web.token-created', scopes: issued.scopes })
    return c.json(issued)
  })
  routes.post('/tokens/:name/revoke', async (c) => {
    fitting(await jsonBody(c), z.strictObject({}))
    if (!(await revokeToken(db, c.req.param('name')))) return c.json(noSuchToken, 404)
    log.info({ event: 'web.token-revoked' })
    return c.json({ ok: true })
  })
  return routes
}

const noSuchToken = { error: 'not-found', message: 'There is no token of that name.' }
