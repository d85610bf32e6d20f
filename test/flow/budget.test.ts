/** The spending limit, with a clock under the test's control: never exceeded, nothing lost, resumed at the owner's midnight. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { costOf, nextMidnight } from '../../src/model/budget.ts'
import type { Database } from '../../src/store/database.ts'
import { countDue } from '../../src/store/messages.ts'
import { type Changes, watchLedger } from '../live/changes.ts'
import { type Dovecot, deliverAll, type Redis, startDovecot, startRedis } from '../live/servers/index.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

const mails = 500
/** Three in five come from a sender that the owner refuses: no model is asked about them. */
const denied = (mails * 3) / 5
const perDay = 0.01
const price = { input: 0.15, cachedInput: 0.075, output: 0.6 }
const timeZone = 'Europe/Berlin'
const address = 'budget@shop.example'

let dovecot: Dovecot
let redis: Redis
let standIn: StandIn
let databaseUrl = ''
let redisUrl = ''

beforeAll(async () => {
  ;[dovecot, redis, standIn] = await Promise.all([
    startDovecot(),
    startRedis(),
    startStandIn({ latencyMs: 5 }),
  ])
  databaseUrl = await newDatabase()
  redisUrl = redis.newDatabase()
})

afterAll(async () => {
  await Promise.all([dovecot, redis].map((server) => server?.stop()))
  await standIn?.close()
})

/** Begins at noon in the owner's zone and runs on from there; `turn` sets it to another time. */
class TurnedClock {
  #offset: number
  constructor(at: Date) {
    this.#offset = at.getTime() - Date.now()
  }
  turn(at: Date): void {
    this.#offset = at.getTime() - Date.now()
  }
  now(): Date {
    return new Date(Date.now() + this.#offset)
  }
}

const letter = (n: number) => {
  const domain = n % 5 < 3 ? 'refused.example' : 'customers.example'
  const header = [
    `Message-ID: <order-${n}@${domain}>`,
    `From: Customer ${n} <customer${n}@${domain}>`,
    `To: ${address}`,
    `Subject: Order ${n}`,
    'Date: Tue, 24 Nov 2026 10:00:00 +0000',
  ]
  const text = `Hello,\r\n\r\nwhen will my order number ${n} arrive?\r\n\r\nCustomer ${n}\r\n`
  return {
    user: address,
    octets: `${header.join('\r\n')}\r\n\r\n${text}`,
    reversePath: `customer${n}@${domain}`,
  }
}

const open = (clock: TurnedClock, budget: number): Promise<RunningDaemon> =>
  startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    redisUrl,
    databaseUrl,
    clock,
    account: { spam: { deny: ['refused.example'] } },
    model: { price },
    document: { budget: { perDay: budget, perSender: 1, perDomain: 1, reserve: 0, timeZone } },
  })

/** The cost of all answers so far, by the stand-in's own count. */
function dollars(): number {
  const { promptTokens, cachedTokens, completionTokens } = standIn.counters()
  return costOf({ input: promptTokens, cachedInput: cachedTokens, output: completionTokens }, price)
}

interface MailInMailbox {
  rows: number
  atRest: number
  /** Mails postponed to a later day. */
  waiting: number
}

async function countMails(db: Database, midnight: Date): Promise<MailInMailbox> {
  const { rows } = await db.query<MailInMailbox>(
    `select count(*)::int as rows, (count(*) filter (where step in ('review', 'done')))::int as "atRest",
       (count(*) filter (where step in ('triage', 'compose') and last_error = 'budget-reached' and due_at >= $1))::int as waiting
       from replyd.message`,
    [midnight],
  )
  return rows[0] as MailInMailbox
}

/** Each row is settled or waits for that midnight. */
function dayIsOver(changes: Changes, db: Database, midnight: Date): Promise<MailInMailbox> {
  return changes.until(async () => {
    const now = await countMails(db, midnight)
    return now.rows === mails && now.atRest + now.waiting === mails ? now : null
  })
}

test('500 mails under a cap of 0.01 dollars a day', async () => {
  const noon = new Date('2026-11-25T11:00:00Z')
  const clock = new TurnedClock(noon)
  const spent: number[] = []
  {
    await using running = await open(clock, perDay)
    const { context, pipeline } = running.daemon
    await using changes = await watchLedger(databaseUrl)
    await deliverAll(
      dovecot,
      Array.from({ length: mails }, (_, n) => letter(n)),
    )
    let midnight = nextMidnight(noon, timeZone)
    let before = 0
    for (let day = 0; day < 2; day++) {
      if (day > 0) {
        clock.turn(new Date(midnight.getTime() + 1000))
        midnight = nextMidnight(clock.now(), timeZone)
        await pipeline.sweep()
      }
      const { atRest, waiting } = await dayIsOver(changes, context.db, midnight)
      spent.push(dollars() - before)
      before = dollars()
      // Mail that needs no model continues when the budget is used up; the rest waits.
      expect(atRest).toBeGreaterThan(denied + before / perDay)
      expect(waiting).toBeGreaterThan(0)
      const asked = standIn.counters().requests
      clock.turn(new Date(midnight.getTime() - 60_000))
      await pipeline.sweep()
      expect(await countDue(context.db, clock.now())).toBe(0)
      expect(standIn.counters().requests).toBe(asked)
    }
    expect(midnight).toEqual(new Date('2026-11-26T23:00:00Z'))
  }
  for (const day of spent) {
    expect(day).toBeLessThanOrEqual(perDay)
    expect(day).toBeGreaterThan(perDay / 2)
  }
  // The owner raises the budget: waiting mail is retried at start.
  await using running = await open(clock, 100)
  const { db } = running.daemon.context
  await using changes = await watchLedger(databaseUrl)
  await changes.until(async () => ((await countMails(db, clock.now())).atRest >= mails ? true : null))
  const { rows } = await db.query<{ disposition: string; n: number }>(
    `select disposition, count(*)::int as n from replyd.message group by 1 order by 2`,
  )
  expect(rows).toEqual([
    { disposition: 'drafted', n: mails - denied },
    { disposition: 'filed', n: denied },
  ])
  const { rows: told } = await db.query<{ days: number }>(
    `select count(*)::int as days from replyd.spending where account = '' and reached_at is not null`,
  )
  expect(told).toEqual([{ days: 2 }])
})
