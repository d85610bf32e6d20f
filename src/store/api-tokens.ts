/** The API's named tokens, as hashes. */
import { hashOfSecret } from '../base/secret.ts'
import type { Queryable } from './queryable.ts'

/** What a token may do. `admin` includes the others. */
export const tokenScopes = ['read', 'decide', 'metrics', 'admin'] as const
export type TokenScope = (typeof tokenScopes)[number]

export interface ApiToken {
  name: string
  scopes: TokenScope[]
  createdAt: Date
  createdBy: string
  /** To the minute; null: never. */
  usedAt: Date | null
}

const columns = 'name, scopes, created_at as "createdAt", created_by as "createdBy", used_at as "usedAt"'
const minuteMs = 60_000

/** @returns false when there is one of that name */
export async function createToken(
  db: Queryable,
  token: Pick<ApiToken, 'name' | 'scopes' | 'createdBy'> & { secret: string },
  now: Date,
): Promise<boolean> {
  const { rows } = await db.query(
    `insert into replyd.api_token (name, hash, scopes, created_at, created_by)
     values ($1, $2, $3, $4, $5) on conflict (name) do nothing returning name`,
    [token.name, hashOfSecret(token.secret), JSON.stringify(token.scopes), now, token.createdBy],
  )
  return rows.length === 1
}

export async function listTokens(db: Queryable): Promise<ApiToken[]> {
  const { rows } = await db.query<ApiToken>(`select ${columns} from replyd.api_token order by name`)
  return rows
}

/** @returns false when there is none of that name */
export async function revokeToken(db: Queryable, name: string): Promise<boolean> {
  const { rows } = await db.query('delete from replyd.api_token where name = $1 returning name', [name])
  return rows.length === 1
}

/** The token with that secret, marked as used; null when there is none. */
export async function useToken(db: Queryable, secret: string, now: Date): Promise<ApiToken | null> {
  const { rows } = await db.query<ApiToken>(`select ${columns} from replyd.api_token where hash = $1`, [
    hashOfSecret(secret),
  ])
  const token = rows[0]
  if (token === undefined) return null
  if (token.usedAt === null || token.usedAt.getTime() < now.getTime() - minuteMs)
    await db.query('update replyd.api_token set used_at = $2 where name = $1', [token.name, now])
  return token
}
