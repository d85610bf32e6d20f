import { expect, test } from '@jest/globals'
import * as z from 'zod'
import { OwnerActionError, RateLimitedError, TemporaryError } from '../../src/base/errors.ts'
import { CeilingReached, eachOf, Ledger } from '../../src/eval/ledger.ts'
import type { Answer, Ask, Model } from '../../src/model/client.ts'

const question: Ask<unknown> = {
  messages: [{ role: 'user', content: 'x'.repeat(992) }],
  schema: z.unknown(),
  schemaName: 'test',
  maxOutputTokens: 500,
}
/** One dollar for a thousand tokens, input or output. */
const price = { input: 1000, cachedInput: 1000, output: 1000 }
const usage = { input: 100, cachedInput: 0, output: 50 }

/** First fails with these errors, then answers; counts concurrent calls. */
function modelWith(failures: Error[]): Model & { asked: number; most: number } {
  let open = 0
  const model = {
    name: 'm',
    contextTokens: null,
    asked: 0,
    most: 0,
    outputLimit: (tokens: number) => tokens,
    inputOctets: () => Number.POSITIVE_INFINITY,
    listModels: async () => [],
    onRateLimits: () => () => false,
    async ask<T>(): Promise<Answer<T>> {
      model.asked += 1
      model.most = Math.max(model.most, ++open)
      await Promise.resolve()
      open -= 1
      const failure = failures.shift()
      if (failure) throw failure
      return {
        value: {} as T,
        usage,
        model: 'm',
        repaired: false,
        finish: 'stop',
        durationMs: 1,
        attempts: 1,
      }
    },
  }
  return model
}

function ledgerOf(model: Model, maxDollars: number) {
  const pauses: number[] = []
  const ledger = new Ledger({ model, price, maxDollars, pause: async (ms) => void pauses.push(ms) })
  return { ledger, pauses }
}

test('after a rate limit it waits as long as the provider says, after a lost connection only briefly', async () => {
  const model = modelWith([
    new RateLimitedError('model', '429', 7_000),
    new TemporaryError('lost'),
    new RateLimitedError('model', '429', 1e9),
  ])
  const { ledger, pauses } = ledgerOf(model, 100)
  await ledger.ask(question)
  // At most a minute; 1, 2, 4 seconds if the server does not say how long.
  expect(pauses).toEqual([7_000, 2_000, 60_000])
  expect(ledger.usage).toEqual(usage)
})

test('after five tries it gives up; a fault that only the owner can fix is not tried again', async () => {
  const lost = ledgerOf(modelWith(Array.from({ length: 9 }, () => new TemporaryError('lost'))), 100)
  await expect(lost.ledger.ask(question)).rejects.toThrow('lost')
  expect(lost.pauses).toHaveLength(4)
  const refused = ledgerOf(modelWith([new OwnerActionError('model', 'no key')]), 100)
  await expect(refused.ledger.ask(question)).rejects.toThrow('no key')
  expect(refused.pauses).toEqual([])
})

test('the ceiling counts the worst case of every call under way, and what is free after it', async () => {
  // Worst case: 1,000 tokens in; again with the answer of 500 and a note of 1,000; twice 500 out: 4.5 dollars. Real: 0.15.
  const model = modelWith([])
  const { ledger } = ledgerOf(model, 9.01)
  const together = await Promise.allSettled([1, 2, 3].map(() => ledger.ask(question)))
  expect(together.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect(ledger.spent).toBeCloseTo(0.3, 12)
  let answered = 2
  await expect(
    (async () => {
      for (;;) {
        await ledger.ask(question)
        answered += 1
      }
    })(),
  ).rejects.toThrow(CeilingReached)
  // A call begins while 4.5 of 9.01 dollars are left: after 30 calls (4.50) they still are, after 31 (4.65) no more.
  expect(answered).toBe(31)
  expect(ledger.spent).toBeLessThanOrEqual(9.01)
})

test('concurrent calls are limited; after a failure no new call begins', async () => {
  const model = modelWith([])
  const { ledger } = ledgerOf(model, 1000)
  await eachOf(
    Array.from({ length: 20 }, (_, at) => at),
    3,
    async () => void (await ledger.ask(question)),
  )
  expect([model.asked, model.most]).toEqual([20, 3])
  const begun: number[] = []
  const failing = eachOf([0, 1, 2, 3, 4], 1, async (at) => {
    begun.push(at)
    if (at === 1) throw new Error('broken')
  })
  await expect(failing).rejects.toThrow('broken')
  expect(begun).toEqual([0, 1])
})
