/**
 * Carries out what transitions.ts allows: one statement per kind of verb, in which every row has its own condition.
 */
import type { Disposition, ReplyState, Stage } from '../base/dispositions.ts'
import { batched } from './batched.ts'
import type { Database, Queryable } from './database.ts'
import { encodedReply, insertReplies, type NewReply, type ReplyRow, replyColumnsWith } from './replies.ts'
import { storable } from './storable.ts'
import {
  type MailFields,
  type MailOnlyVerb,
  type MailVerb,
  type Move,
  moves,
  type ReplyFields,
  type ReplyVerb,
  type VerbName,
} from './transitions.ts'

interface MailMove extends MailFields {
  id: string
  /** `null` if nothing should happen. */
  from: Stage | null
  having: readonly Disposition[] | null
  to: Stage
  disposition: Disposition
  actor?: string
  now: Date
}

interface ReplyMove extends ReplyFields {
  id: string
  from: readonly ReplyState[]
  /** `null`: the state stays. */
  to: ReplyState | null
  looksOnly: boolean
  orNone: boolean
  others: readonly ReplyState[]
  mailAt: Stage | null
  actor: string
  now: Date
}

const wantedMail = `jsonb_to_recordset($1::jsonb) as x (id text, "from" text, "having" text[], "to" text, disposition text, reason text,
         codes jsonb, detail text, instruction text, ceiling text, verdict jsonb, "dueAt" timestamptz, actor text, "durationMs" double precision,
         version text, now timestamptz)`
const mailFits = `m.step = w."from" and (w."having" is null or m.disposition = any(w."having"))
         and (w.version is null or m.xmin::text = w.version)`
const mailValues = `step = w."to", disposition = w.disposition, reason = w.reason,
         codes = coalesce(w.codes, m.codes), detail = case when w.actor is null then coalesce(w.detail, m.detail) else w.detail end,
         instruction = coalesce(w.instruction, m.instruction), ceiling = coalesce(w.ceiling, m.ceiling),
         verdict = coalesce(w.verdict, m.verdict), due_at = coalesce(w."dueAt", w.now), attempts = 0, first_error_at = null,
         last_error = null, updated_at = w.now`
const mailEvent = `insert into replyd.event (message_id, at, step, disposition, reason, detail, actor, duration_ms)
       select w.id, w.now, w."from", w.disposition, w.reason, w.detail, coalesce(w.actor, 'replyd'), w."durationMs"`

const wantedReply = (
  parameter: string,
) => `jsonb_to_recordset(${parameter}::jsonb) as x (id text, "from" text[], "fromText" text,
           "to" text, "looksOnly" boolean, "orNone" boolean, others text[], "mailAt" text, actor text, kind text,
           octets text, addressees jsonb, subject text, "setsEnvelope" boolean, envelope jsonb, "replyMessageId" text, "attemptGroup" integer, text text, "textHash" text, diff text, "holdReason" text,
           "setsSendAfter" boolean, "sendAfter" timestamptz, "setsClaimedAt" boolean, "claimedAt" timestamptz,
           "finishedAt" timestamptz, "replyText" text, "setsSaved" boolean, "savedMailbox" text, "savedUidValidity" text,
           "savedUid" bigint, "savedSize" bigint, version text, now timestamptz)`
const replyFits = `r.state = any(w."from") and (w."fromText" is null or r.text = w."fromText")
         and (w.version is null or r.xmin::text = w.version)`
const replyValues = `state = coalesce(w."to", r.state), actor = w.actor, kind = coalesce(w.kind, r.kind),
           octets = coalesce(decode(w.octets, 'base64'), r.octets),
           addressees = coalesce(w.addressees, r.addressees), addressee = coalesce(w.addressees->>0, r.addressee),
           subject = coalesce(w.subject, r.subject), envelope = case when w."setsEnvelope" then w.envelope else r.envelope end,
           reply_message_id = coalesce(w."replyMessageId", r.reply_message_id),
           attempt_group = coalesce(w."attemptGroup", r.attempt_group), text = coalesce(w.text, r.text),
           text_hash = coalesce(w."textHash", r.text_hash), hold_reason = coalesce(w."holdReason", r.hold_reason),
           send_after = case when w."setsSendAfter" then w."sendAfter" else r.send_after end,
           claimed_at = case when w."setsClaimedAt" then w."claimedAt" else r.claimed_at end,
           finished_at = coalesce(w."finishedAt", r.finished_at), reply_text = coalesce(w."replyText", r.reply_text),
           saved_mailbox = case when w."setsSaved" then w."savedMailbox" else r.saved_mailbox end,
           saved_uid_validity = case when w."setsSaved" then w."savedUidValidity" else r.saved_uid_validity end,
           saved_uid = case when w."setsSaved" then w."savedUid" else r.saved_uid end,
           saved_size = case when w."setsSaved" then w."savedSize" else r.saved_size end`
