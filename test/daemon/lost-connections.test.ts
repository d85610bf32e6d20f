/** A process that only serves pages learns from the store that another one has lost its connection to a mailbox. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { LostConnections, lostConnections } from '../../src/daemon/lost-connections.ts'
import type { ConnectionHealth } from '../../src/imap/imap.ts'
import { type Review, tryAgain } from '../../src/review/review.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { Leases } from '../../src/store/leases.ts'
import { fillState } from '../store-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-lost-'))
let db: Database

beforeAll(async () => {
  await fillState(directory)
  db = await openDatabase({ directory, databaseUrl: null }, silentLog)
})

afterAll(async () => {
  await db[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

test('a lost connection is reported while it lasts, and only by the process that watches', async () => {
  using leases = new Leases(db, { holder: 'watching', isGone: () => false }, silentLog)
  const health = (state: ConnectionHealth['state']) => () => ({ state, since: new Date(), lastError: null })
  const watcher = { address: 'a@shop.example', holdsLease: true, health: health('waiting'), tryAgain() {} }
  const standby = { address: 'b@shop.example', holdsLease: false, health: health('waiting'), tryAgain() {} }
  const well = { address: 'c@shop.example', holdsLease: true, health: health('connected'), tryAgain() {} }
  using lost = new LostConnections(db, leases, [watcher, standby, well])
  const addresses = [watcher, standby, well].map(({ address }) => address)
  const told = () => lostConnections(db, addresses)
  expect(await told()).toEqual([])
  await lost.look()
  // Requested in the next turn of the event loop: the same name means the same lease.
  await leases.want('lost a@shop.example').held(new AbortController().signal)
  expect(await told()).toEqual(['a@shop.example'])
  watcher.health = health('connected')
  await lost.look()
  expect(await told()).toEqual([])
})

test('“Try again” on the page of another process reaches the one that watches, once', async () => {
  const tried: string[] = []
  const watcherOf = (address: string, holdsLease: boolean) => ({
    ...{ address, holdsLease, tryAgain: () => void tried.push(address) },
    health: () => ({ state: 'waiting' as const, since: new Date(), lastError: null }),
  })
  const [watching, standby] = ['watching', 'standby'].map(
    (holder) => new Leases(db, { holder, isGone: () => false }, silentLog),
  ) as [Leases, Leases]
  using _watching = watching
  using _standby = standby
  using lost = new LostConnections(db, watching, [
    watcherOf('d@shop.example', true),
    watcherOf('e@shop.example', true),
  ])
  using other = new LostConnections(db, standby, [watcherOf('d@shop.example', false)])
  await lost.look()
  expect(tried).toEqual([])
  const context = {
    ...{ db, log: silentLog, clock: { now: () => new Date() } },
    accounts: new Map([['d@shop.example', null]]),
  }
  const pipeline = { tryAgain: () => undefined }
  await tryAgain({ context, pipeline } as unknown as Review, 'd@shop.example', 'Ann')
  await other.look()
  expect(tried).toEqual([])
  await lost.look()
  await lost.look()
  expect(tried).toEqual(['d@shop.example'])
})

test('at the end no lease is asked for any more: the store is closed soon after', async () => {
  const asked: string[] = []
  const store = { query: async (sql: string) => void asked.push(sql) }
  const leases = new Leases(store as never, { holder: 'ends', isGone: () => false }, silentLog)
  leases.want('lost a@shop.example')
  leases[Symbol.dispose]()
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate)
  expect(asked).toEqual([])
})
