/** The sources that the writer named for its answers. */
import type { Queryable } from './database.ts'

export interface Citation {
  /** Id of the reply. */
  id: string
  at: Date
  /** Labels as the writer wrote them; one may name several sources. */
  sources: string[]
}

/** Replies that name a source, newest first. */
export async function citations(
  db: Queryable,
  account: string,
  since: Date,
  limit: number,
): Promise<Citation[]> {
  const { rows } = await db.query<Citation>(
    `select r.id, r.created_at as at, array_agg(a->>'source') as sources
       from replyd.reply r cross join lateral jsonb_array_elements(
         case when jsonb_typeof(r.composed->'answers') = 'array' then r.composed->'answers' else '[]' end) a
      where r.account = $1 and r.created_at >= $2 and a->>'source' is not null
      group by r.id, r.created_at order by r.created_at desc limit $3`,
    [account, since, limit],
  )
  return rows
}
