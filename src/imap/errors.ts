/**
 * Converts failures of an IMAP connection to those of base/errors.ts: whether a retry helps, and who can fix it.
 */
import type { ImapFlowError } from 'imapflow'
import {
  LoginUnavailable,
  OwnerActionError,
  PermanentError,
  RateLimitedError,
  reasonOf,
  TemporaryError,
  UncertainError,
} from '../base/errors.ts'
import { withoutSecret } from '../base/secret.ts'
import { handshakeFault, withoutReports } from '../base/trust.ts'
import type { ImapSettings } from '../config/settings.ts'

/** The mailbox was rebuilt (RFC 3501 section 2.3.1.1): its UIDs now refer to other mails. */
export class UidValidityChanged extends PermanentError {
  override name = 'UidValidityChanged'
  /** The current UIDVALIDITY, decimal. */
  readonly uidValidity: string
  constructor(mailbox: string, expected: string, found: string) {
    super(`UIDVALIDITY of ${mailbox} changed from ${expected} to ${found}`)
    this.uidValidity = found
  }
}

/** The server has neither MOVE nor UIDPLUS: nothing is moved there. */
export class CannotMove extends PermanentError {
  override name = 'CannotMove'
  constructor() {
    super('This IMAP server has neither MOVE nor UIDPLUS: nothing is moved there')
  }
}

/** No mail has this UID, or none has it any longer: somebody else moved or deleted it. */
export class MessageVanished extends PermanentError {
  override name = 'MessageVanished'
  constructor(mailbox: string, uid: number) {
    super(`UID ${uid} is not in ${mailbox}`)
  }
}

/** Response codes (RFC 5530, RFC 7889) that will not change on a retry. Any other NO counts as temporary. */
const PERMANENT_CODES = new Set([
  'NONEXISTENT',
  'TRYCREATE',
  'CANNOT',
  'NOPERM',
  'TOOBIG',
  'APPENDLIMIT',
  'BADCHARSET',
])

/** Codes that mean "not now" rather than "never", also for a login (RFC 5530). */
const PASSING_CODES = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'THROTTLED', 'OVERQUOTA'])
const TEMPORARY_LOGIN_TEXT =
  /too many|temporar|try again|simultaneous|rate limit|throttl|unavailable|internal error/i

/** Places in imapflow that reject a command before writing any octet. */
const NEVER_SENT = new Set(['noSocket', 'execClosed', 'execNoSocket', 'sendAfterLogout'])

const isOurs = (error: unknown): error is Error =>
  error instanceof PermanentError || error instanceof TemporaryError || error instanceof UncertainError

/** imapflow attaches everything to plain errors; this type lists the possible fields. */
const fieldsOf = (error: unknown): Partial<ImapFlowError> => (error instanceof Error ? error : {})

/** The server's message, otherwise the library's or the system's. */
function wordsOf(error: unknown): string {
  const { code, responseText, serverResponseCode, reason } = fieldsOf(error) as Partial<ImapFlowError> & {
    reason?: string
  }
  if (responseText) return serverResponseCode ? `[${serverResponseCode}] ${responseText}` : responseText
  const said = withoutReports(reasonOf(error))
  const words = reason ? `${said} (${reason})` : said
  return code && !words.includes(code) ? `${words} (${code})` : words
}

/** Whether the server answered NO or BAD: the command had no effect. */
export function isRefusal(error: unknown): boolean {
  return fieldsOf(error).responseStatus === 'NO' || fieldsOf(error).responseStatus === 'BAD'
}

/**
 * The server requires TLS before a login (RFC 3501 section 6.2.3, PRIVACYREQUIRED of RFC 5530): no password would
 * work.
 */
const WANTS_TLS =
  /login is disabled|PRIVACYREQUIRED|must (first )?issue (a )?STARTTLS|STARTTLS (command )?(first|is )?required/i

/** A failure of connecting or logging in. */
export function connectError(error: unknown, server: ImapSettings): Error {
  if (isOurs(error)) return error
  const place = `${server.user} at ${server.host}`
  const { authenticationFailed, serverResponseCode = '', responseText = '' } = fieldsOf(error)
  const words = withoutSecret(wordsOf(error), server.password)
  if (WANTS_TLS.test(words))
    return new LoginUnavailable(
      `IMAP ${server.host}:${server.port} allows no login without TLS: ${words}`,
      'Set imap.secure to true and use its TLS port (993), or enable STARTTLS on the server.',
      { cause: error },
    )
  const passing = PASSING_CODES.has(serverResponseCode) || TEMPORARY_LOGIN_TEXT.test(responseText)
  if (authenticationFailed && !passing) {
    const remedy = server.oauth2
      ? 'Sign in again (replyd auth)'
      : 'Correct the user name or password (some providers require an app password)'
    return new OwnerActionError(
      'account',
      `IMAP login as ${place} was refused: ${words.replace(/\.$/, '')}. ${remedy}.`,
      {
        cause: error,
      },
    )
  }
  const fault = handshakeFault(words)
  const why = fault ? `${fault} (${words})` : words
  return new TemporaryError(`IMAP connection to ${server.host} (${server.user}) failed: ${why}`, {
    cause: error,
  })
}

/** A failed command that changes nothing, or is harmless to repeat. */
export function commandError(error: unknown, command: string): Error {
  if (isOurs(error)) return error
  const { code, serverResponseCode = '', throttleReset = 0, throttleWaited = 0 } = fieldsOf(error)
  const message = `IMAP ${command} failed: ${wordsOf(error)}`
  if (code === 'ETHROTTLE') {
    return new RateLimitedError('account', message, Math.max(1000, throttleReset - throttleWaited), {
      cause: error,
    })
  }
  const missing =
    code === 'NotFound' || (error instanceof Error && 'mailboxMissing' in error && error.mailboxMissing)
  const permanent = missing || PERMANENT_CODES.has(serverResponseCode)
  return permanent
    ? new PermanentError(message, { cause: error })
    : new TemporaryError(message, { cause: error })
}

/** A failed command that must not be repeated on a guess: without an answer it may have been carried out. */
export function mutationError(error: unknown, command: string): Error {
  if (isOurs(error)) return error
  const { code, rejectedFrom = '', serverResponseCode } = fieldsOf(error)
  const neverSent = NEVER_SENT.has(rejectedFrom) || serverResponseCode === 'APPENDLIMIT'
  if (isRefusal(error) || neverSent || code === 'ETHROTTLE') return commandError(error, command)
  return new UncertainError(`IMAP ${command}: the answer was lost: ${wordsOf(error)}`, { cause: error })
}

/** Answers that imapflow could not parse. It then closes the connection, and the same request fails the same way. */
const UNREADABLE =
  /^(ParserError|LiteralTooLarge|ResponseTooLarge|LineTooLarge|TooMany|MAX_IMAP_NESTING|ResponseProcessing)/

/** Whether a FETCH failed because of the mail, not the connection. */
export function isUnreadable(error: unknown): boolean {
  const { code = '' } = fieldsOf(error)
  return UNREADABLE.test(code) || (isRefusal(error) && code !== 'ETHROTTLE' && !isPassing(error))
}

const isPassing = (error: unknown): boolean => PASSING_CODES.has(fieldsOf(error).serverResponseCode ?? '')

/** Whether the connection was lost during a command. */
export function isLost(error: unknown): boolean {
  const { code = '' } = fieldsOf(error)
  return ['NoConnection', 'EConnectionClosed', 'StateLogout', 'ETIMEOUT', 'ECONNRESET', 'EPIPE'].includes(
    code,
  )
}
