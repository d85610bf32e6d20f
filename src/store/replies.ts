import type { ReplyState } from '../disposition.ts'
import type { Queryable } from './database.ts'
import { storable, storableText } from './storable.ts'

/** One reply per mail, written once at compose time; what goes out is exactly its octets. */
export interface ReplyRow {
  /** The id of the mail it answers. */
  id: string
  account: string
  state: ReplyState
  /** `send` carries the marks of an automatic reply (RFC 3834), `draft` does not. */
  kind: 'send' | 'draft'
  /** The reply's own Message-ID, fixed before anything leaves. */
  replyMessageId: string
  octets: Buffer
  reversePath: string
  /** The first of them: who the limits and the history count. */
  addressee: string
  /** RCPT TO: exactly one for kind `send`. Changes with the octets only. */
  addressees: string[]
  subject: string
  /** The text as it stands now, edits included, without signature. */
  text: string
  /** The text as the model wrote it. */
  draftText: string
  textHash: string
  language: string | null
  confidence: number
  /** The model's whole answer. */
  composed: unknown
  /** Claims that no source supports. */
  claims: unknown[]
  /** Passages that were given to the model. */
  sources: unknown[]
  holdReason: string
  actor: string | null
  attemptGroup: number
  createdAt: Date
  sendAfter: Date | null
  claimedAt: Date | null
  finishedAt: Date | null
  /** The server's answer, or what was found out. */
  replyText: string | null
  savedMailbox: string | null
  savedUidValidity: string | null
  savedUid: number | null
  savedSize: number | null
}

const columns = `id, account, state, kind, reply_message_id as "replyMessageId", octets, reverse_path as "reversePath", addressee, addressees,
  subject, text, draft_text as "draftText", text_hash as "textHash", language, confidence, composed, claims, sources,
  hold_reason as "holdReason", actor, attempt_group as "attemptGroup", created_at as "createdAt", send_after as "sendAfter",
  claimed_at as "claimedAt", finished_at as "finishedAt", reply_text as "replyText", saved_mailbox as "savedMailbox",
  saved_uid_validity as "savedUidValidity", saved_uid::float8 as "savedUid", saved_size::float8 as "savedSize"`

export type NewReply = Pick<
  ReplyRow,
  | 'id'
  | 'account'
  | 'kind'
  | 'replyMessageId'
  | 'octets'
  | 'reversePath'
  | 'addressees'
  | 'subject'
  | 'text'
  | 'textHash'
  | 'language'
  | 'confidence'
  | 'composed'
  | 'claims'
  | 'sources'
  | 'holdReason'
  | 'attemptGroup'
>

/**
 * Stores what was composed. A reply that somebody has already decided on is never replaced, and a mail that was forgotten
 * meanwhile gets none. Returns whether it was stored.
 */
export async function saveComposed(db: Queryable, reply: NewReply, now: Date): Promise<boolean> {
  const { rows } = await db.query(
    `insert into replyd.reply (id, account, state, kind, reply_message_id, octets, reverse_path, addressee, addressees, subject, text,
       draft_text, text_hash, language, confidence, composed, claims, sources, hold_reason, attempt_group, created_at)
     select $1, $2, 'composed', $3, $4, $5::bytea, $6, $7::jsonb->>0, $7::jsonb, $8, $9, $9, $10, $11, $12::float8, $13::jsonb,
       $14::jsonb, $15::jsonb, $16, $17::integer, $18::timestamptz
      where exists (select 1 from replyd.message where id = $1 and reason <> 'forgotten' for key share)
     on conflict (id) do update set state = 'composed', kind = $3, reply_message_id = $4, octets = $5, reverse_path = $6,
       addressee = $7::jsonb->>0, addressees = $7, subject = $8, text = $9, draft_text = $9, text_hash = $10, language = $11,
       confidence = $12, composed = $13, claims = $14, sources = $15, hold_reason = $16, attempt_group = $17, created_at = $18
       where reply.state in ('composed', 'held')
     returning id`,
    [
      reply.id,
      reply.account,
      reply.kind,
      reply.replyMessageId,
      reply.octets,
      reply.reversePath,
      storable(reply.addressees),
      storableText(reply.subject),
      storableText(reply.text),
      reply.textHash,
      reply.language,
      reply.confidence,
      storable(reply.composed),
      storable(reply.claims),
      storable(reply.sources),
      reply.holdReason,
      reply.attemptGroup,
      now,
    ],
  )
  return rows.length === 1
}

