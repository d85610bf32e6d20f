/** For programs that embed replyd: the daemon of `replyd start` inside their own process. */
import { readFileSync } from 'node:fs'
import type { Telemetry } from 'bullmq'
import { newId, systemClock } from './base/clock.ts'
import { type Log, openLog } from './base/log.ts'
import type { Changes } from './config/changes.ts'
import { loadConfig } from './config/config.ts'
import type { Config } from './config/settings.ts'
import { type Role, runDaemon } from './daemon/daemon.ts'

export type { Telemetry } from 'bullmq'
export { ConfigError } from './base/errors.ts'
export type { Log } from './base/log.ts'
export type { Change, Changes } from './config/changes.ts'
export type { Config } from './config/settings.ts'
export type { Role } from './daemon/daemon.ts'

export interface StartOptions {
  /** Path of a replyd.yaml, or a configuration returned by `readConfig`. Null: everything from the environment. */
  config: string | Config | null
  /** Variables that the configuration may refer to; process.env if absent. */
  environment?: Readonly<Record<string, string | undefined>>
  /** All of them when absent. */
  roles?: readonly Role[]
  /** Handle the waiting mail, then end: `ended` resolves. */
  once?: boolean
  /** A pino logger; JSON lines on stderr when absent. */
  log?: Log
  /**
   * Receives a span for each job, such as `new BullMQOtel()` of the package bullmq-otel. Spans name queues, steps, job
   * ids and kinds of errors; nothing from a mail. It is used instead of `log.traces`.
   */
  telemetry?: Telemetry
}

export interface RunningReplyd extends AsyncDisposable {
  /** Address of the web pages; null without the role `web`. */
  readonly url: string | null
  /** Resolves when the daemon has ended; rejects if it failed. */
  readonly ended: Promise<void>
  /**
   * Reads the configuration again and uses what can change without a restart.
   * @throws ConfigError naming every fault, or when it was given as an object: then nothing has changed
   */
  reload(): Promise<Changes>
  /** Finishes the work in progress and closes everything. */
  stop(): Promise<void>
}

/** @param path null: everything from the environment @throws ConfigError naming every fault */
export function readConfig(
  path: string | null,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  return loadConfig({ path, environment, readFile: (name) => readFileSync(name, 'utf8') })
}

/**
 * Starts the daemon and resolves when it is running.
 * @throws ConfigError, and errors that prevent the start: the store or the queue can't be reached
 */
export function startReplyd(options: StartOptions): Promise<RunningReplyd> {
  const { config: given, environment = process.env } = options
  const isRead = typeof given === 'string' || given === null
  const config = isRead ? readConfig(given, environment) : given
  const stopping = new AbortController()
  return new Promise((resolve, reject) => {
    const ended = runDaemon({
      config,
      reread: isRead ? () => readConfig(given, environment) : null,
      roles: options.roles ?? ['watch', 'work', 'web'],
      once: options.once ?? false,
      log: options.log ?? openLog(config.log.level),
      clock: systemClock,
      newId,
      telemetry: options.telemetry ?? null,
      signal: stopping.signal,
      onReady: ({ url, reload }) => resolve({ url, ended, reload, stop, [Symbol.asyncDispose]: stop }),
    })
    const stop = async () => {
      stopping.abort()
      await ended
    }
    ended.catch(reject)
  })
}
