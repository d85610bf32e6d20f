import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Account, isRoot } from './account.ts'
import { allGone, family, signal } from './family.ts'
import { startWatchdog, type Watchdog } from './watchdog.ts'

/** The interface of every server in the harness. Ports and directory stay the same for its lifetime. */
export interface Daemon extends AsyncDisposable {
  readonly name: string
  readonly directory: string
  /** Undefined while the server is down. */
  readonly pid: number | undefined
  /** Starts it again after stop() or kill(); resolves when it answers in its protocol. */
  start(): Promise<void>
  /** Shuts it down cleanly; its data stays. */
  stop(): Promise<void>
  /** SIGKILL to it and to all its children, as a crash of the machine would, except that the page cache survives. */
  kill(): Promise<void>
  restart(): Promise<void>
  /** Freezes it and its children (SIGSTOP): connections stay open, nothing answers. */
  freeze(): void
  thaw(): void
  /** Everything that it has written to its log. */
  log(): string
}

export interface DaemonOptions {
  name: string
  directory: string
  command: string
  args: string[]
  /** Default: the account that we run as. */
  account?: Account
  stopSignal?: NodeJS.Signals
  /** Runs when it is disposed of, while its directory still exists: frees resources that SIGKILL leaves behind. */
  release?(): Promise<void>
  /** Rejects while the server does not answer in its protocol. */
  ready(): Promise<void>
  /** When a start counts as hung, in milliseconds; five minutes when absent. */
  timeoutMs?: number
}

const STOP_DEADLINE_MS = 10_000

/** A new directory below the system's temporary one that `account` may use. */
export function serverDirectory(name: string, account?: Account): string {
  const directory = mkdtempSync(join(tmpdir(), `replyd-${name}-`))
  chmodSync(directory, 0o755)
  if (account && isRoot) chownSync(directory, account.uid, account.gid)
  return directory
}

class ServerDaemon implements Daemon {
  readonly name: string
  readonly directory: string
  readonly #options: DaemonOptions
  readonly #watchdog: Watchdog
  #child: ChildProcess | undefined
  #exit: Promise<unknown> | undefined

  constructor(options: DaemonOptions) {
    this.name = options.name
    this.directory = options.directory
    this.#options = options
    this.#watchdog = startWatchdog(options.directory, options.stopSignal ?? 'SIGTERM')
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  async start(): Promise<void> {
    if (this.#child) return
    const { command, args, account } = this.#options
    const log = openSync(join(this.directory, 'output'), 'a')
    const child = spawn(command, args, {
      cwd: this.directory,
      stdio: ['ignore', log, log],
      detached: true, // a separate process group: Ctrl-C on the terminal must not end it before its tests end
      ...(account && isRoot ? { uid: account.uid, gid: account.gid } : {}),
    })
    closeSync(log)
    child.unref()
    if (child.pid) this.#watchdog.guard(child.pid)
    this.#child = child
    let failure: Error | undefined
    child.once('error', (cause) => {
      failure = new Error(`${this.name}: ${command} can't be started: ${cause.message}`, { cause })
    })
    child.once('exit', (code, by) => {
      failure ??= new Error(`${this.name} ended (${code ?? by}):\n${this.#ending()}`)
      if (this.#child === child) this.#child = undefined
    })
    this.#exit = once(child, 'exit').catch(() => undefined)
    await this.#answers(() => failure)
  }

  async #answers(failure: () => Error | undefined): Promise<void> {
    // For a hang only.
    const late = AbortSignal.timeout(this.#options.timeoutMs ?? 300_000)
    for (;;) {
      try {
        await this.#options.ready()
        // If our server has ended because the port was taken, another process has answered.
        const ended = failure()
        if (ended) throw ended
        return
      } catch (cause) {
        const ended = failure()
        if (ended) throw ended
        if (late.aborted) {
          await this.kill()
          throw new Error(`${this.name} does not answer:\n${this.#ending()}`, { cause })
        }
      }
      await pause(10)
    }
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (!child?.pid) return
    this.thaw()
    child.ref()
    const members = family(child.pid)
    signal(child.pid, this.#options.stopSignal ?? 'SIGTERM')
    const late = new AbortController()
    const patience = pause(STOP_DEADLINE_MS, 'late', { signal: late.signal, ref: false }).catch(
      () => 'in time',
    )
    if ((await Promise.race([this.#exit, patience])) === 'late') return this.kill()
    late.abort()
    await allGone(members)
    this.#watchdog.guard(undefined)
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (!child?.pid) return
    child.ref()
    const members = family(child.pid)
    for (const member of members) signal(member, 'SIGKILL')
    await this.#exit
    for (const straggler of family(child.pid)) signal(straggler, 'SIGKILL') // forked while we looked
    await allGone(members)
    this.#watchdog.guard(undefined)
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  freeze(): void {
    if (this.pid) for (const member of family(this.pid)) signal(member, 'SIGSTOP')
  }

  thaw(): void {
    if (this.pid) for (const member of family(this.pid)) signal(member, 'SIGCONT')
  }

  log(): string {
    return readFileSync(join(this.directory, 'output'), 'utf8')
  }

  /** The end of its log, and of its output if its log is a separate file. */
  #ending(): string {
    const printed = readFileSync(join(this.directory, 'output'), 'utf8')
    const log = this.log()
    return log === printed ? log.slice(-2000) : `${printed.slice(-1000)}\n${log.slice(-2000)}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill() // its data is removed, so a clean shutdown is not needed
    await this.#options.release?.()
    await this.#watchdog.dismiss()
  }
}

/** Starts a server and waits until it answers. @throws with the end of its log when it does not */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const daemon = new ServerDaemon(options)
  try {
    await daemon.start()
  } catch (error) {
    await daemon[Symbol.asyncDispose]()
    throw error
  }
  return daemon
}

/** Runs `start` again, with new ports, when someone else took the port between our choice and the server's bind. */
export async function withFreshPorts<Started>(start: () => Promise<Started>): Promise<Started> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start()
    } catch (error) {
      if (attempt === 5 || !/address (already )?in use/i.test(String(error))) throw error
    }
  }
}
