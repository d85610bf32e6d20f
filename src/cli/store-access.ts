/** Commands that need the whole store: through the daemon if only it may open the store, otherwise directly. */
import { join } from 'node:path'
import { silentLog } from '../base/log.ts'
import type { Config } from '../config/settings.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { readHolder } from '../store/lock.ts'
import { type ApiClient, accessLeft, openApi } from './api-client.ts'
import { readPlace } from './settings.ts'
import type { Terminal } from './terminal.ts'

interface Ways<T> {
  /** A daemon is running: on the embedded store, or on another machine (REPLYD_URL). */
  api: (api: ApiClient) => Promise<T>
  /** The store is open, and no other process needs exclusive access to it. */
  direct: (db: Database, state: Config['state']) => Promise<T>
}

/**
 * PostgreSQL allows any number of processes, the embedded store one: if a daemon has it open, the daemon is asked.
 * @param asItIs leaves an older schema unchanged
 * @throws UsageError or Error when that daemon has no web pages and so can't be asked
 */
export async function withStore<T>(
  config: string | undefined,
  terminal: Terminal,
  ways: Ways<T>,
  { asItIs = false }: { asItIs?: boolean } = {},
): Promise<T> {
  if (terminal.environment.REPLYD_URL) return ways.api(openApi(config, terminal))
  const place = readPlace(config, terminal)
  if (place.config === null) {
    if (accessLeft(place.directory)) return ways.api(openApi(config, terminal))
    throw place.fault
  }
  const { state } = place.config
  const running = runningDaemon(state)
  if (running === null) {
    await using db = await openDatabase(state, silentLog, { asItIs })
    return await ways.direct(db, state)
  }
  try {
    return await ways.api(openApi(config, terminal))
  } catch (cause) {
    if (!(cause instanceof Error) || !/no daemon answers|no daemon runs here/.test(cause.message)) throw cause
    throw new Error(
      `the running replyd (pid ${running}) has the embedded store open and can't be asked: stop it, or start it with the role web`,
      { cause },
    )
  }
}

/** Pid of the daemon that has the embedded store; null when there is none, or the store is PostgreSQL. */
function runningDaemon({ databaseUrl, directory }: Config['state']): number | null {
  return databaseUrl === null ? readHolder(join(directory, 'lock')) : null
}
