/**
 * Servers on the owner's machine: forms of JSON, small contexts, reasoning, and answers that only repeat the prompt.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import { PermanentError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { checkedSchema } from '../../src/check/verdict.ts'
import { composedSchema } from '../../src/compose/answer.ts'
import {
  ContextFault,
  ModelTimeout,
  openModel,
  spentOf,
  ThoughtOnly,
  tookOf,
  UnknownModel,
} from '../../src/model/client.ts'
import { wireSchema } from '../../src/model/wire-schema.ts'
import { verdictSchema } from '../../src/triage/verdict.ts'
import { json, type ModelServer, type Responder, refuses, says, startModelServer } from './model-server.ts'

const schema = z.object({ is: z.boolean(), note: z.string() })
const good = '{"is": true, "note": "fine"}'
const template = '{"is":bool,"note":"a note about it","kind":"one|other","at":"where"}'
const messages = [
  { role: 'system' as const, content: `Task: triage\nAnswer in JSON:\n${template}` },
  { role: 'user' as const, content: 'A mail.' },
]

let server: ModelServer
beforeEach(async () => {
  server = await startModelServer()
})
afterEach(() => server.close())

const open = (more: Partial<Parameters<typeof openModel>[0]> = {}) =>
  openModel(
    { name: 'qwen3:8b', baseUrl: server.baseUrl, apiKey: '', timeoutMs: 60_000, host: 'own', ...more },
    silentLog,
  )
const question = { messages, schema, schemaName: 'note', maxOutputTokens: 50, temperature: 0 }
const failureOf = (answer: Promise<unknown>): Promise<Error> =>
  answer.then(
    () => Promise.reject(new Error('the call did not fail')),
    (error: Error) => error,
  )
const formats = () => server.received.map(({ body }) => body.response_format?.type ?? 'prompt')

describe('how JSON is asked for', () => {
  test.each([
    ["the owner's machine", { host: 'own' }, ['json_schema', 'json_object', 'prompt']],
    [
      "the owner's machine, whatever the model is called",
      { name: 'gpt-4o-mini' },
      ['json_schema', 'json_object', 'prompt'],
    ],
    ['another provider', { host: 'other' }, ['json_schema', 'json_object', 'prompt']],
    ['OpenAI', { host: 'openai', name: 'gpt-4o-mini' }, ['json_object', 'json_schema', 'prompt']],
    [
      'model.json: schema',
      { host: 'openai', name: 'gpt-4o-mini', json: 'schema' },
      ['json_schema', 'json_object', 'prompt'],
    ],
    ['model.json: object', { json: 'object' }, ['json_object', 'json_schema', 'prompt']],
  ] as const)('%s', async (_name, settings, expected) => {
    server.respond(
      refuses(400, { message: 'response_format' }),
      refuses(400, { message: 'response_format' }),
      says(good),
    )
    expect((await open(settings).ask(question)).value).toEqual({ is: true, note: 'fine' })
    expect(formats()).toEqual(expected)
  })

  test.each([
    [{ host: 'openai', name: 'gpt-4o-mini', json: 'schema' }, true],
    [{ host: 'own' }, undefined],
  ] as const)('%j: strict is %s', async (settings, strict) => {
    server.respond(says(good))
    await open(settings).ask(question)
    expect(server.received[0]?.body.response_format.json_schema.strict).toBe(strict)
  })
})

/** Every node of a JSON Schema. */
function* nodesOf(node: unknown): Generator<Record<string, unknown>> {
  if (typeof node !== 'object' || node === null) return
  if (!Array.isArray(node) && 'type' in node) yield node as Record<string, unknown>
  for (const each of Object.values(node)) yield* nodesOf(each)
}

