/** The token endpoint of an identity provider (RFC 6749): requests, and what its refusals mean. */

import { ConfigError, reasonOf, TemporaryError } from '../base/errors.ts'
import { exchange, type HttpAnswer } from '../base/http.ts'
import { isLoopback } from '../config/loopback.ts'
import type { OAuth2Settings } from '../config/settings.ts'

export interface Grant {
  readonly accessToken: string
  /** Null if the provider issued none: the sign-in then ends with the access token. */
  readonly refreshToken: string | null
  /** When the access token expires, milliseconds since 1970. */
  readonly expiresAt: number
}

/** The provider refused (RFC 6749 section 5.2, RFC 8628 section 3.5). */
export class RefusedByProvider extends Error {
  override name = 'RefusedByProvider'
  /** `invalid_grant`, `authorization_pending`, … */
  readonly code: string
  constructor(code: string, description: string) {
    super(description === '' ? code : `${code}: ${description}`)
    this.code = code
  }
}

/** One request with its answer, milliseconds. */
const patienceMs = 15_000
/** Octets. Tokens of 8 KB are known; the whole answer stays far below. */
const mostOctets = 262_144
/** Assumed if the provider does not state the token's lifetime (it should: RFC 6749 section 5.1). Seconds. */
const assumedLifetime = 3600
/** Seconds. A token that is no longer accepted is replaced at once, so an earlier expiry does no harm. */
const longestLifetime = 30 * 86_400

/** Error codes that may change on a retry. */
const passing = new Set(['temporarily_unavailable', 'server_error'])

/**
 * Posts a form with the client's credentials and reads the JSON answer.
 * @throws RefusedByProvider, TemporaryError when there was no answer, none in JSON, or a redirect; ConfigError for a
 *   URL without TLS
 */
export async function post(
  settings: OAuth2Settings,
  url: string,
  fields: Readonly<Record<string, string>>,
  withinMs = patienceMs,
): Promise<Record<string, unknown>> {
  const { protocol, host, hostname } = new URL(url)
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    throw new ConfigError(`oauth2: ${host} must be reached over https, or tokens would travel in the clear`)
  }
  const body = new URLSearchParams({ client_id: settings.clientId, ...fields })
  if (settings.clientSecret !== null) body.set('client_secret', settings.clientSecret)
  const { status, answer } = await ask(url, host, body, withinMs)
  if (status < 400 && typeof answer.error !== 'string') return answer
  const code = typeof answer.error === 'string' ? firstLine(answer.error) : `HTTP ${status}`
  if (status >= 500 || status === 429 || passing.has(code)) {
    throw new TemporaryError(`sign-in: ${host} answered ${code}`)
  }
  throw new RefusedByProvider(code, firstLine(answer.error_description))
}

/** The form holds secrets, so redirects are not followed. */
async function ask(url: string, host: string, form: URLSearchParams, withinMs: number) {
  const { status, body } = await answerOf(url, host, form, withinMs)
  if (status >= 300 && status < 400) {
    throw new TemporaryError(`sign-in: ${host} redirects (HTTP ${status}), which is not followed`)
  }
  const answer = jsonIn(body)
  if (answer === null) throw new TemporaryError(`sign-in: ${host} answered HTTP ${status} without JSON`)
  return { status, answer }
}

async function answerOf(
  url: string,
  host: string,
  form: URLSearchParams,
  withinMs: number,
): Promise<HttpAnswer> {
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
  try {
    return await exchange(url, { method: 'POST', body: form.toString(), headers, mostOctets, withinMs })
  } catch (error) {
    throw new TemporaryError(`sign-in: ${host} did not answer: ${reasonOf(error)}`, { cause: error })
  }
}

/** Null when the body is not a JSON object. */
function jsonIn(body: Buffer): Record<string, unknown> | null {
  try {
    const answer: unknown = JSON.parse(body.toString())
    return typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Microsoft adds trace ids and times below the first line. */
function firstLine(text: unknown): string {
  return typeof text === 'string' ? (text.split(/[\r\n]/)[0] ?? '').slice(0, 300) : ''
}

/** @param previous refresh token, which stays valid if the provider issues no new one (RFC 6749 section 6) */
export function grantFrom(answer: Record<string, unknown>, now: Date, previous: string | null): Grant {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: lifetime } = answer
  if (typeof accessToken !== 'string' || accessToken === '') {
    throw new TemporaryError('sign-in: the provider gave no access token')
  }
  const seconds = secondsIn(lifetime, { otherwise: assumedLifetime, most: longestLifetime })
  return {
    accessToken,
    refreshToken: typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : previous,
    expiresAt: now.getTime() + seconds * 1000,
  }
}

/** A time that the provider states. @param otherwise used when it states none, or an invalid one */
export function secondsIn(stated: unknown, { otherwise, most }: { otherwise: number; most: number }): number {
  const seconds = Number(stated ?? otherwise)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, most) : otherwise
}
