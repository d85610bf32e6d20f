/**
 * Lookups on a real HTTP server and a real PostgreSQL: what they read, what they refuse, and what they never reveal.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { openLog } from '../../src/base/log.ts'
import type { LookupSettings } from '../../src/config/settings.ts'
import { type LookupResult, openLookups } from '../../src/knowledge/lookups/lookups.ts'
import { type Postgres, startPostgres } from './servers/index.ts'

const secret = 'Bearer never-to-be-shown'
let postgres: Postgres
let database: string
let serve: (request: IncomingMessage, response: ServerResponse) => void = () => undefined
const server = createServer((request, response) => serve(request, response))
let requests = 0
let now = new Date('2026-11-28T10:00:00Z')

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  postgres = await startPostgres({ fsync: false })
  database = await postgres.createDatabase()
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  await client.query(`create table sale (number integer, email text, state text, due date);
    insert into sale values (1, 'kim@a.example', 'paid', '2026-12-03'), (2, 'kim@a.example', 'open', null), (2, 'kim@a.example', 'sent', null),
      (3, 'kim@a.example', 'open', null), (3, 'eva@a.example', 'her own', null);
    create sequence counted;
    create table trace (at timestamptz);
    create function changes() returns text language plpgsql volatile as $$ begin insert into trace values (now()); return 'x'; end $$`)
  await client.end()
})

afterAll(async () => {
  server.closeAllConnections()
  await Promise.all([postgres?.stop(), new Promise((resolve) => server.close(resolve))])
})

const base = {
  ...{
    name: 'sale',
    when: { categories: [], match: '\\d+|[a-z]+', in: 'mail' as const },
    http: null,
    sql: null,
  },
  ...{ timeoutMs: 30_000, ownedBy: '$.email', fields: [{ field: 'state', path: '$.state' }], links: [] },
  ...{ notFound: 'ask' as const, failed: 'person' as const, cacheMs: 0 },
}
const overHttp = (changes: Partial<LookupSettings> = {}): LookupSettings => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sale/{match}`
  return { ...base, http: { url, headers: { Authorization: secret } }, ...changes }
}
const overSql = (query: string, changes: Partial<LookupSettings> = {}): LookupSettings => ({
  ...{ ...base, sql: { url: database, query } },
  ...changes,
})

async function found(lookup: LookupSettings, text: string, times = 1): Promise<LookupResult> {
  const log = openLog('silent')
  await using lookups = openLookups([lookup], { log, clock: { now: () => now } })
  const words = { subject: '', visible: text, quoted: '', asks: [], category: 'other' }
  let result: LookupResult | undefined
  for (let turn = 0; turn < times; turn++) {
    result = (await lookups.find(words, async () => 'kim@a.example'))[0]
    now = new Date(now.getTime() + 30_000)
  }
  if (!result) throw new Error('nothing was looked up')
  return result
}

const json =
  (value: unknown, status = 200) =>
  (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/sale/1') requests++
    const body = JSON.stringify(value)
    response.writeHead(request.headers.authorization === secret ? status : 401).end(body)
  }
const own = { email: 'kim@a.example', state: 'paid' }

test.each<[string, (request: IncomingMessage, response: ServerResponse) => void, string, string]>([
  ['the author’s own', json(own), 'found', ''],
  ['somebody else’s', json({ ...own, email: 'eva@a.example' }), 'not-owned', ''],
  ['unknown', json({}, 404), 'not-found', ''],
  ['null', json(null), 'not-found', ''],
  ['without values', json({ email: 'kim@a.example' }), 'not-found', ''],
  ['an error with HTTP 200', json({ error: 'database is down' }), 'failed', 'the answer reports an error'],
  ['nothing found with HTTP 200', json({ error: 'not found' }), 'not-owned', 'nothing at $.email'],
  [
    'a record with groups in groups',
    (_, response) =>
      response.end(`{"email":"kim@a.example","state":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
    'failed',
    'the answer could not be read',
  ],
  [
    'an owner named twice',
    (_, response) => response.end('{"email":"eva@a.example","state":"hers","email":"kim@a.example"}'),
    'failed',
    'the answer has the same name twice',
  ],
  ['an error', json({}, 500), 'failed', 'the answer was HTTP 500'],
  ['refused', json({}, 403), 'failed', 'the answer was HTTP 403'],
  [
    'a redirect',
    (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    'failed',
    'the answer was HTTP 302',
  ],
  ['no JSON', (_, response) => response.end('<html>'), 'failed', 'the answer is not JSON'],
  [
    'too long',
    json({ ...own, more: 'x'.repeat(300_000) }),
    'failed',
    'the answer is longer than 262144 octets',
  ],
  [
    'nested without end',
    (_, response) => response.end('['.repeat(200_000)),
    'failed',
    'the answer is not JSON',
  ],
])('over HTTP: %s', async (_, answer, outcome, detail) => {
  serve = answer
  expect(await found(overHttp(), '1')).toMatchObject({ outcome, detail })
})

test('a public answer that reports an error states nothing', async () => {
  serve = json({ status: 'error', state: 'database is down' })
  const result = await found(overHttp({ ownedBy: null }), '1')
  expect(result).toMatchObject({ outcome: 'failed', facts: [], detail: 'the answer reports an error' })
})

test('a shop that does not answer is given up in time', async () => {
  serve = () => undefined
  // Not the sale whose requests are counted: one that is given up may arrive later.
  const result = await found(overHttp({ timeoutMs: 100 }), '2')
  expect(result).toMatchObject({ outcome: 'failed', detail: 'no complete answer within 100 ms' })
  // Octet by octet, endlessly.
  serve = (_, response) => {
    const drip = setInterval(() => response.write(' '), 10)
    response.on('close', () => clearInterval(drip))
  }
  expect(await found(overHttp({ timeoutMs: 100 }), '2')).toMatchObject({ outcome: 'failed' })
})

test('what was read for one author is not used for another', async () => {
  serve = json(own)
  requests = 0
  await using lookups = openLookups([overHttp({ cacheMs: 60_000 })], {
    ...{ log: openLog('silent'), clock: { now: () => now } },
  })
  const words = { subject: '', visible: '1', quoted: '', asks: [], category: 'other' }
  const outcomes: unknown[] = []
  for (const author of ['kim@a.example', 'eva@a.example', 'kim@a.example', null])
    outcomes.push(
      (await lookups.find(words, async () => author)).map(({ outcome, facts }) => [outcome, facts.length]),
    )
  expect([outcomes, requests]).toEqual([
    [[['found', 1]], [['not-owned', 0]], [['found', 1]], [['unproven', 0]]],
    2,
  ])
})

test('an answer is used again for as long as the owner says', async () => {
  serve = json(own)
  requests = 0
  const { at } = await found(overHttp({ cacheMs: 60_000 }), '1', 4)
  // Read at 0, used at 30, read at 60, used at 90 seconds.
  expect([requests, now.getTime() - at.getTime()]).toEqual([2, 60_000])
})

const query = 'select email, state, due from sale where number = $1;'

test.each<[string, string, string, string, string]>([
  ['the author’s own', query, '1', 'found', ''],
  ['several rows of theirs', query, '2', 'found', ''],
  ['rows of several people', query, '3', 'not-owned', ''],
  ['no row', query, '4', 'not-found', ''],
  ['a number that is none', query, 'abc', 'not-found', ''],
  ['only the author’s rows', 'select * from sale where number = $1 and email = $2', '3', 'found', ''],
  [
    'an answer that never comes',
    "select pg_sleep(60)::text as state, 'kim@a.example' as email where $1 <> ''",
    '1',
    'failed',
    'PostgreSQL: (57014|no answer in time)',
  ],
  [
    'a function that writes',
    "select changes() as state, 'kim@a.example' as email where $1 <> ''",
    '1',
    'failed',
    'PostgreSQL: 25006',
  ],
  [
    'a second statement',
    "select 1 where $1 <> '' ) as x; drop table sale; --",
    '1',
    'failed',
    'PostgreSQL: 42601',
  ],
  [
    'two columns of one name, one of which is the author’s',
    "select 'eva@a.example' as email, state, 'kim@a.example' as email from sale where number = $1",
    '1',
    'failed',
    'the answer has the same name twice',
  ],
  [
    'a setting that would let it write',
    "select set_config('transaction_read_only', 'off', true) as state, changes() as x, 'kim@a.example' as email where $1 <> ''",
    '1',
    'failed',
    'PostgreSQL: (25001|25006)',
  ],
  [
    'a sequence that would count',
    "select nextval('counted')::text as state, 'kim@a.example' as email where $1 <> ''",
    '1',
    'failed',
    'PostgreSQL: 25006',
  ],
  ['a mistake', 'select nothing from sale where number = $1', '1', 'failed', 'PostgreSQL: 42703'],
])('over SQL: %s', async (_, sql, text, outcome, detail) => {
  const timeoutMs = /pg_sleep/.test(sql) ? 300 : 30_000
  const result = await found(overSql(sql, { timeoutMs }), text)
  // The server's time limit and ours are the same: either may be first.
  expect([result.outcome, result.detail]).toEqual([
    outcome,
    expect.stringMatching(new RegExp(`^(?:${detail})$`)),
  ])
})

test('over SQL: each value once, dates as written', async () => {
  const fields = [
    { field: 'state', path: '$.state' },
    { field: 'due', path: '$.due' },
  ]
  expect((await found(overSql(query, { fields }), '2')).facts).toEqual([
    { field: 'state', value: 'open; sent' },
  ])
  expect((await found(overSql(query, { fields }), '1')).facts).toEqual([
    { field: 'state', value: 'paid' },
    { field: 'due', value: '2026-12-03' },
  ])
})

test('the error about an unreachable database does not contain its password', async () => {
  const url = 'postgres://user:never-to-be-shown@127.0.0.1:1/none'
  const result = await found({ ...base, sql: { url, query } }, '1')
  expect(result).toMatchObject({ outcome: 'failed', detail: 'PostgreSQL: ECONNREFUSED' })
})
