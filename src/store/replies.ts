import type { ReplyState, Stage } from '../base/dispositions.ts'
import type { ClaimKind, Reason } from '../base/reasons.ts'
import type { TypedEnvelope } from '../base/typed-envelope.ts'
import type { Composed, StoredCheck } from '../base/verdicts.ts'
import { batched } from './batched.ts'
import type { Queryable } from './database.ts'
import { storable, type Whole } from './storable.ts'

/** A statement in a draft without a source, or one that it must not contain. */
interface StoredClaim {
  claim: string
  kind: ClaimKind
}

/** A passage of the owner's knowledge, or a fact that was looked up. */
export interface StoredPassage {
  file: string
  heading: string
  text: string
  lookup?: true
  /** The web page that it is from, and when that was last read (ISO 8601). */
  page?: { url: string; readAt: string }
}

/** One reply per mail, written once at compose time; exactly its octets are sent. */
export interface ReplyRow {
  /** The id of the mail it answers. */
  id: string
  account: string
  state: ReplyState
  /** `send` carries the marks of an automatic reply (RFC 3834), `draft` does not. */
  kind: 'send' | 'draft'
  /** The reply's own Message-ID, fixed before anything is sent. */
  replyMessageId: string
  octets: Buffer
  reversePath: string
  /** The first of them; used by the limits and the history. */
  addressee: string
  /** RCPT TO: exactly one for kind `send`. Changes only together with the octets. */
  addressees: string[]
  subject: string
  /** What a reviewer typed into the header. Changes only together with the octets. */
  envelope: TypedEnvelope | null
  /** The current text, edits included, without signature. */
  text: string
  /** The text as the model wrote it. */
  draftText: string
  textHash: string
  language: string | null
  confidence: number
  /** The model's whole answer; null when a person wrote the reply. */
  composed: Composed | null
  /** Claims that no source supports. */
  claims: StoredClaim[]
  /** Passages that were given to the model. */
  sources: StoredPassage[]
  /** Result of the check by meaning of the model's text; null if it was not made. */
  checked: StoredCheck | null
  /** Which parts of the mail and its thread the model did not see, as text. */
  omitted: string[]
  /** Why it is not sent automatically, strictest first; empty until that is decided. */
  holdReasons: Reason[]
  actor: string | null
  attemptGroup: number
  createdAt: Date
  sendAfter: Date | null
  claimedAt: Date | null
  finishedAt: Date | null
  /** The server's answer, or what replyd found out itself. */
  replyText: string | null
  savedMailbox: string | null
  savedUidValidity: string | null
  savedUid: number | null
  savedSize: number | null
  /** Names this version of the row: changes with each write. */
  version: string
}

/** @param version where the row's version is */
export const replyColumnsWith = (
  version: string,
) => `id, account, state, kind, reply_message_id as "replyMessageId", octets, reverse_path as "reversePath", addressee, addressees,
  subject, envelope, text, draft_text as "draftText", text_hash as "textHash", language, confidence, composed, claims, sources, omitted, checked,
  string_to_array(hold_reason, ' ') as "holdReasons", actor, attempt_group as "attemptGroup", created_at as "createdAt", send_after as "sendAfter",
  claimed_at as "claimedAt", finished_at as "finishedAt", reply_text as "replyText", saved_mailbox as "savedMailbox",
  saved_uid_validity as "savedUidValidity", saved_uid::float8 as "savedUid", saved_size::float8 as "savedSize", ${version} as version`
/** `xmin` is the transaction that wrote the row. */
export const replyColumns = replyColumnsWith('xmin::text')

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
  | 'omitted'
  | 'holdReasons'
  | 'attemptGroup'
> & { envelope?: TypedEnvelope | null }

/** A reply to be stored, if its mail is at that stage. */
interface Written {
  reply: NewReply
  at: Stage
  now: Date
}

/**
 * JSON can't contain octets; reasons are stored in one text, separated by spaces. Written out, because copying objects
 * costs many times as much.
 */
const encoded = ({ reply, at, now }: Written) =>
  ({
    id: reply.id,
    at,
    account: reply.account,
    kind: reply.kind,
    replyMessageId: reply.replyMessageId,
    octets: reply.octets.toString('base64'),
    reversePath: reply.reversePath,
    addressees: reply.addressees,
    subject: reply.subject,
    envelope: reply.envelope,
    text: reply.text,
    textHash: reply.textHash,
    language: reply.language,
    confidence: reply.confidence,
    composed: reply.composed,
    claims: reply.claims,
    sources: reply.sources,
    omitted: reply.omitted,
    holdReason: reply.holdReasons.join(' '),
    attemptGroup: reply.attemptGroup,
    now,
  }) satisfies Whole<Omit<NewReply, 'octets' | 'holdReasons'>> & Record<string, unknown>

/**
 * Stores texts for mails at that stage; a mail that was forgotten in the meantime gets none. At `compose` an
 * undecided text is replaced; a person writes only if there is none.
 * @returns the ids of those that were stored
 */
