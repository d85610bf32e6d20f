/** A process that only serves pages hears from the store that another one has lost its connection to a mailbox. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { LostConnections, lostConnections } from '../../src/daemon/lost-connections.ts'
import type { ConnectionHealth } from '../../src/imap/imap.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { Leases } from '../../src/store/leases.ts'
import { fillState } from '../store-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-lost-'))
let db: Database

beforeAll(async () => {
  await fillState(directory)
  db = await openDatabase({ directory, databaseUrl: null }, silentLog)
}, 120_000)

afterAll(async () => {
  await db[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

test('a lost connection is told while it lasts, and only by the process that watches', async () => {
  using leases = new Leases(db, { holder: 'watching', isGone: () => false }, silentLog)
  const health = (state: ConnectionHealth['state']) => () => ({ state, since: new Date(), lastError: null })
  const watcher = { address: 'a@shop.example', holdsLease: true, health: health('waiting') }
  const standby = { address: 'b@shop.example', holdsLease: false, health: health('waiting') }
  const well = { address: 'c@shop.example', holdsLease: true, health: health('connected') }
  using lost = new LostConnections(leases, [watcher, standby, well])
  const addresses = [watcher, standby, well].map(({ address }) => address)
  const told = () => lostConnections(db, addresses)
  expect(await told()).toEqual([])
  await lost.look()
  // Asked for in the next turn: the same name again is the same lease.
  await leases.want('lost a@shop.example').held(new AbortController().signal)
  expect(await told()).toEqual(['a@shop.example'])
  watcher.health = health('connected')
  await lost.look()
  expect(await told()).toEqual([])
})