export async function loadReply(db: Queryable, id: string): Promise<ReplyRow | null> {
  const { rows } = await db.query<ReplyRow>(`select ${columns} from replyd.reply where id = $1`, [id])
  return rows[0] ?? null
}

/** A change of state and everything that goes with it. Undefined fields stay as they are. */
export interface ReplyChange {
  id: string
  /** The states that the row may be in; in any other nothing happens. */
  from: readonly ReplyState[]
  /** The text that the row must have, so that nobody approves or overwrites what they have not seen; any when absent. */
  fromText?: string
  to: ReplyState
  actor: string
  kind?: 'send' | 'draft'
  octets?: Buffer
  /** At least one. */
  addressees?: readonly string[]
  replyMessageId?: string
  attemptGroup?: number
  text?: string
  textHash?: string
  /** Unified diff of an edit. */
  diff?: string
  holdReason?: string
  /** null clears it. */
  sendAfter?: Date | null
  claimedAt?: Date | null
  finishedAt?: Date
  replyText?: string
  /** Where the draft stands in \\Drafts; null: nowhere any more. */
  saved?: { mailbox: string; uidValidity: string | null; uid: number | null; size: number } | null
}

/**
 * Changes a reply only from the states that are expected, in one conditional statement, and writes down who did it.
 * Null when the row was in another state: a second reviewer, a double click, another worker.
 */
export async function changeReply(db: Queryable, change: ReplyChange, now: Date): Promise<ReplyRow | null> {
  const { rows } = await db.query<ReplyRow>(
    `with before as (
       select id, state from replyd.reply where id = $1 and state = any($2) and ($24::text is null or text = $24) for update
     ), changed as (
       update replyd.reply r set state = $3, actor = $4, kind = coalesce($5, r.kind), octets = coalesce($6, r.octets),
         reply_message_id = coalesce($7, r.reply_message_id), attempt_group = coalesce($8, r.attempt_group),
         addressees = coalesce($26, r.addressees), addressee = coalesce($26::jsonb->>0, r.addressee),
         text = coalesce($9, r.text), text_hash = coalesce($10, r.text_hash), hold_reason = coalesce($11, r.hold_reason),
         send_after = case when $12 then $13 else r.send_after end, claimed_at = case when $14 then $15 else r.claimed_at end,
         finished_at = coalesce($16, r.finished_at), reply_text = coalesce($17, r.reply_text),
         saved_mailbox = case when $25 then $18 else r.saved_mailbox end,
         saved_uid_validity = case when $25 then $19 else r.saved_uid_validity end,
         saved_uid = case when $25 then $20 else r.saved_uid end, saved_size = case when $25 then $21 else r.saved_size end
         from before b where r.id = b.id returning r.*
     ), logged as (
       insert into replyd.reply_change (reply_id, at, actor, from_state, to_state, diff)
       select b.id, $22, $4, b.state, $3, $23 from before b
     )
     select ${columns} from changed`,
    [
      change.id,
      change.from,
      change.to,
      change.actor,
      change.kind ?? null,
      change.octets ?? null,
      change.replyMessageId ?? null,
      change.attemptGroup ?? null,
      change.text === undefined ? null : storableText(change.text),
      change.textHash ?? null,
      change.holdReason ?? null,
      change.sendAfter !== undefined,
      change.sendAfter ?? null,
      change.claimedAt !== undefined,
      change.claimedAt ?? null,
      change.finishedAt ?? null,
      change.replyText === undefined ? null : storableText(change.replyText),
      change.saved?.mailbox ?? null,
      change.saved?.uidValidity ?? null,
      change.saved?.uid ?? null,
      change.saved?.size ?? null,
      now,
      change.diff === undefined ? null : storableText(change.diff),
      change.fromText ?? null,
      change.saved !== undefined,
      change.addressees === undefined ? null : storable(change.addressees),
    ],
  )
  return rows[0] ?? null
}

/** Replies of this account that went out under one of these Message-IDs, or to one of these mails. */
export async function repliesInThread(
  db: Queryable,
  account: string,
  replyIds: readonly string[],
  mailIds: readonly string[],
): Promise<ReplyRow[]> {
  const { rows } = await db.query<ReplyRow>(
    `select ${columns} from replyd.reply where account = $1 and (reply_message_id = any($2) or id = any($3)) and state = 'sent'`,
    [account, replyIds, mailIds],
  )
  return rows
}
