/** The store's statements as PostgreSQL has prepared them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { analyseGrown, type Database, openDatabase, type Queryable } from '../../src/store/database.ts'
import { guardHistory } from '../../src/store/guard-history.ts'
import { knownSender } from '../../src/store/history.ts'
import { settleModelCall } from '../../src/store/model-calls.ts'
import { loadReply } from '../../src/store/replies.ts'
import { reserveModelCall } from '../../src/store/spending.ts'
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

const account = 'a@x.example'
const question = {
  ...{ account, now: new Date(0), id: 'none', coming: { messageId: '<1@x.example>', digest: 'd' } },
  ...{ own: '<1@x.example>', hash: 'h', thread: ['<2@x.example>'] },
  ...{ authors: ['c@x.example'], addressee: 'c@x.example' },
}

test('a plan that was made while the store was empty reads no table whole', async () => {
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

/** Mails that are done, one in ten with a reply. */
async function fill(rows: number) {
  await database.query(
    `insert into replyd.message (id, account, mailbox, uid_validity, uid, message_id, header_hash, size, internal_date, flags,
       from_address, subject, ingested_at, step, disposition, reason, due_at, updated_at)
     select 'm' || n, $1, 'INBOX', '1', n, '<m' || n || '@x>', 'h' || n, 3000, now(), '[]', 'c' || n || '@x', 'Order', now(), 'done',
       'declined', 'list', now(), now() from generate_series(1, $2::int) n on conflict do nothing`,
    [account, rows],
  )
  await database.query(
    `insert into replyd.reply (id, account, state, kind, reply_message_id, octets, reverse_path, addressee, addressees, subject, text,
       draft_text, text_hash, confidence, composed, claims, sources, hold_reason, created_at, claimed_at)
     select id, account, 'sent', 'send', '<r' || id || '@x>', repeat('x', 1500)::bytea, account, from_address, '[]', '', '', '', id, 1, '{}',
       '[]', '[]', '', now(), now() from replyd.message where account = $1 and uid % 10 = 0
       on conflict do nothing`,
    [account],
  )
}

interface Plan {
  'Rows Removed by Filter'?: number
  'Rows Removed by Join Filter'?: number
  'Actual Loops': number
  Plans?: Plan[]
}

/** Rows that were read and not used. */
const unused = (plan: Plan): number =>
  ((plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Join Filter'] ?? 0)) *
    plan['Actual Loops'] +
  (plan.Plans ?? []).reduce((sum, part) => sum + unused(part), 0)

test("once a store has grown, a new mail's history is found without reading the account's other mails", async () => {
  const ask = (times: number) =>
    database.transaction(async (session) => {
      for (let run = 0; run < times; run++) await guardHistory(session, question)
      const [statement] = await prepared(session, 'union all%openDrafts')
      const asked = JSON.stringify([{ ...question, since: new Date(), named: question.thread }])
      const { rows } = await session.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `explain (analyze, format json) execute ${statement?.name}('[]', '${asked}')`,
      )
      return unused(rows[0]?.['QUERY PLAN'][0].Plan as Plan)
    })
  expect(await ask(7)).toBe(0)
  await fill(3000)
  // The reason for analyseGrown.
  expect(await ask(1)).toBeGreaterThan(3000)
  await analyseGrown({ db: database, log: silentLog })
  expect(await ask(1)).toBeLessThan(30)
})

test("a call that ends locks its budget's rows in their order, so that two calls never wait for each other", async () => {
  await fill(1)
  const call = {
    ...{
      id: 'call',
      messageId: 'm1',
      account,
      step: 'triage',
      day: '2026-11-30',
      model: 'm',
      promptHash: 'p',
    },
    ...{ knowledgeHash: null, worstCase: 0.1, shares: ['b', 'a'].map((name) => ({ name, part: 1 })) },
  } as const
  await reserveModelCall(database, call, { perDay: 1, accountPerDay: null }, new Date())
  const lock = (share: string) =>
    `select 1 from replyd.spending where account = '' and share = '${share}' for update nowait`
  let ended: Promise<void> | undefined
  await database.transaction(async (session) => {
    await session.query(lock('b'))
    ended = settleModelCall(database, 'call', {
      input: 1,
      cachedInput: 0,
      output: 1,
      cost: 0.01,
      durationMs: 1,
    })
    for (let waiting = 0; waiting === 0; ) {
      const { rows } = await session.query<{ n: number }>(
        'select count(*)::int as n from pg_locks where not granted',
      )
      waiting = rows[0]?.n ?? 0
    }
    await expect(database.query(lock('a'))).rejects.toMatchObject({ code: '55P03' })
  })
  await ended
})
