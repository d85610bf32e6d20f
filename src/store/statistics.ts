/** Statistics by calendar day in the owner's time zone. */
import type { Disposition } from '../base/dispositions.ts'
import type { Queryable } from './database.ts'

export interface DayFigures {
  /** `2026-11-24` */
  day: string
  /** Mails that arrived. */
  mails: number
  spam: number
  positive: number
  neutral: number
  negative: number
  /** Replies that were sent. */
  sent: number
  /** Of those: sent as the model wrote them. */
  untouched: number
  /** From arrival to sending, seconds; null without a reply. */
  medianSeconds: number | null
  p90Seconds: number | null
  /** US dollars spent on the model. */
  cost: number
}

export type ReplyFigures = Pick<DayFigures, 'sent' | 'untouched' | 'medianSeconds' | 'p90Seconds'>

/** Ignores spaces, which mail clients change on their own. */
const untouched = `regexp_replace(r.text, '\\s+', ' ', 'g') = regexp_replace(r.draft_text, '\\s+', ' ', 'g')`

const replyColumns = `count(*)::int as sent, count(*) filter (where ${untouched})::int as untouched,
       percentile_cont(0.5) within group (order by extract(epoch from r.finished_at - m.internal_date)) as "medianSeconds",
       percentile_cont(0.9) within group (order by extract(epoch from r.finished_at - m.internal_date)) as "p90Seconds"`

/** Days since then with any activity, oldest first. */
export async function figuresByDay(db: Queryable, timeZone: string, since: Date): Promise<DayFigures[]> {
  const { rows } = await db.query<DayFigures>(
    `with mails as (
       select to_char(internal_date at time zone $1, 'YYYY-MM-DD') as day, count(*)::int as mails,
         count(*) filter (where disposition in ('filed', 'marked'))::int as spam,
         count(*) filter (where verdict->'sentiment'->>'label' = 'positive')::int as positive,
         count(*) filter (where verdict->'sentiment'->>'label' in ('neutral', 'mixed'))::int as neutral,
         count(*) filter (where verdict->'sentiment'->>'label' = 'negative')::int as negative
         from replyd.message where internal_date >= $2 and disposition <> 'duplicate' group by 1
     ), replies as (
       select to_char(r.finished_at at time zone $1, 'YYYY-MM-DD') as day, ${replyColumns}
         from replyd.reply r join replyd.message m on m.id = r.id
        where r.state = 'sent' and r.finished_at >= $2 group by 1
     ), costs as (
       select day, sum(cost) as cost from replyd.model_call
        where day >= to_char($2::timestamptz at time zone $1, 'YYYY-MM-DD') and settled group by 1
     )
     select day, coalesce(mails, 0) as mails, coalesce(spam, 0) as spam, coalesce(positive, 0) as positive,
       coalesce(neutral, 0) as neutral, coalesce(negative, 0) as negative, coalesce(sent, 0) as sent,
       coalesce(untouched, 0) as untouched, "medianSeconds", "p90Seconds", coalesce(cost, 0) as cost
       from mails full join replies using (day) full join costs using (day) order by day`,
    [timeZone, since],
  )
  return rows
}

/** The same over all replies since then: a median of medians would be wrong. */
export async function replyFigures(db: Queryable, since: Date): Promise<ReplyFigures> {
  const { rows } = await db.query<ReplyFigures>(
    `select ${replyColumns} from replyd.reply r join replyd.message m on m.id = r.id
      where r.state = 'sent' and r.finished_at >= $1`,
    [since],
  )
  return rows[0] ?? { sent: 0, untouched: 0, medianSeconds: null, p90Seconds: null }
}

export async function countBy(
  db: Queryable,
  account?: string,
): Promise<{ disposition: Disposition; n: number }[]> {
  const { rows } = await db.query<{ disposition: Disposition; n: number }>(
    `select disposition, count(*)::int as n from replyd.message where $1::text is null or account = $1
      group by disposition order by n desc`,
    [account ?? null],
  )
  return rows
}

interface WaitingFigures {
  /** Seconds since the arrival of the oldest mail whose next step is still to run; 0 if there is none. */
  oldestUnfinished: number
  /** The same for mail that waits for a person. */
  oldestForPerson: number
  /** Replies that may or may not have been sent. */
  uncertain: number
}

export async function waitingFigures(db: Queryable, now: Date): Promise<WaitingFigures> {
  const { rows } = await db.query<WaitingFigures>(
    `select coalesce(extract(epoch from $1::timestamptz - min(ingested_at) filter (where step not in ('review', 'done'))), 0)::float8
         as "oldestUnfinished",
       coalesce(extract(epoch from $1::timestamptz - min(ingested_at) filter (where step = 'review')), 0)::float8 as "oldestForPerson",
       count(*) filter (where step = 'review' and disposition = 'uncertain')::int as uncertain
       from replyd.message where step <> 'done'`,
    [now],
  )
  return rows[0] ?? { oldestUnfinished: 0, oldestForPerson: 0, uncertain: 0 }
}

interface ModelLatency {
  step: string
  /** Seconds. */
  median: number
  p95: number
}

/** Duration of model calls since then, by step. */
export async function modelLatency(db: Queryable, since: Date): Promise<ModelLatency[]> {
  const { rows } = await db.query<ModelLatency>(
    `select step, percentile_cont(0.5) within group (order by duration_ms) / 1000 as median,
       percentile_cont(0.95) within group (order by duration_ms) / 1000 as p95
       from replyd.model_call where at >= $1 and duration_ms is not null group by step`,
    [since],
  )
  return rows
}

/** Octets of the database on disk, without its write-ahead log. */
export async function storeSize(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ octets: number }>(
    'select pg_database_size(current_database())::float8 as octets',
  )
  return rows[0]?.octets ?? 0
}

export interface UsageRow {
  key: string
  calls: number
  inputTokens: number
  cachedTokens: number
  outputTokens: number
  cost: number
}

/** Totals by day, account or step, from that day on. */
export async function usageBy(
  db: Queryable,
  key: 'day' | 'account' | 'step',
  sinceDay: string,
): Promise<UsageRow[]> {
  const column = { day: 'day', account: 'account', step: 'step' }[key]
  const { rows } = await db.query<UsageRow>(
    `select ${column} as key, count(*)::int as calls, sum(input_tokens)::float8 as "inputTokens",
       sum(cached_tokens)::float8 as "cachedTokens", sum(output_tokens)::float8 as "outputTokens", sum(cost) as cost
       from replyd.model_call where day >= $1 group by ${column} order by ${column}`,
    [sinceDay],
  )
  return rows
}

/** When each account's newest mail arrived. */
export async function latestArrivals(db: Queryable): Promise<Map<string, Date>> {
  const { rows } = await db.query<{ account: string; at: Date }>(
    'select account, max(internal_date) as at from replyd.message group by account',
  )
  return new Map(rows.map(({ account, at }) => [account, at]))
}