const replyChange = `insert into replyd.reply_change (reply_id, at, actor, from_state, to_state, diff)
         select b.id, w.now, w.actor, b.state, coalesce(w."to", b.state), w.diff`

const changedColumns = replyColumnsWith('version')

/** JSON does not keep `undefined`, so a field that can be cleared with null has a separate flag. */
const asWanted = ({ saved, from, to, ...change }: ReplyMove) => ({
  ...encodedReply(change),
  from,
  to,
  setsEnvelope: change.envelope !== undefined,
  setsSendAfter: change.sendAfter !== undefined,
  setsClaimedAt: change.claimedAt !== undefined,
  setsSaved: saved !== undefined,
  savedMailbox: saved?.mailbox,
  savedUidValidity: saved?.uidValidity,
  savedUid: saved?.uid,
  savedSize: saved?.size,
})

const idsOf = (changes: readonly { id: string }[]) => changes.map(({ id }) => id)

/** @returns the new versions of the moved mails, by id */
export async function moveMails(db: Queryable, changes: readonly MailMove[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; version: string }>(
    `with wanted as (
       select * from ${wantedMail}
     ), changed as (
       update replyd.message m set ${mailValues}
         from wanted w where m.id = w.id and m.id = any($2) and ${mailFits} returning m.id, m.xmin::text as version
     ), logged as (
       ${mailEvent} from wanted w join changed c on c.id = w.id
     )
     select id, version from changed`,
    // The ids are passed again: a planner that does not know how few they are reads a small table in full.
    [storable(changes), idsOf(changes)],
  )
  return new Map(rows.map(({ id, version }) => [id, version]))
}

