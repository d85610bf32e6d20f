/**
 * The HTTP side of the openai client, on node:http: a call costs a third less CPU than with fetch and its streams. A body
 * that never ends, or never comes to an end in time, is cut here. Redirects are not followed: key and mail are for the
 * host that the owner has named.
 */
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { pipeline } from 'node:stream'
import { createUnzip } from 'node:zlib'
import OpenAI from 'openai'

/** Octets. The longest answer (16,384 tokens) is far below; what is above is a fault, such as endless whitespace. */
const bodyLimit = 1_048_576
/** A Response of these may have no body, not even an empty one. */
const bodiless = new Set([204, 205, 304])

export class OversizeError extends Error {
  override name = 'OversizeError'
}

/** @throws OversizeError; whatever the connection throws when it breaks; an AbortError when the signal fires */
async function cappedFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  // An answer is a few hundred octets: packing it would cost more than it saves.
  headers.set('accept-encoding', 'identity')
  return responseOf(await exchange(new URL(input instanceof Request ? input.url : input), headers, init))
}

/** Resolves when the header of the answer has come. Connections stay open for 5 s, as node's own agents keep them. */
function exchange(
  url: URL,
  headers: Headers,
  { method, body, signal }: RequestInit,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const options = { method: method ?? 'GET', headers: Object.fromEntries(headers) }
    const request = send(url, signal ? { ...options, signal } : options, resolve)
    // As fetch does: the client may copy an error, without its code, but keeps the cause.
    request.on('error', (error) =>
      reject(signal?.aborted ? error : new Error(error.message, { cause: error })),
    )
    // The client sends JSON, or nothing: a string goes out in one write with the header.
    request.end(typeof body === 'string' ? body : undefined)
  })
}

async function responseOf(message: IncomingMessage): Promise<Response> {
  const { statusCode: status = 0 } = message
  const headers = new Headers()
  for (const [name, values] of Object.entries(message.headersDistinct))
    for (const value of values ?? []) headers.append(name, value)
  const body = await bodyOf(message)
  return new Response(bodiless.has(status) ? null : body, {
    status,
    statusText: message.statusMessage ?? '',
    headers,
  })
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  // Some servers pack without having been asked to.
  const packed = /^(x-)?gzip$|^deflate$/i.test(message.headers['content-encoding'] ?? '')
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of packed ? pipeline(message, createUnzip(), () => {}) : message) {
    octets += chunk.length
    if (octets > bodyLimit) throw new OversizeError(`the answer is longer than ${bodyLimit} octets`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
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
