/** Nobody can use up the day's budget alone: not with plus tags, not with subdomains, and not in the name of others. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { dayOf } from '../../src/model/budget.ts'
import { saveCorrespondents } from '../../src/store/correspondents.ts'
import type { Database } from '../../src/store/database.ts'
import { spentOn, spentShares } from '../../src/store/spending.ts'
import { watchLedger } from '../live/changes.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

const address = 'fair@shop.example'
const perDay = 0.1
const timeZone = 'Europe/Berlin'

let dovecot: Dovecot
let standIn: StandIn

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn({ latencyMs: 1 })])
})

afterAll(async () => {
  await dovecot?.stop()
  await standIn?.close()
})

const letter = (from: string, n: number) => ({
  user: address,
  octets: [
    `Message-ID: <${n}.${from}>`,
    `Authentication-Results: mx.shop.example; dmarc=${from.startsWith('anna') && n > 0 ? 'fail' : 'pass'} header.from=${from.split('@')[1]}`,
    `From: Customer <${from}>`,
    `To: ${address}`,
    `Subject: Order ${n}`,
    'Date: Tue, 24 Nov 2026 10:00:00 +0000',
    '',
    `Hello,\r\n\r\nwhen will my order number ${n} arrive?\r\n\r\nCustomer ${n}\r\n`,
  ].join('\r\n'),
  reversePath: from,
})

/** 240 mails of three attackers: subdomains, plus tags, and a forged correspondent. */
const flood = Array.from({ length: 80 }, (_, n) => [
  letter(`sales@host${n}.flood.example`, n),
  letter(`kim+${n}@tags.example`, n),
  letter('anna@friends.example', n + 1),
]).flat()

const correspondents = Array.from({ length: 12 }, (_, n) => `${'abcdefghijkl'[n]}nna@friends.example`)

interface Counts {
  rows: number
  atRest: number
  waiting: Record<string, number>
}

async function countMails(db: Database): Promise<Counts> {
  const { rows } = await db.query<{ why: string | null; n: number }>(
    `select case when step in ('review', 'done') then null else last_error end as why, count(*)::int as n from replyd.message
       where step in ('review', 'done') or last_error in ('sender-share-reached', 'domain-share-reached') group by 1`,
  )
  const waiting = Object.fromEntries(rows.flatMap(({ why, n }) => (why === null ? [] : [[why, n]])))
  const atRest = rows.find(({ why }) => why === null)?.n ?? 0
  return { rows: rows.reduce((sum, { n }) => sum + n, 0), atRest, waiting }
}

test('a flood uses up its own shares only', async () => {
  const databaseUrl = await newDatabase()
  await using running = await startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    databaseUrl,
    account: { authservIds: ['mx.shop.example'] },
    model: { price: { input: 0.15, cachedInput: 0.075, output: 0.6 } },
    document: { budget: { perDay, timeZone } },
  })
  const { db, clock } = running.daemon.context
  const cursor = { mailbox: 'Sent', uidValidity: '1', lastUid: 1, readAt: clock.now() }
  await saveCorrespondents(db, address, correspondents, cursor)
  await using changes = await watchLedger(databaseUrl)
  const quiet = (count: number) =>
    changes.until(async () => {
      const found = await countMails(db)
      return found.rows === count ? found : null
    })
  await deliverAll(dovecot, flood)
  const flooded = await quiet(flood.length)
  expect(Object.keys(flooded.waiting).sort()).toEqual(['domain-share-reached', 'sender-share-reached'])
  const day = dayOf(clock.now(), timeZone)
  // Three domains, a tenth each.
  expect(await spentOn(db, day)).toBeLessThanOrEqual(0.3 * perDay + 1e-9)
  expect(await spentOn(db, day)).toBeGreaterThan(0.2 * perDay)
  for (const { name, cost } of await spentShares(db, day))
    if (name !== 'strangers') expect([name, cost <= 0.1 * perDay + 1e-9]).toEqual([name, true])
  // People whom the owner knows are answered, including the one whose name was forged.
  await deliverAll(
    dovecot,
    correspondents.map((from) => letter(from, 0)),
  )
  const after = await quiet(flood.length + correspondents.length)
  expect(after.atRest - flooded.atRest).toBe(correspondents.length)
  expect(after.waiting).toEqual(flooded.waiting)
})
