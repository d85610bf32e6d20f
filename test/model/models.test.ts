/**
 * Which model answers: a successor when one is retired, a fallback when one is down; and the messages to the owner.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import * as z from 'zod'
import { OwnerActionError, RateLimitedError, TemporaryError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import type { ModelChoice, ModelSettings } from '../../src/config/settings.ts'
import { ConfiguredModels, modelNotices } from '../../src/model/models.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { fillState } from '../store-template.ts'
import { type ModelServer, type Responder, refuses, says, startModelServer } from './model-server.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-models-'))
let db: Database
let first: ModelServer
let other: ModelServer
let now: Date

beforeAll(async () => {
  await fillState(directory)
  db = await openDatabase({ directory, databaseUrl: null }, silentLog)
})
afterAll(async () => {
  await db[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})
beforeEach(async () => {
  ;[first, other] = await Promise.all([startModelServer(), startModelServer()])
  await db.query('delete from replyd.model_notice')
  now = new Date('2026-11-28T10:00:00Z')
})
afterEach(() => Promise.all([first.close(), other.close()]))

const settingsOf = (more: Partial<ModelSettings> = {}): ModelSettings => ({
  ...{ name: 'gpt-4o-mini', baseUrl: first.baseUrl, host: 'openai', apiKey: 'k', timeoutMs: 60_000 },
  ...{ concurrency: 4, price: null, json: null, contextTokens: null },
  ...more,
})
function choiceOf(settings: ModelSettings, more: Partial<ModelChoice> = {}): ModelChoice {
  const tasks = { triage: settings, compose: settings, check: settings }
  return { ...settings, successor: 'gpt-6-luna', tasks, fallback: null, ...more }
}
const open = (choice: ModelChoice) =>
  new ConfiguredModels(choice, { db, log: silentLog, clock: { now: () => now } })
const question = {
  messages: [{ role: 'user' as const, content: 'Answer in JSON.' }],
  ...{ schema: z.object({ ok: z.boolean() }), schemaName: 'ok', maxOutputTokens: 50 },
}
const ask = (models: ConfiguredModels) => models.of('triage').ask(question)
const failure = (models: ConfiguredModels) =>
  ask(models).then(
    () => Promise.reject(new Error('it answered')),
    (error: unknown) => error,
  )
const fine = says('{"ok": true}')
const gone: Responder = (response, received) =>
  (received.body.model === 'gpt-6-luna'
    ? fine
    : refuses(404, { message: 'The model does not exist', code: 'model_not_found' }))(
    response,
    received,
    undefined as never,
  )
const asked = (server: ModelServer) => server.received.map(({ body }) => body.model)

/** Notices are stored only after the answer, so this asks until there is one, or none. */
async function notices(choice: ModelChoice, some: boolean) {
  for (let tries = 0; ; tries++) {
    const found = await modelNotices(db, choice)
    if (found.length > 0 === some || tries > 2000) return found
  }
}

test.each([
  ['2027-01-13T23:59:59Z', 'gpt-4o-mini', false],
  ['2027-01-14T00:00:00Z', 'gpt-6-luna', true],
])('at %s %s answers', async (at, expected, told) => {
  now = new Date(at)
  const choice = choiceOf(settingsOf())
  first.respond(fine)
  await ask(open(choice))
  expect(asked(first)).toEqual([expected])
  const said = await notices(choice, told)
  expect(said).toEqual(
    told
      ? [
          {
            trouble: false,
            said: expect.stringMatching(
              /no longer offers gpt-4o-mini: gpt-6-luna answers in its place, for 0\.1 US dollars/,
            ),
          },
        ]
      : [],
  )
})

test('a model that ends earlier than announced is replaced by its successor, which the next start does not know of yet', async () => {
  const choice = choiceOf(settingsOf())
  first.respond(gone)
  const models = open(choice)
  const error = await failure(models)
  expect(error).toBeInstanceOf(RateLimitedError)
  expect(error).toMatchObject({ retryAfterMs: 500 })
  await ask(models)
  await ask(models)
  expect(asked(first)).toEqual(['gpt-4o-mini', 'gpt-6-luna', 'gpt-6-luna'])
  expect(models.of('triage').price).toMatchObject({ input: 0.1, output: 0.5 })
  expect(await notices(choice, true)).toHaveLength(1)
})

