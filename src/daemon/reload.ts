/** New settings for a running daemon. */
import { ConfigError, reasonOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { applicable, type Changes, changesOf } from '../config/changes.ts'
import { baseOf } from '../config/config.ts'
import type { Config } from '../config/settings.ts'
import type { Accounts } from './accounts.ts'

/**
 * The settings of a running daemon. Steps, pages and observers read them through `StepContext`, whose `config` and
 * `accounts` always show the current ones. To change settings while the daemon runs, build the whole new `Config` and
 * call `use`.
 */
export class LiveSettings {
  #config: Config
  readonly #accounts: Accounts
  readonly #log: Log
  #reloading: Promise<unknown> = Promise.resolve()

  constructor(config: Config, accounts: Accounts, log: Log) {
    this.#config = config
    this.#accounts = accounts
    this.#log = log
  }

  get config(): Config {
    return this.#config
  }

  /**
   * Reads the settings again and uses them, one call at a time. The result is logged.
   * @param read null: they can't be read again
   * @param complete adds the settings of the page to those that were read
   * @throws ConfigError naming every fault with its line: then nothing has changed
   */
  reload(read: (() => Config) | null, complete: (config: Config) => Promise<Config>): Promise<Changes> {
    const reloaded = this.#reloading.then(async () => {
      if (read === null)
        throw new ConfigError("This daemon was given its settings: it can't read them again.")
      const changes = this.use(await complete(read()))
      const keys = (all: Changes['changed']) => [...new Set(all.map(({ key }) => key))]
      const [changed, restart] = [keys(changes.changed), keys(changes.refused)]
      this.#log.info({ event: 'config.reloaded', changed, restart })
      return changes
    })
    this.#reloading = reloaded.catch((error: unknown) =>
      this.#log.error({ event: 'config.refused', reason: reasonOf(error) }),
    )
    return reloaded
  }

  /**
   * Uses new settings from now on, as far as that is possible without a restart (`applicable` says what is). The next
   * step of each mail sees them; a step under way ends with the old ones.
   * @throws ConfigError when a prompt is faulty or a knowledge folder is missing: then nothing has changed
   */
  use(next: Config): Changes {
    const now = this.#config
    const used = applicable(now, next)
    this.#accounts.renew(used.accounts)
    this.#config = used
    if (used.log.level !== now.log.level) this.#accounts.logFrom(used.log.level)
    const source = baseOf(next)?.source ?? null
    return { changed: changesOf(now, used, source), refused: changesOf(used, next, source) }
  }
}
