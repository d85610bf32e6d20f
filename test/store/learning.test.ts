/** Lessons from people and the model, in the embedded store: trust by category, and the spam filter. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { TemporaryError, UncertainError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import type { Verdict } from '../../src/base/verdicts.ts'
import type { Account, StepContext } from '../../src/context.ts'
import { sendDigest } from '../../src/daemon/digest.ts'
import { autonomyByCategory, grant, isGranted, revoke } from '../../src/decide/autonomy-record.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { noteNegativeAnswer } from '../../src/store/autonomy.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { storeIngested } from '../../src/store/ingested.ts'
import { loadMessage } from '../../src/store/messages.ts'
import { loadReply, type NewReply } from '../../src/store/replies.ts'
import { figuresByDay, replyFigures } from '../../src/store/statistics.ts'
import { askFilter, learnFrom } from '../../src/triage/filter.ts'
import { forceMail, forceReply, putReply } from '../live/force.ts'
import { fillState } from '../store-template.ts'
import { aVerdict, composedAs } from '../triage/a-verdict.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-learning-'))
const account = 'me@shop.example'
let db: Database
let uid = 0
let clock = Date.UTC(2026, 10, 24)
function tick(): Date {
  clock += 1000
  return new Date(clock)
}

beforeAll(async () => {
  await fillState(directory)
  db = await openDatabase({ directory, databaseUrl: null }, silentLog)
})

afterAll(async () => {
  await db[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

async function mail(fromAddress = 'kim@customer.example'): Promise<string> {
  uid++
  const id = String(uid).padStart(10, '0')
  const now = tick()
  const row = {
    mailbox: 'INBOX',
    uidValidity: '1',
    uid,
    messageId: `<${id}@x>`,
    size: 1,
    flags: [],
    fromName: null,
  }
  const outcome = { step: 'triage', disposition: 'pending', reason: 'ingested' } as const
  const rest = { account, fromAddress, subject: null, internalDate: now, emailId: null, threadId: null }
  await storeIngested(db, { messages: [{ id, ...row, ...outcome, ...rest }] }, now)
  return id
}

async function answered(
  category: string,
  kind: 'draft' | 'send',
  text = 'One two three four',
): Promise<string> {
  const id = await mail()
  const verdict = { ...aVerdict, category }
  const done = { from: 'triage', to: 'done', disposition: 'sent', reason: 'sent-by-owner' } as const
  await forceMail(db, { id, ...done, verdict }, tick())
  await putReply(
    db,
    {
      id,
      account,
      kind,
      replyMessageId: `<reply-${id}@shop.example>`,
      octets: Buffer.from('x'),
      reversePath: account,
      addressees: ['kim@customer.example'],
      subject: 'Re',
      text: 'One two three four',
      textHash: 'x',
      language: 'en',
      confidence: 1,
      composed: composedAs(text),
      claims: [],
      sources: [],
      omitted: [],
      holdReasons: [],
      attemptGroup: 0,
    },
    'done',
    tick(),
  )
  const finishedAt = tick()
  await forceReply(db, { id, from: ['composed'], to: 'sent', actor: 'owner', text, finishedAt }, finishedAt)
  return id
}

const entry = async (category: string) =>
  (await autonomyByCategory(db, account, 2)).find((each) => each.category === category)

test('trust is offered after a run of untouched drafts, granted by the owner, and lost with one bad answer', async () => {
  await answered('orders', 'draft')
  for (let each = 0; each < 19; each++) await answered('orders', 'draft')
  expect(await entry('orders')).toMatchObject({ streak: 20, offered: true, granted: false })
  expect(await isGranted(db, account, 'orders')).toBe(false)
  expect(await grant(db, account, 'orders', 'ann', tick())).toBe(true)
  expect(await isGranted(db, account, 'orders')).toBe(true)
  const id = await answered('orders', 'send')
  expect(await isGranted(db, account, 'orders')).toBe(true)
  const answer = { messageId: await mail(), account, thread: [`<reply-${id}@shop.example>`] }
  await noteNegativeAnswer(db, answer, tick())
  expect(await isGranted(db, account, 'orders')).toBe(false)
  expect(await entry('orders')).toMatchObject({ streak: 0, takenBack: { reason: 'negative-answer', id } })
})

test('what is not on offer is not granted; what the owner takes back is gone', async () => {
  await answered('refunds', 'draft', 'Quite another text altogether')
  expect(await entry('refunds')).toMatchObject({ streak: 0, offered: false })
  expect(await grant(db, account, 'refunds', 'ann', tick())).toBe(false)
  await revoke(db, account, 'orders')
  expect(await entry('orders')).toMatchObject({ granted: false, takenBack: null })
})

test('a revoked grant stays revoked when its cause is out of the window, until the owner grants it again', async () => {
  for (let each = 0; each < 20; each++) await answered('hours', 'draft')
  expect(await grant(db, account, 'hours', 'ann', tick())).toBe(true)
  const id = await answered('hours', 'send')
  await forceReply(db, { id, from: ['sent'], to: 'rejected', actor: 'ann' }, tick())
  expect(await entry('hours')).toMatchObject({ granted: false, takenBack: { reason: 'rejected', id } })
  await db.query('delete from replyd.message where id = $1', [id])
  expect(await isGranted(db, account, 'hours')).toBe(false)
  expect(await entry('hours')).toMatchObject({
    granted: false,
    offered: true,
    takenBack: { reason: 'rejected', id },
  })
  expect(await grant(db, account, 'hours', 'ann', tick())).toBe(true)
  expect(await entry('hours')).toMatchObject({ granted: true, takenBack: null, grantedBy: 'ann' })
})

test('an edit of a reply that still waits takes the grant back at once', async () => {
  for (let each = 0; each < 20; each++) await answered('sizes', 'draft')
  expect(await grant(db, account, 'sizes', 'ann', tick())).toBe(true)
  const id = await answered('sizes', 'draft')
  const edited = { text: 'Something else entirely here', diff: '-One' }
  await forceReply(db, { id, from: ['sent'], to: 'held', actor: 'ann', ...edited }, tick())
  expect(await isGranted(db, account, 'sizes')).toBe(false)
  expect(await entry('sizes')).toMatchObject({ takenBack: { reason: 'edited', id } })
})

test('a cancellation within the undo window and a rejection count against it', async () => {
  const id = await answered('returns', 'send')
  await forceReply(db, { id, from: ['sent'], to: 'approved', actor: 'replyd' }, tick())
  await forceReply(db, { id, from: ['approved'], to: 'held', actor: 'ann' }, tick())
  await db.query(
    'insert into replyd.autonomy_grant (account, category, granted_at, granted_by) values ($1, $2, $3, $4)',
    [account, 'returns', new Date(0), 'ann'],
  )
  expect(await entry('returns')).toMatchObject({ granted: false, takenBack: { reason: 'cancelled', id } })
})

test('a reply that a person wrote where the model wrote none has no answer of the model', async () => {
  const id = await mail()
  const reply: NewReply = {
    ...{ id, account, kind: 'draft', replyMessageId: `<reply-${id}@shop.example>`, octets: Buffer.from('x') },
    ...{
      reversePath: account,
      addressees: ['kim@customer.example'],
      subject: 'Re',
      text: 'Mine',
      textHash: 'x',
    },
    ...{ language: null, confidence: 1, composed: null, claims: [], sources: [], omitted: [] },
    ...{ holdReasons: ['needs-person'], attemptGroup: 0 },
  }
  expect(await putReply(db, reply, 'triage', tick())).toBe(true)
  expect(await loadReply(db, id)).toMatchObject({
    composed: null,
    holdReasons: ['needs-person'],
    text: 'Mine',
  })
})

const octets = (words: string) =>
  parseOctets(Buffer.from(`From: a@b.example\r\nSubject: Hi\r\n\r\n${words}\r\n`))
const verdict = (is: boolean): Verdict => ({
  ...aVerdict,
  spam: { is, kind: is ? 'scam' : 'none', confidence: 0.99 },
})

test('the filter learns from confident verdicts and decides alone once it has 200 of each', async () => {
  const contextAt = (now: Date) => ({ db, clock: { now: () => now } }) as unknown as StepContext
  const stored = async (words: string, from?: string) => {
    const row = await loadMessage(db, await mail(from))
    if (!row) throw new Error('no row')
    return { row, message: octets(words) }
  }
  const ask = async (words: string, later: number, from?: string) =>
    askFilter(contextAt(new Date(clock + later)), await stored(words, from))
  for (let each = 0; each < 200; each++) {
    await learnFrom(contextAt(tick()), await stored(`cheap pills casino lottery ${each}`), verdict(true))
    if (each < 199)
      await learnFrom(contextAt(tick()), await stored(`meeting invoice project ${each}`), verdict(false))
  }
  const unsure = { ...verdict(false), spam: { is: false, kind: 'none' as const, confidence: 0.9 } }
  await learnFrom(contextAt(tick()), await stored('meeting'), unsure)
  expect(await ask('cheap pills casino', 3_600_000, 'new@x.example')).toBeNull()
  await learnFrom(contextAt(tick()), await stored('meeting invoice project'), verdict(false))
  expect(await ask('cheap pills casino', 7_200_000, 'new@x.example')).toMatchObject({
    model: 'bayes',
    spam: { is: true },
  })
  expect(await ask('meeting project', 7_200_000, 'new@x.example')).toMatchObject({ spam: { is: false } })
  // The owner has written to Kim: the filter alone does not file Kim's mail.
  expect(await ask('cheap pills casino', 7_200_000, 'kim@customer.example')).toBeNull()
})

test('the digest goes out once a day, whatever the number of processes, and is marked as automatic', async () => {
  const sent: { octets: Buffer; addressees: string[] }[] = []
  let failure: Error | null = null
  const smtp = {
    send: async (outgoing: { octets: Buffer; addressees: string[] }) => {
      if (failure) throw failure
      sent.push(outgoing)
    },
  }
  const settings = { owner: { address: account } }
  const contextAt = (at: string) =>
    ({
      db,
      clock: { now: () => new Date(at) },
      config: {
        digest: { atMinute: 420, to: 'boss@shop.example' },
        budget: { timeZone: 'Europe/Berlin' },
        model: { tasks: {}, fallback: null, successor: 'none' },
      },
    }) as unknown as StepContext
  const send = (at: string) => sendDigest(contextAt(at), { settings, smtp } as unknown as Account)
  expect(await send('2026-11-24T05:59:00Z')).toBe(false)
  failure = new TemporaryError('not now')
  await expect(send('2026-11-24T06:00:00Z')).rejects.toThrow('not now')
  failure = null
  const query = db.query.bind(db)
  const lost = jest.spyOn(db, 'query').mockImplementation(async (text, params) => {
    if (text.includes('group by disposition')) throw new Error('read ECONNRESET')
    return query(text, params)
  })
  await expect(send('2026-11-24T06:00:30Z')).rejects.toThrow('read ECONNRESET')
  lost.mockRestore()
  const both = await Promise.all([send('2026-11-24T06:01:00Z'), send('2026-11-24T06:01:00Z')])
  expect(both.filter(Boolean)).toHaveLength(1)
  expect(await send('2026-11-24T18:00:00Z')).toBe(false)
  clock = Date.UTC(2026, 10, 25, 1)
  await mail()
  expect(await send('2026-11-25T06:00:00Z')).toBe(true)
  clock = Date.UTC(2026, 10, 26, 1)
  await mail()
  failure = new UncertainError('lost')
  await expect(send('2026-11-26T06:00:00Z')).rejects.toThrow('lost')
  failure = null
  expect(await send('2026-11-26T06:01:00Z')).toBe(false)
  expect(sent.map(({ addressees }) => addressees)).toEqual([['boss@shop.example'], ['boss@shop.example']])
  expect(sent[0]?.octets.toString()).toMatch(/^Auto-Submitted: auto-generated\r$/m)
})

test('figures by day: in the time zone of the owner, with what went out untouched and how long it took', async () => {
  clock = Date.UTC(2026, 11, 1, 22)
  await answered('figures', 'draft')
  await answered('figures', 'draft', 'Quite  another\ntext')
  await answered('figures', 'send', 'One  two three\nfour')
  clock = Date.UTC(2026, 11, 1, 23, 30)
  await mail()
  const since = new Date(Date.UTC(2026, 11, 1))
  const days = await figuresByDay(db, 'Europe/Berlin', since)
  const [first, second, ...others] = days
  expect(others).toEqual([])
  expect(first).toMatchObject({
    day: '2026-12-01',
    mails: 3,
    spam: 0,
    sent: 3,
    untouched: 2,
    medianSeconds: 3,
    cost: 0,
  })
  expect(second).toMatchObject({
    day: '2026-12-02',
    mails: 1,
    sent: 0,
    medianSeconds: null,
    p90Seconds: null,
  })
  expect(await replyFigures(db, since)).toEqual({ sent: 3, untouched: 2, medianSeconds: 3, p90Seconds: 3 })
  expect(await replyFigures(db, new Date(clock))).toMatchObject({ sent: 0, medianSeconds: null })
})
