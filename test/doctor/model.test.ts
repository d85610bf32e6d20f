/** The doctor's verdict on a model's speed, and on servers on the owner's machine. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { loadConfig } from '../../src/config/config.ts'
import { checkModel, weighed } from '../../src/doctor/model.ts'
import {
  json,
  type ModelServer,
  type Responder,
  refuses,
  says,
  startModelServer,
} from '../model/model-server.ts'

let server: ModelServer
beforeEach(async () => {
  server = await startModelServer()
})
afterEach(() => server.close())

const usage = { input: 1000, cachedInput: 0, output: 150 }
test.each([
  [
    'a fast provider',
    { durationMs: 2000, timeoutMs: 30_000, concurrency: 10, host: 'openai' },
    'ok',
    '75 tokens a second',
  ],
  [
    'a slow provider',
    { durationMs: 11_000, timeoutMs: 30_000, concurrency: 10, host: 'openai' },
    'warning',
    'about 33 s, and model.timeout is 30 s',
  ],
  [
    "a machine of one's own",
    { durationMs: 20_000, timeoutMs: 180_000, concurrency: 1, host: 'own' },
    'ok',
    '8 tokens a second',
  ],
  [
    'the same with calls at once',
    { durationMs: 20_000, timeoutMs: 180_000, concurrency: 4, host: 'own' },
    'warning',
    'about 240 s while 4 are written at once',
  ],
] as const)('%s', (_name, { durationMs, ...settings }, status, detail) => {
  const verdict = weighed({ usage, durationMs }, settings, 'm at h', [])
  expect(verdict).toMatchObject({ status, detail: expect.stringContaining(detail) })
})

const verdict = JSON.stringify({
  ...{ asks: ['When?'], search: ['delivery'], spam: { is: false, kind: 'none', confidence: 0.9 } },
  ...{ sentiment: { label: 'neutral', intensity: 0.2 }, language: 'en', category: 'other', urgency: 1 },
  ...{ needs_reply: true, manipulation: false, payment_change: false, summary: 'A parcel.', confidence: 0.9 },
})
const listing = json(200, { object: 'list', data: [{ id: 'small' }] })
const answers =
  (answer: Responder): Responder =>
  (response, received, request) =>
    (received.path === '/v1/models' ? listing : answer)(response, received, request)

function check(name = 'small') {
  const environment = {
    ...{ REPLYD_ADDRESS: 'shop@example.com' },
    ...{ IMAP_URL: 'imaps://u:p@imap.example.com', SMTP_URL: 'smtps://u:p@smtp.example.com' },
    ...{ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: server.baseUrl, REPLYD_MODEL: name },
  }
  const config = loadConfig({ path: null, environment, readFile: () => '' })
  return checkModel(config.model, config, new Date('2026-11-28T10:00:00Z'))
}

test('a model that judges the letter passes, and its speed is shown', async () => {
  server.respond(answers(says(verdict)))
  expect(await check()).toMatchObject({
    status: 'ok',
    detail: expect.stringMatching(
      /^small at 127\.0\.0\.1:\d+ judged a mail \(100 tokens in, 20 out\) in [\d.]+ s, \d+ tokens a second$/,
    ),
  })
  const question = server.received.at(-1)?.body
  expect(question.messages.at(-1).content).toContain('order 4711')
  expect(question.response_format.type).toBe('json_schema')
})

const phishing = { is: true, kind: 'phishing', confidence: 1 }
test.each([
  ['spam', { spam: phishing }, 'failed', /takes a customer's ordinary question for spam \(phishing\)/],
  ['in no need of an answer', { needs_reply: false }, 'warning', /it says that it needs no answer$/],
  ['manipulation', { manipulation: true }, 'warning', /misjudged .* manipulate its reader$/],
])('one that takes the letter for %s does not pass', async (_name, wrong, status, detail) => {
  server.respond(answers(says(JSON.stringify({ ...JSON.parse(verdict), ...wrong }))))
  expect(await check()).toEqual({
    status,
    detail: expect.stringMatching(detail),
    advice: 'Choose a larger model (model.name).',
  })
})

test('one that repeats the prompt is too small', async () => {
  server.respond(answers(says(verdict.replace('"en"', '"BCP 47 tag"'))))
  expect(await check()).toMatchObject({
    status: 'failed',
    detail: expect.stringContaining('repeats the description'),
    advice: expect.stringContaining('run a larger one'),
  })
})

test('the number of a status in a name or a port says nothing', async () => {
  server.respond(answers(says(verdict.replace('"en"', '"BCP 47 tag"'))))
  expect(await check('small-401-402')).toMatchObject({ advice: expect.stringContaining('run a larger one') })
})

test('a context that is too small for the question is reported with the option that raises it', async () => {
  const error = {
    type: 'exceed_context_size_error',
    message: 'exceeds the available context size',
    n_prompt_tokens: 900,
    n_ctx: 512,
  }
  server.respond(answers(refuses(400, error)))
  expect(await check()).toMatchObject({
    status: 'failed',
    detail: expect.stringMatching(/context of small, 512 tokens, is too small .*-c 8192/),
  })
})

test('one that thinks is asked again with more room, and reported as thinking', async () => {
  const thinks = json(200, {
    choices: [{ finish_reason: 'length', message: { content: '', reasoning_content: 'hm' } }],
  })
  server.respond(listing, thinks, says(verdict))
  expect(await check()).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('it thinks before it answers, and gets 2000 more tokens'),
  })
})
