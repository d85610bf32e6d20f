import type { Disposition, Stage, Step } from '../base/dispositions.ts'
import type { GuardCode, Reason } from '../base/reasons.ts'
import type { StoredVerdict } from '../base/verdicts.ts'
import { batched } from './batched.ts'
import type { Queryable } from './database.ts'
import { storableText } from './storable.ts'

/** The ledger row of one mail: kept forever, without the mail's text. */
export interface MessageRow {
  id: string
  account: string
  mailbox: string
  uidValidity: string
  uid: number
  /** The Message-ID field's id with brackets; null if there is none. */
  messageId: string | null
  /** The mailbox's own thread id (X-GM-THRID, RFC 8474); null if it has none. */
  threadId: string | null
  size: number
  internalDate: Date
  flags: string[]
  fromAddress: string | null
  fromName: string | null
  subject: string | null
  ingestedAt: Date
  step: Stage
  disposition: Disposition
  reason: Reason
  codes: GuardCode[]
  detail: string | null
  /** A person's wish for the rewrite; empty if unspecific, null if nobody asked. */
  instruction: string | null
  /** The guard's result, once it has run. */
  ceiling: 'never' | 'draft' | 'may' | null
  /** Triage's verdict, once it has run. */
  verdict: StoredVerdict | null
  attempts: number
  firstErrorAt: Date | null
  /** Why the step was last postponed: a failure, or what it waits for. */
  lastError: string | null
  dueAt: Date
  junkMailbox: string | null
  junkUidValidity: string | null
  junkUid: number | null
  /** Names this version of the row: changes with each write. Empty for a row that was not read from the store. */
  version: string
}

/** Whether its Message-ID identifies only this mail: then the owner's actions under that id apply to it. */
export function isNamedAlone<Row extends Pick<MessageRow, 'messageId' | 'codes'>>(
  row: Row,
): row is Row & { messageId: string } {
  return row.messageId !== null && !row.codes.includes('reused-message-id')
}

export const messageColumns = `m.id, m.account, m.mailbox, m.uid_validity as "uidValidity", m.uid::float8 as uid,
  m.message_id as "messageId", m.thread_id as "threadId", m.size::float8 as size, m.internal_date as "internalDate", m.flags,
  m.from_address as "fromAddress", m.from_name as "fromName", m.subject, m.ingested_at as "ingestedAt", m.step,
  m.disposition, m.reason, m.codes, m.detail, m.instruction, m.ceiling, m.verdict, m.attempts, m.first_error_at as "firstErrorAt",
  m.last_error as "lastError", m.due_at as "dueAt", m.junk_mailbox as "junkMailbox",
  m.junk_uid_validity as "junkUidValidity", m.junk_uid::float8 as "junkUid", m.xmin::text as version`

export async function loadMessage(db: Queryable, id: string): Promise<MessageRow | null> {
  const { rows } = await db.query<MessageRow>(
    `select ${messageColumns} from replyd.message m where m.id = $1`,
    [id],
  )
  return rows[0] ?? null
}

/** As loadMessage, several at once. */
export const loadMessageBatched = batched<string, MessageRow | null>(async (db, ids) => {
  const { rows } = await db.query<MessageRow>(
    `select ${messageColumns} from replyd.message m where m.id = any($1)`,
    [ids],
  )
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => byId.get(id) ?? null)
})

/**
 * Postpones the same step; disposition and reason stay. `why` is a failure, or what is waited for (a budget, an undo
 * window), which counts no attempt. `first_error_at` moves on by the time in which nothing was tried: such a wait, and
 * the delay of a step that ran later than it was due.
 */
export async function postponeStep(
  db: Queryable,
  postponed: { id: string; step: Step; dueAt: Date; why: string; failed: boolean },
  now: Date,
): Promise<void> {
  await db.query(
    `update replyd.message set due_at = $3, last_error = $4, updated_at = $5, attempts = attempts + case when $6 then 1 else 0 end,
       first_error_at = case when $6 then coalesce(first_error_at + greatest($5::timestamptz - due_at, interval '0'), $5)
         else first_error_at + least(greatest($5::timestamptz - due_at, interval '0') + ($3::timestamptz - $5::timestamptz),
           $3::timestamptz - first_error_at) end
      where id = $1 and step = $2`,
    [postponed.id, postponed.step, postponed.dueAt, storableText(postponed.why), now, postponed.failed],
  )
}

type Due = Pick<MessageRow, 'id' | 'dueAt'> & { step: Step }

/** Rows whose next step is due, oldest due first. */
export async function findDue(
  db: Queryable,
  now: Date,
  limit: number,
  accounts: readonly string[] | null = null,
): Promise<Due[]> {
  const { rows } = await db.query<Due>(
    `select id, step, due_at as "dueAt" from replyd.message where step not in ('review', 'done') and due_at <= $1
        and ($3::text[] is null or account = any($3)) order by due_at, id limit $2`,
    [now, limit, accounts],
  )
  return rows
}

