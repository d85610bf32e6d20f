/** Facts that replies were missing, and the sources that they name. */
import type { Disposition, ReplyState, Stage } from '../base/dispositions.ts'
import type { Queryable } from './database.ts'

export interface GapRow {
  id: string
  account: string
  subject: string | null
  fromAddress: string | null
  fromName: string | null
  /** When the mail arrived. */
  arrivedAt: Date
  /** When the model said that something is missing. */
  missedAt: Date
  step: Stage
  disposition: Disposition
  replyState: ReplyState | null
  /** A person has changed or written the reply. */
  edited: boolean
  /** What the reply says is missing, or which asks it leaves unanswered; null if there is none of the model's. */
  missing: string[] | null
  /** The ledger's detail for a mail without a reply. */
  detail: string | null
}

/**
 * Mails for which the model said that something was missing, the latest first. Replies without a gap are left out; a
 * question that only a person may answer is not a gap.
 */
export async function findGaps(
  db: Queryable,
  { account, since, limit }: { account: string | null; since: Date; limit: number },
): Promise<GapRow[]> {
  const { rows } = await db.query<GapRow>(
    `select * from (
       select m.id, m.account, m.subject, m.from_address as "fromAddress", m.from_name as "fromName",
         m.internal_date as "arrivedAt", case when r.latest then r.created_at else e.at end as "missedAt", m.step, m.disposition,
         r.state as "replyState", coalesce(r.text <> r.draft_text or not r.by_model, false) as edited,
         case when r.latest then coalesce(nullif(r.composed->'missing', '[]'), case when r.composed->>'needs_person' = 'true' then '[]'
           else jsonb_path_query_array(r.composed, '$.answers[*] ? (@.answered == false).ask') end) end as missing,
         case when r.latest then null else e.detail end as detail
         from replyd.message m
         left join lateral (select at, detail from replyd.event where message_id = m.id and step = 'compose'
           and detail like '%missing: %' order by id desc limit 1) e on true
         left join lateral (select *, jsonb_typeof(composed) = 'object' as by_model,
           jsonb_typeof(composed) = 'object' and (e.at is null or created_at >= e.at) as latest from replyd.reply where id = m.id) r on true
        where m.internal_date >= $2 and ($1::text is null or m.account = $1)
     ) found where (missing is not null and missing <> '[]') or detail is not null
     order by "arrivedAt" desc, id desc limit $3`,
    [account, since, limit],
  )
  return rows
}

/** Waiting replies of the model, unchanged by a person, whose answers name their sources. */
export async function waitingAnswers(
  db: Queryable,
  account: string,
  limit: number,
): Promise<{ id: string; sources: string[] }[]> {
  const { rows } = await db.query<{ id: string; sources: string[] }>(
    `select r.id, array(select a->>'source' from jsonb_array_elements(r.composed->'answers') a where a->>'source' is not null) as sources
       from replyd.reply r join replyd.message m on m.id = r.id
      where r.account = $1 and r.state in ('held', 'saved') and r.text = r.draft_text and jsonb_typeof(r.composed) = 'object'
      order by r.id desc limit $2`,
    [account, limit],
  )
  return rows
}

/** Waiting replies of the model, unchanged by a person, with a doubtful statement or answer; and their mails' asks. */
export async function doubtedAnswers(
  db: Queryable,
  account: string,
  limit: number,
): Promise<{ id: string; asks: string[] }[]> {
  const { rows } = await db.query<{ id: string; asks: string[] }>(
    `select r.id, array(select a->>'ask' from jsonb_array_elements(r.composed->'answers') a
         union select ask from jsonb_array_elements_text(
           case when jsonb_typeof(m.verdict->'asks') = 'array' then m.verdict->'asks' else '[]' end) ask) as asks
       from replyd.reply r join replyd.message m on m.id = r.id
      where r.account = $1 and r.state in ('held', 'saved') and r.text = r.draft_text and jsonb_typeof(r.composed) = 'object'
        and r.hold_reason ~ '(^| )(missing-facts|not-stated|unsupported-claim|contradicted|ask-unanswered)( |$)'
      order by r.id desc limit $2`,
    [account, limit],
  )
  return rows
}

/** A mail whose draft will be written again. */
export interface RewrittenMail {
  id: string
  subject: string | null
  step: Stage
  edited: boolean
  /** When its reply was written last; null if there is none. */
  writtenAt: Date | null
}

/** In the order of the ids; only those whose reply waits or is being written. */
export async function rewrittenMails(db: Queryable, ids: readonly string[]): Promise<RewrittenMail[]> {
  const { rows } = await db.query<RewrittenMail>(
    `select m.id, m.subject, m.step, coalesce(r.text <> r.draft_text or jsonb_typeof(r.composed) <> 'object', false) as edited,
        r.created_at as "writtenAt"
       from unnest($1::text[]) with ordinality wanted(id, place) join replyd.message m on m.id = wanted.id
       left join replyd.reply r on r.id = m.id
      where m.step <> 'done' or r.state = 'saved' order by place`,
    [ids],
  )
  return rows
}

/** Names and addresses of those who wrote to an account or were answered, the latest first. */
export async function correspondentNames(db: Queryable, account: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select distinct name from (select from_name as name from replyd.message where account = $1 and from_name <> ''
       order by id desc limit $2) latest`,
    [account, limit],
  )
  return rows.map(({ name }) => name)
}

export interface EditedText {
  id: string
  account: string
  subject: string | null
  fromAddress: string | null
  fromName: string | null
  draftText: string
  text: string
  /** What the draft was missing. */
  missing: string[]
  /** What the mail asks. */
  asks: string[]
  /** Who changed it last. */
  actor: string | null
  at: Date
}

/** Replies of the model that a person has changed, sent or waiting, the latest first. */
export async function editedTexts(
  db: Queryable,
  { account, since, limit }: { account: string | null; since: Date; limit: number },
): Promise<EditedText[]> {
  const { rows } = await db.query<EditedText>(
    `select r.id, r.account, m.subject, m.from_address as "fromAddress", m.from_name as "fromName", r.draft_text as "draftText",
        r.text, r.composed->'missing' as missing, jsonb_path_query_array(r.composed, '$.answers[*].ask') as asks, r.actor, coalesce(c.at, r.created_at) as at
       from replyd.reply r join replyd.message m on m.id = r.id
       left join lateral (select at from replyd.reply_change where reply_id = r.id and diff is not null order by at desc limit 1) c on true
      where ($1::text is null or r.account = $1) and r.created_at >= $2 and r.text <> r.draft_text and r.text <> ''
        and r.draft_text <> '' and jsonb_typeof(r.composed) = 'object' and r.state not in ('rejected', 'superseded')
      order by r.created_at desc, r.id desc limit $3`,
    [account, since, limit],
  )
  return rows
}

interface Citation {
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
