import { setFlagsFromString } from 'node:v8'
import { newId, systemClock } from '../base/clock.ts'
import { outcomeOf } from '../base/dispositions.ts'
import { openLog } from '../base/log.ts'
import { sentenceOf } from '../base/reasons.ts'
import type { AccountSettings } from '../config/settings.ts'
import type { Daemon, Role } from '../daemon/daemon.ts'
import { UsageError } from './failure.ts'
import { readConfig } from './settings.ts'
import { type ExitStatus, hasColours, printable, type Terminal, writeLine } from './terminal.ts'

const roles: readonly Role[] = ['watch', 'work', 'web']

/** Docker allows ten seconds. */
const endsWithinMs = 9_500

interface StartOptions {
  config?: string
  roles: string
  once?: boolean
}

/** Runs the daemon until it is told to stop, or with --once until everything is handled. */
export async function start(options: StartOptions, terminal: Terminal): Promise<ExitStatus> {
  const chosen = parseRoles(options.roles)
  const config = readConfig(options.config, terminal)
  boundHeap()
  const { runDaemon } = await import('../daemon/daemon.ts')
  const log = openLog(config.log.level, hasColours({ ...terminal, stdout: terminal.stderr }))
  const signal = shutdownSignal()
  afterwards(signal, endsWithinMs, () => {
    log.warn({ event: 'daemon.cut-short', withinMs: endsWithinMs })
    process.exit(0)
  })
  await runDaemon({
    config,
    roles: chosen,
    once: options.once === true,
    log,
    clock: systemClock,
    newId,
    signal,
    onReady: (daemon) => {
      if (terminal.stdout.isTTY && !options.once) greet(daemon, config, terminal)
    },
  })
  return 0
}

/**
 * By default V8 lets the heap grow to four times the live size before it collects garbage. Collecting at 75 % growth
 * needs a fifth less memory under a backlog (docs/performance.md).
 */
function boundHeap(): void {
  setFlagsFromString('--heap-growing-percent=75')
}

/** For a person at a terminal; otherwise the log is written. Lines name nobody, as in the log. */
export function greet(
  { pipeline, url }: { pipeline: Pick<Daemon['pipeline'], 'on'>; url: string | null },
  { accounts }: { accounts: readonly AccountSettings[] },
  { stdout }: Pick<Terminal, 'stdout'>,
): void {
  const say = (line: string) => void writeLine(stdout, printable(line))
  say(
    `replyd is running for ${accounts.map(({ owner }) => owner.address).join(', ')}. Press Ctrl+C to stop it.`,
  )
  if (url) say(`Review page: ${url}`)
  if (accounts.every(({ since }) => since === 'now'))
    say('Mail that arrived before the first start is left alone.')
  say('To see it work, send a question to that address from another account.\n')
  pipeline.on('settled', ({ disposition, reason }) =>
    say(
      disposition === 'drafted'
        ? 'A reply is in your Drafts mailbox.'
        : `A mail was handled: ${outcomeOf(disposition)}. ${sentenceOf(reason)}`,
    ),
  )
}

/** @throws UsageError naming unknown roles */
function parseRoles(list: string): Role[] {
  const names = list.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !roles.some((role) => role === name))
  if (unknown.length > 0) {
    throw new UsageError(`--roles: "${unknown.join(', ')}" is not one of ${roles.join(', ')}`)
  }
  return roles.filter((role) => names.includes(role))
}

/**
 * Calls `act` this many milliseconds after the signal, if the process is still running. A supervisor would send
 * SIGKILL soon after: aborted work is resumed at the next start in both cases.
 */
export function afterwards(signal: AbortSignal, ms: number, act: () => void): void {
  signal.addEventListener('abort', () => void setTimeout(act, ms).unref(), { once: true })
}

/** Aborts at the first SIGTERM or SIGINT. The handlers are then removed, so a second one ends the process at once. */
function shutdownSignal(): AbortSignal {
  const controller = new AbortController()
  const names = ['SIGTERM', 'SIGINT'] as const
  const stop = (name: NodeJS.Signals) => {
    for (const each of names) process.off(each, stop)
    controller.abort(new Error(`${name} received`))
  }
  for (const name of names) process.on(name, stop)
  return controller.signal
}
