/**
 * Limits password guessing. Each wrong password makes the next wait longer, and nothing is ever locked permanently.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { Lru } from '../base/lru.ts'
import { sameText } from '../base/secret.ts'

interface Throttle {
  /** Wrong passwords before anyone has to wait. */
  free: number
  /** Milliseconds after which one wrong password is forgotten. */
  forgetMs: number
  /** Milliseconds; doubled by each further wrong password, up to the maximum. */
  firstMs: number
  longestMs: number
}

const perCaller: Throttle = { free: 5, forgetMs: 15 * 60_000, firstMs: 15_000, longestMs: 15 * 60_000 }
/** All callers without a device cookie together, so that a thousand addresses guess as slowly as a few. */
const together: Throttle = { free: 50, forgetMs: 60_000, firstMs: 1000, longestMs: 30_000 }
const mostCallers = 10_000

/** Wrong passwords and the resulting wait. Times are milliseconds since the epoch. */
class Guesses {
  readonly #throttle: Throttle
  #level = 0
  #at = 0
  #until = 0

  constructor(throttle: Throttle) {
    this.#throttle = throttle
  }

  waitMs(now: number): number {
    // A clock that was set back must not lengthen the wait.
    return Math.min(Math.max(this.#until - now, 0), this.#throttle.longestMs)
  }

  /** @returns a function that undoes it */
  count(now: number): () => void {
    const { free, forgetMs, firstMs, longestMs } = this.#throttle
    const forgotten = Math.max(now - this.#at, 0) / forgetMs
    this.#level = Math.max(this.#level - forgotten, 0) + 1
    this.#at = now
    const over = Math.ceil(this.#level) - free
    const [before, until] = [this.#until, over < 0 ? 0 : now + Math.min(firstMs * 2 ** over, longestMs)]
    this.#until = until
    return () => {
      this.#level = Math.max(this.#level - 1, 0)
      if (this.#until === until) this.#until = before
    }
  }
}

/** A client that tries to log in. */
export interface Caller {
  /** Address or network of a stranger; the id of a device that has logged in before. */
  name: string
  /** A known device waits only for its own wrong passwords, so that strangers can't lock its owner out. */
  known: boolean
}

export class LoginLimiter {
  readonly #callers = new Lru<Guesses>(mostCallers)
  readonly #strangers = new Guesses(together)

  /** Seconds until the next try; 0 if it is allowed now. */
  waitSeconds(caller: Caller, now: Date): number {
    return Math.ceil(Math.max(0, ...this.#of(caller).map((guesses) => guesses.waitMs(now.getTime()))) / 1000)
  }

  /**
   * A try counts as wrong from its start, so that many at once are not all checked.
   * @returns a function that undoes it, for the right password
   */
  begin(caller: Caller, now: Date): () => void {
    const back = this.#of(caller).map((guesses) => guesses.count(now.getTime()))
    return () => {
      for (const takeBack of back) takeBack()
    }
  }

  #of({ name, known }: Caller): Guesses[] {
    const key = `${known ? 'device' : 'address'} ${name}`
    const own = this.#callers.get(key) ?? new Guesses(perCaller)
    this.#callers.set(key, own)
    return known ? [own] : [own, this.#strangers]
  }
}

/**
 * The cookie of a browser that has logged in before: `id.signature`. It grants no access; it only exempts from the
 * strangers' wait.
 */
export class DeviceCookies {
  readonly #key: string

  /** @param secret stays the same across restarts and password changes */
  constructor(secret: string) {
    this.#key = `device ${secret}`
  }

  make(): string {
    const id = randomBytes(12).toString('base64url')
    return `${id}.${this.#sign(id)}`
  }

  /** The id of the device; null if the cookie is missing or not ours. */
  read(cookie: string | undefined): string | null {
    const [id = '', signature = ''] = (cookie ?? '').split('.')
    return id !== '' && sameText(signature, this.#sign(id)) ? id : null
  }

  #sign(id: string): string {
    return createHmac('sha256', this.#key).update(id).digest('base64url')
  }
}
