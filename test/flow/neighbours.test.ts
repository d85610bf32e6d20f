/** Two installations on one server: neither empties, takes or judges anything that belongs to the other. */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { newId, systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { openDatabase, storeId } from '../../src/store/database.ts'
import { storeIngested } from '../../src/store/ingested.ts'
import { type Redis as RedisServer, startRedis } from '../live/servers/index.ts'
import { fillState } from '../store-template.ts'
import { startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

let redis: RedisServer
let standIn: StandIn

beforeAll(async () => {
  ;[redis, standIn] = await Promise.all([startRedis(), startStandIn()])
})
afterAll(async () => {
  await Promise.all([redis?.stop(), standIn?.close()])
})

type State = Pick<Parameters<typeof startDaemon>[0], 'redisUrl' | 'databaseUrl' | 'roles'>

const open = (address: string, state: State) =>
  startDaemon({
    address,
    imap: { host: '127.0.0.1', port: 9, user: address, password: 'x' },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    ...state,
  })

const row = (id: string, account: string, at: Date) => ({
  ...{ id, account, mailbox: 'INBOX', uidValidity: '1', uid: 1, messageId: `<${id}@x>`, emailId: null },
  ...{ threadId: null, size: 1, internalDate: at, flags: [], fromAddress: 'a@b.example' },
  ...{ fromName: null, subject: null, step: 'triage', disposition: 'pending', reason: 'ok' },
})

/** Keys of jobs for that row. */
async function jobsFor(redisUrl: string, id: string): Promise<string[]> {
  const client = new Redis(redisUrl)
  try {
    return await client.keys(`*:triage-${id}`)
  } finally {
    client.disconnect()
  }
}

test('an embedded one that starts beside another leaves its jobs in Redis', async () => {
  const redisUrl = redis.newDatabase()
  const address = 'one@shop.example'
  await using one = await open(address, { redisUrl, roles: [] })
  const { db, clock } = one.daemon.context
  await storeIngested(db, { messages: [row('a', address, clock.now())] as never }, clock.now())
  await one.daemon.pipeline.sweep()
  const before = await jobsFor(redisUrl, 'a')
  expect(before).toHaveLength(1)
  await using _two = await open(address, { redisUrl, roles: [] })
  expect(await jobsFor(redisUrl, 'a')).toEqual(before)
})

test('one that shares a database takes no mail of accounts that it does not have', async () => {
  const databaseUrl = await newDatabase()
  const redisUrl = redis.newDatabase()
  await using one = await open('one@shop.example', { databaseUrl, redisUrl, roles: [] })
  const { db, clock } = one.daemon.context
  const messages = [
    row('a', 'one@shop.example', clock.now()),
    { ...row('b', 'two@shop.example', clock.now()), uid: 2 },
  ] as never
  await storeIngested(db, { messages }, clock.now())
  await using two = await open('two@shop.example', { databaseUrl, redisUrl, roles: [] })
  await two.daemon.pipeline.sweep()
  expect(await jobsFor(redisUrl, 'a')).toEqual([])
  const [job, ...others] = await jobsFor(redisUrl, 'b')
  expect(others).toEqual([])
  await one.daemon.pipeline.sweep()
  const [own = ''] = await jobsFor(redisUrl, 'a')
  expect(own.split(':')[0]).not.toBe(job?.split(':')[0])
})

/** The id of a store, as read by a daemon that starts on it. */
async function idOf(directory: string, databaseUrl: string | null = null): Promise<string> {
  await using db = await openDatabase({ directory, databaseUrl }, silentLog)
  return await storeId(db, directory, newId(systemClock.now()))
}

test('two embedded stores at the same path, as in two containers, have ids of their own, and keep them', async () => {
  const root = mkdtempSync(join(tmpdir(), 'replyd-neighbours-'))
  try {
    const path = join(root, 'data')
    await fillState(path)
    const first = await idOf(path)
    expect(await idOf(path)).toBe(first)
    renameSync(path, join(root, 'first'))
    mkdirSync(path)
    await fillState(path)
    expect(await idOf(path)).not.toBe(first)
  } finally {
    rmSync(root, { recursive: true })
  }
})

test('processes that share a database of PostgreSQL agree on its id', async () => {
  const databaseUrl = await newDatabase()
  const ids = await Promise.all([idOf('', databaseUrl), idOf('', databaseUrl)])
  expect(ids[0]).toBe(ids[1])
  expect(await idOf('', await newDatabase())).not.toBe(ids[0])
})
