/**
 * Converts the client's errors into errors that say whether a retry helps, and records what a failed call has cost.
 */
import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai'
import {
  OwnerActionError,
  PermanentError,
  RateLimitedError,
  reasonOf,
  TemporaryError,
} from '../base/errors.ts'
import { OversizeError, TimeLimitError } from '../base/http.ts'
import { handshakeFault } from '../base/trust.ts'
import { type Refusal, refusesImages } from './capabilities.ts'
import { addUsage, type ChatMessage, type Usage } from './chat.ts'
import type { RateLimits } from './model.ts'

/** `unknown`: the request reached the server and the answer was lost, so it may be billed. */
export type Spent = Usage | 'unknown'

const spentBy = new WeakMap<Error, Spent>()

/** What a failed ask has cost; null if nothing can have been charged. Charge the reservation for `unknown`. */
export function spentOf(error: unknown): Spent | null {
  return error instanceof Error ? (spentBy.get(error) ?? null) : null
}

/** Adds a cost to an error and returns it. */
export function withSpent<E extends Error>(error: E, spent: Spent | null): E {
  const earlier = spentBy.get(error) ?? null
  if (spent === null) return error
  if (earlier === null) spentBy.set(error, spent)
  else spentBy.set(error, earlier === 'unknown' || spent === 'unknown' ? 'unknown' : addUsage(earlier, spent))
  return error
}

const tookBy = new WeakMap<Error, number>()

/** How long a failed ask took, milliseconds, without the wait for a slot; null if it never began. */
export function tookOf(error: unknown): number | null {
  return error instanceof Error ? (tookBy.get(error) ?? null) : null
}

/** Records how long a failed ask took, and returns the error. */
export function withTook<E>(error: E, ms: number): E {
  if (error instanceof Error) tookBy.set(error, Math.round(ms))
  return error
}

export class ModelTimeout extends TemporaryError {
  override name = 'ModelTimeout'
}

/** The model reasoned until no room was left for its answer. Asked again, it gets more. */
export class ThoughtOnly extends TemporaryError {
  override name = 'ThoughtOnly'
}

/** Neither the first answer nor the corrected one could be used. */
export class NoUsableAnswer extends PermanentError {
  override name = 'NoUsableAnswer'
}

/** The model declined to answer this question. */
export class Refused extends PermanentError {
  override name = 'Refused'
}

/** The endpoint has no such model: it may have been retired. */
export class UnknownModel extends OwnerActionError {
  override name = 'UnknownModel'
}

/** The input does not fit into the context. Counts in tokens, if the server states them. */
export class ContextFault extends PermanentError {
  override name = 'ContextFault'
  readonly contextTokens: number | null
  readonly promptTokens: number | null
  constructor(
    message: string,
    counts: { contextTokens: number | null; promptTokens: number | null },
    cause: object,
  ) {
    super(message, cause)
    this.contextTokens = counts.contextTokens
    this.promptTokens = counts.promptTokens
  }
}

/** llama.cpp has fields for the counts; the others write a sentence. */
function contextCounts({ error, message }: APIError) {
  const field = (name: string): number | null => {
    const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : null
    return typeof value === 'number' && value > 0 ? value : null
  }
  const said = (pattern: RegExp) => Number(pattern.exec(message)?.[1] ?? 0) || null
  return {
    contextTokens: field('n_ctx') ?? said(/context (?:length|size|window)(?: is| of)?(?: only)? (\d{3,})/i),
    promptTokens: field('n_prompt_tokens') ?? said(/resulted in (\d+)/i) ?? said(/\((\d+) in the messages/i),
  }
}

/** Codes that mean nothing was sent: the server cannot have charged for it. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS\w*|CERT_\w+|DEPTH_ZERO\w*|SELF_SIGNED\w*|UNABLE_TO\w*)$/

/**
 * An error and its causes. Checked structurally: under some runners the platform's fetch throws errors of another
 * realm.
 */
function chain(error: unknown): object[] {
  const links: object[] = []
  for (let link = error; typeof link === 'object' && link !== null && links.length < 8; ) {
    links.push(link)
    link = 'cause' in link ? link.cause : null
  }
  return links
}

function codeOf(error: unknown): string | null {
  const codes = chain(error).map((link) => ('code' in link ? link.code : null))
  return codes.find((code): code is string => typeof code === 'string') ?? null
}

const quotaCodes = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'account_deactivated',
  'access_terminated',
])

