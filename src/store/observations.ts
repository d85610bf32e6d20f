/** Queries and updates of the observer of the owner's mailboxes. */
import type { Queryable } from './database.ts'
import { type MessageRow, messageColumns } from './messages.ts'

/**
 * Ids of replies whose draft is in the mailbox, as far as replyd knows, including those that wait for a person;
 * newest first.
 */
export async function savedReplyIds(db: Queryable, account: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select r.id from replyd.reply r join replyd.message m on m.id = r.id
      where r.account = $1 and ((r.state = 'saved' and m.step = 'done')
          or (r.state = 'held' and m.step = 'review' and r.saved_mailbox is not null)) order by r.id desc limit $2`,
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

/** Whether there are mails under way or waiting for a person, saved drafts, or spam that was filed since then. */
export async function isWatched(db: Queryable, account: string, since: Date): Promise<boolean> {
  const { rows } = await db.query<{ watched: boolean }>(
    `select exists (select 1 from replyd.message where account = $1 and step = 'review')
       or exists (select 1 from replyd.message where account = $1 and step not in ('review', 'done'))
       or exists (select 1 from replyd.reply where account = $1 and state = 'saved')
       or exists (select 1 from replyd.message where account = $1 and disposition in ('filed', 'marked')
         and ingested_at >= $2 and step = 'done') as watched`,
    [account, since],
  )
  return rows[0]?.watched ?? true
}

/** UIDs of other mails with its Message-ID that were in that mailbox before it was filed. */
export async function copiesBeforeFiling(
  db: Queryable,
  { id, account, messageId }: Pick<MessageRow, 'id' | 'account' | 'messageId'>,
  { mailbox, uidValidity }: Pick<MessageRow, 'mailbox' | 'uidValidity'>,
): Promise<number[]> {
  const { rows } = await db.query<{ uid: number }>(
    `select m.uid::float8 as uid from replyd.message m
      where m.account = $1 and m.message_id = $2 and m.mailbox = $3 and m.uid_validity = $4 and m.id <> $5
        and m.ingested_at <= (select max(at) from replyd.event where message_id = $5 and disposition = 'filed')`,
    [account, messageId, mailbox, uidValidity, id],
  )
  return rows.map(({ uid }) => uid)
}

/** Ids of mails that wait for a person, without a draft in the mailbox; newest first. */
export async function waitingIds(db: Queryable, account: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select m.id from replyd.message m left join replyd.reply r on r.id = m.id
      where m.account = $1 and m.step = 'review' and (m.disposition = 'uncertain' or r.saved_mailbox is null)
      order by m.id desc limit $2`,
    [account, limit],
  )
  return rows.map(({ id }) => id)
}

/** Mails that arrived since then, are still in their original mailbox and are not spam, by UID; newest first. */
export async function inMailboxSince(
  db: Queryable,
  place: { account: string; mailbox: string; uidValidity: string },
  since: Date,
  limit: number,
): Promise<{ id: string; uid: number }[]> {
  const { rows } = await db.query<{ id: string; uid: number }>(
    `select id, uid::float8 as uid from replyd.message
      where account = $1 and mailbox = $2 and uid_validity = $3 and ingested_at >= $4
        and step in ('review', 'done') and disposition not in ('filed', 'marked', 'duplicate')
      order by id desc limit $5`,
    [place.account, place.mailbox, place.uidValidity, since, limit],
  )
  return rows
}
