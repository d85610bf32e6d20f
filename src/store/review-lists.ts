/** Lists for the review pages, the API and the command line. */
import type { Disposition, ReplyState, Stage } from '../base/dispositions.ts'
import type { Reason } from '../base/reasons.ts'
import type { TypedEnvelope } from '../base/typed-envelope.ts'
import type { Queryable } from './database.ts'
import { type MessageRow, messageColumns } from './messages.ts'
import type { ReplyRow } from './replies.ts'
import { expressionOf, searchOf } from './search.ts'

export type ListedMail = MessageRow & {
  replyState: ReplyState | null
  replyText: string | null
  replyEnvelope: TypedEnvelope | null
  holdReasons: Reason[] | null
  sendAfter: Date | null
  /** The filter's `held` shows it, as long as it waits. */
  needsPerson: boolean
  /** The text is the model's. */
  asDrafted: boolean | null
  claims: ReplyRow['claims'] | null
  /** Facts that the model said were missing. */
  missing: string[] | null
  /** Newer mails of the same sender for which no draft is written, because several wait unsent; at most 200. */
  leftAlone: number
}

/** Modes and a rewrite are a person's choice, not doubts. */
const saysDoubt = `'(^| )(?!(mode-draft|mode-review|rewritten)( |$))[^ ]'`
const doubted = `coalesce(r.hold_reason, '') ~ ${saysDoubt}`
/** Whether a reply has claims without a source, or names missing facts itself. */
const lacksIn = (reply: string) =>
  `(${reply}.claims <> '[]' or coalesce(${reply}.composed->'missing', '[]') <> '[]')`
const byReviewIn = (reply: string) => `${reply}.hold_reason ~ '(^| )(mode-review|rewritten)( |$)'`
/** Every reply of its kind is reviewed, and there are no objections to this one. */
const waitsByMode = `(${byReviewIn('r')} and not ${doubted} and not ${lacksIn('r')})`

/** Uncertain, or with a remaining doubt. A person's text leaves no doubt. After an undo, the mail waits as before. */
const needsPerson = `(case m.disposition when 'approved' then false when 'pending' then r.id is null or ${doubted}
        when 'drafted' then r.text = r.draft_text and ${doubted}
        when 'held' then not (m.reason in ('mode-review', 'rewritten', 'cancelled', 'reopened', 'junk-undone', 'edited') and r.id is not null
          and (${waitsByMode} or coalesce(r.hold_reason, '') = 'mode-draft' or r.text <> r.draft_text))
        else true end)`

const leftAlone = `(select count(*) filter (where newer.reason = 'drafts-unsent')::int from (select reason from replyd.message o
    where o.account = m.account and o.from_address = m.from_address and o.id > m.id order by o.id desc limit 200) newer)`

const listed = `${messageColumns}, r.state as "replyState", r.text as "replyText", r.envelope as "replyEnvelope", string_to_array(r.hold_reason, ' ') as "holdReasons",
  r.send_after as "sendAfter", ${needsPerson} as "needsPerson", r.text = r.draft_text as "asDrafted", r.claims, r.composed->'missing' as missing, ${leftAlone} as "leftAlone"`

export type Show = 'all' | 'held' | 'ready' | 'sending'

export interface WaitingFilter {
  account?: string
  /** As searchOf() reads it. */
  search?: string
  category?: string
  /**
   * `held`: what a person has to look at; `ready`: replies without a doubt, in Drafts or here; `waiting`: both;
   * `sending`: approved. Everything when absent.
   */
  show?: Show | 'waiting'
  /** Includes replies that are being rewritten: they keep their places. */
  rewriting?: boolean
}

/** A person asked for it, and the new text is not there yet. */
const isRewriting = `m.disposition = 'pending' and m.instruction is not null and m.step in ('triage', 'compose', 'decide')`

/** @param found the text searched @param at number of the first of three parameters: words, senders, subjects */
const matching = (found: string, at: number) => {
  const all = (text: string, parameter: number) =>
    `not exists (select 1 from unnest($${parameter}::text[]) wanted where ${text} !~ wanted)`
  const from = `concat_ws(' ', m.from_name, m.from_address)`
  return `${all(found, at)} and ${all(from, at + 1)} and ${all(`coalesce(m.subject, '')`, at + 2)}`
}
const matched = (typed: string | undefined) => {
  const { words, from, subject } = searchOf(typed ?? '')
  return [words, from, subject]
}

