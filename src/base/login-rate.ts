import { setTimeout as delay } from 'node:timers/promises'

/** A little over a second, so that a server that counts by its own clock does not see two logins in one second. */
const spacingMs = 1050

/** Allows one login per second, in order of arrival. It uses a monotonic clock, so changes of the wall clock do not matter. */
export class LoginRateLimiter {
  readonly #now: () => number
  #next = 0
  /** Settles when the login before has passed or given up. */
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
    // Checked again after each wait: a timer may fire early, and the spacing counts from the moment a login really passed.
    for (let wait = this.#wait(); wait > 0; wait = this.#wait()) await delay(wait, undefined, { signal })
    this.#next = this.#now() + spacingMs
  }

  #wait(): number {
    return Math.ceil(this.#next - this.#now())
  }
}

const gates = new WeakMap<object, LoginRateLimiter>()

/** The limiter of an account, by its settings object: the watcher and the commands share it. */
export function loginRateLimiterOf(account: object): LoginRateLimiter {
  const gate = gates.get(account) ?? new LoginRateLimiter()
  gates.set(account, gate)
  return gate
}
