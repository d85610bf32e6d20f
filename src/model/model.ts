/** The steps' view of a model. Implemented in src/model/client.ts; tests may write their own. */
import type * as z from 'zod'
import type { ChatMessage, Usage } from './chat.ts'

export interface Ask<T> {
  messages: readonly ChatMessage[]
  /** What the answer must fit after JSON.parse. */
  schema: z.ZodType<T>
  /** Letters, digits, `_` and `-`; names the schema for the provider and in logs. */
  schemaName: string
  /** Limit for the answer, tokens; raised by Model.outputLimit for models that reason first. */
  maxOutputTokens: number
  /** Silently dropped for models that reject it. */
  temperature?: number | null
  /** Equal for calls that share their first 1,024 tokens, so that the provider's prompt cache hits. */
  cacheKey?: string
  /** Called with the provider's limits for each response that states them, including refusals. */
  onLimits?: (limits: RateLimits) => void
  signal?: AbortSignal
}

export interface Answer<T> {
  value: T
  /** All attempts together. */
  usage: Usage
  /** As the provider names it, for example `gpt-4o-mini-2024-07-18`. */
  model: string
  /** True when the first answer did not fit and the second did. */
  repaired: boolean
  /** finish_reason of the answer used. */
  finish: string
  durationMs: number
  /** Number of HTTP requests, including those refused with 400. */
  attempts: number
}

/** From the x-ratelimit-* fields of an answer; null if the server does not say. */
export interface RateLimits {
  limitRequests: number | null
  remainingRequests: number | null
  /** Milliseconds until the full number of requests is allowed again. */
  resetRequestsMs: number | null
  limitTokens: number | null
  remainingTokens: number | null
  resetTokensMs: number | null
}

export interface ListedModel {
  id: string
  /** Shutdown date if the server states one, YYYY-MM-DD. */
  shutdown: string | null
  /** Context length in tokens that the server runs it with; null if unknown. */
  contextTokens: number | null
}

export interface Model {
  /** The endpoint's name for it. */
  readonly name: string
  /**
   * Asks for one JSON object, validates it, and asks a second time if it does not fit.
   * @throws RateLimitedError on HTTP 429
   * @throws OwnerActionError (scope `model`) on 401, 403, an unknown model or an exhausted quota
   * @throws TemporaryError on 5xx, a time-out (ModelTimeout), a lost connection, a body cut short, or an abort
   * @throws ThoughtOnly when thoughts left no room for the answer; the next question gets more
   * @throws ContextFault when the input is too long; inputOctets knows more afterwards
   * @throws PermanentError when the second answer does not fit either, or on a refusal
   * spentOf(error) tells what a failed call has cost.
   */
  ask<T>(request: Ask<T>): Promise<Answer<T>>
  /** The limit actually sent for a wanted length of the answer, tokens: reasoning counts as output. */
  outputLimit(maxOutputTokens: number): number
  /** Context length in tokens; null if unknown. Changes when the endpoint states it. */
  readonly contextTokens: number | null
  /** Octets that the messages may have with an answer of that length; Infinity while the context length is unknown. */
  inputOctets(maxOutputTokens: number): number
  listModels(signal?: AbortSignal): Promise<ListedModel[]>
}