/**
 * Makes rows due that were written later than `ahead`: the clock has been set back since, and they would otherwise
 * wait until it catches up.
 */
export async function recallFromAhead(
  db: Queryable,
  now: Date,
  ahead: Date,
  accounts: readonly string[] | null = null,
): Promise<Due[]> {
  const { rows } = await db.query<Due>(
    `update replyd.message set due_at = $1, updated_at = $1 where step not in ('review', 'done') and updated_at > $2
        and ($3::text[] is null or account = any($3)) returning id, step, due_at as "dueAt"`,
    [now, ahead, accounts],
  )
  return rows
}

/** How many rows have a step that could run now. @param accounts null: all */
export async function countDue(
  db: Queryable,
  now: Date,
  accounts: readonly string[] | null = null,
): Promise<number> {
  const sql = `select count(*)::int as n from replyd.message where step not in ('review', 'done') and due_at <= $1
    and ($2::text[] is null or account = any($2))`
  const { rows } = await db.query<{ n: number }>(sql, [now, accounts])
  return rows[0]?.n ?? 0
}

/** Rows of an account with one of these Message-IDs. */
export async function findByMessageIds(
  db: Queryable,
  account: string,
  messageIds: readonly string[],
): Promise<
  Pick<
    MessageRow,
    'id' | 'messageId' | 'mailbox' | 'uidValidity' | 'uid' | 'size' | 'disposition' | 'fromAddress'
  >[]
> {
  if (messageIds.length === 0) return []
  const { rows } = await db.query<MessageRow>(
    `select id, message_id as "messageId", mailbox, uid_validity as "uidValidity", uid::float8 as uid, size::float8 as size,
       disposition, from_address as "fromAddress"
       from replyd.message where account = $1 and message_id = any($2) order by id`,
    [account, messageIds],
  )
  return rows
}

export type KnownMail = Pick<
  MessageRow,
  'id' | 'messageId' | 'mailbox' | 'uidValidity' | 'size' | 'fromAddress' | 'ceiling' | 'step' | 'disposition'
> & {
  /** See NewMessage; null in rows of earlier versions. */
  digest: string | null
}

/**
 * Rows of an account with one of these Message-IDs, or without one and with one of these header digests; oldest
 * first.
 */
export async function findKnownMails(
  db: Queryable,
  account: string,
  messageIds: readonly string[],
  headerDigests: readonly string[],
): Promise<KnownMail[]> {
  const { rows } = await db.query<KnownMail>(
    `select id, message_id as "messageId", header_hash as digest, mailbox, uid_validity as "uidValidity",
       size::float8 as size, from_address as "fromAddress", ceiling, step, disposition from replyd.message
      where account = $1 and (message_id = any($2) or (message_id is null and header_hash = any($3))) order by id`,
    [account, messageIds, headerDigests],
  )
  return rows
}

/**
 * The copies to judge because these mails are refused: the oldest copy of each mail by another route, unless a further
 * copy has already been judged or answered. A copy of another size is not just the refused mail itself, moved.
 */
export async function copiesToJudge(db: Queryable, refused: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select distinct on (r.id) c.id from replyd.message r join replyd.message c
         on c.account = r.account and c.message_id = r.message_id and c.header_hash = r.header_hash
      where r.id = any($1) and c.disposition = 'duplicate' and c.size <> r.size
        and not exists (select 1 from replyd.message o
          where o.account = r.account and o.message_id = r.message_id and o.header_hash = r.header_hash
            and o.id <> all($1) and o.disposition not in ('duplicate', 'filed', 'marked')
            and o.step <> 'file' and o.ceiling is distinct from 'never')
      order by r.id, c.id`,
    [refused],
  )
  return [...new Set(rows.map(({ id }) => id))]
}

/** Records a mail's new place: after a UIDVALIDITY change, or when replyd or a person moved it. */
export async function relocateMessage(
  db: Queryable,
  id: string,
  place: { mailbox: string; uidValidity: string; uid: number },
): Promise<void> {
  await db.query('update replyd.message set mailbox = $2, uid_validity = $3, uid = $4 where id = $1', [
    id,
    place.mailbox,
    place.uidValidity,
    place.uid,
  ])
}

/** Where a filed mail went; null UID if the server didn't say. */
export async function noteJunkPlace(
  db: Queryable,
  id: string,
  place: { mailbox: string; uidValidity: string | null; uid: number | null },
): Promise<void> {
  await db.query(
    'update replyd.message set junk_mailbox = $2, junk_uid_validity = $3, junk_uid = $4 where id = $1',
    [id, place.mailbox, place.uidValidity, place.uid],
  )
}
