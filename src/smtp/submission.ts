/** The submission connections of one account: opened on demand, kept for a while, one mail at a time on each. */

import { CircuitBreaker } from '../base/circuit-breaker.ts'
import { OwnerActionError, reasonOf, SignInNeeded, TemporaryError } from '../base/errors.ts'
import { loginRateLimiterOf } from '../base/login-rate.ts'
import type { Server } from '../config/settings.ts'
import { StaleConnectionError, wasAnswered } from './errors.ts'
import { Session } from './session.ts'
import type { Accepted, Outgoing, SmtpTiming, Submission, SubmissionOptions } from './types.ts'

export { RefusedAddressees } from './all-or-none.ts'
export type { Accepted, Outgoing, SmtpTiming, Submission, SubmissionOptions } from './types.ts'

const MAX_CONNECTIONS = 3
/** How long to respect a refused additional connection. */
const CEILING_MS = 300_000
/** When no connection of a server has answered for this long, only one more mail waits; the others are rejected. */
const SILENT_MS = 10_000

export const defaultTiming: SmtpTiming = {
  connectMs: 60_000,
  quietMs: 90_000,
  loginMs: 180_000,
  mailMs: 300_000,
  idleMs: 15_000,
}

const unanswered = () =>
  new TemporaryError('SMTP: the server does not answer; other mail is already waiting for it')

interface WaitingSend {
  start(session: Session): void
  fail(error: Error): void
}

class PooledSubmission implements Submission {
  readonly #server: Server
  readonly #options: SubmissionOptions
  readonly #timing: SmtpTiming
  /** Sessions without a mail on them, and the timers that end them. */
  readonly #idle = new Map<Session, NodeJS.Timeout>()
  readonly #line: WaitingSend[] = []
  readonly #closing = new AbortController()
  /** The login was refused: nothing more is tried until it works again, or the provider would lock the account. */
  #refused: OwnerActionError | null = null
  readonly #breaker = new CircuitBreaker(SILENT_MS, unanswered)
  #busy = 0
  #opening = 0
  #ceiling = { connections: Number.POSITIVE_INFINITY, until: 0 }

  constructor(server: Server, options: SubmissionOptions) {
    this.#server = server
    this.#options = options
    this.#timing = { ...defaultTiming, ...options.timing }
  }

  async send(mail: Outgoing, mayEnd: () => Promise<void> = async () => {}): Promise<Accepted> {
    if (this.#breaker.refusal) throw this.#breaker.refusal
    this.#breaker.begin()
    let answered = false
    try {
      const accepted = await this.#send(mail, () => {
        // The server has accepted the text, so the result of the question says nothing about it.
        answered = true
        return mayEnd()
      })
      answered = true
      return accepted
    } catch (error) {
      answered ||= wasAnswered(error)
      throw error
    } finally {
      this.#breaker.end(answered)
    }
  }

  async #send(mail: Outgoing, mayEnd: () => Promise<void>): Promise<Accepted> {
    for (;;) {
      const session = await this.#acquire()
      try {
        const accepted = await session.send(mail, this.#timing.mailMs, mayEnd)
        this.#release(session)
        return accepted
      } catch (error) {
        this.#release(session)
        if (!(error instanceof StaleConnectionError)) throw error
        this.#options.log.debug({ event: 'smtp.connection.stale', reason: reasonOf(error) })
      }
    }
  }

  async verify(): Promise<boolean> {
    const session = await this.#open()
    this.#refused = null
    session.close()
    return session.loggedIn
  }

  #acquire(): Promise<Session> {
    return new Promise((resolve, reject) => {
      const refusal = this.#closing.signal.aborted
        ? new TemporaryError('SMTP: the account is closed')
        : this.#refused
      if (refusal) {
        reject(refusal)
        return
      }
      this.#line.push({ start: resolve, fail: reject })
      this.#breaker.watchOver((refusal) => this.#sendAway(refusal))
      this.#dispatch()
    })
  }

  #dispatch(): void {
    for (const [session, timer] of this.#idle) {
      const waiting = session.usable ? this.#line.shift() : undefined
      if (session.usable && !waiting) break
      clearTimeout(timer)
      this.#idle.delete(session)
      if (!waiting) session.close()
      else {
        this.#busy++
        waiting.start(session)
      }
    }
    const missing = this.#line.length - this.#opening
    if (missing > 0 && this.#busy + this.#idle.size + this.#opening < this.#limit()) void this.#grow()
  }

  #sendAway(refusal: Error | null): number {
    if (refusal) for (const waiting of this.#line.splice(1)) waiting.fail(refusal)
    return this.#line.length
  }

  #limit(): number {
    const { maxConnections = MAX_CONNECTIONS } = this.#options
    const { connections, until } = this.#ceiling
    return performance.now() < until ? Math.min(connections, maxConnections) : maxConnections
  }

  async #grow(): Promise<void> {
    this.#opening++
    try {
      const session = await this.#open()
      this.#busy++
      const waiting = this.#line.shift()
      if (waiting) waiting.start(session)
      else this.#release(session)
    } catch (error) {
      this.#openFailed(error instanceof Error ? error : new TemporaryError(reasonOf(error)))
    } finally {
      this.#opening--
    }
    this.#dispatch()
  }

  #open(): Promise<Session> {
    const { signal } = this.#closing
    return loginRateLimiterOf(this.#server)
      .pass(signal)
      .catch(() => {
        throw new TemporaryError('SMTP: the account is closed')
      })
      .then(() => Session.open(this.#server, this.#timing, this.#options.accessToken))
  }

  /** A server that limits connections refuses a new one; the mail then waits for an existing one. */
  #openFailed(error: Error): void {
    if (this.#busy > 0 && !(error instanceof OwnerActionError)) {
      this.#ceiling = { connections: this.#busy, until: performance.now() + CEILING_MS }
      this.#options.log.info({
        event: 'smtp.connections.limited',
        connections: this.#busy,
        reason: reasonOf(error),
      })
      return
    }
    if (error instanceof OwnerActionError && !(error instanceof SignInNeeded)) this.#refused = error
    // Fails everyone who is waiting; later callers try again, unless the owner has to act first.
    for (const waiting of this.#line.splice(0)) waiting.fail(error)
  }

  #release(session: Session): void {
    this.#busy--
    if (!session.usable || this.#closing.signal.aborted) session.close()
    else this.#keep(session)
    this.#dispatch()
  }

  #keep(session: Session): void {
    const timer = setTimeout(() => {
      this.#idle.delete(session)
      session.close()
    }, this.#timing.idleMs)
    timer.unref()
    this.#idle.set(session, timer)
  }

  /** Mails being sent are not aborted: their connections close afterwards. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    this.#breaker.stop()
    for (const waiting of this.#line.splice(0))
      waiting.fail(new TemporaryError('SMTP: the account is closed'))
    for (const [session, timer] of this.#idle) {
      clearTimeout(timer)
      session.close()
    }
    this.#idle.clear()
  }
}

/** Opens nothing yet: the first mail connects. */
export function openSubmission(settings: Server, options: SubmissionOptions): Submission {
  return new PooledSubmission(settings, options)
}
