/**
 * The loopback redirect for installed programs (RFC 8252) with PKCE (RFC 7636). If the browser runs on another
 * machine, its final address, which can't be loaded there, may be pasted instead.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { ConfigError, PermanentError } from '../base/errors.ts'
import type { OAuth2Settings } from '../config/settings.ts'
import { type Grant, grantFrom, post, RefusedByProvider } from './endpoint.ts'

export interface BrowserSignIn {
  clock: Clock
  /** Shows, and perhaps opens, the address at which the person signs in. */
  show: (url: string) => void
  /** Lines that the person types: the address that the browser ended at. */
  pasted?: AsyncIterable<string>
  /** Prefills the name at the provider. */
  loginHint: string
  signal: AbortSignal
}

/** @throws PermanentError when it was refused, ConfigError without oauth2.authorizeUrl */
export async function signInByBrowser(settings: OAuth2Settings, options: BrowserSignIn): Promise<Grant> {
  if (settings.authorizeUrl === null) throw new ConfigError('oauth2.authorizeUrl is not set')
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(16).toString('base64url')
  const redirect = await listen(state)
  try {
    options.show(authorizeUrl(settings, settings.authorizeUrl, { ...redirect, state, verifier, ...options }))
    const answers = [redirect.answer, aborted(options.signal)]
    if (options.pasted) answers.push(pastedAnswer(options.pasted, state))
    const code = codeIn(await Promise.race(answers))
    const fields = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirect.uri,
      code_verifier: verifier,
    }
    const answer = await post(settings, settings.tokenUrl, fields).catch((error: unknown) => {
      if (!(error instanceof RefusedByProvider)) throw error
      throw new PermanentError(`the sign-in was refused: ${error.message}`, { cause: error })
    })
    return grantFrom(answer, options.clock.now(), null)
  } finally {
    redirect.close()
  }
}

interface Request {
  uri: string
  state: string
  verifier: string
  loginHint: string
}

function authorizeUrl(settings: OAuth2Settings, endpoint: string, request: Request): string {
  const url = new URL(endpoint)
  const parameters = {
    response_type: 'code',
    client_id: settings.clientId,
    redirect_uri: request.uri,
    scope: settings.scopes.join(' '),
    state: request.state,
    code_challenge: createHash('sha256').update(request.verifier).digest('base64url'),
    code_challenge_method: 'S256',
    login_hint: request.loginHint,
    // Google returns a refresh token only for offline access, and a second one only with renewed consent.
    ...(settings.provider === 'google' ? { access_type: 'offline', prompt: 'consent' } : {}),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

interface Redirect {
  uri: string
  /** The query that the browser delivered. */
  answer: Promise<URLSearchParams>
  close(): void
}

async function listen(state: string): Promise<Redirect> {
  let resolve: (query: URLSearchParams) => void = () => {}
  const answer = new Promise<URLSearchParams>((done) => {
    resolve = done
  })
  const server = createServer((request, response) => {
    const query = queryOf(request, state)
    respond(response, query)
    if (query) resolve(query)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeIdleConnections()
  }
  // Microsoft allows any port only for `localhost`; Google and others allow both names.
  return { uri: `http://localhost:${port}/`, answer, close }
}

/** Null for anything but the provider's answer to this very request: another page may try to inject its own code. */
function queryOf({ method, url = '/' }: IncomingMessage, state: string): URLSearchParams | null {
  // `//` is a valid HTTP target but not a URL, and any page in the browser can request it.
  if (!URL.canParse(url, 'http://localhost')) return null
  const { searchParams, pathname } = new URL(url, 'http://localhost')
  if (method !== 'GET' || pathname !== '/' || !isState(searchParams, state)) return null
  return searchParams
}

function isState(query: URLSearchParams, state: string): boolean {
  const given = Buffer.from(query.get('state') ?? '')
  return given.length === state.length && timingSafeEqual(given, Buffer.from(state))
}

function respond(response: ServerResponse, query: URLSearchParams | null): void {
  const text = query === null ? 'Not found.' : 'replyd has received the answer. You can close this page.'
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    connection: 'close',
    'cache-control': 'no-store',
  }
  response.writeHead(query === null ? 404 : 200, headers).end(`${text}\n`)
}

async function pastedAnswer(lines: AsyncIterable<string>, state: string): Promise<URLSearchParams> {
  for await (const line of lines) {
    if (!URL.canParse(line.trim())) continue
    const { searchParams } = new URL(line.trim())
    if (isState(searchParams, state)) return searchParams
  }
  // Standard input ended, but the browser may still respond.
  return new Promise(() => {})
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new PermanentError('nobody signed in'))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

function codeIn(query: URLSearchParams): string {
  const code = query.get('code')
  if (code !== null && query.get('error') === null) return code
  const words = [query.get('error') ?? 'no code arrived', query.get('error_description') ?? '']
  throw new PermanentError(
    `the sign-in was refused: ${words
      .filter((word) => word !== '')
      .join(': ')
      .slice(0, 300)}`,
  )
}