const waiting = `replyd.message m left join replyd.reply r on r.id = m.id
      where (m.step = 'review' or m.disposition = 'approved' or (m.disposition = 'drafted' and r.state = 'saved') or ($7 and ${isRewriting}))
        and ($2 = 'all' or ($2 = 'waiting' and m.disposition <> 'approved') or $2 = case when m.disposition = 'approved' then 'sending' when ${needsPerson} then 'held' else 'ready' end)
        and ($1::text is null or m.account = $1)
        and ($3::text is null or m.verdict->>'category' = $3)
        and ${matching(`concat_ws(' ', m.subject, m.from_name, m.from_address, m.verdict->>'summary', r.text)`, 4)}`

const waitingValues = ({ account, search, show, category, rewriting }: WaitingFilter) => [
  account || null,
  show ?? 'all',
  category || null,
  ...matched(search),
  rewriting ?? false,
]

/** Whether the mode alone explains the wait. Neither a decision nor its undo changes this, so no row jumps. */
const kindOf = (reply: string) =>
  `(coalesce(${reply}.hold_reason, '-') !~ ${saysDoubt} and not (${byReviewIn(reply)} and ${lacksIn(reply)}))`
/** The sort key of a mail in the queue; the smallest comes first. */
const placeOf = (mail: string, reply: string) =>
  `(${mail}.disposition <> 'uncertain', ${kindOf(reply)}, -coalesce((${mail}.verdict->>'urgency')::float8, 0),
    coalesce(case when ${mail}.verdict->'sentiment'->>'label' in ('negative', 'mixed')
      then -(${mail}.verdict->'sentiment'->>'intensity')::float8 end, 0), ${mail}.internal_date, ${mail}.id)`
const columnsOf = (place: string) => place.slice(1, -1)
const placeOfKey = (parameter: number) =>
  `(select ${columnsOf(placeOf('k', 'l'))} from replyd.message k left join replyd.reply l on l.id = k.id where k.id = $${parameter})`

/**
 * Mails that need a person come first, then by urgency, displeasure and age.
 * @param page `after`: id of a mail; only those behind it. At most 200 when `limit` is absent
 */
export async function waitingMails(
  db: Queryable,
  filter: WaitingFilter,
  page: { after?: string; limit?: number } = {},
): Promise<ListedMail[]> {
  const { rows } = await db.query<ListedMail>(
    `with page as (select m.id from ${waiting}
        and ($8::text is null or ${placeOf('m', 'r')} > ${placeOfKey(8)})
      order by ${columnsOf(placeOf('m', 'r'))} limit $9)
     select ${listed} from page join replyd.message m on m.id = page.id left join replyd.reply r on r.id = m.id
      order by ${columnsOf(placeOf('m', 'r'))}`,
    [...waitingValues(filter), page.after || null, page.limit ?? 200],
  )
  return rows
}

/** The number of mails before this one in the list, whether or not it matches; null if there is no such mail. */
export async function waitingBefore(
  db: Queryable,
  filter: WaitingFilter,
  id: string,
): Promise<number | null> {
  const { rows } = await db.query<{ n: number }>(
    `select count(*) filter (where ${placeOf('m', 'r')} < ${placeOfKey(8)})::int as n from ${waiting}
     having exists (select 1 from replyd.message where id = $8)`,
    [...waitingValues(filter), id],
  )
  return rows[0]?.n ?? null
}

/** Counts of everything that waits, from one query: each mail is held, ready or being sent. */
export type WaitingCounts = Record<Show, number> & {
  /** Those that need a person, and those that are not in Drafts: nothing else shows them. */
  here: number
  /** Replies of the model that lack a fact. */
  lacking: number
  /** Categories of these mails, in alphabetical order. */
  categories: string[]
}

