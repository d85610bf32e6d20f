/** The answers of the OpenAI wire format. */
import type { ServerResponse } from 'node:http'
import { countText } from '../../model/budget/tokens.ts'
import type { Override, RequestBody, StagedFault } from './body.ts'
import type { WireMessage } from './prompt.ts'

export const standInModel = 'replyd-stand-in'

export const listedModel = { id: standInModel, object: 'model', created: 0, owned_by: 'replyd' }

export interface Tokens {
  prompt: number
  cached: number
  completion: number
}

interface Choice {
  index: 0
  message: { role: 'assistant'; content: string | null; refusal: string | null }
  finish_reason: 'stop' | 'length' | 'content_filter'
  logprobs: null
}

/** The choice for an answer, cut at the client's limit as a model would do. */
export async function choiceOf(
  answer: string,
  body: RequestBody,
  override: Override,
): Promise<{ choice: Choice; tokens: number }> {
  let content = override.content === undefined ? answer : override.content
  let finish = override.finishReason ?? 'stop'
  let tokens = await countText(content ?? '')
  if (content !== null && body.maxTokens !== null && tokens > body.maxTokens) {
    content = content.slice(0, Math.floor((content.length * body.maxTokens) / tokens))
    tokens = body.maxTokens
    finish = 'length'
  }
  const refusal = override.refusal ?? null
  const message = { role: 'assistant' as const, content: refusal === null ? content : null, refusal }
  return { choice: { index: 0, message, finish_reason: finish, logprobs: null }, tokens }
}

/** @param now milliseconds */
export function completionOf(
  number: number,
  now: number,
  choice: Choice,
  { prompt, cached, completion }: Tokens,
): object {
  return {
    id: `chatcmpl-stand-in-${number}`,
    object: 'chat.completion',
    created: Math.floor(now / 1000),
    model: standInModel,
    choices: [choice],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: cached },
    },
  }
}

/** System messages are remembered: they need no second count, and a provider's prompt cache would contain them. */
export class PromptCounter {
  readonly #known = new Map<string, number>()

  /** Prompts of 1,024 tokens or more are cached by their beginning, in steps of 128 tokens. */
  async count(messages: readonly WireMessage[]): Promise<{ prompt: number; cached: number }> {
    let prompt = 3
    let cached = 0
    for (const [at, { role, content }] of messages.entries()) {
      const known = role === 'system' ? this.#known.get(content) : undefined
      const tokens = known ?? (await countText(content))
      prompt += tokens + 3
      if (at === 0 && known !== undefined && known >= 1024) cached = known - (known % 128)
      if (role === 'system' && this.#known.size < 100) this.#known.set(content, tokens)
    }
    return { prompt, cached }
  }
}

export function limitFault(by: 'requests' | 'tokens'): StagedFault {
  return {
    status: 429,
    message: `Rate limit reached for ${standInModel}: ${by} per minute.`,
    type: by,
    code: 'rate_limit_exceeded',
  }
}

export function refuse(
  response: ServerResponse,
  fault: StagedFault,
  headers: Record<string, string> = {},
): void {
  const { status, message, type, param = null, code } = fault
  respond(response, status, { error: { message, type, param, code } }, headers)
}

/** @param body sent unchanged if it is a string, otherwise as JSON */
export function respond(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const octets = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': octets.length,
    ...headers,
  })
  response.end(octets)
}

/** Sends half of an answer, then cuts the connection. */
export function breakOff(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.write(text.slice(0, text.length / 2), () => response.destroy())
}

/** Rate limits as the provider implements them: an evenly filling bucket, reported in x-ratelimit-* fields. */
export interface RateLimit {
  requestsPerMinute?: number
  tokensPerMinute?: number
}

interface Bucket {
  name: 'requests' | 'tokens'
  capacity: number
  level: number
}

interface Admission {
  /** Which limit refuses; null if none does. */
  refusedBy: 'requests' | 'tokens' | null
  headers: Record<string, string>
}

/** @param now milliseconds */
export type Limiter = (tokens: number, now: number) => Admission

const minute = 60_000

export function limiter({ requestsPerMinute, tokensPerMinute }: RateLimit, start: number): Limiter {
  const bucket = (name: Bucket['name'], capacity?: number): Bucket[] =>
    capacity === undefined ? [] : [{ name, capacity, level: capacity }]
  const buckets = [...bucket('requests', requestsPerMinute), ...bucket('tokens', tokensPerMinute)]
  let filled = start
  return (tokens, now) => {
    for (const each of buckets) {
      each.level = Math.min(each.capacity, each.level + (each.capacity * Math.max(0, now - filled)) / minute)
    }
    filled = Math.max(filled, now)
    const costOf = ({ name }: Bucket): number => (name === 'requests' ? 1 : tokens)
    const full = buckets.find((each) => each.level < costOf(each))
    if (!full) for (const each of buckets) each.level -= costOf(each)
    return {
      refusedBy: full?.name ?? null,
      headers: { ...fields(buckets), ...(full ? wait(full, costOf(full)) : {}) },
    }
  }
}

function fields(buckets: readonly Bucket[]): Record<string, string> {
  const told: Record<string, string> = {}
  for (const { name, capacity, level } of buckets) {
    told[`x-ratelimit-limit-${name}`] = String(capacity)
    told[`x-ratelimit-remaining-${name}`] = String(Math.floor(level))
    told[`x-ratelimit-reset-${name}`] = `${Math.ceil(((capacity - level) * minute) / capacity)}ms`
  }
  return told
}

function wait({ capacity, level }: Bucket, cost: number): Record<string, string> {
  const ms = Math.ceil(((Math.min(cost, capacity) - level) * minute) / capacity)
  return { 'retry-after': String(Math.ceil(ms / 1000)), 'retry-after-ms': String(ms) }
}
