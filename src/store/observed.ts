/** What the observer of the owner's mailboxes asks for and writes down. */
import type { Queryable } from './database.ts'
import { type MessageRow, messageColumns } from './messages.ts'

/** Ids of replies whose draft stands in the mailbox, as far as replyd knows; newest first. */
export async function savedReplyIds(db: Queryable, account: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select r.id from replyd.reply r join replyd.message m on m.id = r.id
      where r.account = $1 and r.state = 'saved' and m.step = 'done' order by r.id desc limit $2`,
    [account, limit],
  )
  return rows.map(({ id }) => id)
}

/** Mails that were filed or marked as spam since then; newest first. */
export async function filedSince(
  db: Queryable,
  account: string,
  since: Date,
  limit: number,
): Promise<MessageRow[]> {
  const { rows } = await db.query<MessageRow>(
    `select ${messageColumns} from replyd.message m where account = $1 and disposition in ('filed', 'marked')
      and ingested_at >= $2 and step = 'done' order by id desc limit $3`,
    [account, since, limit],
  )
  return rows
}

/** The owner may have written to somebody else than replyd did. */
export async function setAddressee(db: Queryable, id: string, addressee: string): Promise<void> {
  await db.query('update replyd.reply set addressee = $2 where id = $1', [id, addressee])
}
