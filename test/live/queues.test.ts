/** The queues on both backends: delayed jobs that are run early. */
import { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Redis as Client } from 'ioredis'
import { ConfigError } from '../../src/base/errors.ts'
import { logTo, silentLog } from '../../src/base/log.ts'
import { type JobRequest, openQueues, type Queues } from '../../src/queue/queues.ts'
import { openRedis } from '../../src/queue/redis.ts'
import { openDatabase } from '../../src/store/database.ts'
import { type Postgres, type Redis, startPostgres, startRedis } from './servers/index.ts'

let redis: Redis
let postgres: Postgres

beforeAll(async () => {
  ;[redis, postgres] = await Promise.all([startRedis(), startPostgres({ fsync: false })])
})

afterAll(async () => {
  await Promise.all([redis?.stop(), postgres?.stop()])
})

async function ranAfterHastening(queues: Queues): Promise<string[]> {
  const ran: string[] = []
  const done = new Promise<void>((resolve) => {
    queues.work('model', 1, async (_step, id) => {
      ran.push(id)
      if (id === 'late') resolve()
    })
  })
  const hour = 3_600_000
  await queues.enqueue([
    { queue: 'model', step: 'triage', messageId: 'late', delayMs: hour },
    { queue: 'model', step: 'triage', messageId: 'later', delayMs: hour },
  ])
  await queues.hasten([
    { queue: 'model', step: 'triage', messageId: 'unknown' },
    { queue: 'model', step: 'triage', messageId: 'late' },
  ])
  await done
  return ran
}

test('on Redis a delayed job runs when it is hastened, and no other', async () => {
  const settings = { redisUrl: redis.newDatabase(), pool: null, namespace: 'replyd' }
  await using queues = await openQueues(settings, silentLog)
  expect(await ranAfterHastening(queues)).toEqual(['late'])
  expect(await queues.counts('model')).toMatchObject({ delayed: 1 })
})

test('on PostgreSQL, too', async () => {
  const databaseUrl = await postgres.createDatabase()
  await using db = await openDatabase({ directory: '', databaseUrl }, silentLog)
  await using queues = await openQueues({ redisUrl: null, pool: db.pool, namespace: 'replyd' }, silentLog)
  expect(await ranAfterHastening(queues)).toEqual(['late'])
  expect(await queues.counts('model')).toMatchObject({ delayed: 1 })
})

/** A worker that logs more lines is stopped, so that the test fails. */
const endless = 2_000
/** Only a worker that never runs its job takes that long. Milliseconds. */
const hangs = 120_000

function errorsOf(lines: string[]) {
  return logTo('warn', (line) => {
    if (lines.push(line) > endless) throw new Error('the log has no end')
  })
}

test(
  'a worker that starts while PostgreSQL is full pauses between requests, and works once there is room',
  async () => {
    const databaseUrl = await postgres.createDatabase()
    await using db = await openDatabase({ directory: '', databaseUrl }, silentLog)
    const lines: string[] = []
    const log = errorsOf(lines)
    await using queues = await openQueues({ redisUrl: null, pool: db.pool, namespace: 'replyd' }, log)
    await queues.enqueue([{ queue: 'model', step: 'triage', messageId: 'first' }])
    const pool = db.pool as unknown as { connect: (done?: (error: Error) => void) => Promise<unknown> }
    const { connect } = pool
    const full = new Error('sorry, too many clients already')
    pool.connect = async (done) => {
      await turn()
      if (!done) throw full
      done(full)
    }
    const ran = new Promise<string>((resolve) => {
      queues.work('model', 1, async (_step, id) => resolve(id))
    })
    for (let at = 0; at < 1_000; at++) await turn()
    pool.connect = connect
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.length).toBeLessThan(200)
    expect(await ran).toBe('first')
  },
  hangs,
)

test(
  'a worker whose requests Redis refuses pauses between them',
  async () => {
    const redisUrl = redis.newDatabase()
    const lines: string[] = []
    const log = errorsOf(lines)
    await using queues = await openQueues({ redisUrl, pool: null, namespace: 'replyd' }, log)
    await using client = Object.assign(new Client(redisUrl), {
      [Symbol.asyncDispose]: async () => client.disconnect(),
    })
    const meta = queues.board('model').toKey('meta')
    await queues.enqueue([{ queue: 'model', step: 'triage', messageId: 'first' }])
    const before = await client.hgetall(meta)
    await client.del(meta)
    await client.set(meta, 'not a hash')
    const ran = new Promise<string>((resolve) => {
      queues.work('model', 1, async (_step, id) => resolve(id))
    })
    // Without a pause there is about one question for each answer of Redis.
    for (let at = 0; at < 500; at++) await client.ping()
    await client.del(meta)
    await client.hset(meta, before)
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.length).toBeLessThan(100)
    expect(await ran).toBe('first')
  },
  hangs,
)