const tooLong =
  /context_length_exceeded|context (length|window|size)|maximum context|n_ctx|(prompt|input) is too long|too many tokens/i

/** The server's message, unless it echoes people's text (some servers repeat the input in their refusals). */
function serverWords(message: string, messages: readonly ChatMessage[]): string {
  const words = message.replace(/\s+/g, ' ').slice(0, 200)
  for (let start = 0; start + 24 <= words.length; start += 6) {
    const part = words.slice(start, start + 24)
    if (messages.some(({ content }) => content.includes(part))) return ''
  }
  return words === '' ? '' : `: ${words}`
}

const longestWait = 600_000
const shortestWait = 500
const defaultWait = 15_000

/**
 * `1s`, `6m0s`, `120ms`, `1h2m`: the provider's format for durations. Null for another format. @returns milliseconds
 */
export function durationOf(text: string | null): number | null {
  if (text === null || !/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return null
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  let sum = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    sum += Number(amount) * (units[unit ?? ''] ?? 0)
  return Math.ceil(sum)
}

/**
 * How long to leave the server alone: Retry-After in any of its forms, clamped to 0.5 s to 10 min. @returns
 * milliseconds
 */
function retryAfter(headers: Fields | undefined, now: Date): number {
  const field = (name: string) => headers?.get(name) ?? null
  const inMs = Number(field('retry-after-ms') ?? Number.NaN)
  const after = field('retry-after')
  const seconds = after !== null && /^\s*\d+(\.\d+)?\s*$/.test(after) ? Number(after) * 1000 : Number.NaN
  // Date.parse accepts `-5` as a year.
  const date = after !== null && /[a-z]{3}/i.test(after) ? Date.parse(after) - now.getTime() : Number.NaN
  const resets = [
    durationOf(field('x-ratelimit-reset-requests')),
    durationOf(field('x-ratelimit-reset-tokens')),
  ]
  const remaining = ['x-ratelimit-remaining-requests', 'x-ratelimit-remaining-tokens'].map(field)
  const reset = Math.max(...resets.map((ms, at) => (remaining[at] === '0' ? (ms ?? 0) : 0))) || Number.NaN
  const wait = [inMs, seconds, date, reset].find(Number.isFinite) ?? defaultWait
  return Math.min(longestWait, Math.max(shortestWait, Math.ceil(wait)))
}

/** The refusal in a 400 or 422, if another form of the request may succeed; otherwise null. */
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof APIError)) return null
  const isRefusal = error.status === 400 || error.status === 422
  if (!isRefusal && !(error.status === 500 && refusesImages(error.message))) return null
  const refusal = { param: error.param ?? '', message: error.message, code: error.code ?? '' }
  if (tooLong.test(`${refusal.code} ${refusal.message}`)) return null
  if (/content_(policy|filter)|invalid_prompt|safety/i.test(refusal.code)) return null
  return refusal
}

export interface CallContext {
  host: string
  model: string
  timeoutMs: number
  messages: readonly ChatMessage[]
  /** By the caller. */
  aborted: boolean
  now: Date
}

