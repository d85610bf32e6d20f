/** What the servers of a bench were asked to do, by their own counters. The bench's own questions are not counted. */
import pg from 'pg'
import type { Peers } from './peers.ts'

/** Lines of postgresql.conf that make PostgreSQL count. */
export const counting = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'top',
  'pg_stat_statements.track_utility': 'on',
}

export interface Statements {
  /** Statements that clients sent; `begin` and `commit` are two of them. */
  statements: number
  /** Rows inserted, updated or removed. */
  rowsWritten: number
  /** Octets of the write-ahead log. */
  walOctets: number
}

/** Starts counting. @returns the counts since then, of all databases of the cluster */
export async function statementsSince({
  postgres,
}: Pick<Peers, 'postgres'>): Promise<() => Promise<Statements>> {
  await ask(postgres.url, 'create extension if not exists pg_stat_statements')
  await ask(postgres.url, 'select pg_stat_statements_reset()')
  return async () => {
    const [row] = await ask<{ statements: number; rows: number; wal: number }>(
      postgres.url,
      `select sum(calls)::float8 as statements, sum(wal_bytes)::float8 as wal,
         sum(rows) filter (where query !~* '^\\s*select')::float8 as rows
         from pg_stat_statements where query not like '%pg_stat_statements%'`,
    )
    return { statements: row?.statements ?? 0, rowsWritten: row?.rows ?? 0, walOctets: row?.wal ?? 0 }
  }
}

async function ask<Row extends object>(connectionString: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}
