/** The embedded database keeps its size, however often its rows change, because the daily task tidies it. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { systemClock } from '../../src/base/clock.ts'
import type { StepContext } from '../../src/context.ts'
import { DailyAudit } from '../../src/daemon/daily-audit.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { fillState } from '../store-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-upkeep-'))
const events: Record<string, unknown>[] = []
const log = pino({ level: 'info' }, { write: (line: string) => events.push(JSON.parse(line)) })
let db: Database
let daily: DailyAudit

beforeAll(async () => {
  await fillState(directory)
  db = await openDatabase({ directory, databaseUrl: null }, log)
  const context = {
    db,
    clock: systemClock,
    log,
    accounts: new Map(),
    config: { state: { keepMs: null }, budget: { timeZone: 'UTC' } },
  }
  daily = new DailyAudit(context as unknown as StepContext)
  await db.query(
    `insert into replyd.sender_rule (account, pattern, rule, source, at)
       select 'a', 'p' || n, 'allow', 'test', now() from generate_series(1, 2000) n`,
  )
})

afterAll(async () => {
  daily[Symbol.dispose]()
  await db[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

/** Every file of the database, the write-ahead log included. */
function octetsOnDisk(): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

const relationOctets = async () => {
  const { rows } = await db.query<{ n: number }>(`select pg_relation_size('replyd.sender_rule')::float8 as n`)
  return rows[0]?.n ?? 0
}

/** Of an indexed column: PostgreSQL cleans up unindexed ones within their page. */
async function aDayOfChanges(): Promise<void> {
  for (let n = 0; n < 20; n++) await db.query(`update replyd.sender_rule set account = 'change ${n}'`)
}

test('after each day the table and the files are as large as after the first', async () => {
  await aDayOfChanges()
  await daily.run()
  const [table, disk] = [await relationOctets(), octetsOnDisk()]
  for (let day = 0; day < 3; day++) {
    await aDayOfChanges()
    await daily.run()
  }
  expect(await relationOctets()).toBeLessThanOrEqual(table * 1.1)
  expect(octetsOnDisk()).toBeLessThanOrEqual(disk * 1.1)
  // Without it a day's changes need new room every day.
  const before = [await relationOctets(), octetsOnDisk()] as const
  await aDayOfChanges()
  await aDayOfChanges()
  expect(await relationOctets()).toBeGreaterThan(before[0] * 1.5)
  expect(octetsOnDisk()).toBeGreaterThan(before[1])
  expect(events.filter(({ event }) => event === 'store.tidied')).toHaveLength(4)
})

test('work goes on beside it: transactions and queries wait their turn and lose nothing', async () => {
  const adds = Array.from({ length: 20 }, (_, n) =>
    db.transaction((session) =>
      session.query(`insert into replyd.digest (account, day, at) values ($1, '2026-11-24', now())`, [
        `a${n}`,
      ]),
    ),
  )
  await Promise.all([daily.run(), ...adds, daily.run()])
  const { rows } = await db.query<{ n: number }>('select count(*)::int as n from replyd.digest')
  expect(rows[0]?.n).toBe(20)
  expect(events.filter(({ event }) => event === 'audit.failed')).toEqual([])
})
