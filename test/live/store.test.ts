/** The store and the queues, on each of the four state/queue combinations of docs/architecture.md. */

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { RateLimitedError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { faultOf } from '../../src/mail/fault.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { openQueues, type Queues, RetryLater } from '../../src/queue/queues.ts'
import { loadMails, removeBodiesBefore } from '../../src/store/bodies.ts'
import { loadCursor, saveCursor } from '../../src/store/cursors.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { type NewMessage, storeIngested } from '../../src/store/ingested.ts'
import {
  Leases,
  leaseHolders,
  releaseLeases,
  renewLeases,
  takeLease,
  takeLeases,
} from '../../src/store/leases.ts'
import { findDue, loadMessage, postponeStep, recallFromAhead } from '../../src/store/messages.ts'
import { dropModelCall, settleAbandonedCalls, settleModelCall } from '../../src/store/model-calls.ts'
import { move, moveSeveral, storeReply } from '../../src/store/moves.ts'
import { loadReply, type NewReply } from '../../src/store/replies.ts'
import { takePlace } from '../../src/store/review.ts'
import { removeSenderRule, saveSenderRule, senderRule } from '../../src/store/sender-rules.ts'
import {
  budgetReachedAt,
  noteBudgetReached,
  reserveModelCall,
  spentOn,
  spentShares,
} from '../../src/store/spending.ts'
import { usageBy } from '../../src/store/statistics.ts'
import { fillState } from '../store-template.ts'
import { composedAs } from '../triage/a-verdict.ts'
import { type Postgres, type Redis, startPostgres, startRedis } from './servers/index.ts'

const now = new Date('2026-03-10T09:00:00Z')
let redis: Redis
let postgres: Postgres

beforeAll(async () => {
  ;[redis, postgres] = await Promise.all([startRedis(), startPostgres({ fsync: false })])
})

afterAll(async () => {
  await Promise.all([redis.stop(), postgres.stop()])
})

const newMessage = (id: string, uid: number, more: Partial<NewMessage> = {}): NewMessage => ({
  id,
  account: 'me@example.com',
  mailbox: 'INBOX',
  uidValidity: '1',
  uid,
  messageId: '<x@example.org>',
  emailId: null,
  threadId: null,
  size: 3,
  internalDate: now,
  flags: ['\\Seen'],
  fromAddress: 'a@example.org',
  fromName: null,
  subject: 'Hello',
  step: 'guard',
  disposition: 'pending',
  reason: 'ingested',
  ...more,
})

const passage = { file: 'hours.md', heading: 'Hours', text: 'From ten to six.' }

const newReply = (id: string): NewReply => ({
  id,
  account: 'me@example.com',
  kind: 'send',
  replyMessageId: '<r@example.com>',
  octets: Buffer.from([0, 255, 13, 10]),
  reversePath: 'me@example.com',
  addressees: ['a@example.org', 'b@example.org'],
  subject: 'Re: Hello',
  text: 'Hi',
  textHash: 'h',
  language: null,
  confidence: 0.5,
  composed: composedAs('Hi'),
  claims: [],
  sources: [passage],
  omitted: [],
  holdReasons: ['mode-draft'],
  attemptGroup: 0,
})

/** The rest of the queue's pause, in milliseconds; 0 or less if there is none. */
const pauseLeft = (queues: Queues): Promise<number> => queues.board('model').getRateLimitTtl(1_000_000)

/** Resolves during the queue's pause. On a busy machine it may be over before anybody looks: then `isOver` says so. */
async function paused(queues: Queues, isOver: () => boolean): Promise<void> {
  while (!isOver() && (await pauseLeft(queues)) <= 0) await new Promise(setImmediate)
}

/** Resolves when a statement of this database waits for another transaction. */
async function waitsForALock(db: Database): Promise<void> {
  const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  while ((await db.query(waiting)).rows.length === 0) await new Promise(setImmediate)
}

describe.each([
  ['embedded', false, false],
  ['Redis and embedded state', true, false],
  ['Redis and PostgreSQL', true, true],
  ['PostgreSQL alone', false, true],
])('%s', (_name, withRedis, withPostgres) => {
  let directory: string
  let db: Database
  let queues: Queues

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'replyd-store-'))
    if (!withPostgres) await fillState(directory)
    db = await openDatabase(
      { directory, databaseUrl: withPostgres ? await postgres.createDatabase() : null },
      silentLog,
    )
    const redisUrl = withRedis ? redis.newDatabase() : null
    queues = await openQueues({ redisUrl, pool: db.pool, namespace: 'replyd' }, silentLog)
  })

  beforeEach(async () => {
    await db.query('truncate replyd.message, replyd.model_call, replyd.lease cascade')
  })

  afterAll(async () => {
    await queues[Symbol.asyncDispose]()
    await db[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true, force: true })
  })

  test('every job runs; the same job twice runs once; a postponed or rate-limited job runs again', async () => {
    const seen: string[] = []
    const tries = new Map<string, number>()
    await new Promise<void>((resolve, reject) => {
      queues.work('model', 10, async (step, id) => {
        const times = (tries.get(id) ?? 0) + 1
        tries.set(id, times)
        if (id === 'm5' && times < 3) throw new RetryLater(20.7)
        if (id === 'm7' && times === 1) throw new RateLimitedError('model', 'slow down', 50)
        seen.push(`${step} ${id}`)
        if (seen.length === 200) resolve()
      })
      const requests = Array.from(
        { length: 200 },
        (_, n) => ({ queue: 'model', step: 'triage', messageId: `m${n}` }) as const,
      )
      queues.enqueue([...requests, ...requests]).catch(reject)
    })
    expect(new Set(seen).size).toBe(200)
    expect([tries.get('m5'), tries.get('m7')]).toEqual([3, 2])
  })

  test('a pause that the provider asked for holds for every worker', async () => {
    const settings = { redisUrl: withRedis ? redis.newDatabase() : null, pool: db.pool, namespace: 'pause' }
    await using one = await openQueues(settings, silentLog)
    await using other = await openQueues(settings, silentLog)
    const requestFor = (messageId: string) => ({ queue: 'model', step: 'triage', messageId }) as const
    let refused = false
    /** By job, the rest of the pause when a worker took it, in milliseconds. On a busy machine one may run twice. */
    const left = new Map<string, number>()
    await new Promise<void>((resolve, reject) => {
      const handler = async (_: string, id: string) => {
        if (!refused) {
          refused = true
          throw new RateLimitedError('model', 'slow down', 1000)
        }
        left.set(id, Math.max(0, await pauseLeft(one), left.get(id) ?? 0))
        if (left.size === 1 + 30) resolve()
      }
      for (const queues of [one, other]) queues.work('model', 3, handler)
      one
        .enqueue([requestFor('first')])
        .then(() => paused(one, () => left.size > 0))
        .then(() => other.enqueue(Array.from({ length: 30 }, (_, n) => requestFor(`n${n}`))))
        .catch(reject)
    })
    expect([...left.values()]).toEqual(Array.from({ length: 1 + 30 }, () => 0))
  })

  test('a single installation begins with empty queues, and they work', async () => {
    const settings = { redisUrl: withRedis ? redis.newDatabase() : null, pool: db.pool, namespace: 'alone' }
    await using before = await openQueues(settings, silentLog)
    await before.enqueue([{ queue: 'model', step: 'triage', messageId: 'old', delayMs: 60_000 }])
    await using after = await openQueues({ ...settings, alone: true }, silentLog)
    expect(await after.counts('model')).toMatchObject({ delayed: 0, wait: 0, active: 0 })
    const ran = new Promise<string>((resolve) => {
      after.work('model', 1, async (_step, id) => resolve(id))
    })
    await after.enqueue([{ queue: 'model', step: 'triage', messageId: 'new' }])
    expect(await ran).toBe('new')
  })

  test('a mail is stored once, whatever is in its text', async () => {
    const hostile = { messageId: '<x\0@y>', subject: 'a\ud800b' }
    const messages = [newMessage('a', 1), newMessage('b', 4_294_967_295, hostile), newMessage('c', 1)]
    expect([...((await storeIngested(db, { messages }, now)) ?? []).keys()]).toEqual(['a', 'b'])
    const row = await loadMessage(db, 'b')
    expect(row).toMatchObject({
      uid: 4_294_967_295,
      flags: ['\\Seen'],
      messageId: '<x\ufffd@y>',
      subject: 'a\ufffdb',
      codes: [],
    })
    expect(row?.internalDate).toEqual(now)
  })

  test.each([
    ['infinity', '9999-12-31T23:59:59.999Z'],
    ['-infinity', '0001-01-01T00:00:00.000Z'],
    ['294276-12-31 00:00:00+00', '9999-12-31T23:59:59.999Z'],
    ['10000-01-01 00:00:00+00', '9999-12-31T23:59:59.999Z'],
    ['0044-03-15 00:00:00+00 BC', '0001-01-01T00:00:00.000Z'],
    ['2026-03-10 09:00:00.25+00', '2026-03-10T09:00:00.250Z'],
  ])('a moment of %s in a row is read as %s', async (written, read) => {
    const { rows } = await db.query<{ at: Date }>('select $1::timestamptz as at', [written])
    expect(rows[0]?.at.toISOString()).toBe(read)
  })

  test('a decision counts only from the stage that it was made for', async () => {
    await storeIngested(db, { messages: [newMessage('a', 1), newMessage('b', 2)] }, now)
    const admit = { id: 'a', at: 'guard', reason: 'ok', codes: ['own-list'], ceiling: 'draft' } as const
    const changed = await moveSeveral(
      db,
      [
        { verb: 'admit', change: admit },
        { verb: 'decline', change: { id: 'b', at: 'triage', reason: 'gave-up' } },
      ],
      now,
    )
    expect([...changed.keys()]).toEqual(['a'])
    expect(await loadMessage(db, 'a')).toMatchObject({
      step: 'triage',
      codes: ['own-list'],
      ceiling: 'draft',
    })
    expect(await loadMessage(db, 'b')).toMatchObject({ step: 'guard' })
  })

  test('a postponed step is due later, with its failure recorded', async () => {
    await storeIngested(db, { messages: [newMessage('a', 1), newMessage('b', 2)] }, now)
    const later = new Date(now.getTime() + 5000)
    await postponeStep(db, { id: 'a', step: 'guard', dueAt: later, why: 'no answer', failed: true }, now)
    expect(await findDue(db, now, 10)).toMatchObject([{ id: 'b', step: 'guard' }])
    expect(await findDue(db, later, 10)).toMatchObject([
      { id: 'b', step: 'guard' },
      { id: 'a', step: 'guard' },
    ])
    expect(await loadMessage(db, 'a')).toMatchObject({
      attempts: 1,
      lastError: 'no answer',
      firstErrorAt: now,
    })
  })

  test('time in which nothing was tried is not part of a series of failures', async () => {
    await storeIngested(db, { messages: [newMessage('a', 1)] }, now)
    const after = (hours: number) => new Date(now.getTime() + hours * 3_600_000)
    const postpone = (failed: boolean, from: number, until: number) =>
      postponeStep(db, { id: 'a', step: 'guard', dueAt: after(until), why: 'x', failed }, after(from))
    const series = async () => {
      const row = await loadMessage(db, 'a')
      return [row?.attempts, row?.firstErrorAt && (row.firstErrorAt.getTime() - now.getTime()) / 3_600_000]
    }
    await postpone(false, 0, 1)
    expect(await series()).toEqual([0, null])
    await postpone(true, 1, 2)
    await postpone(true, 2, 3)
    expect(await series()).toEqual([2, 1])
    await postpone(false, 3, 50)
    expect(await series()).toEqual([2, 48])
    // Asked to wait until the same time once more.
    await postpone(false, 4, 50)
    expect(await series()).toEqual([2, 50])
    // The process was stopped for ten hours.
    await postpone(true, 60, 61)
    expect(await series()).toEqual([3, 60])
  })

  test('work postponed under a clock that has since been set back is due at once', async () => {
    await storeIngested(db, { messages: [newMessage('a', 1), newMessage('b', 2)] }, now)
    const hour = 3_600_000
    const ahead = new Date(now.getTime() + hour)
    const put = { step: 'guard', why: 'no answer', failed: true } as const
    await postponeStep(db, { ...put, id: 'a', dueAt: new Date(ahead.getTime() + 5000) }, ahead)
    await postponeStep(db, { ...put, id: 'b', dueAt: ahead }, now)
    const recalled = await recallFromAhead(db, now, new Date(now.getTime() + hour / 6))
    expect(recalled).toMatchObject([{ id: 'a', step: 'guard', dueAt: now }])
    expect(await findDue(db, now, 10)).toMatchObject([{ id: 'a' }])
  })

  test('only one of two workers claims a reply, and a claimed reply is never composed again', async () => {
    await storeIngested(db, { messages: [newMessage('a', 1, { step: 'compose' })] }, now)
    const store = () => storeReply(db, newReply('a'), { id: 'a', at: 'compose', reason: 'composed' }, now)
    expect(await store()).not.toBeNull()
    // Another worker, whose lock was lost, stores its text too late.
    expect(await store()).toBeNull()
    await move(db, 'schedule', { id: 'a', at: 'decide', reason: 'all-clear' }, now)
    const stored = await loadReply(db, 'a')
    expect(stored).toMatchObject({
      state: 'approved',
      composed: { text: 'Hi' },
      sources: [passage],
      claims: [],
    })
    expect(Buffer.from([0, 255, 13, 10]).equals(stored?.octets ?? Buffer.alloc(0))).toBe(true)
    const claim = () => move(db, 'claim', { id: 'a', reply: { claimedAt: now } }, now)
    const claims = await Promise.all([claim(), claim(), claim()])
    expect(claims.filter((moved) => moved !== null)).toHaveLength(1)
    expect(await store()).toBeNull()
    expect(await loadReply(db, 'a')).toMatchObject({ state: 'sending' })
  })

  test('nobody decides on a text that they have not seen', async () => {
    await storeIngested(db, { messages: [newMessage('a', 1, { step: 'compose' })] }, now)
    await storeReply(db, newReply('a'), { id: 'a', at: 'compose', reason: 'composed' }, now)
    await move(db, 'hold', { id: 'a', at: 'decide', reason: 'mode-review' }, now)
    const approve = (fromText: string) =>
      move(db, 'approve', { id: 'a', at: 'review', reason: 'approved-by-person', reply: { fromText } }, now)
    const text = (await loadReply(db, 'a'))?.text ?? ''
    expect(await approve(`${text}!`)).toBeNull()
    expect(await loadReply(db, 'a')).toMatchObject({ state: 'held' })
    expect(await approve(text)).toMatchObject({ reply: { state: 'approved' } })
  })

  test('the budget is never overdrawn, however many ask at once', async () => {
    await storeIngested(db, { messages: [newMessage('a', 1)] }, now)
    const call = (id: string) => ({
      id,
      messageId: 'a',
      account: 'me@example.com',
      step: 'triage',
      day: '2026-03-10',
      model: 'm',
      promptHash: 'p',
      knowledgeHash: null,
      worstCase: 0.4,
      shares: [],
    })
    const reserve = (id: string) => reserveModelCall(db, call(id), { perDay: 1, accountPerDay: null }, now)
    const rooms = await Promise.all(['1', '2', '3', '4', '5'].map(reserve))
    expect(rooms.filter((room) => room === null)).toHaveLength(2)
    for (const room of rooms.filter((each) => each !== null)) {
      expect(room).toEqual({ unspent: 1, free: expect.closeTo(0.2), share: '' })
    }
    const id = String(rooms.indexOf(null) + 1)
    await settleModelCall(db, id, { input: 10, cachedInput: 0, output: 5, cost: 0.1, durationMs: 3 })
    expect(await reserve('6')).toBeNull()
    expect(await usageBy(db, 'day', '2026-03-10')).toEqual([
      {
        key: '2026-03-10',
        calls: 3,
        inputTokens: 10,
        cachedTokens: 0,
        outputTokens: 5,
        cost: expect.closeTo(0.9),
      },
    ])
  })

  test('the reservation of a dead process counts as spent, and nothing waits for it', async () => {
    await storeIngested(db, { messages: [newMessage('a', 1)] }, now)
    const [day, account] = ['2026-03-11', 'me@example.com']
    const ceilings = { perDay: 1, accountPerDay: 0.5 }
    const call = (id: string, worstCase: number) => ({
      ...{ id, messageId: 'a', account, step: 'triage', day, model: 'm', promptHash: 'p' },
      ...{ knowledgeHash: null, worstCase, shares: [] },
    })
    expect(await reserveModelCall(db, call('dead', 0.4), ceilings, now)).toBeNull()
    const room = await reserveModelCall(db, call('next', 0.2), ceilings, now)
    expect(room).toEqual({ unspent: 0.5, free: expect.closeTo(0.1), share: '' })
    expect(await settleAbandonedCalls(db, now)).toBe(0)
    const later = new Date(now.getTime() + 1)
    expect(await settleAbandonedCalls(db, later)).toBe(1)
    expect(await settleAbandonedCalls(db, later)).toBe(0)
    await settleModelCall(db, 'dead', { input: 1, cachedInput: 0, output: 1, cost: 0.01, durationMs: 1 })
    const after = await reserveModelCall(db, call('next', 0.2), ceilings, now)
    expect(after).toEqual({ unspent: expect.closeTo(0.1), free: expect.closeTo(0.1), share: '' })
    expect(await reserveModelCall(db, call('small', 0.05), ceilings, now)).toBeNull()
  })

  test('nobody takes more than their share, however many ask at once', async () => {
    await storeIngested(db, { messages: [newMessage('a', 1)] }, now)
    const [day, account] = ['2026-03-13', 'me@example.com']
    const reserve = (id: string, sender: string, worstCase = 0.04) => {
      const shares = [
        { name: `sender:${sender}`, part: 0.1 },
        { name: 'strangers', part: 0.3 },
      ]
      const call = { id, messageId: 'a', account, step: 'triage', day, model: 'm', promptHash: 'p' }
      const more = { knowledgeHash: null, worstCase, shares: sender === 'known' ? [] : shares }
      return reserveModelCall(db, { ...call, ...more }, { perDay: 1, accountPerDay: 1 }, now)
    }
    const asked = Array.from({ length: 40 }, (_, n) => `s${n % 8}`)
    const rooms = await Promise.all(asked.map((sender, n) => reserve(`c${n}`, sender)))
    const taken = asked.flatMap((sender, n) => (rooms[n] === null ? [{ sender, id: `c${n}` }] : []))
    expect(taken).toHaveLength(7)
    for (const one of new Set(asked))
      expect(taken.filter(({ sender }) => sender === one).length).toBeLessThanOrEqual(2)
    expect(await spentOn(db, day)).toBeCloseTo(0.28)
    // The reserve is kept for others, and the unused part of a call's reservation returns to its shares.
    expect(await reserve('known', 'known', 0.6)).toBeNull()
    const [first, second] = taken
    await settleModelCall(db, first!.id, { input: 1, cachedInput: 0, output: 1, cost: 0.01, durationMs: 1 })
    await dropModelCall(db, second!.id)
    expect(await spentShares(db, day)).toContainEqual({
      name: 'strangers',
      cost: expect.closeTo(0.21),
      reached: false,
    })
    expect(await settleAbandonedCalls(db, new Date(now.getTime() + 1))).toBe(6)
    expect(await reserve('more', 'fresh', 0.08)).toBeNull()
    expect(await reserve('most', 'fresh', 0.03)).toMatchObject({ unspent: expect.closeTo(0.09) })
  })

  test('a share that is smaller than a call has room for one', async () => {
    await storeIngested(db, { messages: [newMessage('a', 1)] }, now)
    const call = { messageId: 'a', account: 'me@example.com', step: 'triage', day: '2026-03-14', model: 'm' }
    const reserve = (id: string) =>
      reserveModelCall(
        db,
        {
          ...call,
          ...{ id, promptHash: 'p', knowledgeHash: null, worstCase: 0.4 },
          shares: [{ name: 'sender:a', part: 0.1 }],
        },
        { perDay: 1, accountPerDay: null },
        now,
      )
    const rooms = await Promise.all(['1', '2', '3'].map(reserve))
    expect(rooms.filter((room) => room === null)).toHaveLength(1)
    expect(rooms).toContainEqual({ unspent: 0.1, free: expect.closeTo(-0.3), share: 'sender:a' })
  })

  test('one process reports that a budget is reached', async () => {
    const note = (share = '') => noteBudgetReached(db, '2026-03-12', share, now)
    expect(await note('sender:a@x.example')).toBe(true)
    expect(await budgetReachedAt(db, '2026-03-12')).toBeNull()
    expect((await Promise.all([note(), note(), note()])).filter(Boolean)).toHaveLength(1)
    expect(await budgetReachedAt(db, '2026-03-12')).toEqual(now)
  })

  test('a rule for a sender holds however the address is written', async () => {
    const rule = { pattern: 'Ann@Shop.example', rule: 'deny', source: 'moved-to-junk' } as const
    const ruleFor = async (address: string) => (await senderRule(db, 'me@example.com', address))?.rule ?? null
    await saveSenderRule(db, 'me@example.com', rule, now)
    await saveSenderRule(db, 'me@example.com', { ...rule, pattern: 'Other.example', rule: 'allow' }, now)
    expect(await ruleFor('ANN@shop.example')).toBe('deny')
    expect(await ruleFor('bob@OTHER.example')).toBe('allow')
    await removeSenderRule(db, 'me@example.com', rule)
    expect(await ruleFor('ann@shop.example')).toBeNull()
  })

  test('a rule that was stored with capitals still holds, and can be removed', async () => {
    const rule = { pattern: 'Ann@Shop.example', source: 'moved-to-junk' } as const
    await db.query(
      "insert into replyd.sender_rule (account, pattern, rule, source, at) values ($1, $2, 'deny', $3, $4)",
      ['me@example.com', rule.pattern, rule.source, now],
    )
    expect((await senderRule(db, 'me@example.com', 'Ann@Shop.example'))?.rule).toBe('deny')
    await removeSenderRule(db, 'me@example.com', rule)
    expect(await senderRule(db, 'me@example.com', 'Ann@Shop.example')).toBeNull()
  })

  test('old text is removed when its mail is finished, the ledger row stays', async () => {
    const done = { step: 'done', disposition: 'declined', reason: 'dsn' } as const
    const structure = parseOctets(Buffer.from('Subject: x\r\n\r\nHello')).structure
    const body = {
      header: Buffer.from('Subject: x'),
      structure,
      text: 'Hello',
      html: null,
      hiddenText: false,
      faults: [],
    }
    const messages = [newMessage('a', 1, done), newMessage('b', 2)]
    const bodies = messages.map(({ id }) => ({ id, ...body }))
    await storeIngested(db, { messages, bodies }, now)
    expect(await removeBodiesBefore(db, now)).toBe(0)
    expect(await removeBodiesBefore(db, new Date(now.getTime() + 1))).toBe(1)
    expect((await loadMails(db, ['a', 'b'])).map(({ row }) => row.id)).toEqual(['b'])
    expect(await loadMessage(db, 'a')).toMatchObject({ disposition: 'declined' })
  })

  test('rows, bodies and the cursor are stored under the newest fence or not at all', async () => {
    const place = { account: 'me@example.com', mailbox: 'INBOX', uidValidity: '1' }
    const cursor = { ...place, lastUid: 2 }
    const { structure } = parseOctets(Buffer.from('Subject: x\r\n\r\nHello'))
    const body = {
      header: Buffer.from([0, 255]),
      structure,
      html: null,
      hiddenText: false,
      faults: [faultOf('text-cut', '1')],
    }
    const messages = [newMessage('a', 1), newMessage('b', 2), newMessage('c', 2)]
    const bodies = messages.map(({ id }) => ({ id, ...body, text: id }))
    await saveCursor(db, { ...cursor, lastUid: 0, baselineUid: 0, baselineAt: now, renumberedUid: 0 }, now)
    const lastUid = async () => (await loadCursor(db, place.account, place.mailbox))?.lastUid
    for (const holder of ['one', 'two']) await takeLease(db, 'watch', holder, 0)
    const under = (fence: number, name = 'watch') =>
      storeIngested(db, { messages, bodies, cursor, lease: { name, fence } }, now)
    expect([await under(1), await under(3), await under(2, 'other')]).toEqual([null, null, null])
    expect([await loadMessage(db, 'a'), await lastUid()]).toEqual([null, 0])
    expect([...((await under(2)) ?? []).keys()]).toEqual(['a', 'b'])
    expect((await loadMails(db, ['a', 'b', 'c'])).map(({ message }) => message.text).sort()).toEqual([
      'a',
      'b',
    ])
    expect(await lastUid()).toBe(2)
    expect([...((await under(2)) ?? [1])]).toEqual([])
    await storeIngested(db, { messages: [], cursor: { ...cursor, lastUid: 1 } }, now)
    await storeIngested(db, { messages: [], cursor: { ...cursor, uidValidity: '7', lastUid: 9 } }, now)
    expect(await lastUid()).toBe(2)
  })

  test('a lease has one holder, and each new holder a higher fence', async () => {
    expect(await takeLease(db, 'watch', 'one', 60_000)).toBe(1)
    expect(await takeLease(db, 'watch', 'two', 60_000)).toBeNull()
    expect(await takeLease(db, 'watch', 'one', 0)).toBe(1)
    expect(await takeLease(db, 'watch', 'two', 60_000)).toBe(2)
    expect([...(await leaseHolders(db, ['watch']))]).toEqual([['two', ['watch']]])
    await releaseLeases(db, ['watch'], 'one')
    expect((await leaseHolders(db, ['watch'])).size).toBe(1)
    await releaseLeases(db, ['watch'], 'two')
    expect((await leaseHolders(db, ['watch'])).size).toBe(0)
  })

  test('if two take a lease at the same moment, one gets it', async () => {
    const late = await db.transaction(async (session) => {
      expect(await takeLease(session, 'watch', 'one', 60_000)).toBe(1)
      const taking = takeLease(db, 'watch', 'two', 60_000)
      // It has read before the first one's row is visible to it. (The embedded store has one connection: it begins
      // afterwards.)
      if (withPostgres) await waitsForALock(db)
      return { taking }
    })
    expect(await late.taking).toBeNull()
    expect([...(await leaseHolders(db, ['watch'])).keys()]).toEqual(['one'])
  })

  test('many leases are taken and renewed in one statement, each by its own condition', async () => {
    const names = ['c', 'a', 'b']
    expect(await takeLease(db, 'b', 'two', 60_000)).toBe(1)
    expect(await takeLease(db, 'c', 'two', 0)).toBe(1)
    expect(Object.fromEntries(await takeLeases(db, names, 'one', 60_000))).toEqual({ a: 1, c: 2 })
    // It renews the leases that it holds, expired or not, and neither takes nor frees those of another.
    expect(Object.fromEntries(await renewLeases(db, [...names, 'unknown'], 'one', 0))).toEqual({ a: 1, c: 2 })
    expect(Object.fromEntries(await renewLeases(db, names, 'one', 60_000))).toEqual({ a: 1, c: 2 })
    expect(Object.fromEntries(await renewLeases(db, names, 'two', 60_000))).toEqual({ b: 1 })
    expect(Object.fromEntries(await leaseHolders(db, names))).toEqual({ one: expect.any(Array), two: ['b'] })
  })

  test('a process has the leases that it wants, those of dead processes at once, and tells when one is lost', async () => {
    const signal = new AbortController().signal
    await takeLeases(db, ['of-the-dead', 'also'], 'dead', 60_000)
    await takeLease(db, 'taken', 'alive', 60_000)
    using leases = new Leases(db, { holder: 'me', isGone: (other) => other === 'dead' }, silentLog, 20)
    const [dead, also, free, taken] = ['of-the-dead', 'also', 'free', 'taken'].map((name) =>
      leases.want(name),
    )
    expect(await Promise.all([dead, also, free].map((lease) => lease?.held(signal)))).toEqual([2, 2, 1])
    expect(taken?.fence).toBeNull()
    expect(await taken?.held(AbortSignal.abort())).toBeNull()
    const lost = free?.lost
    await db.transaction(async (session) => {
      await takeLease(session, 'free', 'me', 0)
      expect(await takeLease(session, 'free', 'another', 60_000)).toBe(2)
    })
    if (!lost?.aborted) await once(lost as AbortSignal, 'abort')
    expect(free?.fence).toBeNull()
    expect(await takeLease(db, 'taken', 'alive', 0)).toBe(1)
    expect(await taken?.held(signal)).toBe(2)
    await leases.release('taken')
    expect(taken?.fence).toBeNull()
    expect(await takeLease(db, 'taken', 'alive', 60_000)).toBe(3)
  })
})

