/** Stores mails that were just read: rows, bodies and how far the mailbox was read, in one statement. */
import type { MailBody, StoredMail } from './bodies.ts'
import type { Queryable } from './database.ts'
import type { MessageRow } from './messages.ts'
import { storable } from './storable.ts'

export type NewMessage = Pick<
  MessageRow,
  | 'id'
  | 'account'
  | 'mailbox'
  | 'uidValidity'
  | 'uid'
  | 'messageId'
  | 'threadId'
  | 'size'
  | 'flags'
  | 'fromAddress'
  | 'fromName'
  | 'subject'
  | 'step'
  | 'disposition'
  | 'reason'
> & {
  internalDate: Date
  emailId: string | null
  /** Digest of the mail's contents (`mailDigest`), or of its header block if it has no Message-ID. */
  digest?: string | null
  /** The guard's codes, if it has already judged: `step` is then the one that follows. */
  codes?: MessageRow['codes']
  ceiling?: MessageRow['ceiling']
}

/** A mail that is about to be stored. */
export interface NewMail extends StoredMail {
  /** See NewMessage. */
  digest: string | null
}

/** The fields of a row that the guard sets. */
export type Guarded = Pick<MessageRow, 'step' | 'disposition' | 'reason' | 'codes' | 'ceiling'>

export interface Ingested {
  messages: readonly NewMessage[]
  bodies?: readonly MailBody[]
  /** Moves forward, never back. */
  cursor?: { account: string; mailbox: string; uidValidity: string; lastUid: number } | null
  /** The lease that allows storing this. */
  lease?: { name: string; fence: number } | null
}

/**
 * The row as storeIngested inserts it.
 * @param version of MessageRow; empty for a row that is not stored yet
 */
export function newRow(message: NewMessage, now: Date, version = ''): MessageRow {
  // Written out, because copying all but some properties of an object costs many times as much.
  return {
    id: message.id,
    account: message.account,
    mailbox: message.mailbox,
    uidValidity: message.uidValidity,
    uid: message.uid,
    messageId: message.messageId,
    threadId: message.threadId,
    size: message.size,
    internalDate: message.internalDate,
    flags: message.flags,
    fromAddress: message.fromAddress,
    fromName: message.fromName,
    subject: message.subject,
    step: message.step,
    disposition: message.disposition,
    reason: message.reason,
    ingestedAt: now,
    codes: message.codes ?? [],
    detail: null,
    instruction: null,
    ceiling: message.ceiling ?? null,
    verdict: null,
    attempts: 0,
    firstErrorAt: null,
    lastError: null,
    dueAt: now,
    junkMailbox: null,
    junkUidValidity: null,
    junkUid: null,
    version,
  }
}

/**
 * All or nothing. The lease's row is locked, so that a process taking it over waits and then sees these rows. A
 * foreign key is checked at the end of the statement, so a body may be inserted with its row.
 */
const statement = `
with lease as materialized (
  select 1 from replyd.lease where name = $3 and fence = $4 for share
), held as materialized (
  select 1 where $3::text is null or exists (select 1 from lease)
), given as materialized (
  select * from jsonb_to_recordset($1::jsonb) as x (id text, account text, mailbox text, "uidValidity" text, uid bigint,
    "messageId" text, "emailId" text, "threadId" text, size bigint, "internalDate" timestamptz, flags jsonb,
    "fromAddress" text, "fromName" text, subject text, step text, disposition text, reason text, digest text, codes jsonb, ceiling text)
), added as (
  insert into replyd.message (id, account, mailbox, uid_validity, uid, message_id, email_id, thread_id, size, internal_date,
    flags, from_address, from_name, subject, ingested_at, step, disposition, reason, due_at, updated_at, header_hash,
    codes, ceiling)
  select x.id, x.account, x.mailbox, x."uidValidity", x.uid, x."messageId", x."emailId", x."threadId", x.size, x."internalDate",
    x.flags, x."fromAddress", x."fromName", x.subject, $2, x.step, x.disposition, x.reason, $2, $2, x.digest,
    coalesce(x.codes, '[]'), x.ceiling
    from held, given x
  on conflict (account, mailbox, uid_validity, uid) do nothing
  returning id, xmin::text as version
), guarded as (
  insert into replyd.event (message_id, at, step, disposition, reason, actor)
  select x.id, $2, 'guard', x.disposition, x.reason, 'replyd' from added join given x using (id) where x.ceiling is not null
), written as (
  insert into replyd.body (id, header, structure, text, html, hidden_text, faults)
  select x.id, decode(x.header, 'base64'), x.structure, x.text, x.html, x."hiddenText", x.faults
    from added join jsonb_to_recordset($5::jsonb) as x (id text, header text, structure jsonb, text text, html text,
      "hiddenText" boolean, faults jsonb) using (id)
), moved as (
  update replyd.cursor c set last_uid = greatest(c.last_uid, $9::bigint), updated_at = $2
    from held where c.account = $6 and c.mailbox = $7 and c.uid_validity = $8
)
select (select count(*)::int from held) as held, array(select id from added) as ids, (select min(version) from added) as version`

/**
 * Skips rows whose (account, mailbox, UIDVALIDITY, UID) is known. Returns the versions of the new rows by their ids;
 * null if another process has the lease, in which case nothing was stored.
 */
export async function storeIngested(
  db: Queryable,
  { messages, bodies = [], cursor = null, lease = null }: Ingested,
  now: Date,
): Promise<Map<string, string> | null> {
  const encoded = bodies.map((body) => ({ ...body, header: body.header.toString('base64') }))
  const { account, mailbox, uidValidity, lastUid } = cursor ?? {}
  const place = [account ?? null, mailbox ?? null, uidValidity ?? null, lastUid ?? null]
  const { rows } = await db.query<{ held: number; ids: string[]; version: string }>(statement, [
    storable(messages),
    now,
    lease?.name ?? null,
    lease?.fence ?? null,
    storable(encoded),
    ...place,
  ])
  const [stored] = rows
  return stored?.held ? new Map(stored.ids.map((id) => [id, stored.version])) : null
}
