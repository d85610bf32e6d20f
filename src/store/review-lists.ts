/** What the review pages, the API and the command line list. */
import type { Queryable } from './database.ts'
import { type MessageRow, messageColumns } from './messages.ts'

export type ListedMail = MessageRow & {
  replyState: string | null
  replyText: string | null
  holdReason: string | null
  sendAfter: Date | null
}

const listed = `${messageColumns}, r.state as "replyState", r.text as "replyText", r.hold_reason as "holdReason",
  r.send_after as "sendAfter"`

const pattern = (search: string) => `%${search.replace(/[\\%_]/g, '\\$&')}%`

/** Most urgent first: what is uncertain, then by urgency, by displeasure, by age. At most 200. */
export async function waitingMails(
  db: Queryable,
  filter: { account?: string; search?: string; show?: 'held' | 'drafts' | 'all' },
): Promise<ListedMail[]> {
  const { rows } = await db.query<ListedMail>(
    `select ${listed} from replyd.message m left join replyd.reply r on r.id = m.id
      where (m.step = 'wait' or m.disposition = 'approved' or (m.disposition = 'drafted' and r.state = 'saved'))
        and ($3 = 'all' or ($3 = 'drafts') = (m.disposition = 'drafted'))
        and ($1::text is null or m.account = $1)
        and ($2::text is null or concat_ws(' ', m.subject, m.from_name, m.from_address, m.verdict->>'summary', r.text) ilike $2)
      order by m.disposition = 'uncertain' desc, m.disposition = 'drafted', coalesce((m.verdict->>'urgency')::float8, 0) desc,
        case when m.verdict->'sentiment'->>'label' in ('negative', 'mixed')
          then (m.verdict->'sentiment'->>'intensity')::float8 else 0 end desc, m.internal_date, m.id
      limit 200`,
    [filter.account ?? null, filter.search ? pattern(filter.search) : null, filter.show ?? 'all'],
  )
  return rows
}

export type HistoryMail = ListedMail & { cost: number; tokens: number; models: string | null }

/** Newest first, `limit` of those before the id. */
export async function listMails(
  db: Queryable,
  filter: { account?: string; search?: string; disposition?: string; before?: string; limit: number },
): Promise<HistoryMail[]> {
  const { rows } = await db.query<HistoryMail>(
    `select ${listed}, c.cost, c.tokens, c.models from replyd.message m left join replyd.reply r on r.id = m.id
       left join lateral (select coalesce(sum(cost), 0) as cost, coalesce(sum(input_tokens + output_tokens), 0)::float8 as tokens,
         string_agg(distinct model, ', ') as models from replyd.model_call where message_id = m.id) c on true
      where ($1::text is null or m.account = $1) and ($3::text is null or m.disposition = any(string_to_array($3, ',')))
        and ($2::text is null or concat_ws(' ', m.subject, m.from_name, m.from_address, m.verdict->>'summary') ilike $2)
        and ($4::text is null or m.id < $4)
      order by m.id desc limit $5`,
    [
      filter.account ?? null,
      filter.search ? pattern(filter.search) : null,
      filter.disposition ?? null,
      filter.before ?? null,
      filter.limit,
    ],
  )
  return rows
}

export interface LoggedEvent {
  at: Date
  step: string
  disposition: string
  reason: string
  detail: string | null
  actor: string
  durationMs: number | null
}

export interface LoggedChange {
  at: Date
  actor: string
  fromState: string
  toState: string
  diff: string | null
}

export interface LoggedCall {
  step: string
  at: Date
  /** As configured, and as the provider names what answered; null when nothing did. */
  model: string
  answeredBy: string | null
  promptHash: string
  /** Of the knowledge folder; null where none was used. */
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

/** Everything that was written down about one mail, oldest first. */
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

/** Another text whenever something has changed that a page shows; two index look-ups. */
export async function latestChange(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ mark: string }>(
    `select concat_ws('.', (select max(id) from replyd.event), (select max(id) from replyd.reply_change),
       (select max(updated_at) from replyd.account_state)) as mark`,
  )
  return rows[0]?.mark ?? ''
}

export async function countBy(
  db: Queryable,
  account?: string,
): Promise<{ disposition: string; n: number }[]> {
  const { rows } = await db.query<{ disposition: string; n: number }>(
    `select disposition, count(*)::int as n from replyd.message where $1::text is null or account = $1
      group by disposition order by n desc`,
    [account ?? null],
  )
  return rows
}

export interface DayFigures {
  day: string
  mails: number
  spam: number
  sent: number
  negative: number
  cost: number
}

/** One row for each day since then, in the owner's time zone, oldest first; days without mail are left out. */
export async function figuresByDay(db: Queryable, timeZone: string, since: Date): Promise<DayFigures[]> {
  const { rows } = await db.query<DayFigures>(
    `select to_char(m.internal_date at time zone $1, 'YYYY-MM-DD') as day, count(*)::int as mails,
       count(*) filter (where m.disposition in ('filed', 'marked'))::int as spam,
       count(*) filter (where m.disposition in ('sent', 'sent-by-owner'))::int as sent,
       count(*) filter (where m.verdict->'sentiment'->>'label' = 'negative')::int as negative,
       coalesce(sum(c.cost), 0) as cost
       from replyd.message m
       left join lateral (select sum(cost) as cost from replyd.model_call where message_id = m.id) c on true
      where m.internal_date >= $2 group by 1 order by 1`,
    [timeZone, since],
  )
  return rows
}

/** US dollars reserved or spent on that day by all accounts. */
export async function spentOn(db: Queryable, day: string): Promise<number> {
  const { rows } = await db.query<{ cost: number }>(
    `select cost + reserved as cost from replyd.spending where day = $1 and account = ''`,
    [day],
  )
  return rows[0]?.cost ?? 0
}
