/** The openai client on replyd's own HTTP layer (base/http.ts). */
import OpenAI from 'openai'
import { exchange } from '../base/http.ts'

/**
 * Octets. The longest answer (16,384 tokens) is far shorter; a longer body is a fault, such as endless whitespace.
 */
const mostOctets = 1_048_576
/** Statuses whose Response may have no body, not even an empty one. */
const bodiless = new Set([204, 205, 304])

/** A client that reads nothing from the environment, never retries and never logs. */
export function openClient(baseUrl: string, apiKey: string, timeoutMs: number, caFile?: string): OpenAI {
  return new OpenAI({
    baseURL: baseUrl,
    // The client requires a key, although servers on the owner's machine need none.
    apiKey: apiKey === '' ? 'none' : apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    timeout: timeoutMs,
    maxRetries: 0,
    logLevel: 'off',
    fetch: (input, init) =>
      cappedFetch(input instanceof Request ? input.url : input, timeoutMs, caFile, init),
  })
}

async function cappedFetch(
  url: string | URL,
  withinMs: number,
  caFile: string | undefined,
  { method = 'GET', headers, body, signal }: RequestInit = {},
): Promise<Response> {
  // The client sends JSON, or nothing.
  const content = typeof body === 'string' ? { body } : {}
  const answer = await exchange(url, {
    method,
    headers,
    ...content,
    mostOctets,
    withinMs,
    caFile,
    reuse: true,
    signal: signal ?? undefined,
  })
  return new Response(bodiless.has(answer.status) ? null : answer.body, answer)
}
