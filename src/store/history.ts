import type { Disposition } from '../base/dispositions.ts'
import { batched } from './batched.ts'
import type { Queryable } from './database.ts'
import { storable } from './storable.ts'

/**
 * What the guard's limits need (docs/rules.md, section 7). Reserved slots count, including `sending` and `uncertain`.
 */
export interface AutomaticReply {
  to: string
  at: Date
  messageId: string
  hash: string
}

/** Automatic replies of this account since that moment, newest first; at most 1,000. */
export async function automaticRepliesSince(
  db: Queryable,
  account: string,
  since: Date,
): Promise<AutomaticReply[]> {
  const { rows } = await db.query<AutomaticReply>(
    `select addressee as "to", claimed_at as at, reply_message_id as "messageId", text_hash as hash from replyd.reply
      where account = $1 and kind = 'send' and claimed_at >= $2 order by claimed_at desc limit 1000`,
    [account, since],
  )
  return rows
}

/** Automatic replies among these Message-IDs, whatever their age. */
export async function automaticRepliesTo(
  db: Queryable,
  account: string,
  ids: readonly string[],
): Promise<AutomaticReply[]> {
  if (ids.length === 0) return []
  const { rows } = await db.query<AutomaticReply>(
    `select addressee as "to", claimed_at as at, reply_message_id as "messageId", text_hash as hash from replyd.reply
      where account = $1 and kind = 'send' and claimed_at is not null and reply_message_id = any($2)`,
    [account, ids],
  )
  return rows
}

/** Which of these Message-IDs belong to replies that this account wrote (drafts included). */
export async function ownMessageIds(
  db: Queryable,
  account: string,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const { rows } = await db.query<{ id: string }>(
    'select reply_message_id as id from replyd.reply where account = $1 and reply_message_id = any($2)',
    [account, ids],
  )
  return new Set(rows.map((row) => row.id))
}

/** What other rows say about the Message-ID of a mail. */
export interface UnderSameId {
  /** The same mail was answered, by replyd or by the owner; its own row counts, too. */
  answered: boolean
  /** Another mail has the same id. */
  reused: boolean
}

/** Results for these rows, by id; rows whose Message-ID is unique and unanswered may be absent. */
export async function underSameIds(
  db: Queryable,
  account: string,
  ids: readonly string[],
): Promise<Map<string, UnderSameId>> {
  if (ids.length === 0) return new Map()
  const { rows } = await db.query<UnderSameId & { id: string }>(
    `select m.id, bool_or(m.header_hash is not distinct from o.header_hash
              and o.disposition in ('sent', 'sent-by-owner', 'superseded', 'uncertain')) as answered,
            bool_or(m.header_hash <> o.header_hash) as reused
       from replyd.message m join replyd.message o on o.account = m.account and o.message_id = m.message_id
      where m.account = $1 and m.id = any($2) group by m.id`,
    [account, ids],
  )
  return new Map(rows.map(({ id, answered, reused }) => [id, { answered, reused: reused === true }]))
}

/** Unsent drafts and held replies for each of these addressees. */
export async function openDrafts(
  db: Queryable,
  account: string,
  addressees: readonly string[],
): Promise<Map<string, number>> {
  if (addressees.length === 0) return new Map()
  const { rows } = await db.query<{ addressee: string; n: number }>(
    `select addressee, count(*)::int as n from replyd.reply
      where account = $1 and addressee = any($2) and state in ('composed', 'held', 'saving', 'saved') group by addressee`,
    [account, addressees],
  )
  return new Map(rows.map((row) => [row.addressee, row.n]))
}

/**
 * A thread's known participants: the From addresses of the mails stored under these Message-IDs, and of the replies.
 * Of several mails under one id the first counts: a later one may claim the id to get into the thread.
 */
export async function threadParticipants(
  db: Queryable,
  account: string,
  ids: readonly string[],
): Promise<string[] | null> {
  if (ids.length === 0) return null
  const { rows } = await db.query<{ address: string }>(
    `select from_address as address from (select distinct on (message_id) from_address from replyd.message
        where account = $1 and message_id = any($2) order by message_id, id) first where from_address is not null
     union select jsonb_array_elements_text(addressees) from replyd.reply where account = $1 and reply_message_id = any($2)
     union select reverse_path from replyd.reply where account = $1 and reply_message_id = any($2)`,
    [account, ids],
  )
  return rows.length === 0 ? null : rows.map((row) => row.address)
}

interface EarlierQuestion {
  account: string
  address: string
  beforeId: string
}

async function countEarlier(db: Queryable, questions: readonly EarlierQuestion[]): Promise<number[]> {
  const { rows } = await db.query<{ n: number }>(
    `select (select count(*)::int from (select 1 from replyd.message m where m.account = q.account and m.from_address = q.address
         and m.id < q."beforeId" and m.disposition not in ('filed', 'marked', 'pending') limit 100) as known) as n
       from jsonb_array_elements($1::jsonb) with ordinality as one (value, at)
       cross join jsonb_to_record(one.value) as q (account text, address text, "beforeId" text) order by one.at`,
    [storable(questions)],
  )
  return rows.map(({ n }) => n)
}

const earlierOf = batched(countEarlier)

/** Number of earlier mails from this sender, without spam; 0 means a first contact. */
export function earlierMails(
  db: Queryable,
  account: string,
  address: string,
  beforeId: string,
): Promise<number> {
  return earlierOf(db, { account, address, beforeId })
}

interface WrittenQuestion {
  account: string
  addressee: string
  exceptId: string
}

async function findWritten(db: Queryable, questions: readonly WrittenQuestion[]): Promise<boolean[]> {
  const { rows } = await db.query<{ known: boolean }>(
    `select exists (select 1 from replyd.reply r where r.account = q.account and r.addressee = q.addressee
         and r.id <> q."exceptId" and r.state = 'sent')
         or exists (select 1 from replyd.correspondent c where c.account = q.account and c.address = lower(q.addressee)) as known
       from jsonb_array_elements($1::jsonb) with ordinality as one (value, at)
       cross join jsonb_to_record(one.value) as q (account text, addressee text, "exceptId" text) order by one.at`,
    [storable(questions)],
  )
  return rows.map(({ known }) => known)
}

const writtenOf = batched(findWritten)

/**
 * Whether replyd or, according to \\Sent, the owner has written to this address before: then the correspondence is
 * known.
 */
export function writtenTo(
  db: Queryable,
  account: string,
  addressee: string,
  exceptId: string,
): Promise<boolean> {
  return writtenOf(db, { account, addressee, exceptId })
}

export interface EarlierMail {
  id: string
  subject: string | null
  internalDate: Date
  disposition: Disposition
}

/** The other mails of this sender: the latest of them, and how many there are (at most 1,000 are counted). */
export async function mailsOfSender(
  db: Queryable,
  { account, address, exceptId }: { account: string; address: string; exceptId: string },
  limit: number,
): Promise<{ latest: EarlierMail[]; count: number }> {
  const { rows } = await db.query<EarlierMail & { count: number }>(
    `select id, subject, internal_date as "internalDate", disposition, count(*) over ()::int as count
       from (select * from replyd.message where account = $1 and from_address = $2 and id <> $3 and disposition <> 'duplicate'
         order by id desc limit 1000) as known order by internal_date desc, id desc limit $4`,
    [account, address, exceptId, limit],
  )
  return { latest: rows.map(({ count: _count, ...mail }) => mail), count: rows[0]?.count ?? 0 }
}
