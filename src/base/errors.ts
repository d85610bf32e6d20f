/** Errors say whether a retry helps. Any other error counts as temporary. */
import type { Reason } from './reasons.ts'

/** The same input will fail again: a 5yz reply, a missing mailbox, an answer that never fits the schema. */
export class PermanentError extends Error {
  override name = 'PermanentError'
}

/** A later try may work: a lost connection, a 4yz reply, HTTP 5xx. */
export class TemporaryError extends Error {
  override name = 'TemporaryError'
}

/** What an error stops: one account, or everything that uses the model. */
export type Scope = 'account' | 'model'

/**
 * The peer asked to be left alone for a while (HTTP 429, IMAP throttling): wait, and do not count it as a failure.
 */
export class RateLimitedError extends TemporaryError {
  override name = 'RateLimitedError'
  readonly scope: Scope
  /** How long to wait, in milliseconds. */
  readonly retryAfterMs: number
  constructor(scope: Scope, message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(message, options)
    this.scope = scope
    this.retryAfterMs = retryAfterMs
  }
}

/** Only the owner can fix it (a wrong password, an exhausted quota). `scope` says what has to stop. */
export class OwnerActionError extends PermanentError {
  override name = 'OwnerActionError'
  readonly scope: Scope
  constructor(scope: Scope, message: string, options?: ErrorOptions) {
    super(message, options)
    this.scope = scope
  }
}

/** Nobody has signed in, or the sign-in was revoked. Checking is free, so it is retried: `replyd auth` fixes it. */
export class SignInNeeded extends OwnerActionError {
  override name = 'SignInNeeded'
  constructor(message: string, options?: ErrorOptions) {
    super('account', message, options)
  }
}

/**
 * The server accepts no login on this connection: it offers none, or none before TLS. The password is not the
 * problem.
 */
export class LoginUnavailable extends OwnerActionError {
  override name = 'LoginUnavailable'
  /** What the server does, without a full stop. */
  readonly detail: string
  /** What the owner can do, as a sentence. */
  readonly remedy: string
  constructor(detail: string, remedy: string, options?: ErrorOptions) {
    super('account', `${detail}. ${remedy}`, options)
    this.detail = detail
    this.remedy = remedy
  }
}

/**
 * The request may or may not have been carried out (the connection died after the final dot). Never retried on a
 * guess.
 */
export class UncertainError extends Error {
  override name = 'UncertainError'
}

/** The configuration is wrong. Its message is complete and meant for the owner; exit status 2. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  /** Each fault separately, for programs; empty when the error concerns no single setting. */
  readonly faults: readonly SettingFault[]
  constructor(message: string, { faults = [], ...options }: ConfigErrorOptions = {}) {
    super(message, options)
    this.faults = faults
  }
}

type ConfigErrorOptions = ErrorOptions & { faults?: readonly SettingFault[] }

/** One fault of the configuration. */
export interface SettingFault {
  /** Null for a value of the environment. */
  readonly file: string | null
  readonly line: number | null
  /** `accounts[0].imap.port`, or the name of a variable; null if it is about the whole file. */
  readonly key: string | null
  readonly message: string
}

/** A message for people, without a stack. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message
  return String(error)
}

const fileFaults: Readonly<Record<string, string>> = {
  EACCES: 'this user may not open it. Run the command as its owner (ls -l shows who that is)',
  EPERM: 'this user may not change it. Run the command as its owner (ls -l shows who that is)',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of this path is not a folder',
  EISDIR: 'is a folder',
  EROFS: 'that file system is read-only',
  ENOSPC: 'the disk is full',
}

/** What went wrong with a file, for people, without its name; null if the error is not about a file. */
export function fileFaultOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('path' in error)) return null
  return fileFaults[String(Reflect.get(error, 'code'))] ?? null
}

/** Errors that affect more than one mail: all that use the model, or all of an account. */
export type Scoped = RateLimitedError | OwnerActionError

/**
 * Postponed without a failure: a budget is used up, an account is paused. The row waits until then, without a job.
 */
export class PutOff extends Error {
  override name = 'PutOff'
  readonly until: Date
  readonly reason: Reason
  constructor(until: Date, reason: Reason) {
    super(`put off until ${until.toISOString()}: ${reason}`)
    this.until = until
    this.reason = reason
  }
}
