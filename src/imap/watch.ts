/**
 * The connection that waits for mail. It idles at once and runs only NOOP; catching up uses other connections, so
 * that it never interrupts IDLE.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ImapFlow } from 'imapflow'
import { backoffMs, connectionBackoff } from '../base/backoff.ts'
import { OwnerActionError, reasonOf, SignInNeeded } from '../base/errors.ts'
import { loginRateLimiterOf } from '../base/login-rate.ts'
import type { AccountSettings } from '../config/settings.ts'
import { pollMsFor } from './behaviours.ts'
import { closeClient, connectClient, defaultTiming, stateOf } from './client.ts'
import { commandError } from './errors.ts'
import { HealthRecord } from './health.ts'
import type { ConnectionHealth, Watch, WatchOptions } from './types.ts'

/** A connection that lasted this long resets the failure count. */
const STEADY_MS = 60_000
/** An IDLE that ends on its own sooner than this did not idle at all. */
const IDLE_TOO_SHORT_MS = 100
const POLL_MARGIN_MS = 15_000

/** How long the silence of IDLE may last. A poll comes before that, and it also shows whether the peer is alive. */
export const quietMsFor = (pollMs: number): number =>
  Math.min(Math.max(defaultTiming.quietMs, pollMs + POLL_MARGIN_MS), defaultTiming.maxIdleMs)

const quietly = (promise: Promise<unknown>): Promise<void> =>
  promise.then(
    () => {},
    () => {},
  )

export class MailboxWatch implements Watch {
  readonly done: Promise<void>
  readonly #settings: AccountSettings
  readonly #options: WatchOptions
  readonly #health: HealthRecord
  /** Ends the pause before the next attempt. */
  #pause = new AbortController()

  constructor(settings: AccountSettings, options: WatchOptions) {
    this.#settings = settings
    this.#options = options
    this.#health = new HealthRecord(options.clock, options.onHealth)
    this.done = this.#watch()
  }

  health(): ConnectionHealth {
    return this.#health.get()
  }

  tryAgain(): void {
    this.#pause.abort()
  }

  async #watch(): Promise<void> {
    const { signal, log, random } = this.#options
    let failures = 0
    while (!signal.aborted) {
      const startedAt = performance.now()
      const error = await this.#session().catch((reason: unknown) => reason)
      if (signal.aborted) break
      if (error instanceof OwnerActionError && !(error instanceof SignInNeeded)) {
        this.#health.set('stopped', error.message)
        this.#call(() => this.#options.onStopped(error))
        return
      }
      failures = performance.now() - startedAt >= STEADY_MS ? 1 : failures + 1
      const waitMs = backoffMs(failures, connectionBackoff, random)
      this.#health.set('waiting', reasonOf(error))
      log.warn({ event: 'imap.watch.lost', reason: reasonOf(error), waitMs })
      this.#pause = new AbortController()
      await quietly(delay(waitMs, undefined, { signal: AbortSignal.any([signal, this.#pause.signal]) }))
      if (this.#pause.signal.aborted) failures = 0
    }
    this.#health.set('stopped')
  }

  /** One connection, from login to its end. @returns why it ended @throws when it could not be opened */
  async #session(): Promise<string> {
    const { signal, accessToken, timing } = this.#options
    this.#health.set('connecting')
    await loginRateLimiterOf(this.#settings).pass(signal)
    const limits = { ...defaultTiming, quietMs: quietMsFor(this.#settings.imap.pollMs), ...timing }
    const client = await connectClient(this.#settings.imap, { accessToken, timing: limits, signal })
    const end = () => void closeClient(client)
    signal.addEventListener('abort', end, { once: true })
    try {
      await client.mailboxOpen(this.#settings.mailbox, { readOnly: true }).catch((error: unknown) => {
        throw commandError(error, `EXAMINE ${this.#settings.mailbox}`)
      })
      const report = () => this.#call(() => client.mailbox && this.#options.onChange(stateOf(client)))
      for (const event of ['exists', 'expunge'] as const) client.on(event, report)
      client.on('flags', () => this.#call(() => this.#options.onFlags?.()))
      this.#health.set('connected')
      report()
      await this.#idle(client, report, limits.pollAnswerMs)
      return client.byeReason ?? 'the connection was lost'
    } finally {
      signal.removeEventListener('abort', end)
      if (signal.aborted) await closeClient(client)
      client.close()
    }
  }

  /** Idles until the connection is lost. Every poll interrupts IDLE for one NOOP, which also detects a dead peer. */
  async #idle(client: ImapFlow, report: () => void, pollAnswerMs: number): Promise<void> {
    const pollMs = pollMsFor(client.capabilities, this.#settings.imap.pollMs)
    let poll: Promise<void> | undefined
    const timer = setInterval(() => {
      if (poll) return
      const deadline = setTimeout(() => {
        client.byeReason = `the server did not answer a poll within ${pollAnswerMs} ms`
        client.close()
      }, pollAnswerMs)
      poll = quietly(client.noop()).then(() => {
        clearTimeout(deadline)
        poll = undefined
        report()
      })
    }, pollMs)
    const closed = new Promise<void>((resolve) => client.once('close', resolve))
    try {
      while (client.usable && !client.isClosed) {
        const startedAt = performance.now()
        await Promise.race([quietly(client.idle()), closed])
        if (poll) await poll
        else if (performance.now() - startedAt < IDLE_TOO_SHORT_MS) {
          // The server refuses IDLE: only polling is left.
          await Promise.race([delay(pollMs, undefined, { ref: false }), closed])
        }
      }
    } finally {
      clearInterval(timer)
    }
  }

  /** An exception in the caller's function must not end the watch. */
  #call(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      this.#options.log.error({ event: 'imap.watch.callback', reason: reasonOf(error) })
    }
  }
}
