/** Paces what is asked of servers: the full-jitter back-off, the gate that spaces an account's logins, and slots for calls. */
import { setTimeout as delay } from 'node:timers/promises'

const FIRST_MS = 1000
const FACTOR = 1.5
const CEILING_MS = 30_000

/** A little over a second, so that a server that counts by its own clock does not see two logins in one second. */
const LOGIN_SPACING_MS = 1050

/**
 * How long to wait before the next attempt, in milliseconds: anywhere below a bound that grows by half with each
 * failure in a row, so that a thousand clients of one server do not come back in the same instant.
 * @param failures in a row, at least 1
 */
export function backoffMs(failures: number, random: () => number): number {
  return Math.round(random() * Math.min(CEILING_MS, FIRST_MS * FACTOR ** failures))
}

/** Lets through one login per second, in order of arrival. Its clock is monotonic: jumps of the wall clock do not matter. */
export class LoginGate {
  readonly #now: () => number
  #next = 0
  /** Settles when the one before has passed or given up. */
  #last: Promise<unknown> = Promise.resolve()

  /** @param now milliseconds that never go back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** @throws AbortError when the signal fires first */
  pass(signal?: AbortSignal): Promise<void> {
    const passed = this.#last.then(() => this.#open(signal))
    this.#last = passed.catch(() => undefined)
    return passed
  }

  async #open(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    // Looked at again after each wait: a timer may fire early, and the spacing counts from when one really passed.
    for (let wait = this.#wait(); wait > 0; wait = this.#wait()) await delay(wait, undefined, { signal })
    this.#next = this.#now() + LOGIN_SPACING_MS
  }

  #wait(): number {
    return Math.ceil(this.#next - this.#now())
  }
}

const gates = new WeakMap<object, LoginGate>()

/** The one gate of that account (its settings object), so that its watcher and its commands share the second. */
export function loginGateOf(account: object): LoginGate {
  const gate = gates.get(account) ?? new LoginGate()
  gates.set(account, gate)
  return gate
}

/** So many may be inside at once; the others wait in order of arrival. */
export class Slots {
  #size: number
  #inside = 0
  readonly #waiting: (() => void)[] = []

  constructor(size: number) {
    this.#size = size
  }

  /** @returns what to call when leaving, once */
  async enter(): Promise<() => void> {
    if (this.#inside < this.#size) this.#inside += 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return () => {
      this.#inside -= 1
      this.#admit()
    }
  }

  resize(size: number): void {
    this.#size = size
    this.#admit()
  }

  #admit(): void {
    while (this.#inside < this.#size) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#inside += 1
      next()
    }
  }
}