describe('the schemas that are sent', () => {
  const schemas: [string, z.ZodType][] = [
    ['triage', verdictSchema(['billing'])],
    ['compose', composedSchema],
    ['check', checkedSchema(['One.', 'Two.'], ['Why?'], new Map())],
  ]
  test.each(schemas)('%s: each text and list has a maximum length, each number a range', (_name, one) => {
    const nodes = [...nodesOf(wireSchema(one, true))]
    const unbounded = nodes.filter(
      ({ type, enum: words, maxLength, maxItems, maximum }) =>
        (type === 'string' && !words && maxLength === undefined) ||
        (type === 'array' && maxItems === undefined) ||
        ((type === 'integer' || type === 'number') && maximum === undefined),
    )
    expect(unbounded).toEqual([])
    expect(nodes.every(({ maxLength = 0 }) => Number(maxLength) <= 1500)).toBe(true)
  })

  test.each(schemas)('%s for OpenAI: every key required, none besides, no length of a text', (_name, one) => {
    const nodes = [...nodesOf(wireSchema(one, false))]
    for (const { type, properties, required, additionalProperties } of nodes) {
      if (type !== 'object' || !properties) continue
      expect(required).toEqual(Object.keys(properties as object))
      expect(additionalProperties).toBe(false)
    }
    expect(nodes.some((node) => 'maxLength' in node)).toBe(false)
  })

  // 700 tokens for triage, 1200 for a reply; about three characters a token.
  test.each([
    ['triage', schemas[0]?.[1], 2100],
    ['compose', schemas[1]?.[1], 3900],
  ])('%s: the longest answer fits into the tokens that it may have', (_name, one, characters) => {
    const longest = (node: Record<string, unknown>): number => {
      const { type, maxLength, maxItems, items, properties, anyOf } = node
      if (type === 'array') return Number(maxItems) * longest(items as typeof node)
      const inside = [...Object.values(properties ?? {}), ...((anyOf as object[]) ?? [])] as (typeof node)[]
      const keys = Object.keys(properties ?? {}).join('":,').length
      return Number(maxLength ?? 4) + keys + inside.reduce((sum, each) => sum + longest(each), 0)
    }
    expect(longest(wireSchema(one as z.ZodType, true) as Record<string, unknown>)).toBeLessThan(characters)
  })

  test('questions about as many sentences and asks share one schema; others do not', () => {
    const form = (sentences: string[], asks: string[]) =>
      wireSchema(checkedSchema(sentences, asks, new Map()), true)
    expect(form(['One.', 'Two.'], ['Why?'])).toBe(form(['Three.', 'Four.'], ['When?']))
    expect(form(['One.'], ['Why?'])).not.toEqual(form(['One.', 'Two.'], ['Why?']))
  })

  test('a checker may quote before it judges, as the prompt asks it to', () => {
    const sentences = [...nodesOf(wireSchema(checkedSchema(['One.'], [], new Map()), true))]
    const keys = sentences.map(({ properties }) => Object.keys((properties as object) ?? {}))
    expect(keys).toContainEqual(['n', 'evidence', 'against', 'verdict', 'source'])
  })
})

describe('context', () => {
  test.each([
    ['llama.cpp', { id: 'qwen3:8b', meta: { n_ctx: 4096, n_ctx_train: 32_768 } }, 4096],
    ['vLLM', { id: 'qwen3:8b', max_model_len: 8192 }, 8192],
    ['LM Studio', { id: 'qwen3:8b', loaded_context_length: 2048 }, 2048],
    [
      'one that only says what the model was trained with',
      { id: 'qwen3:8b', meta: { n_ctx_train: 32_768 } },
      null,
    ],
    ['one that has one model under another name', { id: 'other', meta: { n_ctx: 4096 } }, 4096],
    ['nonsense', { id: 'qwen3:8b', meta: 'x', max_model_len: -1 }, null],
  ])('as the list of %s has it', async (_name, row, expected) => {
    server.respond(json(200, { object: 'list', data: [row] }))
    const model = open()
    await model.listModels()
    expect(model.contextTokens).toBe(expected)
    expect(Number.isFinite(model.inputOctets(50))).toBe(expected !== null)
  })

  test('what is set outranks the list', async () => {
    server.respond(json(200, { object: 'list', data: [{ id: 'qwen3:8b', meta: { n_ctx: 4096 } }] }))
    const model = open({ contextTokens: 3000 })
    await model.listModels()
    expect(model.contextTokens).toBe(3000)
  })

  test.each([
    [
      'llama.cpp',
      {
        code: 400,
        type: 'exceed_context_size_error',
        message: 'the request exceeds the available context size, try increasing it',
        n_prompt_tokens: 900,
        n_ctx: 512,
      },
      512,
    ],
    [
      'OpenAI and vLLM',
      {
        code: 'context_length_exceeded',
        message:
          "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens.",
      },
      4096,
    ],
  ])('as the refusal of %s names it', async (_name, error, expected) => {
    server.respond(refuses(400, error))
    const model = open()
    expect(await failureOf(model.ask(question))).toBeInstanceOf(ContextFault)
    expect(model.contextTokens).toBe(expected)
    expect(server.received).toHaveLength(1)
  })

  test('a refusal that names nothing makes each next question shorter', async () => {
    server.respond(refuses(413, { message: 'too large' }))
    const model = open()
    const rooms: number[] = []
    for (let tries = 0; tries < 3; tries++) {
      await failureOf(model.ask(question))
      rooms.push(model.inputOctets(50))
    }
    expect(rooms[0]).toBeLessThan(messages.reduce((sum, { content }) => sum + content.length, 0))
    expect(rooms).toEqual([...rooms].sort((one, other) => other - one))
  })

  test('the second question is not made longer than the context', async () => {
    const long = `{"is": "${'x'.repeat(3000)}"}`
    server.respond(says(long), says(good), says(long), says(good))
    await open({ contextTokens: 512 }).ask(question)
    await open({ contextTokens: 8192 }).ask(question)
    const roles = server.received.map(({ body }) => body.messages.map(({ role }: { role: string }) => role))
    expect(roles[1]).toEqual(['system', 'user', 'user'])
    expect(roles[3]).toEqual(['system', 'user', 'assistant', 'user'])
  })
})

