import type { Queryable } from './database.ts'

/** Ids of one mail's thread that are kept. */
const mostIds = 100

/** A person was asked for: these ids, the mail's own and those that it names, are no longer answered automatically. */
export async function saveHumanThread(
  db: Queryable,
  mail: { id: string; account: string; ids: readonly string[] },
): Promise<void> {
  await db.query(
    `insert into replyd.human_thread (account, message_id, source)
     select $1, x, $2 from unnest($3::text[]) as x on conflict do nothing`,
    [mail.account, mail.id, mail.ids.slice(-mostIds)],
  )
}

/** Those of these ids whose thread a person was asked for in. */
export async function humanThreadIds(
  db: Queryable,
  account: string,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const { rows } = await db.query<{ id: string }>(
    'select message_id as id from replyd.human_thread where account = $1 and message_id = any($2)',
    [account, ids],
  )
  return new Set(rows.map(({ id }) => id))
}
