/**
 * All outgoing HTTP requests (RFC 9110). Every exchange has a limit on the octets of its answer, and one deadline.
 * Redirects are not followed unless the caller asks for it. No proxy is used, even if the environment names one: keys,
 * tokens and mail are for the host that the owner named. Uses node:http, which takes a third less CPU than fetch.
 */
import { type IncomingMessage, Agent as PlainAgent, request as requestPlain } from 'node:http'
import { type RequestOptions, request as requestTls, Agent as TlsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { pipeline, type Readable } from 'node:stream'
import { createUnzip } from 'node:zlib'
import { Deadline } from './deadline.ts'
import { ConfigError, PermanentError, TemporaryError } from './errors.ts'
import { handshakeFault, trusting } from './trust.ts'

export interface HttpRequest {
  /** GET when absent. */
  method?: string
  headers?: RequestInit['headers']
  body?: string | Buffer | undefined
  /** Limit for the body of the answer, octets after unpacking. 0: the body is not read. */
  mostOctets: number
  /** A longer body is cut at the limit; when absent, it is an OversizeError. */
  cut?: boolean
  /** For connecting, sending, redirects, header and body together, milliseconds. */
  withinMs: number
  signal?: AbortSignal | undefined
  /**
   * Reuses a connection that an earlier exchange left open, and leaves its own open. The peer may close it just as it
   * is used: a GET is then repeated, but anything else fails. So this is not for a request that must not be lost, such
   * as one with a single-use refresh token.
   */
  reuse?: boolean
  /** Replaces the machine's resolver for the host's name. Not used for `reuse`: an open connection is resolved. */
  lookup?: LookupFunction
  /** File with the certificate of a private authority, for HTTPS. */
  caFile?: string | undefined
  /**
   * Decides about each redirect; when absent, the redirect itself is the answer. The request is repeated unchanged, but
   * without Authorization and Cookie if the origin changes.
   */
  follows?: (from: URL, to: URL) => boolean
}

export interface HttpAnswer {
  status: number
  statusText: string
  /** By their names in lower case; the values of a repeated one are joined with commas. */
  headers: ReadonlyMap<string, string>
  body: Buffer
}

export class OversizeError extends PermanentError {
  override name = 'OversizeError'
}

/** The deadline of an exchange has passed. */
export class TimeLimitError extends TemporaryError {
  override name = 'TimeLimitError'
}

const mostRedirects = 3
/** Maximum number of interim answers (1xx, RFC 9110 section 15.2): a server that keeps sending them is never silent. */
const mostInterim = 1000

/** Like Node's own agents, but without the proxies that NODE_USE_ENV_PROXY sets for those. */
const connections = { keepAlive: true, scheduling: 'lifo', timeout: 5_000 } as const
const [plainAgent, tlsAgent] = [new PlainAgent(connections), new TlsAgent(connections)]

/**
 * Sends one request and reads the whole answer, regardless of its status.
 * @throws OversizeError; TimeLimitError; the signal's reason when it fires; PermanentError for a redirect that
 *   `follows` refuses; TemporaryError when the connection fails, with the socket's error as its cause
 */
export async function exchange(url: string | URL, request: HttpRequest): Promise<HttpAnswer> {
  using deadline = new Deadline(request.withinMs, request.signal)
  try {
    const message = await send(new URL(url), request, deadline)
    const body = await bodyOf(message, request.mostOctets, request.cut)
    return {
      status: message.statusCode ?? 0,
      statusText: message.statusMessage ?? '',
      headers: headersOf(message),
      body,
    }
  } catch (error) {
    throw failure(error, request, deadline)
  }
}

/**
 * Like exchange, for an answer of any length: the deadline applies to its header, and then to each pause in its body.
 * @throws as exchange; reading the body throws TimeLimitError, or the socket's error
 */
export async function openStream(
  url: string | URL,
  request: Omit<HttpRequest, 'mostOctets' | 'cut'>,
): Promise<{ status: number; body: Readable }> {
  using deadline = new Deadline(request.withinMs, request.signal)
  try {
    const message = await send(new URL(url), request, deadline)
    message.setTimeout(request.withinMs, () => message.destroy(late(request.withinMs)))
    return { status: message.statusCode ?? 0, body: message }
  } catch (error) {
    throw failure(error, request, deadline)
  }
}

/** The beginning of a stream's body. @param mostOctets a longer one is cut there */
export const beginningOf = (body: Readable, mostOctets: number): Promise<Buffer> =>
  collect(body, mostOctets, true)

type Sent = Pick<HttpRequest, 'method' | 'headers' | 'body' | 'follows' | 'caFile' | 'reuse' | 'lookup'>

async function send(url: URL, request: Sent, deadline: Deadline): Promise<IncomingMessage> {
  const given = request.headers instanceof Headers ? request.headers : new Headers(request.headers)
  // Decompressing a small answer costs more than it saves.
  const headers: Record<string, string> = Object.fromEntries(given)
  headers['accept-encoding'] = 'identity'
  for (let hop = 0, at = url; ; hop++) {
    const message = await sendOnce(at, request, headers, deadline)
    const to = request.follows ? targetOf(message, at) : null
    if (!request.follows || to === null) return message
    message.destroy()
    if (hop === mostRedirects) throw new PermanentError(`${url.host} redirects more than ${hop} times`)
    if (!request.follows(at, to)) throw new PermanentError(`${at.host} redirects to ${to.host}`)
    if (to.origin !== at.origin)
      for (const name of ['authorization', 'cookie']) Reflect.deleteProperty(headers, name)
    at = to
  }
}

/** Resolves when the header of the answer has arrived. */
function sendOnce(
  url: URL,
  sent: Sent,
  headers: Record<string, string>,
  deadline: Deadline,
): Promise<IncomingMessage> {
  const { method = 'GET', body, caFile, lookup, reuse = false } = sent
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'https:'
    const options: RequestOptions = { method, headers, agent: reuse && (isTls ? tlsAgent : plainAgent) }
    if (lookup) options.lookup = lookup
    const request = isTls
      ? requestTls(url, Object.assign(options, trusting(caFile)))
      : requestPlain(url, options)
    const noAnswer = (error: NodeJS.ErrnoException) => {
      // The peer had closed the connection meanwhile. A GET changes nothing, so it may be repeated (RFC 9110 section
      // 9.2.2); each attempt leaves one fewer open connection.
      const isStale = request.reusedSocket && error.code === 'ECONNRESET'
      if (isStale && method === 'GET') resolve(sendOnce(url, sent, headers, deadline))
      else reject(error)
    }
    request.on('error', noAnswer)
    // Node's own option `signal` does the same with a dozen more listeners.
    deadline.stops(() => request.destroy(new Error('stopped')))
    let interim = 0
    request.on('information', () => {
      if (++interim > mostInterim) request.destroy(new Error(`more than ${mostInterim} interim answers`))
    })
    request.on('response', (message) => {
      // Otherwise Node mistakes an abort or a reset for the end of a body without a length.
      request.off('error', noAnswer).on('error', (error) => message.destroy(error))
      resolve(message)
    })
    // A string goes out in one write with the header.
    request.end(body)
  })
}