function ofStatus(error: APIError, status: number, { host, model, messages, now }: CallContext): Error {
  const cause = { cause: error }
  const code = String(error.code ?? error.type ?? '')
  if (quotaCodes.has(code) || quotaCodes.has(String(error.type)) || status === 402) {
    return new OwnerActionError(
      'model',
      `the quota at ${host} is exhausted (${code || 'HTTP 402'}): add credit or raise the limit there`,
      cause,
    )
  }
  const words = serverWords(error.message.replace(/^\d{3} /, ''), messages)
  if (status >= 300 && status < 400)
    return new OwnerActionError(
      'model',
      `${host} redirects (HTTP ${status}): set model.baseUrl to the address that it names`,
      cause,
    )
  if (status === 401)
    return new OwnerActionError('model', `${host} refused the API key (HTTP 401): check model.apiKey`, cause)
  if (status === 403)
    return new OwnerActionError('model', `${host} denied access to ${model} (HTTP 403)${words}`, cause)
  if (status === 404)
    return new UnknownModel(
      'model',
      `${host} knows no model ${model}, or model.baseUrl is wrong (HTTP 404)${words}`,
      cause,
    )
  if (status === 429) {
    const ms = retryAfter(error.headers, now)
    return new RateLimitedError('model', `${host} asks replyd to wait ${ms} ms (HTTP 429)`, ms, cause)
  }
  if (status >= 500 || status === 408 || status === 409 || status === 425) {
    return new TemporaryError(`${host} answered HTTP ${status}`, cause)
  }
  if (status === 413 || tooLong.test(`${code} ${error.message}`)) {
    const message = `the mail does not fit into the context of ${model} (HTTP ${status})`
    return new ContextFault(message, contextCounts(error), cause)
  }
  return new PermanentError(`${host} refused the request (HTTP ${status})${words}`, cause)
}

const unknownName = /^(ENOTFOUND|EAI_AGAIN)$/

/** @param error anything that the client threw during the request */
export function classify(error: unknown, context: CallContext): Error {
  const { host, timeoutMs } = context
  const cause = { cause: error }
  if (chain(error).some((link) => link instanceof OversizeError)) {
    return withSpent(new PermanentError(`the answer of ${host} is too long`, cause), 'unknown')
  }
  if (context.aborted)
    return withSpent(new TemporaryError(`the call to ${host} was aborted`, cause), 'unknown')
  const late = chain(error).some((link) => link instanceof TimeLimitError)
  if (late || error instanceof APIConnectionTimeoutError || error instanceof APIUserAbortError) {
    return withSpent(new ModelTimeout(`${host} did not answer within ${timeoutMs} ms`, cause), 'unknown')
  }
  if (error instanceof APIError && !(error instanceof APIConnectionError) && error.status !== undefined) {
    return ofStatus(error, error.status, context)
  }
  const code = codeOf(error)
  const words = chain(error).map((link) => `${Reflect.get(link, 'code')} ${reasonOf(link)}`)
  const fault = handshakeFault(words.join('; '), host)
  const spent = fault !== null || (code !== null && neverSent.test(code)) ? null : 'unknown'
  if (chain(error).some((link) => 'name' in link && link.name === 'SyntaxError'))
    return withSpent(new TemporaryError(`${host} broke off in the middle of its answer`, cause), spent)
  const unknown = code !== null && unknownName.test(code)
  const failure =
    fault ?? (unknown ? `the name ${host} is not known to DNS` : `the connection to ${host} failed`)
  return withSpent(new TemporaryError(`${failure}${code ? ` (${code})` : ''}`, cause), spent)
}

/** The fields of an answer: those of transport.ts, or Headers. */
type Fields = { get(name: string): string | null | undefined }

/** The x-ratelimit-* fields of an answer; null when it carries none of them. */
export function rateLimitsOf(headers: Fields): RateLimits | null {
  const field = (name: string) => headers.get(`x-ratelimit-${name}`) ?? null
  const count = (name: string): number | null => {
    const text = field(name)
    return text !== null && /^\d+$/.test(text.trim()) ? Number(text) : null
  }
  const limits: RateLimits = {
    limitRequests: count('limit-requests'),
    remainingRequests: count('remaining-requests'),
    resetRequestsMs: durationOf(field('reset-requests')),
    limitTokens: count('limit-tokens'),
    remainingTokens: count('remaining-tokens'),
    resetTokensMs: durationOf(field('reset-tokens')),
  }
  return Object.values(limits).some((value) => value !== null) ? limits : null
}

/** The fields of a refusal. Null when it is not a refusal, or has no such fields. */
export function rateLimitsOfRefusal(error: unknown): RateLimits | null {
  return error instanceof APIError && error.headers ? rateLimitsOf(error.headers) : null
}
