import { getEventListeners } from 'node:events'
import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import { OwnerActionError, PermanentError, RateLimitedError, TemporaryError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { composedSchema } from '../../src/compose/answer.ts'
import { type Model, openModel, type RateLimits, spentOf } from '../../src/model/client.ts'
import { verdictSchema } from '../../src/triage/verdict.ts'
import {
  completion,
  json,
  type ModelServer,
  type Responder,
  refuses,
  says,
  startModelServer,
} from './model-server.ts'

const schema = z.object({ is: z.boolean(), note: z.string() })
const good = '{"is": true, "note": "fine"}'
const messages = [
  { role: 'system' as const, content: 'Task: triage\nAnswer in JSON.' },
  { role: 'user' as const, content: 'The secret word of this mail is Constantinople-on-the-Bosporus.' },
]
const usage = { input: 100, cachedInput: 60, output: 20 }
const twice = { input: 200, cachedInput: 120, output: 40 }

let server: ModelServer
let model: Model

beforeEach(async () => {
  server = await startModelServer()
  model = open('gpt-4o-mini')
})
afterEach(() => server.close())

function open(name: string, more: { timeoutMs?: number; baseUrl?: string; apiKey?: string } = {}): Model {
  const clock = { now: () => new Date('2026-11-24T12:00:00Z') }
  return openModel(
    { name, baseUrl: server.baseUrl, apiKey: 'sk-test', timeoutMs: 60_000, ...more },
    silentLog,
    clock,
  )
}
const ask = (more: Partial<Parameters<Model['ask']>[0]> = {}) =>
  model.ask({ messages, schema, schemaName: 'note', maxOutputTokens: 50, temperature: 0, ...more })
const failure = (more: Parameters<typeof ask>[0] = {}): Promise<Error> =>
  ask(more).then(
    () => Promise.reject(new Error('the call did not fail')),
    (error: Error) => error,
  )
const bodies = () => server.received.map(({ body }) => body)

describe('an answer that fits', () => {
  test('comes back with its usage', async () => {
    server.respond(says(good))
    const answer = await ask()
    expect(answer).toEqual({
      value: { is: true, note: 'fine' },
      usage,
      model: 'gpt-4o-mini-2024-07-18',
      repaired: false,
      finish: 'stop',
      durationMs: expect.any(Number),
      attempts: 1,
    })
  })

  test.each([
    ['gpt-4o-mini', 'gpt-4o-mini'],
    ['', 'gpt-4o-mini'],
    ['openai/gpt-4o-mini-2024-07-18', 'gpt-4o-mini-2024-07-18'],
    ['gpt-4o-minimal', 'other'],
    ['a line\n\u009b31mof the mail', 'other'],
    [`gpt-4o-mini-${'x'.repeat(99)}`, 'other'],
  ])('of a model that calls itself %j is recorded as %s', async (stated, recorded) => {
    server.respond(says(good, { model: stated, finish: 'stop' }))
    expect((await ask()).model).toBe(recorded)
  })

  test('may begin with a byte order mark', async () => {
    server.respond(json(200, `\uFEFF${JSON.stringify(completion(good))}`))
    expect((await ask()).value).toEqual({ is: true, note: 'fine' })
  })

  test('with a finish reason that the protocol does not know is recorded as other', async () => {
    server.respond(says(good, { finish: 'a secret of the mail' }))
    expect((await ask()).finish).toBe('other')
  })

  test('was asked for in JSON mode, capped, with the key', async () => {
    server.respond(says(good))
    await ask({ cacheKey: 'triage-1' })
    expect(server.received[0]).toMatchObject({
      path: '/v1/chat/completions',
      authorization: 'Bearer sk-test',
    })
    expect(bodies()).toEqual([
      {
        model: 'gpt-4o-mini',
        messages,
        temperature: 0,
        max_completion_tokens: 50,
        response_format: { type: 'json_object' },
        prompt_cache_key: 'triage-1',
      },
    ])
  })

  test.each([
    ['in a code fence', `\`\`\`json\n${good}\n\`\`\``],
    ['between words', `Here you are: ${good} Bye!`],
    ['after thoughts', `<think>{"is": 1}</think>\n${good}`],
    ['with spaces around', `\n\n   ${good}   \n`],
  ])('%s', async (_name, content) => {
    server.respond(says(content))
    expect((await ask()).value).toEqual({ is: true, note: 'fine' })
  })

  test('that is complete and then padded with spaces to the limit, as JSON mode makes small models do', async () => {
    server.respond(says(`${good}${'\n  '.repeat(300)}`, { finish: 'length' }))
    expect(await ask()).toMatchObject({ value: { is: true, note: 'fine' }, repaired: false, attempts: 1 })
  })

  test('without usage counts octets, which are never too few', async () => {
    server.respond(says(good, { usage: null }))
    const answer = await ask()
    expect(answer.usage.input).toBe(messages.reduce((sum, { content }) => sum + content.length, 0))
    expect(answer.usage.output).toBe(good.length)
  })

  test.each([
    ['a fraction is rounded', 812.5, { input: 813, cachedInput: 60, output: 20 }],
    ['a number beyond belief is no usage', 3e9, { input: 91, cachedInput: 0, output: good.length }],
  ])('whose tokens the store could not hold: %s', async (_name, prompt_tokens, expected) => {
    const reported = { prompt_tokens, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 60 } }
    server.respond(says(good, { usage: reported }))
    expect((await ask()).usage).toEqual(expected)
  })

  test('a conversation without the word JSON gets it, since JSON mode refuses it otherwise', async () => {
    server.respond(says(good))
    await ask({ messages: [{ role: 'user', content: 'hello' }] })
    expect(bodies()[0].messages[0]).toMatchObject({
      role: 'system',
      content: expect.stringContaining('JSON'),
    })
  })
})

