import type { Clock } from '../base/clock.ts'
import type { ConnectionHealth } from './types.ts'

/** The state of a reconnecting connection, and since when. */
export class HealthRecord {
  readonly #clock: Clock
  readonly #onChange: (health: ConnectionHealth) => void
  #health: Readonly<ConnectionHealth>

  constructor(clock: Clock, onChange: (health: ConnectionHealth) => void = () => {}) {
    this.#clock = clock
    this.#onChange = onChange
    this.#health = { state: 'connecting', since: clock.now(), lastError: null }
  }

  /** @param lastError unchanged when undefined */
  set(state: ConnectionHealth['state'], lastError = this.#health.lastError): void {
    const since = state === this.#health.state ? this.#health.since : this.#clock.now()
    this.#health = { state, since, lastError }
    this.#onChange(this.#health)
  }

  get(): ConnectionHealth {
    return this.#health
  }
}