export async function waitingCounts(db: Queryable): Promise<WaitingCounts> {
  const { rows } = await db.query<Omit<WaitingCounts, 'categories'> & { category: string | null }>(
    `select m.verdict->>'category' as category, count(*)::int as "all", count(*) filter (where ${needsPerson})::int as held,
       count(*) filter (where ${needsPerson} or (m.disposition = 'held' and r.saved_uid is null))::int as here,
       count(*) filter (where m.disposition = 'approved')::int as sending,
       count(*) filter (where r.text = r.draft_text and jsonb_typeof(r.composed->'missing') = 'array' and r.composed->'missing' <> '[]')::int as lacking from ${waiting} group by 1 order by 1`,
    waitingValues({}),
  )
  const sum = (name: 'all' | 'held' | 'here' | 'sending' | 'lacking') =>
    rows.reduce((total, row) => total + row[name], 0)
  const [all, held, sending] = [sum('all'), sum('held'), sum('sending')]
  const categories = rows.flatMap(({ category }) => category ?? [])
  return {
    all,
    held,
    sending,
    ready: all - held - sending,
    here: sum('here'),
    lacking: sum('lacking'),
    categories,
  }
}

/** How many there are in all. */
export async function countWaiting(db: Queryable, filter: WaitingFilter): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select count(*)::int as n from ${waiting}`,
    waitingValues(filter),
  )
  return rows[0]?.n ?? 0
}

/** Whether any mail was ever read. */
export async function hasMail(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ any: boolean }>('select exists (select 1 from replyd.message) as "any"')
  return rows[0]?.any ?? false
}

export type HistoryMail = ListedMail & { cost: number; tokens: number; models: string | null }

interface MailFilter {
  account?: string
  /** In subject, sender or summary, as searchOf() reads it. */
  search?: string
  /** Several are separated by commas. */
  disposition?: string
  /** In the sender's name or address. */
  from?: string
  /** First and last calendar day of arrival, `2026-11-24`. */
  since?: string
  until?: string
  timeZone?: string
  /** Only mails before this id. */
  before?: string
  limit: number
}

/** Newest first. Invalid dates are ignored. */
export async function listMails(db: Queryable, filter: MailFilter): Promise<HistoryMail[]> {
  const { rows } = await db.query<HistoryMail>(
    `select ${listed}, c.cost, c.tokens, c.models from replyd.message m left join replyd.reply r on r.id = m.id
       left join lateral (select coalesce(sum(cost), 0) as cost, coalesce(sum(input_tokens + output_tokens), 0)::float8 as tokens,
         string_agg(distinct model, ', ') as models from replyd.model_call where message_id = m.id) c on true
      where ($1::text is null or m.account = $1) and ($3::text is null or m.disposition = any(string_to_array($3, ',')))
        and ($2::text is null or m.id < $2)
        and ($5::date is null or m.internal_date >= $5::date::timestamp at time zone $7)
        and ($6::date is null or m.internal_date < ($6::date + 1)::timestamp at time zone $7)
        and ${matching(`concat_ws(' ', m.subject, m.from_name, m.from_address, m.verdict->>'summary')`, 8)}
      order by m.id desc limit $4`,
    [
      filter.account || null,
      filter.before || null,
      filter.disposition || null,
      filter.limit,
      dateOf(filter.since),
      dateOf(filter.until),
      filter.timeZone ?? 'UTC',
      ...searchedWith(filter),
    ],
  )
  return rows
}

/** The sender field is searched as typed, without syntax. */
function searchedWith({ search, from }: MailFilter): string[][] {
  const [words = [], senders = [], subjects = []] = matched(search)
  return [words, from ? [...senders, expressionOf(from)] : senders, subjects]
}

function dateOf(day: string | undefined): string | null {
  if (!day || !/^\d{4}-\d{2}-\d{2}$/.test(day)) return null
  const at = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day) ? day : null
}

export interface LoggedEvent {
  at: Date
  step: Stage
  disposition: Disposition
  reason: Reason
  detail: string | null
  actor: string
  durationMs: number | null
}

interface LoggedChange {
  at: Date
  actor: string
  fromState: ReplyState
  toState: ReplyState
  diff: string | null
}

export interface LoggedCall {
  step: Stage
  at: Date
  /** The configured model, and the provider's name for the one that answered; null if none did. */
  model: string
  answeredBy: string | null
  promptHash: string
  /** Of the knowledge folder; null if none was used. */
  knowledgeHash: string | null
  inputTokens: number
  cachedTokens: number
  outputTokens: number
  cost: number
  durationMs: number | null
}

export interface Explained {
  events: LoggedEvent[]
  changes: LoggedChange[]
  calls: LoggedCall[]
}

/** All records about one mail, oldest first. */
export async function explainMail(db: Queryable, id: string): Promise<Explained> {
  const events = await db.query<LoggedEvent>(
    `select at, step, disposition, reason, detail, actor, duration_ms as "durationMs" from replyd.event
      where message_id = $1 order by id`,
    [id],
  )
  const changes = await db.query<LoggedChange>(
    `select at, actor, from_state as "fromState", to_state as "toState", diff from replyd.reply_change
      where reply_id = $1 order by id`,
    [id],
  )
  const calls = await db.query<LoggedCall>(
    `select step, at, model, answered_by as "answeredBy", prompt_hash as "promptHash", knowledge_hash as "knowledgeHash", input_tokens as "inputTokens", cached_tokens as "cachedTokens",
       output_tokens as "outputTokens", cost, duration_ms as "durationMs" from replyd.model_call
      where message_id = $1 order by at`,
    [id],
  )
  return { events: events.rows, changes: changes.rows, calls: calls.rows }
}

/** A different text whenever something shown on a page has changed; two index look-ups. */
export async function latestChange(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ mark: string }>(
    `select concat_ws('.', (select max(id) from replyd.event), (select max(id) from replyd.reply_change),
       (select max(updated_at) from replyd.account_state)) as mark`,
  )
  return rows[0]?.mark ?? ''
}

/** The number of the last event of the ledger. */
export async function latestEvent(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ last: string }>(
    'select coalesce(max(id), 0)::text as last from replyd.event',
  )
  return rows[0]?.last ?? '0'
}

/** The mails that this person decided on in this way after event `from`, up to `to`. */
export async function decidedBetween(
  db: Queryable,
  wanted: { from: string; to: string; actor: string; reasons: readonly Reason[]; limit: number },
): Promise<string[]> {
  const { from, to, actor, reasons, limit } = wanted
  const { rows } = await db.query<{ id: string }>(
    `select distinct message_id as id from replyd.event
      where id > $1::bigint and id <= $2::bigint and actor = $3 and reason = any($4) order by 1 limit $5`,
    [from, to, actor, reasons, limit],
  )
  return rows.map(({ id }) => id)
}

/** This person's last decision that nobody has changed since; null if none. Only the last 500 events are read. */
export async function lastDecision(
  db: Queryable,
  { actor, reasons, since }: { actor: string; reasons: readonly Reason[]; since: Date },
): Promise<{ id: string; subject: string | null; reason: Reason } | null> {
  const { rows } = await db.query<{ id: string; subject: string | null; reason: Reason }>(
    `select m.id, m.subject, m.reason from (select * from replyd.event order by id desc limit 500) e
       join replyd.message m on m.id = e.message_id and m.reason = e.reason and m.disposition = e.disposition
      where e.actor = $1 and e.reason = any ($2) and e.at > $3 order by e.id desc limit 1`,
    [actor, reasons, since],
  )
  return rows[0] ?? null
}

/** A reply of the model, to show what automatic sending would have done. */
export interface WrittenReply {
  id: string
  subject: string | null
  fromName: string | null
  fromAddress: string | null
  createdAt: Date
  /** No doubt and no fault was found: only its mode kept it from being sent automatically. */
  sendable: boolean
}

/** The latest replies of the model, newest first. @param account null: all @param category null: all */
export async function latestReplies(
  db: Queryable,
  { account, category, limit }: { account: string | null; category: string | null; limit: number },
): Promise<WrittenReply[]> {
  const { rows } = await db.query<WrittenReply>(
    `select m.id, m.subject, m.from_name as "fromName", m.from_address as "fromAddress", r.created_at as "createdAt",
        coalesce(r.hold_reason, '') in ('mode-draft', 'mode-review', 'rewritten', 'all-clear', 'outside-hours') as sendable
       from replyd.reply r join replyd.message m on m.id = r.id
      where jsonb_typeof(r.composed) = 'object' and ($1::text is null or m.account = $1)
        and ($2::text is null or lower(m.verdict->>'category') = lower($2))
      order by r.created_at desc, r.id desc limit $3`,
    [account, category, limit],
  )
  return rows
}