describe('an answer that does not fit is repaired once', () => {
  test.each([
    ['empty content', says('')],
    ['no content', says(null)],
    ['spaces', says(' \n\n\t ')],
    ['cut off at the limit', says('{"is": true, "no', { finish: 'length' })],
    ['cut off after an example', says('{"is": true, "note": "x"} or {"is": fal', { finish: 'length' })],
    ['not JSON', says('I am sorry, Dave.')],
    ['the wrong shape', says('{"is": "perhaps"}')],
    ['a list', says('[1]')],
    ['lists without end', says(`{"is": ${'['.repeat(100_000)}${']'.repeat(100_000)}, "note": ""}`)],
  ])('%s', async (_name, responder) => {
    server.respond(responder, says(good))
    expect(await ask()).toMatchObject({ value: { is: true }, repaired: true, usage: twice, attempts: 2 })
  })

  test('the second request says what was wrong, and repeats the first', async () => {
    server.respond(says('{"is": "perhaps", "note": "x"}'), says(good))
    await ask()
    const [first, second] = bodies()
    expect(second.messages.slice(0, 2)).toEqual(first.messages)
    expect(second.messages[2]).toEqual({ role: 'assistant', content: '{"is": "perhaps", "note": "x"}' })
    expect(second.messages[3].content).toMatch(/is: .*boolean/)
    expect(second.max_completion_tokens).toBe(first.max_completion_tokens)
  })

  test('an empty answer is not repeated, since some servers refuse an empty message', async () => {
    server.respond(says(''), says(good))
    await ask()
    expect(bodies()[1].messages.map(({ role }: { role: string }) => role)).toEqual(['system', 'user', 'user'])
  })

  test('not twice: after that a person gets the mail, and both calls are charged', async () => {
    server.respond(says('{}'), says('still no JSON'), says(good))
    const error = await failure()
    expect(error).toBeInstanceOf(PermanentError)
    expect(error.message).toMatch(/no usable answer: .*; then it was not a JSON object/)
    expect(spentOf(error)).toEqual(twice)
    expect(server.received).toHaveLength(2)
  })

  test('a failure of the second call keeps the cost of the first', async () => {
    server.respond(says('{}'), refuses(429, { message: 'slow down' }))
    const error = await failure()
    expect(error).toBeInstanceOf(RateLimitedError)
    expect(spentOf(error)).toEqual(usage)
  })
})

describe('a refusal is final', () => {
  test.each([
    ['refusal', says(null, { refusal: 'I cannot help with that.' })],
    ['content filter', says('', { finish: 'content_filter' })],
  ])('%s', async (_name, responder) => {
    server.respond(responder)
    const error = await failure()
    expect(error).toBeInstanceOf(PermanentError)
    expect(error).not.toBeInstanceOf(OwnerActionError)
    expect(error.message).toMatch(/refused/)
    expect(spentOf(error)).toEqual(usage)
    expect(server.received).toHaveLength(1)
  })
})

