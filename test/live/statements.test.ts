/** The store's statements as PostgreSQL has prepared them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { type Database, openDatabase, type Queryable } from '../../src/store/database.ts'
import { guardHistory } from '../../src/store/guard-history.ts'
import { knownSender } from '../../src/store/history.ts'
import { loadReply } from '../../src/store/replies.ts'
import { type Postgres, startPostgres } from './servers/index.ts'

let postgres: Postgres
let database: Database

beforeAll(async () => {
  postgres = await startPostgres({ fsync: false })
  database = await openDatabase({ directory: '', databaseUrl: await postgres.createDatabase() }, silentLog)
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
  await postgres.stop()
})

/** The prepared statements of the session that asks. */
async function prepared(session: Queryable, part: string) {
  const { rows } = await session.query<{ name: string; runs: number }>(
    `select name, (generic_plans + custom_plans)::int as runs from pg_prepared_statements where statement like '%${part}%'`,
  )
  return rows
}

test('a statement is parsed once for each connection', async () => {
  await database.transaction(async (session) => {
    for (const n of [1, 2, 3]) {
      const { rows } = await session.query<{ n: number }>('select $1::int as n, 4711 as once', [n])
      expect(rows[0]?.n).toBe(n)
    }
    expect((await prepared(session, '4711 as once')).map(({ runs }) => runs)).toEqual([3])
  })
})

test('a plan that was made while the store was empty reads no table whole', async () => {
  const mail = {
    account: 'a@x.example',
    now: new Date(0),
    id: 'none',
    coming: null,
    own: '<1@x.example>',
    hash: 'h',
  }
  const question = { ...mail, thread: ['<2@x.example>'], authors: ['c@x.example'], addressee: 'c@x.example' }
  await database.transaction(async (session) => {
    for (let run = 0; run < 7; run++) {
      await knownSender(session, 'a@x.example', 'c@x.example', 'none')
      await loadReply(session, 'none')
      await guardHistory(session, question)
    }
    const reads = [
      ...(await prepared(session, 'from replyd.reply where id')),
      ...(await prepared(session, 'union all%openDrafts')),
      ...(await prepared(session, 'm.from_address = q.address')),
    ]
    expect(reads.map(({ runs }) => runs)).toEqual([7, 7, 7])
    const values = ["('{a}')", "('[]', '[]')", "('[]')"]
    for (const [at, { name }] of reads.entries()) {
      const { rows } = await session.query<{ 'QUERY PLAN': string }>(`explain execute ${name}${values[at]}`)
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).not.toContain('Seq Scan')
    }
  })
})
