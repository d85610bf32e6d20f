/** Serves `replyd token`, and shares code with the tokens page. */
import * as z from 'zod'
import { newSecret } from '../base/secret.ts'
import { Refusal } from '../review/review.ts'
import { createToken, listTokens, revokeToken, type TokenScope, tokenScopes } from '../store/api-tokens.ts'
import type { Queryable } from '../store/queryable.ts'
import * as answers from './answers.ts'
import { fitting } from './bodies.ts'
import type { Operations } from './operations.ts'

const tokenFields = z.strictObject({
  name: z
    .string()
    .regex(/^[\w][\w .@-]{0,39}$/, 'must be 1 to 40 letters, digits, spaces or any of . _ @ -')
    .meta({ description: 'Name of the token' }),
  scopes: z.array(z.enum(tokenScopes)).min(1, 'must not be empty').meta({ description: 'What it may do' }),
})

export interface NewToken {
  name: string
  scopes: TokenScope[]
  /** Shown once and never again. */
  token: string
}

/** @param given `{ name, scopes }` @throws BadRequest when it is something else; Refusal when the name is taken */
export async function issueToken(db: Queryable, given: unknown, by: string, now: Date): Promise<NewToken> {
  const { name, scopes } = fitting(given, tokenFields)
  const token = `replyd_${newSecret()}`
  const unique = [...new Set(scopes)]
  if (!(await createToken(db, { name, scopes: unique, createdBy: by, secret: token }, now)))
    throw new Refusal('token-exists')
  return { name, scopes: unique, token }
}

export function addTokenOperations(api: Operations): void {
  api.add(
    {
      ...{ id: 'listTokens', method: 'get', path: '/tokens', tag: 'tokens' },
      summary: 'Named tokens, without their secret text',
      answer: z.array(answers.token),
    },
    ({ context }) => listTokens(context.db),
  )
  api.add(
    {
      ...{ id: 'createToken', method: 'post', path: '/tokens', tag: 'tokens' },
      summary: 'Create a token; only this answer contains it',
      body: tokenFields,
      answer: answers.newToken,
      refusals: [409],
    },
    async ({ context: { db, clock, log } }, { body, actor }) => {
      const issued = await issueToken(db, body, actor, clock.now())
      log.info({ event: 'web.token-created', scopes: issued.scopes })
      return issued
    },
  )
  api.add(
    {
      ...{ id: 'revokeToken', method: 'post', path: '/tokens/{name}/revoke', tag: 'tokens' },
      summary: 'Revoke a token',
      parameters: z.strictObject({ name: z.string().meta({ description: 'Its name' }) }),
      answer: answers.done,
      refusals: [404],
    },
    async ({ context: { db, log } }, { path }) => {
      if (!(await revokeToken(db, path.name))) throw new Refusal('unknown-token')
      log.info({ event: 'web.token-revoked' })
      return { ok: true }
    },
  )
}