describe('faults that the owner has to fix', () => {
  test.each([
    [401, { message: 'Incorrect API key provided: sk-te*t' }, /check model\.apiKey/],
    [403, { message: 'Country not supported' }, /denied access .*Country not supported/],
    [404, { message: 'The model does not exist', code: 'model_not_found' }, /knows no model gpt-4o-mini/],
    [402, { message: 'Payment required' }, /quota .* exhausted/],
    [
      429,
      { message: 'You exceeded your current quota', code: 'insufficient_quota', type: 'insufficient_quota' },
      /quota .* exhausted/,
    ],
    [429, { message: 'Billing hard limit', code: 'billing_hard_limit_reached' }, /quota .* exhausted/],
  ])('HTTP %i %j', async (status, body, message) => {
    server.respond(refuses(status, body))
    const error = await failure()
    expect(error).toBeInstanceOf(OwnerActionError)
    expect(error).toMatchObject({ scope: 'model', message: expect.stringMatching(message) })
    expect(error.message).not.toContain('sk-te')
    expect(spentOf(error)).toBeNull()
    expect(server.received).toHaveLength(1)
  })
})

describe('HTTP 429 says how long to wait', () => {
  test.each([
    [{ 'retry-after': '20' }, 20_000],
    [{ 'retry-after': 'Tue, 24 Nov 2026 12:00:45 GMT' }, 45_000],
    [{ 'retry-after-ms': '1500', 'retry-after': '20' }, 1500],
    [{ 'retry-after': '86400' }, 600_000],
    [{ 'retry-after': '0' }, 500],
    [{ 'retry-after': '-5' }, 15_000],
    [{ 'retry-after': 'soon' }, 15_000],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '6m0s' }, 360_000],
    [{ 'x-ratelimit-remaining-tokens': '5', 'x-ratelimit-reset-tokens': '6m0s' }, 15_000],
    [{}, 15_000],
  ])('%j: %i ms', async (headers, expected) => {
    server.respond(refuses(429, { message: 'Rate limit reached', code: 'rate_limit_exceeded' }, headers))
    const error = await failure()
    expect(error).toBeInstanceOf(RateLimitedError)
    expect(error).toMatchObject({ retryAfterMs: expected })
    expect(spentOf(error)).toBeNull()
    expect(server.received).toHaveLength(1)
  })
})

