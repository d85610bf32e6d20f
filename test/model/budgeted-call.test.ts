/** Money is never forgotten, and a paid answer is never thrown away, in the embedded store. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import * as z from 'zod'
import { OwnerActionError, RateLimitedError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { budgetedCall } from '../../src/model/budgeted-call.ts'
import type { Answer } from '../../src/model/client.ts'
import { withSpent } from '../../src/model/errors.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { settleAbandonedCalls } from '../../src/store/model-calls.ts'
import { spentOn } from '../../src/store/spending.ts'
import { fillState } from '../store-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-budgeted-'))
const price = { input: 1, cachedInput: 1, output: 1 }
const usage = { input: 100_000, cachedInput: 0, output: 0 }
let db: Database
let now = Date.UTC(2026, 10, 24)

beforeAll(async () => {
  await fillState(directory)
  db = await openDatabase({ directory, databaseUrl: null }, silentLog)
})

afterEach(() => {
  jest.restoreAllMocks()
  now += 86_400_000
})

afterAll(async () => {
  await db[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

/** What the day has cost once a call is over, and what was reserved for it. */
const spent = () => spentOn(db, new Date(now).toISOString().slice(0, 10))

function call(ask: () => Promise<Answer<string>>): Promise<Answer<string>> {
  const model = {
    ...{ name: 'm', price, contextTokens: null, ask },
    outputLimit: (tokens: number) => tokens,
    inputOctets: () => Number.POSITIVE_INFINITY,
  }
  const context = {
    ...{ db, log: silentLog, clock: { now: () => new Date(now) }, newId: () => `call-${now}` },
    config: { budget: { perDay: 5, timeZone: 'UTC' } },
    ...{ accounts: new Map(), models: { of: () => model } },
  }
  const occasion = {
    mail: { row: { id: 'a', account: 'me@shop.example' } },
    ...{ task: 'triage', prompt: { hash: 'p' }, knowledgeHash: null, isTrial: true },
  }
  const question = { messages: [], schema: z.string(), schemaName: 'note', maxOutputTokens: 500_000 }
  return budgetedCall(
    ...([context, occasion, () => question] as unknown as Parameters<typeof budgetedCall<string>>),
  )
}

const answer: Answer<string> = {
  ...{ value: 'yes', usage, model: 'm', repaired: false, finish: 'stop', durationMs: 1, attempts: 1 },
}

/** The store can not be reached when a call is to be settled or cancelled. */
function loseStore(): void {
  const query = db.query.bind(db)
  jest.spyOn(db, 'query').mockImplementation(async (text, params) => {
    if (/set input_tokens|delete from replyd.model_call/.test(text)) throw new Error('read ECONNRESET')
    return query(text, params)
  })
}

test('a call costs what the answer cost', async () => {
  expect(await call(async () => answer)).toBe(answer)
  expect(await spent()).toBeCloseTo(0.1)
})

test('a paid answer whose cost can not be stored is used, and counts at its highest cost', async () => {
  loseStore()
  expect(await call(async () => answer)).toBe(answer)
  const highest = await spent()
  expect(highest).toBeGreaterThan(0.5)
  expect(await settleAbandonedCalls(db, new Date(now + 1))).toBe(1)
  expect(await spent()).toBeCloseTo(highest)
})

test.each([
  ['was not answered', new RateLimitedError('model', 'slow down', 1000)],
  ['was answered in vain', withSpent(new OwnerActionError('model', 'no such model'), usage)],
  ['may have been answered', withSpent(new OwnerActionError('model', 'aborted'), 'unknown')],
])('a call that %s fails for its own reason, even if the store fails, too', async (_name, failure) => {
  loseStore()
  await expect(call(() => Promise.reject(failure))).rejects.toBe(failure)
  expect(await spent()).toBeGreaterThan(0.5)
})

test('a call that was not answered costs nothing', async () => {
  await expect(call(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
  expect(await spent()).toBe(0)
})
