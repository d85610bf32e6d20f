/** The password that opens the pages: of the configuration, or else the one that was set on the page. */
import type { Config } from '../config/settings.ts'
import { loadPagePassword, savePagePassword } from '../store/people.ts'
import type { Queryable } from '../store/queryable.ts'
import { checkedHash } from './people.ts'
import { Refusal } from './review.ts'

interface Settings {
  readonly db: Queryable
  readonly config: { readonly web: Pick<Config['web'], 'passwordHash'> }
}

/** Null: there is none, and everybody on this machine is the owner. */
export const pagePasswordHash = async ({ db, config }: Settings): Promise<string | null> =>
  config.web.passwordHash ?? (await loadPagePassword(db))

export class PagePassword {
  readonly #settings: Settings
  #known: string | null

  constructor(settings: Settings) {
    this.#settings = settings
    this.#known = settings.config.web.passwordHash
  }

  /** Whether there is a password, as of the last call of `hash`. */
  get isKnown(): boolean {
    return this.#known !== null
  }

  /** The configuration names it, so that it can't be changed on the page. */
  get isConfigured(): boolean {
    return this.#settings.config.web.passwordHash !== null
  }

  /** Null: there is none. Another process may have set it a moment ago: the store is asked each time. */
  async hash(): Promise<string | null> {
    this.#known = await pagePasswordHash(this.#settings)
    return this.#known
  }

  /**
   * Sets the first one, or another one; either way every session ends.
   * @param follows the hash of the password that the person has confirmed; null for the first
   * @throws Refusal when the configuration names one, somebody else was faster, or it is too short or too long
   */
  async set(password: string, follows: string | null, by: { actor: string; at: Date }): Promise<string> {
    if (this.isConfigured) throw new Refusal('password-locked')
    const hash = checkedHash(password)
    if (!(await savePagePassword(this.#settings.db, { hash, follows, ...by })))
      throw new Refusal('password-changed')
    this.#known = hash
    return hash
  }
}
