/** The openai client on replyd's own HTTP layer (base/http.ts). */
import OpenAI from 'openai'
import { exchange, type HttpAnswer } from '../base/http.ts'

/**
 * Octets. The longest answer (16,384 tokens) is far shorter; a longer body is a fault, such as endless whitespace.
 */
const mostOctets = 1_048_576
/** Without the byte order mark, as Response reads it. */
const utf8 = new TextDecoder()

/**
 * What the client reads of a Response. The whole answer is in memory, and a Response with its Headers would take as long
 * as a third of everything else that it does for a call.
 */
function responseOf({ status, headers, body }: HttpAnswer): Response {
  const text = async () => utf8.decode(body)
  const json = async () => JSON.parse(await text())
  const answer = { ok: status >= 200 && status < 300, status, headers, url: '', body: null, text, json }
  return answer as unknown as Response
}

type Sent = RequestInit & { caller?: AbortSignal | undefined }

/**
 * For a request that ends when the caller's signal fires. The signal bypasses the client, which would never
 * remove its listener.
 */
export const stoppedBy = (caller: AbortSignal | undefined): { fetchOptions: object } => ({
  fetchOptions: { caller } satisfies Sent,
})

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
  { method = 'GET', headers, body, signal, caller }: Sent = {},
): Promise<Response> {
  const answer = await exchange(url, {
    method,
    headers,
    // The client sends JSON, or nothing.
    body: typeof body === 'string' ? body : undefined,
    mostOctets,
    withinMs,
    caFile,
    reuse: true,
    signal: caller ?? signal ?? undefined,
  })
  return responseOf(answer)
}