const thinks = (content: string | null, more: object, finish = 'length'): Responder =>
  json(200, {
    model: 'qwen3:8b',
    choices: [{ finish_reason: finish, message: { role: 'assistant', content, ...more } }],
    usage: { prompt_tokens: 100, completion_tokens: 50 },
  })

describe('a model that thinks until it has no room left', () => {
  test.each<[string, Responder]>([
    ['reasoning_content', thinks('', { reasoning_content: 'Let me see' })],
    ['reasoning', thinks(null, { reasoning: 'Let me see' })],
    ['nothing at all', thinks('', {})],
    ['thoughts in the text', thinks('<think>Let me see {"is": ', {})],
  ])('%s: it is asked again, without effort and with room, from then on', async (_name, responder) => {
    server.respond(responder)
    const model = open()
    const error = await failureOf(model.ask(question))
    expect(error).toBeInstanceOf(ThoughtOnly)
    expect(spentOf(error)).toEqual({ input: 100, cachedInput: 0, output: 50 })
    expect(server.received).toHaveLength(1)
    server.respond(thinks(good, { reasoning_content: 'Short thought' }, 'stop'))
    expect((await model.ask(question)).value).toEqual({ is: true, note: 'fine' })
    expect(server.received[1]?.body).toMatchObject({ max_tokens: 2050, reasoning_effort: 'none' })
    expect(model.outputLimit(50)).toBe(2050)
  })

  test('it gets at most a quarter of its context; if that is not enough, it is unusable', async () => {
    server.respond(thinks('', { reasoning_content: 'Let me see' }))
    const model = open({ contextTokens: 4000 })
    expect(await failureOf(model.ask(question))).toBeInstanceOf(ThoughtOnly)
    expect(model.outputLimit(50)).toBe(1050)
    const error = await failureOf(model.ask(question))
    expect(error).toBeInstanceOf(PermanentError)
    expect(error.message).toContain('only thoughts')
  })

  test.each<[string, Responder]>([
    ['an answer cut off', says('{"is": true, "no', { finish: 'length' })],
    ['thoughts, and an answer that is cut off', thinks('{"is": tr', { reasoning_content: 'hm' })],
    ['spaces up to the limit', says(' \n'.repeat(50), { finish: 'length' })],
    ['no text, although there was room', thinks('', { reasoning_content: 'hm' }, 'stop')],
  ])('%s is another fault', async (_name, responder) => {
    server.respond(responder, says(good))
    expect(await open().ask(question)).toMatchObject({ repaired: true, attempts: 2 })
  })
})

describe('an answer that repeats the description in place of a value', () => {
  test.each([
    ['a text', '{"is": true, "note": "a note about it"}'],
    ['in other letters', '{"is": true, "note": " A note about it "}'],
    ['a choice', '{"is": true, "note": "one|other"}'],
    ['deep inside', '{"is": true, "note": "x", "more": [{"deep": "a note about it"}]}'],
  ])('%s: it is asked again', async (_name, content) => {
    server.respond(says(content), says(good))
    expect(await open().ask(question)).toMatchObject({ value: { note: 'fine' }, repaired: true })
    expect(server.received[1]?.body.messages.at(-1).content).toContain('repeats the description')
  })

  test('twice: nothing of it becomes a draft', async () => {
    server.respond(says('{"is": true, "note": "a note about it"}'))
    expect(await failureOf(open().ask(question))).toBeInstanceOf(PermanentError)
  })

  test.each([
    ['a word of the description alone', '{"is": true, "note": "where"}'],
    ['a longer text that holds it', '{"is": true, "note": "Here is a note about it and more."}'],
    ['one alternative', '{"is": true, "note": "one"}'],
  ])('%s is an answer', async (_name, content) => {
    server.respond(says(content))
    expect(await open().ask(question)).toMatchObject({ repaired: false })
  })
})

describe('failures', () => {
  test('a time-out is recognised, with its duration', async () => {
    server.respond(() => {})
    const error = await failureOf(open({ timeoutMs: 100 }).ask(question))
    expect(error).toBeInstanceOf(ModelTimeout)
    expect(tookOf(error)).toBeGreaterThanOrEqual(99)
  })

  test('an unknown model is recognised as such', async () => {
    server.respond(refuses(404, { message: 'no such model', code: 'model_not_found' }))
    expect(await failureOf(open().ask(question))).toBeInstanceOf(UnknownModel)
  })
})