test('a connection that PostgreSQL ends during a transaction fails that transaction, and nothing else', async () => {
  await using db = await openDatabase(
    { directory: '', databaseUrl: await postgres.createDatabase() },
    silentLog,
  )
  const ended = db.transaction(async (session) => {
    const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
    // Begun before: otherwise the client may already know that its connection is gone.
    const sleeping = session.query('select pg_sleep(60)')
    await Promise.all([sleeping, db.query('select pg_terminate_backend($1)', [rows[0]?.pid])])
  })
  await expect(ended).rejects.toThrow(/terminat/)
  expect((await db.query('select 1 as one')).rows).toEqual([{ one: 1 }])
})

test('a mail that was moved back takes its place, even if the watcher stores a duplicate there meanwhile', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'replyd-store-'))
  await using db = await openDatabase({ directory, databaseUrl: await postgres.createDatabase() }, silentLog)
  await storeIngested(db, { messages: [newMessage('a', 1)] }, now)
  const place = { mailbox: 'INBOX', uidValidity: '1', uid: 7 }
  let isFirst = true
  const raced: Pick<Database, 'transaction'> = {
    transaction: (work) =>
      db.transaction((session) =>
        work({
          query: async (text, values) => {
            const answer = await session.query(text, values as unknown[])
            const duplicate = newMessage('b', 7, {
              step: 'done',
              disposition: 'duplicate',
              reason: 'same-mail',
            })
            if (isFirst) await storeIngested(db, { messages: [duplicate] }, now)
            isFirst = false
            return answer as never
          },
        }),
      ),
  }
  await takePlace(raced, { id: 'a', account: 'me@example.com' }, place)
  expect(await loadMessage(db, 'a')).toMatchObject(place)
  expect(await loadMessage(db, 'b')).toBeNull()
  // Nor does one that is not yet committed keep the place.
  let taking = Promise.resolve()
  await db.transaction(async (session) => {
    const duplicate = newMessage('d', 9, { step: 'done', disposition: 'duplicate', reason: 'same-mail' })
    await storeIngested(session, { messages: [duplicate] }, now)
    taking = takePlace(db, { id: 'a', account: 'me@example.com' }, { ...place, uid: 9 })
    await waitsForALock(db)
  })
  await taking
  expect(await loadMessage(db, 'a')).toMatchObject({ ...place, uid: 9 })
  // Not the place of a mail in its own right.
  await storeIngested(db, { messages: [newMessage('c', 8)] }, now)
  await takePlace(db, { id: 'a', account: 'me@example.com' }, { ...place, uid: 8 })
  expect(await loadMessage(db, 'a')).toMatchObject({ ...place, uid: 9 })
  rmSync(directory, { recursive: true, force: true })
})
