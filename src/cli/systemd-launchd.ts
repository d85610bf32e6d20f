/** The service managers that run replyd for a user, and how each is asked. */
import { execFile } from 'node:child_process'
import { UsageError } from './failure.ts'

interface Answer {
  ok: boolean
  /** The first line of what it printed, or why it did not run. */
  said: string
  /** No service manager runs for this user: in a container, after `su`, in some sessions of SSH. */
  lacks?: boolean
}

/** Runs a program of the system. */
export type Ask = (program: string, args: readonly string[]) => Promise<Answer>

/** Where this runs, and how its service manager is asked. */
export interface System {
  platform: string
  ask: Ask
}

type Command = readonly [program: string, ...args: string[]]

interface Manager {
  words: string
  /** Succeeds if the service manager runs for this user. */
  answers: Command
  runs: Command
  stop: (path: string) => Command
  log: string
}

const patienceMs = 20_000

const askSystem: Ask = (program, args) =>
  new Promise((resolve) => {
    execFile(program, args, { timeout: patienceMs, encoding: 'utf8' }, (error, stdout, stderr) => {
      const missing = error?.code === 'ENOENT' ? `there is no ${program} here` : ''
      const [said = ''] = `${stdout}\n${stderr}`.trim().split('\n')
      resolve({ ok: error === null, said: missing || said })
    })
  })

export const thisSystem: System = { platform: process.platform, ask: askSystem }

const managers: Readonly<Record<string, Manager>> = {
  linux: {
    words: 'systemd',
    answers: ['systemctl', '--user', 'show-environment'],
    runs: ['systemctl', '--user', 'is-active', 'replyd'],
    stop: () => ['systemctl', '--user', 'disable', '--now', 'replyd'],
    log: 'journalctl --user -u replyd -f',
  },
  darwin: {
    words: 'launchd',
    answers: ['launchctl', 'list'],
    runs: ['launchctl', 'list', 'replyd'],
    stop: (path) => ['launchctl', 'unload', '-w', path],
    log: 'replyd logs -f',
  },
}

/** @throws UsageError for another system */
export function managerOf({ platform }: System): Manager {
  const manager = managers[platform]
  if (manager === undefined) throw new UsageError('services are for systemd and launchd')
  return manager
}

/** What systemctl says if it finds no systemd. */
const lacking =
  /connect to (the )?(user scope )?bus|No medium found|XDG_RUNTIME_DIR|not been booted with systemd|^there is no \w+ here$/

/** Asks the service manager. If there is none, the answer says so in words that a person understands. */
export async function asked({ ask }: System, [program, ...args]: Command): Promise<Answer> {
  const answer = await ask(program, args)
  if (answer.ok || !lacking.test(answer.said)) return answer
  return { ok: false, said: 'does not run services for this user here', lacks: true }
}