/** @returns the moved replies in their new state */
export async function moveReplies(
  db: Queryable,
  changes: readonly ReplyMove[],
): Promise<Map<string, ReplyRow>> {
  const { rows } = await db.query<ReplyRow>(
    `with wanted as (
         select * from ${wantedReply('$1')}
       ), before as (
         select r.id, r.state from replyd.reply r join wanted w on w.id = r.id
          where ${replyFits} and (w."mailAt" is null or exists (select 1 from replyd.message m where m.id = r.id and m.step = w."mailAt"))
          order by r.id for update of r
       ), changed as (
         update replyd.reply r set ${replyValues}
           from before b join wanted w on w.id = b.id where r.id = b.id returning r.*, r.xmin::text as version
       ), logged as (
         ${replyChange} from before b join wanted w on w.id = b.id
       )
       select ${changedColumns} from changed`,
    [storable(changes.map(asWanted))],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/**
 * Moves mails with their replies: both or neither. The mail is locked first, as everywhere. A reply written while the
 * statement waited for that lock is not in its snapshot: if it sees no reply and the mail has changed, it runs again.
 * @returns what was moved, by the ids of the mails
 */
async function moveBoth(
  db: Queryable,
  mails: readonly MailMove[],
  replies: readonly ReplyMove[],
): Promise<Map<string, Moved>> {
  const { rows } = await db.query<ReplyRow & { moved: string; stale: boolean; mailVersion: string }>(
    `with mail as materialized (
         select * from ${wantedMail}
       ), reply as materialized (
         select * from ${wantedReply('$2')}
       ), seen as materialized (
         select m.id, m.ctid as version from replyd.message m where m.id = any($3)
       ), mails as materialized (
         select m.id, m.ctid as version from replyd.message m join mail w on w.id = m.id
          where m.id = any($3) and ${mailFits} order by m.id for update of m
       ), replies as materialized (
         select r.id, r.state, r.text, (${replyFits}) as fits, r.state = any(w.others) as stays
           from replyd.reply r join reply w on w.id = r.id
          where r.id = any($3) and r.id in (select id from mails) order by r.id for update of r
       ), agreed as materialized (
         select m.id, b.id is null and s.version <> m.version as stale
           from mails m join seen s on s.id = m.id join reply w on w.id = m.id left join replies b on b.id = m.id
          where case when b.id is null then w."orNone" else b.fits or b.stays end
       ), taken as materialized (
         select id from agreed where not stale
       ), changed_mail as (
         update replyd.message m set ${mailValues}
           from taken a join mail w on w.id = a.id where m.id = a.id and m.id = any($3) returning m.id, m.xmin::text as version
       ), logged_mail as (
         ${mailEvent} from taken a join mail w on w.id = a.id
       ), changed as (
         update replyd.reply r set ${replyValues}
           from taken a join replies b on b.id = a.id join reply w on w.id = a.id
          where r.id = a.id and r.id = any($3) and b.fits and not w."looksOnly" returning r.*, r.xmin::text as version
       ), logged_reply as (
         ${replyChange} from taken a join replies b on b.id = a.id join reply w on w.id = a.id
          where b.fits and not w."looksOnly"
       )
       select a.id as moved, a.stale, v.version as "mailVersion", c.* from agreed a left join changed_mail v on v.id = a.id
         left join (select ${changedColumns} from changed) c on c.id = a.id`,
    [storable(mails), storable(replies.map(asWanted)), idsOf(mails)],
  )
  const stale = new Set(rows.filter((row) => row.stale).map(({ moved }) => moved))
  const done = rows
    .filter((row) => !row.stale)
    .map(({ moved, stale: _, mailVersion: version, ...row }): [string, Moved] => [
      moved,
      { version, reply: row.id === null ? null : row },
    ])
  if (stale.size === 0) return new Map(done)
  const isStale = ({ id }: { id: string }) => stale.has(id)
  return new Map([...done, ...(await moveBoth(db, mails.filter(isStale), replies.filter(isStale)))])
}

interface MailPart extends MailFields {
  /** The stage at which the caller saw the mail; at any other nothing happens. */
  at: Stage
  /** By default the first that the table allows. */
  disposition?: Disposition
}

interface Who {
  id: string
  /** Who decided: a person's name; `replyd` by default. */
  actor?: string
}
interface ReplyPart {
  reply?: ReplyFields
}
interface MailChange extends Who, MailPart {}
interface ReplyChange extends Who, ReplyPart {}
interface BothChange extends Who, MailPart, ReplyPart {}

/** The arguments of a verb's move. */
export type Change<V extends VerbName> = [V] extends [MailOnlyVerb]
  ? MailChange
  : [V] extends [MailVerb]
    ? BothChange
    : ReplyChange

export interface Moved {
  /** The mail's new version; null if only the reply was moved. */
  version: string | null
  /** The reply in its new state; null if there is none, or it was not changed. */
  reply: ReplyRow | null
}

const isMailOnly = (verb: VerbName): boolean => 'mail' in moves[verb] && !('reply' in moves[verb])

function mailPart(
  verb: VerbName,
  { id, actor, at, disposition, reply: _, ...fields }: BothChange,
  now: Date,
) {
  const { mail }: Move = moves[verb]
  if (!mail) return null
  const as = disposition ?? (mail.as[0] as Disposition)
  if (!mail.as.includes(as)) throw new Error(`${verb} does not make a mail ${as}`)
  const { having = null, to } = mail
  // If the verb does not apply to the stage the caller saw, treat the mail as having moved on.
  const from = mail.from.includes(at) ? at : null
  return { ...fields, id, actor, having, from, to, disposition: as, now }
}

function replyPart(verb: VerbName, { id, actor = 'replyd', reply = {} }: BothChange, now: Date) {
  const { reply: rule }: Move = moves[verb]
  if (!rule) return null
  const { from, to, orNone = false, others = [], mailAt = null } = rule
  return { ...reply, id, actor, from, to: to ?? null, looksOnly: to === null, orNone, others, mailAt, now }
}

interface Asked {
  verb: VerbName
  change: BothChange
  now: Date
}
const idOf = ({ change }: Asked) => change.id
const parts = <Part>(
  asked: readonly Asked[],
  part: (verb: VerbName, change: BothChange, now: Date) => Part | null,
): Part[] => asked.flatMap(({ verb, change, now }) => part(verb, change, now) ?? [])

const mailOnly = batched<Asked, Moved | null>(
  async (db, asked) => {
    const moved = await moveMails(db, parts(asked, mailPart))
    return asked.map(({ change }) => {
      const version = moved.get(change.id)
      return version === undefined ? null : { version, reply: null }
    })
  },
  { nameOf: idOf },
)

const replyOnly = batched<Asked, Moved | null>(
  async (db, asked) => {
    const moved = await moveReplies(db, parts(asked, replyPart))
    return asked.map(({ change }) => {
      const reply = moved.get(change.id)
      return reply === undefined ? null : { version: null, reply }
    })
  },
  { nameOf: idOf },
)

async function moveTogether(db: Queryable, asked: readonly Asked[]): Promise<(Moved | null)[]> {
  const moved = await moveBoth(db, parts(asked, mailPart), parts(asked, replyPart))
  return asked.map(({ change }) => moved.get(change.id) ?? null)
}

const both = batched<Asked, Moved | null>(moveTogether, { nameOf: idOf })

/** Carries out a verb. Null if it does not apply to the current state of mail and reply: then nothing was changed. */
export function move<V extends VerbName>(
  db: Queryable,
  verb: V,
  change: Change<V>,
  now: Date,
): Promise<Moved | null> {
  const asked: Asked = { verb, change: change as unknown as BothChange, now }
  if (isMailOnly(verb)) return mailOnly(db, asked)
  return 'mail' in moves[verb] ? both(db, asked) : replyOnly(db, asked)
}

/** Several mails at once, in one statement. @returns the new versions of the moved mails, by id */
export function moveSeveral<V extends MailOnlyVerb>(
  db: Queryable,
  changes: readonly { verb: V; change: Change<V> }[],
  now: Date,
): Promise<Map<string, string>> {
  return moveMails(
    db,
    changes.flatMap(({ verb, change }) => mailPart(verb, change as unknown as BothChange, now) ?? []),
  )
}

/** Several mails with their replies, in one statement. @returns the ids of the moved mails */
export async function moveSeveralWithReplies<V extends MailVerb & ReplyVerb>(
  db: Queryable,
  verb: V,
  changes: readonly Change<V>[],
  now: Date,
): Promise<Set<string>> {
  const asked = changes.map((change) => ({ verb, change: change as unknown as BothChange, now }))
  const moved = await moveTogether(db, asked)
  return new Set(asked.flatMap(({ change }, at) => (moved[at] ? [change.id] : [])))
}

interface Written {
  reply: NewReply
  change: Change<'storeReply'>
  now: Date
}

const storeOne = batched<Written, Moved | null>(
  async (session, written) => {
    await insertReplies(
      session,
      written.map(({ reply, now }) => ({ ...reply, at: 'compose' as const, now })),
    )
    return moveTogether(
      session,
      written.map(({ change, now }) => ({
        verb: 'storeReply',
        change: change as unknown as BothChange,
        now,
      })),
    )
  },
  { nameOf: ({ change }) => change.id, inTransaction: true },
)

/**
 * Stores a composed reply, replacing an earlier undecided text, and moves the mail on. Null if the mail is not (any
 * more) at that step.
 */
export function storeReply(
  db: Queryable,
  reply: NewReply,
  change: Change<'storeReply'>,
  now: Date,
): Promise<Moved | null> {
  return storeOne(db, { reply, change, now })
}

/** A person writes the reply that could not be written. Null if there is one by now, or the mail is not waiting. */
export async function writeByHand(
  db: Database,
  reply: NewReply,
  change: Change<'writeByHand'>,
  now: Date,
): Promise<Moved | null> {
  try {
    return await db.transaction(async (session) => {
      await insertReplies(session, [{ ...reply, at: 'review', now }])
      const asked: Asked = { verb: 'writeByHand', change, now }
      const [moved] = await moveTogether(session, [asked])
      if (!moved) throw new NotMoved()
      return moved
    })
  } catch (error) {
    if (error instanceof NotMoved) return null
    throw error
  }
}

class NotMoved extends Error {}
