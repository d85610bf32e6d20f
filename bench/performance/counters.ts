/** The work of the servers in a bench, by their own counters. The bench's own queries are not counted. */
import { readdirSync, readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Postgres, Redis as RedisServer } from '../../test/live/servers/index.ts'

/** Lines of postgresql.conf that make PostgreSQL count statements. */
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
}: {
  postgres: Postgres
}): Promise<() => Promise<Statements>> {
  await ask(postgres.url, 'create extension if not exists pg_stat_statements')
  await ask(postgres.url, 'select pg_stat_statements_reset()')
  return async () => {
    if (process.env.REPLYD_BENCH_STATEMENTS) await listStatements(postgres.url)
    const [row] = await ask<{ statements: number; rows: number; wal: number }>(
      postgres.url,
      `select sum(calls)::float8 as statements, sum(wal_bytes)::float8 as wal,
         sum(rows) filter (where query !~* '^\\s*select')::float8 as rows
         from pg_stat_statements where query not like '%pg_stat_statements%' and query not like 'select count(*) as n from %'`,
    )
    return { statements: row?.statements ?? 0, rowsWritten: row?.rows ?? 0, walOctets: row?.wal ?? 0 }
  }
}

/** Prints them on standard error, the most frequent first. */
async function listStatements(url: string): Promise<void> {
  const rows = await ask<{ calls: number; rows: number; ms: number; query: string }>(
    url,
    `select calls::float8, rows::float8, total_exec_time::float8 as ms, query from pg_stat_statements
      where query not like '%pg_stat_statements%' order by calls desc limit 60`,
  )
  for (const { calls, rows: touched, ms, query } of rows)
    process.stderr.write(`${calls} ${touched} ${ms.toFixed(0)} ${query.replace(/\s+/g, ' ').slice(0, 150)}\n`)
}

export interface RedisWork {
  /** Including commands that scripts call. */
  commands: number
  /** Scripts that clients ran: most of BullMQ's round trips. */
  scripts: number
}

/** Starts counting. @returns the counts since then, of all databases */
export async function redisWorkSince({ redis }: { redis: RedisServer }): Promise<() => Promise<RedisWork>> {
  const client = new Redis(redis.url)
  await client.config('RESETSTAT')
  return async () => {
    const lines = (await client.info('commandstats')).matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)
    const calls = [...lines].map(([, name = '', count]) => ({ name, count: Number(count) }))
    client.disconnect()
    const sum = (of: typeof calls) => of.reduce((total, { count }) => total + count, 0)
    return { commands: sum(calls), scripts: sum(calls.filter(({ name }) => /^eval/.test(name))) }
  }
}

/** CPU time of a process, its living descendants and all children that they have waited for; milliseconds. */
export function treeCpuMs(root: number): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => statOf(Number(pid)) ?? [])
  const family = new Set([root])
  for (let size = 0; size < family.size; ) {
    size = family.size
    for (const { pid, parent } of stats) if (family.has(parent)) family.add(pid)
  }
  return stats.filter(({ pid }) => family.has(pid)).reduce((sum, { cpuMs }) => sum + cpuMs, 0)
}

/** null if it has ended in the meantime. */
function statOf(pid: number): { pid: number; parent: number; cpuMs: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // utime, stime, cutime and cstime, in clock ticks of 10 ms.
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return { pid, parent: Number(fields[1]), cpuMs: ticks * 10 }
  } catch {
    return null
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
