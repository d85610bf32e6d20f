/** New settings for a running daemon. */
import { ConfigError, reasonOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { applicable, type Changes, changesOf, type Located } from '../config/changes.ts'
import type { LoadedConfig } from '../config/config.ts'
import type { Config } from '../config/settings.ts'
import type { Accounts } from './accounts.ts'

/** Where settings come from: the file, and whatever lies over it. May be read again and again. */
export type ReadSettings = () => LoadedConfig | Promise<LoadedConfig>

/**
 * The settings of a running daemon. Steps, pages and observers read them through `StepContext`, whose `config` and
 * `accounts` always show the present ones.
 *
 * To change settings while the daemon runs, build the whole new `Config` and call `use`. To lay something over the
 * file, such as settings that are kept in the store, put it into `DaemonOptions.reread`: read the file there, add to its
 * document, resolve it. After each change of yours call `reload` (`WebContext.reload` in pages and in the API).
 */
export class LiveSettings {
  #config: Config
  readonly #accounts: Accounts
  readonly #log: Log
  readonly #read: ReadSettings | null
  #reloading: Promise<unknown> = Promise.resolve()

  /** @param read null: the settings can't be read again */
  constructor(
    config: Config,
    { accounts, log, read }: { accounts: Accounts; log: Log; read: ReadSettings | null },
  ) {
    this.#config = config
    this.#accounts = accounts
    this.#log = log
    this.#read = read
  }

  get config(): Config {
    return this.#config
  }

  /**
   * Reads the settings again and uses them, one call after the other.
   * @throws ConfigError naming every fault with its line: then nothing has changed
   */
  reload(): Promise<Changes> {
    const reloaded = this.#reloading.then(async () => {
      if (this.#read === null)
        throw new ConfigError("This daemon was given its settings: it can't read them again.")
      const { config, ...source } = await this.#read()
      return this.use(config, source)
    })
    this.#reloading = reloaded.catch((error: unknown) =>
      this.#log.error({ event: 'config.refused', reason: reasonOf(error) }),
    )
    return reloaded
  }

  /**
   * Uses new settings from now on, as far as that is possible without a restart (`applicable` says what is). The next
   * step of each mail sees them; a step under way ends with the old ones.
   * @param source names the lines of what changed; null if there are none
   * @throws ConfigError when a prompt is faulty or a knowledge folder is missing: then nothing has changed
   */
  use(next: Config, source: Located | null): Changes {
    const now = this.#config
    const used = applicable(now, next)
    this.#accounts.renew(used.accounts)
    this.#config = used
    if (used.log.level !== now.log.level) this.#accounts.logFrom(used.log.level)
    const changes = { changed: changesOf(now, used, source), refused: changesOf(used, next, source) }
    const keys = (all: Changes['changed']) => [...new Set(all.map(({ key }) => key))]
    this.#log.info({
      event: 'config.reloaded',
      changed: keys(changes.changed),
      restart: keys(changes.refused),
    })
    return changes
  }
}
