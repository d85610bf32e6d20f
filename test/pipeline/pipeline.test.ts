/** What a failure of a step means for its row, in the embedded store, under a clock that the test sets. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { OwnerActionError, PutOff, TemporaryError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import type { StepContext } from '../../src/context.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { Pipeline } from '../../src/pipeline/pipeline.ts'
import { type Handler, type Queues, RetryLater } from '../../src/queue/queues.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { storeIngested } from '../../src/store/ingested.ts'
import { loadMessage, type MessageRow } from '../../src/store/messages.ts'
import { fillState } from '../store-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-pipeline-'))
const hour = 3_600_000
let db: Database

beforeAll(async () => {
  await fillState(directory)
  db = await openDatabase({ directory, databaseUrl: null }, silentLog)
})

afterAll(async () => {
  await db[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

const account = 'me@shop.example'
let uid = 0

/** A mail at triage. */
async function arrived(now: Date): Promise<string> {
  const id = `mail-${++uid}`
  const octets = Buffer.from('Subject: Hello\r\n\r\nHello')
  const mail = {
    ...{ id, account, mailbox: 'INBOX', uidValidity: '1', uid, messageId: `<${id}@x>`, emailId: null },
    ...{ threadId: null, size: octets.length, internalDate: now, flags: [], subject: 'Hello' },
    ...{ fromAddress: 'kim@customer.example', fromName: null },
    ...({ step: 'triage', disposition: 'pending', reason: 'ingested' } as const),
  }
  const { structure } = parseOctets(octets)
  const text = { text: 'Hello', html: null, hiddenText: false, faults: [] }
  await storeIngested(db, { messages: [mail], bodies: [{ id, header: octets, structure, ...text }] }, now)
  return id
}

const start = Date.UTC(2026, 10, 24)

/** Runs the mail's step at that hour, or when it is due, with that failure. @returns the row after it */
type Fail = (failure: Error, atHour?: number) => Promise<MessageRow>

/** @param work with a mail of a pipeline that runs no jobs on its own */
async function failing(work: (fail: Fail) => Promise<void>): Promise<void> {
  let now = new Date(start)
  let failure: Error | null = null
  const accounts = new Map<string, never>()
  accounts.get = () => {
    const thrown = failure
    failure = null
    if (thrown) throw thrown
    return undefined
  }
  const context = { db, log: silentLog, clock: { now: () => now }, random: () => 0.5, accounts }
  const handlers: Handler[] = []
  const queues: Partial<Queues> = {
    work: (_name, _jobs, handler) => {
      handlers.push(handler)
      return { drain: async () => undefined, resize: () => undefined }
    },
    enqueueMissing: async () => undefined,
  }
  const config = { model: { tasks: {}, fallback: null } }
  const id = await arrived(now)
  await using pipeline = new Pipeline({ ...context, config } as unknown as StepContext, queues as Queues, 0)
  pipeline.work({ model: 1, mailbox: 1 })
  let row = await loadMessage(db, id)
  await work(async (thrown, atHour) => {
    now = atHour === undefined ? (row?.dueAt ?? now) : new Date(start + atHour * hour)
    failure = thrown
    await handlers[0]?.('triage', id, new AbortController().signal).catch((error: unknown) => {
      if (!(error instanceof RetryLater)) throw error
    })
    row = await loadMessage(db, id)
    if (row === null) throw new Error('the row is gone')
    return row
  })
}

const lost = new TemporaryError('IMAP: not connected')
const refused = new OwnerActionError('account', 'wrong password')
const outsideHours = (until: Date) => new PutOff(until, 'outside-hours')
const after = (hours: number) => new Date(start + hours * hour)
const waits = { step: 'triage', disposition: 'pending' }

/** Has failed for 24 hours but for ten seconds. @returns how often it fails from then on before it is given up */
async function lastTries(fail: Fail, before?: (row: MessageRow) => Promise<MessageRow>): Promise<number> {
  let row = await fail(lost)
  const { id } = row
  await db.query(
    `update replyd.message set first_error_at = first_error_at - interval '23:59:50' where id = $1`,
    [id],
  )
  for (let tries = 1; ; tries++) {
    if (before) row = await before(row)
    row = await fail(lost)
    if (row.step === 'triage') continue
    expect(row).toMatchObject({ step: 'review', disposition: 'held', reason: 'gave-up' })
    return tries
  }
}

test('a step that fails for 24 hours is handed to a person', () =>
  failing(async (fail) => {
    expect(await lastTries(fail)).toBe(4)
  }))

test('hours in which nothing was tried do not count', () =>
  failing(async (fail) => {
    await fail(lost)
    await fail(outsideHours(after(60)), 1)
    expect(await fail(lost)).toMatchObject({ ...waits, attempts: 2 })
    for (let more = 0; more < 10; more++) await fail(refused)
    expect(await fail(lost)).toMatchObject({ ...waits, attempts: 3 })
    // The process was stopped.
    expect(await fail(lost, 150)).toMatchObject({ ...waits, attempts: 4 })
    // It was stopped, and then had to wait.
    await fail(outsideHours(after(301)), 300)
    expect(await fail(lost)).toMatchObject({ ...waits, attempts: 5 })
  }))

test('a step that waits before each try, and always fails, is given up as well', () =>
  failing(async (fail) => {
    const wait = ({ dueAt }: MessageRow) => fail(outsideHours(new Date(dueAt.getTime() + 1000)))
    expect(await lastTries(fail, wait)).toBe(4)
  }))