test.each<[string, Partial<ModelSettings>, Partial<ModelChoice>]>([
  ['model.successor: none', {}, { successor: null }],
  ['a successor that is more expensive', { name: 'gpt-5-nano' }, {}],
  ['a successor without a known price', {}, { successor: 'gpt-9' }],
  ["a price of one's own that is lower", { price: { input: 0.01, cachedInput: 0.01, output: 0.01 } }, {}],
  ["a server that is not OpenAI's", { host: 'other' }, {}],
])('%s: nothing takes over, and the owner has to choose', async (_name, settings, more) => {
  now = new Date('2027-02-01T00:00:00Z')
  first.respond(gone)
  expect(await failure(open(choiceOf(settingsOf(settings), more)))).toBeInstanceOf(OwnerActionError)
  expect(asked(first)).toEqual([settings.name ?? 'gpt-4o-mini'])
})

const withFallback = () =>
  choiceOf(settingsOf(), { fallback: settingsOf({ name: 'spare', baseUrl: other.baseUrl, host: 'own' }) })
const later = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000)
}

test('a fallback answers once the first has been down for a minute, and gives way when it is back', async () => {
  const choice = withFallback()
  const models = open(choice)
  first.respond(refuses(503, { message: 'down' }))
  other.respond(says('{"ok": true}'))
  await failure(models)
  later(59)
  await failure(models)
  later(1)
  // The call that finds out.
  await failure(models)
  await ask(models)
  later(10)
  await ask(models)
  expect([asked(first).length, asked(other)]).toEqual([3, ['spare', 'spare']])
  first.respond(fine)
  later(20)
  await ask(models)
  await ask(models)
  expect([asked(first).length, asked(other).length]).toEqual([5, 2])
})

test('a refused key stops the queue at first, but no longer once the other model answers', async () => {
  const models = open(withFallback())
  first.respond(refuses(401, { message: 'no' }))
  other.respond(fine)
  expect(await failure(models)).toBeInstanceOf(OwnerActionError)
  later(60)
  const probe = await failure(models)
  expect(probe).toBeInstanceOf(TemporaryError)
  expect(probe).not.toBeInstanceOf(OwnerActionError)
  await ask(models)
  expect(asked(other)).toEqual(['spare'])
})

test('with both down the first is asked', async () => {
  const models = open(withFallback())
  for (const server of [first, other]) server.respond(refuses(503, { message: 'down' }))
  await failure(models)
  later(60)
  await failure(models)
  await failure(models)
  later(60)
  await failure(models)
  await failure(models)
  expect([asked(first).length, asked(other).length]).toEqual([4, 1])
})

test('five failures in a row are recorded in the store, for every process; the next answer clears that', async () => {
  const choice = choiceOf(settingsOf())
  const models = open(choice)
  first.respond(refuses(500, { message: 'oops' }))
  for (let n = 0; n < 4; n++) await failure(models)
  expect(await modelNotices(db, choice)).toEqual([])
  await failure(models)
  expect(await notices(choice, true)).toEqual([
    {
      trouble: true,
      said: expect.stringMatching(
        /^gpt-4o-mini has not answered since 2026-11-28 10:00 UTC: .*HTTP 500\. The fault is in the server/,
      ),
    },
  ])
  first.respond(fine)
  // Another process, as after a start.
  await ask(open(choice))
  expect(await notices(choice, false)).toEqual([])
})

test('notices about a model that is no longer configured are not shown', async () => {
  const models = open(choiceOf(settingsOf({ name: 'old' })))
  first.respond(refuses(401, { message: 'no' }))
  await failure(models)
  expect(await notices(choiceOf(settingsOf({ name: 'old' })), true)).toHaveLength(1)
  expect(await modelNotices(db, choiceOf(settingsOf()))).toEqual([])
})

test('tasks may have models and endpoints of their own', async () => {
  const check = settingsOf({ name: 'judge', baseUrl: other.baseUrl, concurrency: 20 })
  const choice = choiceOf(settingsOf())
  const models = open({ ...choice, tasks: { ...choice.tasks, check } })
  for (const server of [first, other]) server.respond(fine)
  await ask(models)
  await models.of('check').ask(question)
  expect([asked(first), asked(other)]).toEqual([['gpt-4o-mini'], ['judge']])
  expect(models.jobs).toBeGreaterThan(20)
})

test('a caller that goes away is no failure of the model', async () => {
  const models = open(choiceOf(settingsOf()))
  for (let n = 0; n < 6; n++) {
    const controller = new AbortController()
    first.respond(() => controller.abort())
    await models
      .of('triage')
      .ask({ ...question, signal: controller.signal })
      .catch(() => {})
  }
  first.respond(fine)
  expect(await modelNotices(db, choiceOf(settingsOf()))).toEqual([])
})
