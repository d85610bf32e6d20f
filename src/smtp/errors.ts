/** What a failed submission means: certainly not accepted, permanently refused, or unknown. */
import {
  LoginUnavailable,
  OwnerActionError,
  PermanentError,
  reasonOf,
  TemporaryError,
  UncertainError,
} from '../base/errors.ts'
import { withoutSecret } from '../base/secret.ts'
import { handshakeFault, withoutReports } from '../base/trust.ts'
import type { Server } from '../config/settings.ts'
import { type EnvelopeError, RefusedAddressees } from './all-or-none.ts'

/**
 * How far the mail got. `unsent`: no octet was requested. `cut`: part of it was sent but not the final dot, so the
 * server must discard it (RFC 5321 section 4.1.1.4). `complete`: the final dot was handed over.
 */
export type Progress = 'unsent' | 'cut' | 'complete'

/** Authentication is required, too weak, refused, or needs encryption (RFC 4954 section 6). */
const AUTHENTICATION_REPLIES = new Set([530, 534, 535, 538])

/**
 * Some servers answer 535 instead of 454 when they can't check the password now (Postfix did, while Dovecot
 * restarts). Not "unavailable" or "try again" alone: they also stand in answers to a wrong password.
 */
const TEMPORARY_LOGIN_TEXT =
  /too many|temporar|try (again )?later|connection lost|rate limit|throttl|internal (server )?error/i

const fieldsOf = (error: unknown): Partial<EnvelopeError> => (error instanceof Error ? error : {})

const isOurs = (error: unknown): error is Error =>
  error instanceof PermanentError || error instanceof TemporaryError || error instanceof UncertainError

/** The mail was not sent, because the reused connection may already have been dead: try another one. */
export class StaleConnectionError extends TemporaryError {
  override name = 'StaleConnectionError'
}

/** The server's reply, if any, without the addresses and the password that it may repeat: it ends up in logs. */
function wordsOf(error: unknown, { password }: Pick<Server, 'password'>): string {
  const { response, code } = fieldsOf(error)
  if (response)
    return withoutSecret(response, password)
      .replace(/\s+/g, ' ')
      .replace(/<?[^\s<>]+@[^\s<>]+>?/g, '<address>')
      .trim()
  const words = withoutReports(reasonOf(error))
  return code && !words.includes(code) ? `${words} (${code})` : words
}

const usualPorts =
  'Use its submission port: 465 (smtp.secure: true) or 587 (STARTTLS). If it needs no login, set smtp.user to "".'

/** The server offers no AUTH (RFC 4954 section 3), although a user and a password or token are configured. */
export function noLoginOffered(server: Server, cause?: unknown): LoginUnavailable {
  const detail = `SMTP ${server.host}:${server.port} offers no login (AUTH)`
  return new LoginUnavailable(cause ? `${detail}: ${wordsOf(cause, server)}` : detail, usualPorts, { cause })
}

/** "Must issue a STARTTLS command first" and 538: no password would work. */
const WANTS_TLS = /STARTTLS|encryption (is )?(required|needed)|must be encrypted/i

function refusedLogin(error: unknown, server: Server): OwnerActionError {
  if (fieldsOf(error).responseCode === 538 || WANTS_TLS.test(wordsOf(error, server)))
    return new LoginUnavailable(
      `SMTP ${server.host}:${server.port} allows no login without TLS: ${wordsOf(error, server)}`,
      'Set smtp.secure to true and use its TLS port (465), or enable STARTTLS on the server.',
      { cause: error },
    )
  const remedy = server.oauth2
    ? 'Sign in again (replyd auth)'
    : 'Correct the user name or password (some providers require an app password)'
  const place = `${server.user} at ${server.host}`
  const message = `SMTP login as ${place} was refused: ${wordsOf(error, server)}. ${remedy}.`
  return new OwnerActionError('account', message, { cause: error })
}

/**
 * A failure before any mail was started. A 5yz greeting counts as temporary: it is about this client or this moment,
 * not about the waiting mail.
 */
export function openError(error: unknown, server: Server): Error {
  if (isOurs(error)) return error
  const { code, responseCode = 0 } = fieldsOf(error)
  const words = wordsOf(error, server)
  const permanent =
    responseCode === 0 || (responseCode >= 500 && !(responseCode === 535 && TEMPORARY_LOGIN_TEXT.test(words)))
  if (code === 'EAUTH' && permanent) return refusedLogin(error, server)
  const place = `${server.host}:${server.port}`
  const fault = handshakeFault(words)
  const why = fault ? `${fault} (${words})` : words
  return new TemporaryError(`SMTP connection to ${place} failed: ${why}`, { cause: error })
}

/** Whether the server replied, even with a refusal; a lost or missing connection is not an answer. */
export function wasAnswered(error: unknown): boolean {
  const { responseCode = 0 } = fieldsOf(error instanceof Error ? error.cause : null)
  return error instanceof OwnerActionError || responseCode > 0
}

/** No reply, or 421: the server closes the connection after any command (RFC 5321 section 3.8). */
export function endedConnection(error: unknown): boolean {
  const { responseCode = 0, code } = fieldsOf(error)
  return responseCode === 421 || (responseCode === 0 && code !== 'EENVELOPE' && code !== 'EMESSAGE')
}

/**
 * A failure during sending. The reply decides; without one, how far the mail got.
 * @param loggedIn false if the server offered no login
 */
export function sendError(error: unknown, progress: Progress, server: Server, loggedIn: boolean): Error {
  if (isOurs(error)) return error
  const { code, responseCode = 0 } = fieldsOf(error)
  const cause = { cause: error }
  const words = wordsOf(error, server)
  if (AUTHENTICATION_REPLIES.has(responseCode) && progress === 'unsent')
    return loggedIn || WANTS_TLS.test(words) ? refusedLogin(error, server) : noLoginOffered(server, error)
  if (responseCode >= 400 && responseCode < 500) return new TemporaryError(`SMTP reply ${words}`, cause)
  if (responseCode >= 500 && responseCode < 600) {
    const { accepted = [], rejected = [] } = fieldsOf(error)
    if (accepted.length > 0)
      return new RefusedAddressees(rejected, accepted.length + rejected.length, words, cause)
    return new PermanentError(`SMTP reply ${words}`, cause)
  }
  if (progress === 'complete') {
    return new UncertainError(`SMTP: the mail was handed over, but no valid reply came: ${words}`, cause)
  }
  // nodemailer rejects these itself before sending anything: an invalid address, more octets than SIZE allows.
  if (responseCode === 0 && (code === 'EENVELOPE' || code === 'EMESSAGE'))
    return new PermanentError(`SMTP: ${words}`, cause)
  return new TemporaryError(`SMTP: the mail was not handed over: ${words}`, cause)
}
