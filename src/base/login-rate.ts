import { setTimeout as delay } from 'node:timers/promises'

/** Slightly over a second, so that the server's clock never sees two logins in one second. */
const spacingMs = 1050

/** A monotonic clock in milliseconds, and a wait on the same clock. */
export interface Stopwatch {
  now(): number
  /** @throws AbortError when the signal fires first */
  wait(ms: number, signal?: AbortSignal): Promise<unknown>
}

export const monotonic: Stopwatch = {
  now: () => performance.now(),
  wait: (ms, signal) => delay(ms, undefined, { signal }),
}

/** Allows one login per second, in order of arrival. */
export class LoginRateLimiter {
  readonly #clock: Stopwatch
  #next = 0
  /** Settles when the previous caller has passed or given up. */
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
    // Checked again after each wait: a timer may fire early, and spacing counts from when a login actually passed.
    for (let left = this.#left(); left > 0; left = this.#left()) await this.#clock.wait(left, signal)
    this.#next = this.#clock.now() + spacingMs
  }

  #left(): number {
    return Math.ceil(this.#next - this.#clock.now())
  }
}

const gates = new WeakMap<object, LoginRateLimiter>()

/** The limiter of an account, by its settings object: the watcher and the commands share it. */
export function loginRateLimiterOf(account: object): LoginRateLimiter {
  const gate = gates.get(account) ?? new LoginRateLimiter()
  gates.set(account, gate)
  return gate
}
