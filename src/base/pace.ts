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

/** Milliseconds that never go back, whatever the wall clock does, and a wait on the same clock. */
export interface Stopwatch {
  now(): number
  /** @throws AbortError when the signal fires first */
  wait(ms: number, signal?: AbortSignal): Promise<unknown>
}

const monotonic: Stopwatch = {
  now: () => performance.now(),
  wait: (ms, signal) => delay(ms, undefined, { signal }),
}

/** Lets through one login per second, in order of arrival. */
export class LoginGate {
  readonly #clock: Stopwatch
  #next = 0
  /** Settles when the one before has passed or given up. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(clock: Stopwatch = monotonic) {
    this.#clock = clock
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
    for (let left = this.#left(); left > 0; left = this.#left()) await this.#clock.wait(left, signal)
    this.#next = this.#clock.now() + LOGIN_SPACING_MS
  }

  #left(): number {
    return Math.ceil(this.#next - this.#clock.now())
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