/** Where a redirect leads (RFC 9110 section 15.4); null when the answer is not a redirect. */
function targetOf({ statusCode = 0, headers: { location } }: IncomingMessage, at: URL): URL | null {
  const redirects = [301, 302, 303, 307, 308].includes(statusCode)
  return redirects && location !== undefined && URL.canParse(location, at.href) ? new URL(location, at) : null
}

/** A map takes a tenth of the time of Headers. The raw ones are names and values in turn. */
function headersOf({ rawHeaders }: IncomingMessage): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    const value = rawHeaders[at + 1] ?? ''
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return headers
}

async function bodyOf(message: IncomingMessage, mostOctets: number, cut = false): Promise<Buffer> {
  if (mostOctets === 0) {
    message.destroy()
    return Buffer.alloc(0)
  }
  // Some servers compress without being asked.
  const packed = /^(x-)?gzip$|^deflate$/i.test(message.headers['content-encoding'] ?? '')
  return collect(packed ? pipeline(message, createUnzip(), () => {}) : message, mostOctets, cut)
}

/** Reads by events: a loop over the stream takes three times as long for a small answer. */
function collect(body: Readable, mostOctets: number, cut: boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let octets = 0
    const whole = () => resolve(Buffer.concat(chunks).subarray(0, mostOctets))
    body.on('data', (chunk: Buffer) => {
      octets += chunk.length
      chunks.push(chunk)
      if (octets <= mostOctets) return
      if (cut) whole()
      else reject(new OversizeError(`the answer is longer than ${mostOctets} octets`))
      // This closes the connection.
      body.destroy()
    })
    body.on('end', whole).on('error', reject)
    // `close` also follows a whole answer. An error would be created for nothing then, and its stack takes time.
    body.on('close', () => {
      if (!body.readableEnded) reject(new Error('the connection was closed in the middle of the answer'))
    })
  })
}

const late = (ms: number) => new TimeLimitError(`no complete answer within ${ms} ms`)

function failure(
  error: unknown,
  { withinMs, signal }: Pick<HttpRequest, 'withinMs' | 'signal'>,
  deadline: Deadline,
) {
  if (error instanceof PermanentError || error instanceof ConfigError) return error
  if (deadline.expired) return late(withinMs)
  if (signal?.aborted) return signal.reason
  const { message, code = 'the connection failed' } = error as NodeJS.ErrnoException
  // When every address of a host fails, Node gives only the code.
  const fault = handshakeFault(`${code} ${message}`)
  return new TemporaryError(fault ? `${fault} (${code})` : message || code, { cause: error })
}