test('closed queues leave nothing on the pool of the store', async () => {
  const databaseUrl = await postgres.createDatabase()
  await using db = await openDatabase({ directory: '', databaseUrl }, silentLog)
  const settings = { redisUrl: null, pool: db.pool, namespace: 'replyd' }
  const before = db.pool.listenerCount('error')
  for (const round of [1, 2]) {
    await using queues = await openQueues({ ...settings, namespace: `replyd-${round}` }, silentLog)
    expect(await ranAfterHastening(queues)).toEqual(['late'])
    expect(db.pool.listenerCount('error')).toBeLessThanOrEqual(EventEmitter.defaultMaxListeners)
  }
  expect(db.pool.listenerCount('error')).toBe(before)
})

test('only missing jobs are added again, and those that exist are counted in one command for a hundred', async () => {
  const redisUrl = redis.newDatabase()
  await using queues = await openQueues({ redisUrl, pool: null, namespace: 'replyd' }, silentLog)
  const client = new Client(redisUrl)
  const requests = Array.from({ length: 250 }, (_, n): JobRequest => {
    return { queue: n % 2 === 0 ? 'model' : 'mailbox', step: 'triage', messageId: String(n) }
  })
  await queues.enqueue(requests)
  await client.config('RESETSTAT')
  await queues.enqueueMissing(requests)
  const stats = await client.info('commandstats')
  expect(/^cmdstat_exists:calls=(\d+)/m.exec(stats)?.[1]).toBe('6')
  expect(stats).not.toMatch(/^cmdstat_eval/m)
  await client.del('replyd:model:triage-248')
  await client.lrem('replyd:model:wait', 1, 'triage-248')
  await queues.enqueueMissing(requests)
  expect(await client.exists('replyd:model:triage-248')).toBe(1)
  expect(await queues.counts('model')).toMatchObject({ wait: 125 })
  client.disconnect()
})

test('an embedded store empties the queue of its killed process, but not one that somebody else works on', async () => {
  const redisUrl = redis.newDatabase()
  const settings = { redisUrl, pool: null, namespace: 'replyd-copied' }
  const job = { queue: 'mailbox', step: 'deliver', messageId: 'a', delayMs: 3_600_000 } as const
  {
    await using original = await openQueues(settings, silentLog)
    const works = new Promise<void>((resolve) => original.work('mailbox', 1, async () => resolve()))
    await original.enqueue([job, { queue: 'mailbox', step: 'deliver', messageId: 'b' }])
    await works
    await using copy = await openQueues({ ...settings, alone: true }, silentLog)
    expect(await copy.counts('mailbox')).toMatchObject({ delayed: 1 })
  }
  await using again = await openQueues({ ...settings, alone: true }, silentLog)
  expect(await again.counts('mailbox')).toMatchObject({ delayed: 0 })
})

test.each([
  ['does not permit CLIENT LIST', async (client: Client) => client.acl('SETUSER', 'default', '-client|list')],
  ['does not permit CLIENT', async (client: Client) => client.acl('SETUSER', 'default', '-client')],
])('a Redis that %s is used, and the log does not call it shared', async (_name, forbid) => {
  await using guarded = await startRedis()
  const client = new Client(guarded.url)
  await forbid(client)
  client.disconnect()
  const lines: string[] = []
  const log = logTo('info', (line) => lines.push(line))
  const settings = { redisUrl: guarded.url, pool: null, namespace: 'replyd' }
  await using queues = await openQueues({ ...settings, alone: true }, log)
  expect(await queues.ping()).toBe(true)
  expect(lines.join('')).toContain('queue.kept')
  expect(lines.join('')).not.toContain('queue.shared')
})

test.each([
  ['no password', ''],
  ['a wrong password', ':wrong-wrong@'],
])('a Redis that needs a password says so if the client gives %s', async (_name, login) => {
  await using guarded = await startRedis()
  const client = new Client(guarded.url)
  await client.config('SET', 'requirepass', 'right-right')
  client.disconnect()
  const opening = openRedis(guarded.url.replace('redis://', `redis://${login}`), silentLog)
  await expect(opening).rejects.toThrow(/refused the login/)
  await expect(opening).rejects.toBeInstanceOf(ConfigError)
})