export async function insertReplies(db: Queryable, written: readonly Written[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    `insert into replyd.reply as r (id, account, state, kind, reply_message_id, octets, reverse_path, addressee, addressees,
         subject, envelope, text, draft_text, text_hash, language, confidence, composed, claims, sources, omitted, hold_reason, attempt_group, created_at)
       select x.id, x.account, 'composed', x.kind, x."replyMessageId", decode(x.octets, 'base64'), x."reversePath", x.addressees->>0,
         x.addressees, x.subject, x.envelope, x.text, x.text, x."textHash", x.language, x.confidence, x.composed, x.claims, x.sources, x.omitted,
         x."holdReason", x."attemptGroup", x.now
         from jsonb_to_recordset($1::jsonb) as x (id text, at text, account text, kind text, "replyMessageId" text, octets text,
           "reversePath" text, addressees jsonb, subject text, envelope jsonb, text text, "textHash" text, language text, confidence float8,
           composed jsonb, claims jsonb, sources jsonb, omitted jsonb, "holdReason" text, "attemptGroup" integer, now timestamptz)
         join replyd.message m on m.id = x.id and m.step = x.at and m.reason <> 'forgotten' for no key update of m
       on conflict (id) do update set kind = excluded.kind, reply_message_id = excluded.reply_message_id,
         octets = excluded.octets, reverse_path = excluded.reverse_path, addressee = excluded.addressee,
         addressees = excluded.addressees,
         subject = excluded.subject, envelope = excluded.envelope, text = excluded.text, draft_text = excluded.text, text_hash = excluded.text_hash,
         language = excluded.language, confidence = excluded.confidence, composed = excluded.composed,
         claims = excluded.claims, sources = excluded.sources, omitted = excluded.omitted, checked = null, hold_reason = excluded.hold_reason,
         attempt_group = excluded.attempt_group, created_at = excluded.created_at
         where r.state = 'composed'
       returning r.id`,
    [storable(written.map(encoded))],
  )
  return new Set(rows.map(({ id }) => id))
}

/** Stores results of the check by meaning, unless somebody has decided on the reply. */
export const saveChecked = batched<{ id: string; checked: StoredCheck }, void>(
  async (db, results) => {
    await db.query(
      `update replyd.reply r set checked = x.checked from jsonb_to_recordset($1::jsonb) as x (id text, checked jsonb)
        where r.id = x.id and r.id = any($2) and r.state = 'composed'`,
      [storable(results), results.map(({ id }) => id)],
    )
    return results.map(() => undefined)
  },
  { nameOf: ({ id }) => id },
)

function readsById<Row extends Pick<ReplyRow, 'id'>>(columns: string) {
  const statement = `select ${columns} from replyd.reply where id = any($1)`
  return batched<string, Row | null>(
    async (db, ids) => {
      const { rows } = await db.query<Row>(statement, [ids])
      const found = new Map(rows.map((row) => [row.id, row]))
      return ids.map((id) => found.get(id) ?? null)
    },
    { nameOf: (id) => id },
  )
}

export const loadReply = readsById<ReplyRow>(replyColumns)

/** What a new text keeps of an earlier reply to the same mail. */
export const loadEarlier = readsById<Pick<ReplyRow, 'id' | 'attemptGroup' | 'envelope'>>(
  'id, attempt_group as "attemptGroup", envelope',
)

/** The reply's state before a person last approved or rejected it; null: nobody did. */
export async function stateBefore(
  db: Queryable,
  id: string,
  decision: 'approved' | 'rejected',
): Promise<ReplyState | null> {
  const { rows } = await db.query<{ state: ReplyState }>(
    `select from_state as state from replyd.reply_change where reply_id = $1 and to_state = $2 and from_state <> 'sending'
      order by id desc limit 1`,
    [id, decision],
  )
  return rows[0]?.state ?? null
}

/** Whether an automatic reply of this account reached that address, or may have. */
export async function wasAnsweredByAi(db: Queryable, account: string, address: string): Promise<boolean> {
  const { rows } = await db.query(
    `select 1 from replyd.reply where account = $1 and addressee = $2 and kind = 'send' and state = 'sent' limit 1`,
    [account, address],
  )
  return rows.length > 0
}

/** Replies of this account sent under one of these Message-IDs, or to one of these mails. */
export async function repliesInThread(
  db: Queryable,
  account: string,
  replyIds: readonly string[],
  mailIds: readonly string[],
): Promise<ReplyRow[]> {
  if (replyIds.length === 0 && mailIds.length === 0) return []
  const { rows } = await db.query<ReplyRow>(
    `select ${replyColumns} from replyd.reply where account = $1 and (reply_message_id = any($2) or id = any($3)) and state = 'sent'`,
    [account, replyIds, mailIds],
  )
  return rows
}

/**
 * Unsent replies to mails of this sender with these Message-IDs, and the step of each mail. Excludes replies being
 * sent.
 */
export async function openRepliesTo(
  db: Queryable,
  { account, address, exceptId }: { account: string; address: string; exceptId: string },
  messageIds: readonly string[],
): Promise<{ reply: ReplyRow; step: Stage }[]> {
  if (messageIds.length === 0) return []
  const { rows } = await db.query<{ id: string; step: Stage }>(
    `select m.id, m.step from replyd.message m join replyd.reply r on r.id = m.id
      where m.account = $1 and m.from_address = $2 and m.id <> $3 and m.message_id = any($4)
        and r.state in ('composed', 'held', 'saved', 'approved')`,
    [account, address, exceptId, messageIds],
  )
  const replies = await Promise.all(rows.map(({ id }) => loadReply(db, id)))
  return rows.flatMap(({ step }, at) => {
    const reply = replies[at]
    return reply ? [{ reply, step }] : []
  })
}
