/**
 * `replyd start` in a separate process that can be killed. It runs from dist, which `npm test` and each bench build first: from
 * src it would take six seconds of CPU to begin.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Child extends AsyncDisposable {
  readonly pid: number
  /** Its log so far. */
  log(): string
  /** Resolves when its log contains that; rejects if it ends first. */
  logged(part: string): Promise<void>
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>
  /** SIGTERM; resolves with its exit status. */
  stop(): Promise<number | null>
}

interface Options {
  args: readonly string[]
  environment?: Record<string, string>
  cwd?: string
  /** A part of its log that says that it runs. */
  ready?: string
}

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** Resolves when its log says that it is running. */
export async function startChild({
  args,
  environment,
  cwd,
  ready = 'daemon.started',
}: Options): Promise<Child> {
  const child: ChildProcess = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment ?? { ...process.env, NODE_ENV: 'test' },
    ...(cwd ? { cwd } : {}),
  })
  const exit = once(child, 'exit')
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const logged = (part: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!log.includes(part)) return
        child.stderr?.off('data', look)
        resolve()
      }
      child.stderr?.on('data', look)
      child.once('exit', (code) => reject(new Error(`exited with ${code}: ${log}`)))
      child.once('error', reject)
      look()
    })
  await logged(ready)
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await exit
    return child.exitCode
  }
  return {
    pid: child.pid ?? 0,
    log: () => log,
    logged,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    [Symbol.asyncDispose]: async () => void (await end('SIGTERM')),
  }
}
