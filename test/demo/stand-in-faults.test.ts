import { describe, expect, test } from '@jest/globals'
import { RateLimitedError, TemporaryError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { type StandIn, standInModel } from '../../src/demo/stand-in.ts'
import { openModel } from '../../src/model/client.ts'
import { verdictSchema } from '../../src/triage/verdict.ts'
import { ask, failure, question, started } from './stand-in-client.ts'

const settings = { name: standInModel, apiKey: '', timeoutMs: 60_000 }
const modelAt = ({ baseUrl }: StandIn, timeoutMs = 60_000) =>
  openModel({ ...settings, baseUrl, timeoutMs }, silentLog)

function request() {
  return {
    messages: question('When are you open?'),
    schema: verdictSchema([]),
    schemaName: 'verdict',
    maxOutputTokens: 300,
    temperature: 0,
  }
}

describe('rate limits', () => {
  test('requests per minute: 429 with the fields of the provider, and free again after the time it names', async () => {
    let now = 0
    const { openai, server } = await started({ limits: { requestsPerMinute: 2 }, now: () => now })
    const first = await ask(openai).asResponse()
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('2')
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1')
    expect(first.headers.get('x-ratelimit-reset-requests')).toBe('30000ms')
    await ask(openai)
    const refused = await failure(ask(openai))
    expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'requests' })
    expect(refused.headers?.get('retry-after')).toBe('30')
    now = 29_999
    expect((await failure(ask(openai))).status).toBe(429)
    now = 30_000
    await ask(openai)
    expect(server.counters()).toMatchObject({ requests: 5, answered: 3, limited: 2 })
  })

  test('tokens per minute count the prompt and what the answer may take', async () => {
    const { openai } = await started({ limits: { tokensPerMinute: 2000 }, now: () => 0 })
    await ask(openai, { max_completion_tokens: 300 })
    expect(await failure(ask(openai, { max_completion_tokens: 1000 }))).toMatchObject({
      status: 429,
      type: 'tokens',
    })
    await ask(openai, { max_completion_tokens: 100 })
  })
})

describe('scripted behaviour', () => {
  test('it sees the question and may answer in its place', async () => {
    const seen: unknown[] = []
    const { openai } = await started({
      behaviour: ({ number, question: { task, mail, facts: told }, apiKey }) => {
        seen.push([number, task, mail, told.get('subject'), apiKey])
        return { content: '{"ok":true}' }
      },
    })
    expect((await ask(openai)).choices[0]?.message.content).toBe('{"ok":true}')
    expect(seen).toEqual([[1, 'triage', 'When are you open?', 'Opening hours', 'key']])
  })

  test.each([
    ['a status with a body', { status: 503, body: { error: { message: 'overloaded' } } }, { status: 503 }],
    ['a body that is not JSON', { status: 502, body: '<html>bad gateway</html>' }, { status: 502 }],
    ['headers', { status: 429, headers: { 'retry-after': '7' } }, { status: 429 }],
  ])('%s', async (_name, override, expected) => {
    const { openai } = await started({ behaviour: () => override })
    expect(await failure(ask(openai))).toMatchObject(expected)
  })

  test.each([
    ['close', { connection: 'close' as const }],
    ['half', { connection: 'half' as const }],
  ])(
    'a connection that is cut (%s) reaches the model adapter as a temporary error',
    async (_name, override) => {
      const { server } = await started({ behaviour: () => override })
      await expect(modelAt(server).ask(request())).rejects.toThrow(TemporaryError)
    },
  )

  test('a hanging answer runs into the time-out of the client', async () => {
    const { server } = await started({ behaviour: () => ({ connection: 'hang' }) })
    await expect(modelAt(server, 50).ask(request())).rejects.toThrow(/within 50 ms/)
  })

  test('a refusal has no content', async () => {
    const { openai } = await started({ behaviour: () => ({ refusal: 'I cannot help with that.' }) })
    expect((await ask(openai)).choices[0]?.message).toMatchObject({
      content: null,
      refusal: 'I cannot help with that.',
    })
  })
})

describe("replyd's own model adapter", () => {
  test('takes the verdict at the first attempt and counts its tokens', async () => {
    const { server } = await started()
    const answer = await modelAt(server).ask(request())
    expect(answer).toMatchObject({ model: standInModel, repaired: false, attempts: 1 })
    const { promptTokens, completionTokens } = server.counters()
    expect(answer.usage).toMatchObject({ input: promptTokens, output: completionTokens })
  })

  test('gets a sound verdict when it asks again after a broken one', async () => {
    const { server } = await started({
      behaviour: ({ number }) => (number === 1 ? { content: '{"spam":' } : undefined),
    })
    const answer = await modelAt(server).ask(request())
    expect(answer).toMatchObject({ repaired: true, value: { needs_reply: true } })
  })

  test('learns how long to wait', async () => {
    const { server } = await started({ limits: { requestsPerMinute: 1 }, now: () => 0 })
    const model = modelAt(server)
    await model.ask(request())
    const refused = await model.ask(request()).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(RateLimitedError)
    expect((refused as RateLimitedError).retryAfterMs).toBe(60_000)
  })
})
