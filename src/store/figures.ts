/** Figures for /metrics that no page shows. */
import type { Queryable } from './database.ts'

export interface WaitingFigures {
  /** Seconds since the oldest mail came whose next step is still to run; 0 when there is none. */
  oldestUnfinished: number
  /** The same for mail that waits for a person. */
  oldestForPerson: number
  /** Replies of which nobody knows whether they went out. */
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

export interface ModelLatency {
  step: string
  /** Seconds. */
  median: number
  p95: number
}

/** How long the model took, by step, for calls since then. */
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
