/** One command connection in a pool, kept alive while unused. */
import type { ImapFlow } from 'imapflow'
import { closeClient, selectedKey } from './client.ts'

export class PooledConnection {
  readonly client: ImapFlow
  readonly #keepAliveMs: number
  readonly #onUnused: () => void
  #timer: NodeJS.Timeout | undefined
  busy = false
  readonly openedAt = performance.now()

  /** @param onUnused called after every `keepAliveMs` without use */
  constructor(client: ImapFlow, keepAliveMs: number, onUnused: () => void) {
    this.client = client
    this.#keepAliveMs = keepAliveMs
    this.#onUnused = onUnused
    this.rest()
  }

  get place(): string | null {
    return selectedKey(this.client)
  }

  get usable(): boolean {
    return this.client.usable && !this.client.isClosed
  }

  take(): void {
    this.busy = true
    clearTimeout(this.#timer)
  }

  rest(): void {
    this.busy = false
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#onUnused, this.#keepAliveMs)
    this.#timer.unref()
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await closeClient(this.client)
  }

  /** The connection is gone. */
  drop(): void {
    clearTimeout(this.#timer)
    this.client.close()
  }
}
