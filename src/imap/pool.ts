/**
 * The command connections of one account. The first opens with the first command and reconnects when lost. More open
 * when commands have to wait, up to the server's limit. One command runs on a connection at a time.
 */
import type { ImapFlow } from 'imapflow'
import { backoffMs, connectionBackoff } from '../base/backoff.ts'
import { CircuitBreaker } from '../base/circuit-breaker.ts'
import { OwnerActionError, reasonOf, SignInNeeded, TemporaryError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { HealthRecord } from './health.ts'
import { PooledConnection } from './pooled-connection.ts'
import { type WaitingCommand, WaitingLine, waitingFor } from './waiting-line.ts'

export interface PoolOptions {
  /** Logs in, limited by the account's LoginRateLimiter. */
  connect: (signal: AbortSignal) => Promise<ImapFlow>
  health: HealthRecord
  log: Log
  random: () => number
  maxConnections: number
  keepAliveMs: number
  /** As in `Timing`. */
  silentMs: number
}

/** A connection that lasted this long resets the failure count; one that is dropped right after login does not. */
const STEADY_MS = 60_000
/** Another connection is opened when a command has waited this long. */
const GROW_AFTER_MS = 200
/** How long to respect a refused additional connection. */
const CEILING_MS = 300_000
/** How long a command waits for the first connection, and for one that has failed before. */
const PATIENCE_MS = 20_000
const SHORT_PATIENCE_MS = 2000
export class ConnectionPool {
  readonly #options: PoolOptions
  readonly #connections = new Set<PooledConnection>()
  readonly #line = new WaitingLine()
  readonly #closing = new AbortController()
  #connecting = false
  #failures = 0
  #retryAt = 0
  #retryTimer: NodeJS.Timeout | undefined
  #growTimer: NodeJS.Timeout | undefined
  readonly #breaker: CircuitBreaker
  #ceiling = { connections: Number.POSITIVE_INFINITY, until: 0 }
  #stopped: Error | null = null

  constructor(options: PoolOptions) {
    this.#options = options
    this.#breaker = new CircuitBreaker(options.silentMs, () => this.#unanswered())
  }

  /**
   * Runs commands on a connection reserved for them.
   * @param place where they will select, to save a SELECT; null when they need none
   * @param patienceMs how long to wait for a connection; if absent, it depends on recent failures
   */
  async run<T>(
    place: string | null,
    use: (client: ImapFlow) => Promise<T>,
    patienceMs = this.#failures > 0 ? SHORT_PATIENCE_MS : PATIENCE_MS,
  ): Promise<T> {
    const refusal = this.#refusal(patienceMs)
    if (refusal) throw refusal
    this.#breaker.begin()
    let answered = false
    try {
      const connection = await this.#acquire(place, patienceMs)
      try {
        return await use(connection.client)
      } finally {
        answered = connection.usable
        if (answered) connection.rest()
        else connection.drop()
      }
    } finally {
      this.#breaker.end(answered)
      this.#dispatch()
    }
  }

  /**
   * For reads that may wait for commands started by others. Only for operations that change nothing, because those
   * continue.
   */
  shared<T>(read: () => Promise<T>): Promise<T> {
    return this.#breaker.shared(read)
  }

  #acquire(place: string | null, patienceMs: number): Promise<PooledConnection> {
    return new Promise((resolve, reject) => {
      const waiting = waitingFor(place, resolve, reject)
      this.#line.push(waiting)
      this.#breaker.watchOver((refusal) => this.#line.failBehindFirst(refusal))
      if (this.#connections.size === 0) {
        waiting.expiry = setTimeout(() => {
          if (this.#connections.size === 0 && this.#line.remove(waiting)) reject(this.#notConnected())
        }, patienceMs)
      }
      this.#dispatch()
    })
  }

  /** Why a new command should fail without waiting. */
  #refusal(patienceMs: number): Error | null {
    if (this.#stopped) return this.#stopped
    const soon = this.#retryAt - performance.now() < patienceMs
    if (this.#retryTimer && !soon) return this.#notConnected()
    return this.#breaker.refusal
  }

  #unanswered(): TemporaryError {
    if (this.#connections.size === 0) return this.#notConnected()
    return new TemporaryError('IMAP: the server does not answer an earlier command')
  }

  #notConnected(): TemporaryError {
    return new TemporaryError(
      `IMAP: not connected: ${this.#options.health.get().lastError ?? 'no answer yet'}`,
    )
  }

  #dispatch(): void {
    if (this.#line.length === 0) return
    const free = [...this.#connections].filter((connection) => !connection.busy && connection.usable)
    for (const connection of free) this.#start(connection, this.#line.takeFitting(connection.place))
    // The remaining commands need a SELECT: prefer connections that have nothing selected.
    const rest = free
      .filter((connection) => !connection.busy)
      .sort((a, b) => Number(a.place !== null) - Number(b.place !== null))
    for (const connection of rest) this.#start(connection, this.#line.takeFirst())
    if (this.#line.length > 0) this.#grow()
  }

  #start(connection: PooledConnection, waiting: WaitingCommand | undefined): void {
    if (!waiting) return
    connection.take()
    waiting.start(connection)
  }

  #grow(): void {
    if (this.#connections.size === 0) {
      if (!this.#retryTimer) void this.#open()
      return
    }
    this.#growTimer ??= setTimeout(() => {
      this.#growTimer = undefined
      if (this.#line.length > 0 && this.#connections.size < this.#limit()) void this.#open()
    }, GROW_AFTER_MS).unref()
  }

  #limit(): number {
    const { connections, until } = this.#ceiling
    const { maxConnections } = this.#options
    return performance.now() < until ? Math.min(connections, maxConnections) : maxConnections
  }

  async #open(): Promise<void> {
    if (this.#connecting || this.#stopped) return
    this.#connecting = true
    if (this.#connections.size === 0) this.#options.health.set('connecting')
    try {
      this.#adopt(await this.#options.connect(this.#closing.signal))
    } catch (error) {
      this.#openFailed(error instanceof Error ? error : new TemporaryError(reasonOf(error)))
    } finally {
      this.#connecting = false
    }
    this.#dispatch()
  }

  #adopt(client: ImapFlow): void {
    const connection = new PooledConnection(
      client,
      this.#options.keepAliveMs,
      () => void this.#unused(connection),
    )
    this.#connections.add(connection)
    clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
    client.once('close', () => this.#lost(connection))
    this.#options.health.set('connected')
    if (client.isClosed) this.#lost(connection)
  }

  #openFailed(error: Error): void {
    if (this.#stopped) return
    if (this.#connections.size > 0) {
      // Most likely the server's connection limit: continue with the existing connections.
      this.#ceiling = { connections: this.#connections.size, until: performance.now() + CEILING_MS }
      this.#options.log.info({
        event: 'imap.connections.limited',
        connections: this.#connections.size,
        reason: reasonOf(error),
      })
      return
    }
    if (error instanceof OwnerActionError && !(error instanceof SignInNeeded)) {
      this.#stop(error)
      return
    }
    this.#failures++
    this.#retryLater(reasonOf(error))
    this.#line.failAll(error)
  }

  #lost(connection: PooledConnection): void {
    connection.drop()
    if (!this.#connections.delete(connection) || this.#stopped || this.#connections.size > 0) return
    const steady = performance.now() - connection.openedAt >= STEADY_MS
    this.#failures = steady ? 1 : this.#failures + 1
    this.#retryLater(connection.client.byeReason ?? 'the connection was lost')
  }

  #retryLater(reason: string): void {
    const waitMs = backoffMs(this.#failures, connectionBackoff, this.#options.random)
    this.#options.health.set('waiting', reason)
    this.#options.log.warn({ event: 'imap.commands.lost', reason, waitMs })
    this.#retryAt = performance.now() + waitMs
    clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined
      void this.#open()
    }, waitMs).unref()
  }

  async #unused(connection: PooledConnection): Promise<void> {
    if (connection.busy) return
    connection.take()
    if (this.#connections.size > 1) {
      this.#connections.delete(connection)
      return connection.close()
    }
    await connection.client.noop()
    if (connection.usable) connection.rest()
    this.#dispatch()
  }

  #stop(error: Error): void {
    this.#stopped = error
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#growTimer)
    this.#breaker.stop()
    this.#options.health.set('stopped', reasonOf(error))
    this.#line.failAll(error)
  }

  tryAgain(): void {
    if (this.#closing.signal.aborted) return
    this.#stopped = null
    this.#failures = 0
    if (!this.#retryTimer) return
    clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
    void this.#open()
  }

  async close(): Promise<void> {
    if (!this.#stopped) this.#stop(new TemporaryError('IMAP: the account is closed'))
    this.#closing.abort()
    const slots = [...this.#connections]
    this.#connections.clear()
    await Promise.all(slots.map((connection) => connection.close()))
  }
}