describe('temporary faults', () => {
  const half = JSON.stringify(completion(good)).slice(0, 120)
  const reset: Responder = (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
    response.write(half, () => response.socket?.resetAndDestroy())
  }
  test.each<[string, Responder, 'unknown' | null]>([
    ['HTTP 500', refuses(500, { message: 'oops' }), null],
    ['HTTP 503', json(503, 'busy'), null],
    ['HTTP 529', json(529, '{}'), null],
    ['HTTP 408', json(408, '{}'), null],
    ['a reset in the middle of the body', reset, 'unknown'],
    ['a reset before the header', (response) => response.socket?.resetAndDestroy(), 'unknown'],
    ['a connection closed too early', (response) => response.socket?.end(), 'unknown'],
    ['JSON cut short', json(200, half), 'unknown'],
    ['an empty body', json(200, ''), 'unknown'],
    [
      "a proxy's page",
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>login</html>'),
      'unknown',
    ],
    ['another JSON', json(200, { error: { message: 'overloaded' } }), 'unknown'],
    ['no choices', json(200, { choices: [] }), 'unknown'],
    ['null', json(200, 'null'), 'unknown'],
  ])('%s', async (_name, responder, spent) => {
    server.respond(responder)
    const error = await failure()
    expect(error).toBeInstanceOf(TemporaryError)
    expect(error).not.toBeInstanceOf(RateLimitedError)
    expect(spentOf(error)).toBe(spent)
    expect(server.received).toHaveLength(1)
  })

  test('a refused connection, which costs nothing', async () => {
    const unused = createServer()
    await new Promise<void>((resolve) => unused.listen(0, '127.0.0.1', resolve))
    const address = unused.address()
    await new Promise((resolve) => unused.close(resolve))
    model = open('gpt-4o-mini', {
      baseUrl: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/v1`,
    })
    const error = await failure()
    expect(error).toBeInstanceOf(TemporaryError)
    expect(error.message).toMatch(/ECONNREFUSED/)
    expect(spentOf(error)).toBeNull()
  })

  test.each<[string, Responder]>([
    ['no answer at all', () => {}],
    [
      'an answer that stops in its body',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write(half)
      },
    ],
  ])('%s within the deadline', async (_name, responder) => {
    model = open('gpt-4o-mini', { timeoutMs: 150 })
    server.respond(responder)
    const error = await failure()
    expect(error).toBeInstanceOf(TemporaryError)
    expect(error.message).toMatch(/did not answer within 150 ms/)
    expect(spentOf(error)).toBe('unknown')
    await server.abandoned
  })

  test('an abort by the caller', async () => {
    const controller = new AbortController()
    server.respond(() => controller.abort())
    const error = await failure({ signal: controller.signal })
    expect(error).toBeInstanceOf(TemporaryError)
    expect(error.message).toMatch(/aborted/)
    await server.abandoned
  })

  test('leaves no listener on the caller’s signal, which may be used for years', async () => {
    const { signal } = new AbortController()
    server.respond(says(good))
    await ask({ signal })
    await model.listModels(signal).catch(() => undefined)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('intermediate servers', () => {
  const fitting = completion(good)

  test('a compressed answer is read, even if none was requested', async () => {
    server.respond((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      response.end(gzipSync(JSON.stringify(fitting)))
    })
    expect((await ask()).value).toEqual({ is: true, note: 'fine' })
  })

  test('a small body that unpacks to a large one is cut off like any other', async () => {
    server.respond((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      response.end(gzipSync(' '.repeat(5_000_000)))
    })
    await expect(ask()).rejects.toThrow('too long')
  })

  test('a redirect is not followed: key and mail stay with the host that the owner has named', async () => {
    server.respond((response) => response.writeHead(308, { location: '/elsewhere' }).end())
    const failure = await ask().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(OwnerActionError)
    expect((failure as Error).message).toContain('redirects (HTTP 308): set model.baseUrl')
    expect(server.received).toHaveLength(1)
  })
})

describe('an endless answer', () => {
  test('10 MB of whitespace is cut at 1 MiB and not asked for again', async () => {
    let sent = 0
    server.respond((response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const blanks = Buffer.alloc(65_536, ' ')
      const more = () => {
        while (sent < 10_000_000 && !response.destroyed) {
          sent += blanks.length
          if (!response.write(blanks)) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    const error = await failure()
    expect(error).toBeInstanceOf(PermanentError)
    expect(error.message).toMatch(/too long/)
    expect(spentOf(error)).toBe('unknown')
    await server.abandoned
    expect(sent).toBeLessThan(10_000_000)
    expect(server.received).toHaveLength(1)
  })

  test('500 KB of whitespace in the content is an empty answer', async () => {
    server.respond(says(' '.repeat(500_000), { finish: 'length' }), says(good))
    expect(await ask()).toMatchObject({ repaired: true })
    expect(bodies()[1].messages).toHaveLength(3)
  })
})

describe('a server that refuses a form of the request', () => {
  const unless =
    (accepts: (body: Record<string, unknown>) => Record<string, unknown> | null): Responder =>
    (response, received) => {
      const error = accepts(received.body)
      ;(error ? refuses(400, error) : says(good))(response, received, undefined as never)
    }
  const forms: [
    string,
    (body: Record<string, unknown>) => Record<string, unknown> | null,
    object,
    string[],
  ][] = [
    [
      'temperature',
      (body) =>
        'temperature' in body ? { message: "Unsupported value: 'temperature'", param: 'temperature' } : null,
      { response_format: { type: 'json_object' } },
      ['temperature'],
    ],
    [
      'max_completion_tokens',
      (body) =>
        'max_completion_tokens' in body
          ? { message: 'Unrecognized request argument: max_completion_tokens' }
          : null,
      { max_tokens: 50, response_format: { type: 'json_object' } },
      ['max_completion_tokens'],
    ],
    [
      'json_object, for lack of anything but json_schema',
      (body) =>
        JSON.stringify(body.response_format).includes('json_object')
          ? { message: "'response_format.type' must be 'json_schema' or 'text'" }
          : null,
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'note', schema: expect.objectContaining({ type: 'object' }) },
        },
      },
      [],
    ],
    [
      'response_format',
      (body) => ('response_format' in body ? { message: 'response_format is not supported' } : null),
      { temperature: 0 },
      ['response_format'],
    ],
  ]
  test.each(forms)('%s: it is left out, and remembered', async (_name, accepts, expected, absent) => {
    server.respond(unless(accepts))
    const first = await ask()
    expect(first.value).toEqual({ is: true, note: 'fine' })
    expect(first.attempts).toBeGreaterThan(1)
    expect(first.usage).toEqual(usage)
    const before = server.received.length
    expect((await ask()).attempts).toBe(1)
    expect(server.received).toHaveLength(before + 1)
    expect(bodies().at(-1)).toMatchObject(expected)
    for (const field of absent) expect(bodies().at(-1)).not.toHaveProperty(field)
  })

  test.each([
    [
      'reasoning_effort',
      'gpt-6-luna',
      { message: "Unsupported value: 'reasoning_effort' does not support 'none'" },
      2050,
    ],
    ['prompt_cache_key', 'gpt-4o-mini', { message: 'Unknown parameter', param: 'prompt_cache_key' }, 50],
  ])('so is %s; a model that then reasons freely gets room for it', async (field, name, error, limit) => {
    model = open(name)
    server.respond(unless((body) => (field in body ? error : null)))
    await ask({ cacheKey: 'k' })
    await ask({ cacheKey: 'k' })
    expect(bodies().map((body) => field in body)).toEqual([true, false, false])
    expect(model.outputLimit(50)).toBe(limit)
    expect(bodies().at(-1).max_completion_tokens).toBe(limit)
  })

  test('without naming it: the guess is kept when it was right twice', async () => {
    server.respond(unless((body) => ('response_format' in body ? { message: 'Bad Request' } : null)))
    expect([(await ask()).attempts, (await ask()).attempts, (await ask()).attempts]).toEqual([3, 3, 1])
  })

  test('the whole chain of refusals ends', async () => {
    server.respond(refuses(400, { message: 'no' }))
    const error = await failure()
    expect(error).toBeInstanceOf(PermanentError)
    expect(error.message).toMatch(/HTTP 400.*no/)
    expect(server.received).toHaveLength(3)
  })

  test('two parameters that exclude each other cause no endless loop', async () => {
    server.respond(
      unless((body) =>
        'max_tokens' in body
          ? { message: "'max_tokens' is not supported", param: 'max_tokens' }
          : { message: "'max_completion_tokens' is not supported", param: 'max_completion_tokens' },
      ),
    )
    expect(await failure()).toBeInstanceOf(PermanentError)
    expect(server.received).toHaveLength(2)
  })

  test.each([
    [{ message: "This model's maximum context length is 128000 tokens.", code: 'context_length_exceeded' }],
    [{ message: 'the request exceeds the available context size' }],
    [{ message: 'Invalid prompt: flagged', code: 'invalid_prompt' }],
  ])('%j is final at once', async (body) => {
    server.respond(refuses(400, body))
    expect(await failure()).toBeInstanceOf(PermanentError)
    expect(server.received).toHaveLength(1)
  })

  test("people's text that a server echoes does not get into the error", async () => {
    server.respond(refuses(400, { message: `bad input: ${messages[1]?.content}`, code: 'invalid_prompt' }))
    expect((await failure()).message).not.toMatch(/Constantinople/)
  })
})

describe('models', () => {
  test.each([
    ['gpt-4o-mini', { temperature: 0, max_completion_tokens: 50 }, ['reasoning_effort'], 50],
    ['gpt-6-luna', { temperature: 0, reasoning_effort: 'none', max_completion_tokens: 50 }, [], 50],
    ['gpt-5-mini', { temperature: 0, reasoning_effort: 'minimal', max_completion_tokens: 650 }, [], 650],
    ['o4-mini', { temperature: 0, reasoning_effort: 'low', max_completion_tokens: 2050 }, [], 2050],
    [
      'llama3.2:3b',
      { temperature: 0, max_tokens: 50 },
      ['reasoning_effort', 'prompt_cache_key', 'max_completion_tokens'],
      50,
    ],
  ])('%s gets the parameters that it knows', async (name, expected, absent, limit) => {
    model = open(name)
    server.respond(says(good))
    await ask({ cacheKey: 'k' })
    expect(bodies()[0]).toMatchObject(expected)
    for (const field of absent) expect(bodies()[0]).not.toHaveProperty(field)
    expect(model.outputLimit(50)).toBe(limit)
  })

  test('the schemas of verdict and reply can be sent as JSON Schema', async () => {
    server.respond(refuses(400, { message: 'use json_schema' }), says(good))
    for (const [name, one] of [
      ['verdict', verdictSchema(['billing'])],
      ['reply', composedSchema],
    ] as const) {
      server.respond(refuses(400, { message: 'response_format' }), says('no'), says('no'))
      await model
        .ask({ messages, schema: one as z.ZodType<unknown>, schemaName: name, maxOutputTokens: 50 })
        .catch(() => {})
      model = open('gpt-4o-mini')
    }
    const formats = bodies()
      .map((body) => body.response_format)
      .filter(({ type }) => type === 'json_schema')
    expect(formats.map(({ json_schema }) => Object.keys(json_schema.schema.properties).length)).toEqual([
      12, 12, 6, 6,
    ])
  })

  test('are listed, with a shutdown date where the server gives one', async () => {
    server.respond(
      json(200, {
        object: 'list',
        data: [{ id: 'a' }, { id: 'b', shutdown_date: '2027-01-14' }, { nonsense: 1 }],
      }),
    )
    expect(await model.listModels()).toEqual([
      { id: 'a', shutdown: null, contextTokens: null },
      { id: 'b', shutdown: '2027-01-14', contextTokens: null },
    ])
    expect(server.received[0]?.path).toBe('/v1/models')
  })

  test('a refused model list is reported like any refused call', async () => {
    server.respond(refuses(401, { message: 'no' }))
    await expect(model.listModels()).rejects.toBeInstanceOf(OwnerActionError)
  })

  test("the owner's own server is used without a key, too", async () => {
    model = open('llama3', { apiKey: '' })
    server.respond(says(good))
    expect((await ask()).value).toBeTruthy()
  })
})

test('rate limits are passed on, those of a refusal included', async () => {
  const seen: RateLimits[] = []
  const onLimits = (limits: RateLimits) => seen.push(limits)
  const headers = {
    'x-ratelimit-limit-requests': '500',
    'x-ratelimit-remaining-requests': '499',
    'x-ratelimit-reset-requests': '120ms',
    'x-ratelimit-limit-tokens': '200000',
    'x-ratelimit-remaining-tokens': '199300',
    'x-ratelimit-reset-tokens': '1m2.5s',
  }
  server.respond(says(good, {}, headers), says(good), refuses(429, { message: 'slow' }, headers))
  await ask({ onLimits })
  await ask({ onLimits })
  await expect(ask({ onLimits })).rejects.toBeInstanceOf(RateLimitedError)
  const told = {
    limitRequests: 500,
    remainingRequests: 499,
    resetRequestsMs: 120,
    limitTokens: 200_000,
    remainingTokens: 199_300,
    resetTokensMs: 62_500,
  }
  expect(seen).toEqual([told, told])
})

describe('pictures', () => {
  const jpeg = Buffer.from('a picture').toString('base64')
  const [instructions, question] = messages
  const withPicture = [
    instructions,
    { ...question, images: [{ jpeg, width: 10, height: 10 }] },
  ] as typeof messages
  const contents = () => bodies().map(({ messages }) => (messages as { content: unknown }[]).at(-1)?.content)
  const unseen = `${question?.content}\nThe pictures cannot be shown to you: you do not know what is on them.`

  test('are parts of the message, behind its text', async () => {
    server.respond(says(good))
    await ask({ messages: withPicture })
    const url = `data:image/jpeg;base64,${jpeg}`
    const parts = [
      { type: 'text', text: question?.content },
      { type: 'image_url', image_url: { url } },
    ]
    expect(contents()).toEqual([parts])
  })

  test.each([
    [400, 'Invalid content type. image_url is only supported by certain models.'],
    [400, 'This model is not a multimodal model'],
    [422, 'unknown variant `image_url`, expected `text`'],
    [500, 'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj'],
  ])('are left out, and said to be, after HTTP %d: %s', async (status, message) => {
    server.respond(refuses(status, { message }), says(good), says(good))
    await ask({ messages: withPicture })
    await ask({ messages: withPicture })
    expect(contents()).toEqual([expect.any(Array), unseen, unseen])
  })

  test('stay when the refusal is about something else', async () => {
    server.respond(
      refuses(400, { message: "Unsupported parameter: 'temperature'", param: 'temperature' }),
      says(good),
    )
    await ask({ messages: withPicture })
    expect(contents()).toEqual([expect.any(Array), expect.any(Array)])
  })
})
