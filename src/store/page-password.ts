/** The password of the page, where the configuration names none. */
import type { Queryable } from './queryable.ts'

/** Its hash; null: none was set on the page. */
export async function loadPagePassword(db: Queryable): Promise<string | null> {
  const { rows } = await db.query<{ hash: string }>('select hash from replyd.page_password')
  return rows[0]?.hash ?? null
}

/**
 * @param follows the hash that it takes the place of; null for the first
 * @returns false when somebody else was faster
 */
export async function savePagePassword(
  db: Queryable,
  { hash, follows, actor, at }: { hash: string; follows: string | null; actor: string; at: Date },
): Promise<boolean> {
  const { rows } =
    follows === null
      ? await db.query(
          `insert into replyd.page_password (hash, set_by, set_at) values ($1, $2, $3)
           on conflict do nothing returning single`,
          [hash, actor, at],
        )
      : await db.query(
          'update replyd.page_password set hash = $1, set_by = $2, set_at = $3 where hash = $4 returning single',
          [hash, actor, at, follows],
        )
  return rows.length === 1
}
