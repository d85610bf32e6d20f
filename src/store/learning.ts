/** What the owner made of earlier replies: for the writer of the next one. */
import type { Queryable } from './database.ts'
import { storable } from './storable.ts'

export interface EditedRow {
  draftText: string
  text: string
  addressees: string[]
  fromName: string | null
}

/** Replies of this category that went out otherwise than the model wrote them; newest first. */
export async function editedReplies(
  db: Queryable,
  account: string,
  category: string,
  since: Date,
  limit: number,
): Promise<EditedRow[]> {
  const { rows } = await db.query<EditedRow>(
    `select r.draft_text as "draftText", r.text, r.addressees, m.from_name as "fromName"
       from replyd.reply r join replyd.message m on m.id = r.id
      where r.account = $1 and m.verdict->>'category' = $2 and r.state = 'sent' and r.finished_at >= $3
        and r.text <> r.draft_text and r.text <> '' and r.draft_text <> '' and jsonb_typeof(r.composed) = 'object'
      order by r.finished_at desc limit $4`,
    [account, category, since, limit],
  )
  return rows
}

export interface EarlierReply {
  text: string
  at: Date
}

/** The latest replies that all of these addresses really got, other than those of these Message-IDs; newest first. */
export async function repliesSentTo(
  db: Queryable,
  account: string,
  addressees: readonly string[],
  wanted: { since: Date; without: readonly string[]; limit: number },
): Promise<EarlierReply[]> {
  const { rows } = await db.query<EarlierReply>(
    `select text, finished_at as at from replyd.reply
      where account = $1 and addressee = any($2) and addressees @> $6 and state = 'sent' and finished_at >= $3 and text <> ''
        and reply_message_id <> all($4) order by finished_at desc limit $5`,
    [account, addressees, wanted.since, wanted.without, wanted.limit, storable(addressees)],
  )
  return rows
}

/** Ids of the rows that the mailbox's own threading (Gmail, RFC 8474) puts beside this one; latest first. */
export async function threadMates(db: Queryable, id: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string; threadId: string }>(
    `select mate.id from replyd.message own join replyd.message mate on mate.account = own.account and mate.thread_id = own.thread_id
      where own.id = $1 and mate.id <> own.id and mate.internal_date <= own.internal_date and mate.disposition <> 'duplicate'
      order by mate.internal_date desc limit $2`,
    [id, limit],
  )
  return rows.map((row) => row.id)
}
