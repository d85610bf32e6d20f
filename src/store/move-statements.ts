/** The statements of moves.ts: each row has its own condition. */
import { replyColumnsWith } from './replies.ts'

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

/** Which columns of the moved replies come back. */
export type Wanted = 'row' | 'version'
const columnsOf: Readonly<Record<Wanted, string>> = {
  row: replyColumnsWith('version'),
  version: 'id, version',
}
/** Made once: the driver finds the name of a statement by its text. */
const forEach = (statement: (columns: string) => string): Readonly<Record<Wanted, string>> => ({
  row: statement(columnsOf.row),
  version: statement(columnsOf.version),
})

export const mailStatement = `with wanted as (
       select * from ${wantedMail}
     ), changed as (
       update replyd.message m set ${mailValues}
         from wanted w where m.id = w.id and m.id = any($2) and ${mailFits} returning m.id, m.xmin::text as version
     ), logged as (
       ${mailEvent} from wanted w join changed c on c.id = w.id
     )
     select id, version from changed`

export const replyStatement = forEach(
  (columns) => `with wanted as (
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
       select ${columns} from changed`,
)

/** Of mails with their replies; see moveBoth. */
export const bothStatement = forEach(
  (columns) => `with mail as materialized (
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
         left join (select ${columns} from changed) c on c.id = a.id`,
)
