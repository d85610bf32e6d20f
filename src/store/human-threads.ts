import type { Queryable } from './database.ts'

/** Maximum number of stored ids of one mail's thread. */
const mostIds = 100

/**
 * The sender asked for a person: these ids, the mail's own and those it names, are no longer answered automatically. Only
 * ids of the sender's own mails, and of replies, with the mails that they answer: a reply's id is keyed, so a person who knows it has
 * the reply. The ids of other people's mails end nothing, because they may be known to third parties.
 * @param mail.authors addresses of its From
 */
export async function saveHumanThread(
  db: Queryable,
  mail: { id: string; account: string; authors: readonly string[]; ids: readonly string[] },
): Promise<void> {
  await db.query(
    `with named as (select unnest($3::text[]) as id),
       answers as (select r.id, r.reply_message_id from replyd.reply r join named on named.id = r.reply_message_id
         where r.account = $1)
     insert into replyd.human_thread (account, message_id, source)
     select $1, found.id, $2 from (
       select reply_message_id as id from answers
       union select m.message_id from replyd.message m join named on named.id = m.message_id
         where m.account = $1 and (m.from_address = any($4) or m.id in (select id from answers))) as found
     on conflict do nothing`,
    [mail.account, mail.id, mail.ids.slice(-mostIds), mail.authors],
  )
}
