import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Log, silentLog } from '../../src/base/log.ts'
import { resolveModels } from '../../src/config/models.ts'
import type { Config } from '../../src/config/settings.ts'
import { warnOfModels } from '../../src/daemon/health.ts'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { priceOf } from '../../src/model/budget.ts'
import { type Model, openModel } from '../../src/model/client.ts'

let standIn: StandIn

beforeAll(async () => {
  standIn = await startStandIn()
})

afterAll(() => standIn.close())

/** The log of a start with that model. */
async function warned(
  name: string,
  baseUrl: string,
  more: Partial<Model> = {},
  signal = new AbortController().signal,
): Promise<object[]> {
  const lines: object[] = []
  const log = { warn: (line: object) => lines.push(line) } as unknown as Log
  const settings = resolveModels({ name, baseUrl })
  const config = { model: settings } as unknown as Config
  const clock = { now: () => new Date('2026-11-24T10:00:00Z') }
  const price = priceOf(name, null, false)
  const models = { of: () => ({ ...openModel(settings, silentLog), price, ...more }) }
  await warnOfModels({ models, config, clock, log }, signal)
  return lines
}

test('a model that the server lists is not mentioned', async () => {
  expect(await warned(standInModel, standIn.baseUrl)).toEqual([])
})

test('a model that it does not list is reported once, with the models that it has', async () => {
  const listed = [standInModel, 'other'].map((id) => ({ id, shutdown: null, contextTokens: null }))
  expect(await warned('gone-away', standIn.baseUrl, { listModels: async () => listed })).toEqual([
    { event: 'model.warning', model: 'gone-away', reason: expect.stringContaining(standInModel) },
  ])
})

test('a missing server does not prevent the start', async () => {
  expect(await warned('any', 'http://127.0.0.1:9/v1')).toEqual([])
})

test('the date of a shutdown is known without the list', async () => {
  const [line] = await warned('gpt-4o-mini', 'https://api.openai.com/v1', {
    listModels: () => Promise.reject(new Error('no network')),
  })
  expect(line).toMatchObject({ reason: expect.stringContaining('2027-01-14') })
})

test('a daemon that ends meanwhile says nothing', async () => {
  expect(await warned('gone-away', standIn.baseUrl, {}, AbortSignal.abort())).toEqual([])
})
