/**
 * The HTTP side of the openai client: a body that never ends, or never comes to an end in time, is cut here, since the
 * client reads bodies whole and its own time-out stops counting once the header has arrived (seen in openai 6.49).
 */
import OpenAI from 'openai'

/** Octets. The longest answer (16,384 tokens) is far below; what is above is a fault, such as endless whitespace. */
const bodyLimit = 1_048_576

export class OversizeError extends Error {
  override name = 'OversizeError'
}

/** What says its length beforehand can't be longer; only what is packed can become so. */
function isBounded(headers: Headers): boolean {
  const length = headers.get('content-length')
  return length !== null && !headers.has('content-encoding') && Number(length) <= bodyLimit
}

async function cappedFetch(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request)
  if (!response.body || isBounded(response.headers)) return response
  let octets = 0
  const cap = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      octets += chunk.byteLength
      if (octets > bodyLimit)
        controller.error(new OversizeError(`the answer is longer than ${bodyLimit} octets`))
      else controller.enqueue(chunk)
    },
  })
  const { status, statusText, headers } = response
  return new Response(response.body.pipeThrough(cap), { status, statusText, headers })
}

/** A client that reads nothing from the environment, never retries and never logs. */
export function openClient(baseUrl: string, apiKey: string, timeoutMs: number): OpenAI {
  return new OpenAI({
    baseURL: baseUrl,
    // Servers of one's own want no key, the client refuses to work without one.
    apiKey: apiKey === '' ? 'none' : apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    timeout: timeoutMs,
    maxRetries: 0,
    logLevel: 'off',
    fetch: cappedFetch,
  })
}
