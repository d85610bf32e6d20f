/** `replyd service status` and `uninstall`: what this user's service manager says of it, and its end. */
import { execFile } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { UsageError } from './failure.ts'
import { servicePath } from './service.ts'
import { calledAs, type ExitStatus, type Terminal, writeLine } from './terminal.ts'

interface Answer {
  ok: boolean
  /** The first line of what it printed, or why it did not run. */
  said: string
}

/** Runs a program of the system. */
export type Ask = (program: string, args: readonly string[]) => Promise<Answer>

const patienceMs = 20_000

const askSystem: Ask = (program, args) =>
  new Promise((resolve) => {
    execFile(program, args, { timeout: patienceMs, encoding: 'utf8' }, (error, stdout, stderr) => {
      const missing = error?.code === 'ENOENT' ? `there is no ${program} here` : ''
      const [said = ''] = `${stdout}\n${stderr}`.trim().split('\n')
      resolve({ ok: error === null, said: missing || said })
    })
  })

interface Options {
  json?: boolean
}

const managers: Readonly<Record<string, { words: string; runs: Command; stop: Command[]; log: string }>> = {
  linux: {
    words: 'systemd',
    runs: () => ['systemctl', '--user', 'is-active', 'replyd'],
    stop: [() => ['systemctl', '--user', 'disable', '--now', 'replyd']],
    log: 'journalctl --user -u replyd -f',
  },
  darwin: {
    words: 'launchd',
    runs: () => ['launchctl', 'list', 'replyd'],
    stop: [(path) => ['launchctl', 'unload', '-w', path]],
    log: 'replyd logs -f',
  },
}

type Command = (path: string) => [program: string, ...args: string[]]

/** Where this runs, and how its service manager is asked. */
export interface System {
  platform: string
  ask: Ask
}

const thisSystem: System = { platform: process.platform, ask: askSystem }

/** @throws UsageError for another system */
function serviceOf({ platform }: System, { environment }: Terminal) {
  const manager = managers[platform]
  if (manager === undefined) throw new UsageError('services are for systemd and launchd')
  return { ...manager, path: servicePath(platform, environment) }
}

/** Exit status 1 unless it is installed and runs. */
export async function serviceStatus(
  options: Options,
  terminal: Terminal,
  system = thisSystem,
): Promise<ExitStatus> {
  const { path, words, runs, log } = serviceOf(system, terminal)
  const installed = existsSync(path)
  const [program, ...args] = runs(path)
  const answer = installed ? await system.ask(program, args) : { ok: false, said: '' }
  const said = system.platform === 'darwin' && answer.ok ? 'loaded' : answer.said
  const replyd = calledAs(terminal.environment)
  const text = installed
    ? `Installed: ${path}\n${words} says: ${said || 'not running'}\nIts log: ${log}\nWhat replyd itself says: ${replyd} status`
    : `There is no service yet: ${replyd} service install`
  const json = { path, installed, running: answer.ok, said }
  await writeLine(terminal.stdout, options.json ? JSON.stringify(json) : text)
  return answer.ok ? 0 : 1
}

/** Stops the service and removes its file. Mail, settings and state stay. */
export async function uninstall(
  options: Options,
  terminal: Terminal,
  system = thisSystem,
): Promise<ExitStatus> {
  const { path, words, stop } = serviceOf(system, terminal)
  if (!existsSync(path)) throw new Error(`there is no service to remove: ${path} is not there`)
  const answers: Answer[] = []
  for (const command of stop) {
    const [program, ...args] = command(path)
    answers.push(await system.ask(program, args))
  }
  rmSync(path)
  const refused = answers.find(({ ok }) => !ok)
  const stopped = refused === undefined
  const said = stopped
    ? `Stopped, and removed: ${path}\nYour settings, passwords and data stay where they are.`
    : `Removed: ${path}\n${words} did not stop it (${refused.said}). It no longer starts by itself.`
  await writeLine(terminal.stdout, options.json ? JSON.stringify({ path, removed: true, stopped }) : said)
  return stopped ? 0 : 1
}
