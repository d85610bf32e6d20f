/** The daemon as a child process, started again whenever it ends, as systemd or Docker would. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface ChildOptions {
  directory: string
  configPath: string
  webPort: number
  token: string
  /** `--roles` */
  roles?: string
  /** Before the program's path, for node. */
  nodeArgs?: string[]
  /** Distinguishes the log files if a world has several daemons. */
  name?: string
}

const RESTART_MS = 150

const living = new Set<ChildProcess>()
// An interrupted bench leaves no daemon behind.
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

export const projectRoot = fileURLToPath(new URL('../../', import.meta.url))
/** Location of the built program; a bench in development has its own. */
export const programPath = join(projectRoot, process.env.REPLYD_DIST ?? 'dist', 'cli.js')

export class DaemonChild implements AsyncDisposable {
  readonly #options: ChildOptions
  #child: ChildProcess | null = null
  #timer: NodeJS.Timeout | undefined
  #wanted = false
  starts = 0
  kills = 0
  /** Unexpected exits, with their status. */
  readonly exits: string[] = []

  constructor(options: ChildOptions) {
    this.#options = options
  }

  get logPath(): string {
    return join(this.#options.directory, `${this.#options.name ?? 'daemon'}.log`)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  log(): string {
    return readFileSync(this.logPath, 'utf8')
  }

  start(): void {
    this.#wanted = true
    this.#spawn()
  }

  #spawn(): void {
    if (!this.#wanted || this.#child) return
    const { directory, configPath, roles, nodeArgs = [] } = this.#options
    const log = openSync(this.logPath, 'a')
    const args = [
      ...nodeArgs,
      programPath,
      'start',
      '--config',
      configPath,
      ...(roles ? ['--roles', roles] : []),
    ]
    const { PATH, HOME } = process.env
    const child = spawn(process.execPath, args, {
      cwd: directory,
      env: { PATH, HOME, NODE_ENV: 'production' },
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.starts++
    this.#child = child
    living.add(child)
    child.once('exit', (code, signal) => {
      living.delete(child)
      if (signal !== 'SIGKILL' && this.#wanted) this.exits.push(signal ?? String(code))
      if (this.#child === child) this.#child = null
      if (this.#wanted) this.#timer = setTimeout(() => this.#spawn(), RESTART_MS)
    })
  }

  /** SIGKILL, this instant; it is started again at once. */
  kill(): void {
    if (!this.#child) return
    this.kills++
    this.#child.kill('SIGKILL')
  }

  /** SIGTERM; resolves with the milliseconds it took to end. It is started again. */
  async terminate(): Promise<number> {
    const child = this.#child
    if (!child) return 0
    const startedAt = performance.now()
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    await exit
    return performance.now() - startedAt
  }

  /** Ends it for good, in an orderly way if possible. */
  async stop(): Promise<void> {
    this.#wanted = false
    clearTimeout(this.#timer)
    const child = this.#child
    if (!child) return
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await exit
    clearTimeout(late)
  }

  /** Asks its API; null while it does not answer. */
  async get<T>(path: string, method: 'GET' | 'POST' = 'GET'): Promise<T | null> {
    const { webPort, token } = this.#options
    try {
      const response = await fetch(`http://127.0.0.1:${webPort}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(20_000),
      })
      return response.ok ? ((await response.json()) as T) : null
    } catch {
      return null
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
