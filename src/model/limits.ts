/** The x-ratelimit-* fields of an answer. */
import { APIError } from 'openai'
import { durationOf } from './errors.ts'
import type { RateLimits } from './model.ts'

/** Null if the answer has none of them. */
export function rateLimitsOf(headers: Headers): RateLimits | null {
  const count = (name: string): number | null => {
    const text = headers.get(`x-ratelimit-${name}`)
    return text !== null && /^\d+$/.test(text.trim()) ? Number(text) : null
  }
  const limits: RateLimits = {
    limitRequests: count('limit-requests'),
    remainingRequests: count('remaining-requests'),
    resetRequestsMs: durationOf(headers.get('x-ratelimit-reset-requests')),
    limitTokens: count('limit-tokens'),
    remainingTokens: count('remaining-tokens'),
    resetTokensMs: durationOf(headers.get('x-ratelimit-reset-tokens')),
  }
  return Object.values(limits).some((value) => value !== null) ? limits : null
}

/** The fields of a refusal. Null when it is none, or carries none. */
export function rateLimitsOfRefusal(error: unknown): RateLimits | null {
  return error instanceof APIError && error.headers ? rateLimitsOf(error.headers) : null
}
