import { closeSync, openSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { newId, systemClock } from '../base/clock.ts'
import { logTo, openLog } from '../base/log.ts'
import type { AccountSettings, Config } from '../config/settings.ts'
import type { Daemon, Role } from '../daemon/daemon.ts'
import { asCalled } from './called.ts'
import { UsageError } from './failure.ts'
import { LogFile } from './log-file.ts'
import { logLine, mailLine, waitingLine } from './plain-lines.ts'
import { readConfig } from './settings.ts'
import {
  columnsOf,
  type ExitStatus,
  printable,
  type Say,
  type Terminal,
  waiting,
  writeLine,
} from './terminal.ts'

const roles: readonly Role[] = ['watch', 'work', 'web']

/** Docker allows ten seconds. */
const endsWithinMs = 9_500

interface StartOptions {
  config?: string
  roles: string
  once?: boolean
  /** `plain`: sentences here, and the log in the state directory. */
  log?: 'plain' | 'json'
}

/** Runs the daemon until it is told to stop, or with --once until everything is handled. */
export async function start(options: StartOptions, terminal: Terminal): Promise<ExitStatus> {
  const chosen = parseRoles(options.roles)
  const config = readConfig(options.config, terminal)
  const plain = (options.log ?? (terminal.stdout.isTTY ? 'plain' : 'json')) === 'plain'
  const addresses = config.accounts.map(({ owner }) => owner.address)
  const say: Say = (line) => writeLine(terminal.stdout, printable(line))
  if (plain) await say(`Starting replyd for ${addresses.join(', ')} …`)
  boundHeap()
  const { runDaemon } = await import('../daemon/daemon.ts')
  using file = plain ? new LogFile(config.state.directory) : null
  const log = file
    ? logTo(
        config.log.level,
        logged(file, addresses, (line) => say(asCalled(line, terminal.environment))),
      )
    : openLog(config.log.level)
  const { signal, stop } = shutdownSignal()
  // Nothing is under way yet, and the state on disk is safe at any moment.
  const early = () => process.exit(plain ? 130 : 0)
  signal.addEventListener('abort', early, { once: true })
  let ready = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    ready = resolve
  })
  const shown = waiting(opened, 'opening the store', plain ? terminal : undefined)
  await runDaemon({
    config,
    reread: () => readConfig(options.config, terminal),
    roles: chosen,
    once: options.once === true,
    log,
    clock: systemClock,
    newId,
    signal,
    onReady: (daemon) => {
      reloadAtHangup(daemon, stop)
      signal.removeEventListener('abort', early)
      afterwards(signal, endsWithinMs, () => {
        log.warn({ event: 'daemon.cut-short', withinMs: endsWithinMs })
        process.exit(0)
      })
      ready()
      optimiseLess()
      if (plain) void shown.then(() => tell(daemon, config, terminal, options.once === true))
      if (plain) signal.addEventListener('abort', () => void say('Stopping …'), { once: true })
    },
  }).finally(ready)
  return 0
}

/** Everything goes into the file; failures are also printed. */
function logged(file: LogFile, addresses: readonly string[], say: Say): (line: string) => void {
  let last = ''
  return (line) => {
    file.write(line)
    // The pipeline's line says which mail it is; the log names nobody.
    const shown = line.includes('"event":"step.failed"') ? null : logLine(line, addresses)
    if (shown === null) return
    // The same line is not repeated a minute later.
    const words = shown.replace(/^[\d:]+ /, '')
    if (words !== last) void say(shown)
    last = words
  }
}

/**
 * By default V8 lets the heap grow to four times the live size before it collects garbage. Collecting at 75 % growth
 * needs a fifth less memory under a backlog (docs/performance.md).
 */
function boundHeap(): void {
  setFlagsFromString('--heap-growing-percent=75')
}

/**
 * Node 20's V8 spends a fifth of a backlog's processor time on optimisations that never pay off: a daemon
 * runs much code, and little of it often. From here on V8 compiles each function once, simply, and optimises what stays
 * hot. Code that only a start needs is already compiled by then. Later versions of V8 have a compiler in between, and
 * no such flag (docs/performance.md).
 */
function optimiseLess(): void {
  if (!process.versions.v8.startsWith('11.')) return
  setFlagsFromString('--always-sparkplug')
  setFlagsFromString('--interrupt-budget=600000')
}

/** Says what a person at a terminal wants to know: that it runs, where its page is, and what becomes of each mail. */
export function tell(
  daemon: Pick<Daemon, 'url' | 'watching'> & { pipeline: Pick<Daemon['pipeline'], 'on'> },
  { accounts, web }: { accounts: readonly AccountSettings[]; web?: Pick<Config['web'], 'passwordHash'> },
  { stdout }: Pick<Terminal, 'stdout'>,
  once: boolean,
): void {
  const say = (line: string) => void writeLine(stdout, printable(line))
  const several = accounts.length > 1
  /** Why each mail waits, so that the same reason is printed once. */
  const waits = new Map<string, string>()
  daemon.pipeline.on('settled', (mail) => {
    waits.delete(mail.id)
    say(mailLine(mail, systemClock.now(), columnsOf(stdout), several))
  })
  daemon.pipeline.on('postponed', (mail, until, why) => {
    if (waits.get(mail.id) === why) return
    waits.set(mail.id, why)
    say(waitingLine(mail, systemClock.now(), until, why, several))
  })
  if (once) return
  const locked = web?.passwordHash ? ' (asks for the password of the page, see .env)' : ''
  if (daemon.url) say(`Review page: ${daemon.url}${locked}`)
  for (const each of daemon.watching) void each.then((address) => say(`replyd is running for ${address}.`))
  void Promise.all(daemon.watching).then(() => {
    if (accounts.every(({ since }) => since === 'now'))
      say('Mail that arrived before the first start is left alone.')
    say('To see it work, send it a question from another account. Ctrl+C stops it.\n')
  })
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
function shutdownSignal() {
  const controller = new AbortController()
  const names = ['SIGTERM', 'SIGINT'] as const
  const stop = (name: NodeJS.Signals) => {
    for (const each of names) process.off(each, stop)
    controller.abort(new Error(`${name} received`))
  }
  for (const name of names) process.on(name, stop)
  return { signal: controller.signal, stop }
}

/** SIGHUP: if the terminal has gone, it ends the daemon; otherwise it asks for a reload, whose result is logged. */
function reloadAtHangup(daemon: Pick<Daemon, 'reload'>, stop: (name: NodeJS.Signals) => void): void {
  const isService = !canOpenTerminal()
  process.on('SIGHUP', (name) => {
    if (isService || canOpenTerminal()) void daemon.reload().catch(() => undefined)
    else stop(name)
  })
}

/** The controlling terminal: without one, or after it was closed, this fails. */
function canOpenTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
