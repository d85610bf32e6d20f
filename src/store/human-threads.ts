import type { Queryable } from './database.ts'

/** Maximum number of stored ids of one mail's thread. */
const mostIds = 100

/**
 * The sender asked for a person: these ids, the mail's own and those it names, are no longer answered automatically. Only
 * ids of mails and replies that exist: a sender may name any others.
 */
export async function saveHumanThread(
  db: Queryable,
  mail: { id: string; account: string; ids: readonly string[] },
): Promise<void> {
  await db.query(
    `insert into replyd.human_thread (account, message_id, source)
     select $1, x, $2 from unnest($3::text[]) as x
      where exists (select 1 from replyd.message m where m.account = $1 and m.message_id = x)
         or exists (select 1 from replyd.reply r where r.account = $1 and r.reply_message_id = x)
     on conflict do nothing`,
    [mail.account, mail.id, mail.ids.slice(-mostIds)],
  )
}
