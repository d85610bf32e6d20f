/** How the owner changed earlier replies, for the writer of the next one. */

import { batched } from './batched.ts'
import type { Queryable } from './database.ts'
import { storable } from './storable.ts'

interface EditedRow {
  draftText: string
  text: string
  addressees: string[]
  fromName: string | null
  /** What `lookups` found for it. */
  lookedUp: string[]
}

/** Replies of this category that were sent in a different form from what the model wrote; newest first. */
export function editedReplies(
  db: Queryable,
  account: string,
  category: string,
  since: Date,
  limit: number,
): Promise<EditedRow[]> {
  return editedOf(db, { account, category, since, limit })
}

interface EditedQuestion {
  account: string
  category: string
  since: Date
  limit: number
}

/** Mails of one category that are answered at the same time learn from the same replies. */
const editedOf = batched<EditedQuestion, EditedRow[]>(async (db, questions) => {
  const known = new Map<string, EditedRow[]>()
  for (const question of questions) {
    const key = JSON.stringify([question.account, question.category])
    if (!known.has(key)) known.set(key, await findEdited(db, question))
  }
  return questions.map(({ account, category }) => known.get(JSON.stringify([account, category])) ?? [])
})

async function findEdited(
  db: Queryable,
  { account, category, since, limit }: EditedQuestion,
): Promise<EditedRow[]> {
  const { rows } = await db.query<EditedRow>(
    `select ${editedColumns} ${editedSince} and m.verdict->>'category' = $4 order by r.finished_at desc limit $3`,
    [account, since, limit, category],
  )
  return rows
}

const editedColumns = `r.draft_text as "draftText", r.text, r.addressees, m.from_name as "fromName",
  array(select s->>'text' from jsonb_array_elements(r.sources) s where s ? 'lookup') as "lookedUp"`
/** Corrections that a person took back are ignored. */
const editedSince = `from replyd.reply r join replyd.message m on m.id = r.id
  where r.account = $1 and r.state = 'sent' and r.finished_at >= $2 and r.text <> r.draft_text and r.text <> ''
    and r.draft_text <> '' and jsonb_typeof(r.composed) = 'object' and not exists (
      select from replyd.unlearned u where u.account = r.account and u.lesson = 'reply ' || r.id)`

interface LessonRow extends EditedRow {
  /** Of the reply and its mail. */
  id: string
  category: string
  subject: string | null
  at: Date
}

/** Replies of every category, as `editedReplies`. */
export async function editedLately(
  db: Queryable,
  account: string,
  since: Date,
  limit: number,
): Promise<LessonRow[]> {
  const { rows } = await db.query<LessonRow>(
    `select r.id, coalesce(m.verdict->>'category', 'other') as category, m.subject, r.finished_at as at, ${editedColumns}
       ${editedSince} order by r.finished_at desc limit $3`,
    [account, since, limit],
  )
  return rows
}

interface EarlierReply {
  text: string
  at: Date
}

/**
 * The latest replies that all of these addresses actually received, except those to these Message-IDs; newest first.
 */
export function repliesSentTo(
  db: Queryable,
  account: string,
  addressees: readonly string[],
  wanted: { since: Date; without: readonly string[]; limit: number },
): Promise<EarlierReply[]> {
  return sentOf(db, { account, addressees, ...wanted })
}

interface SentQuestion {
  account: string
  addressees: readonly string[]
  since: Date
  without: readonly string[]
  limit: number
}

const sentOf = batched<SentQuestion, EarlierReply[]>(async (db, questions) => {
  const { rows } = await db.query<EarlierReply & { number: number }>(
    `select one.number::int as number, found.text, found.at
       from jsonb_array_elements($1::jsonb) with ordinality as one (value, number)
       cross join jsonb_to_record(one.value) as q (account text, addressees jsonb, since timestamptz, without text[], "limit" integer)
       cross join lateral (
         select r.text, r.finished_at as at from replyd.reply r
          where r.account = q.account and r.addressee in (select jsonb_array_elements_text(q.addressees))
            and r.addressees @> q.addressees and r.state = 'sent' and r.finished_at >= q.since and r.text <> ''
            and r.reply_message_id <> all(q.without) order by r.finished_at desc limit q."limit"
       ) as found order by one.number, found.at desc`,
    [storable(questions)],
  )
  return questions.map((_, at) =>
    rows.filter(({ number }) => number === at + 1).map(({ number: _number, ...reply }) => reply),
  )
})

/** Ids of the rows in the same thread according to the mailbox's own threading (Gmail, RFC 8474); latest first. */
export function threadMates(db: Queryable, id: string, limit: number): Promise<string[]> {
  return matesOf(db, { id, limit })
}

const matesOf = batched<{ id: string; limit: number }, string[]>(async (db, questions) => {
  const ids = questions.map(({ id }) => id)
  const { rows } = await db.query<{ ownId: string; id: string }>(
    `select own.id as "ownId", mate.id from replyd.message own
       cross join lateral (
         select other.id, other.internal_date from replyd.message other
          where other.account = own.account and other.thread_id = own.thread_id and other.id <> own.id
            and other.internal_date <= own.internal_date and other.disposition <> 'duplicate'
          order by other.internal_date desc limit $2
       ) as mate where own.id = any($1) order by mate.internal_date desc`,
    [ids, Math.max(...questions.map(({ limit }) => limit))],
  )
  return questions.map(({ id, limit }) =>
    rows
      .filter(({ ownId }) => ownId === id)
      .slice(0, limit)
      .map((row) => row.id),
  )
})
