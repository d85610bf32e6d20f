/** `replyd service install`: a service of this user. Writes one file and needs no root; the owner starts it. */
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { asCalled, calledAs, configPath } from './called.ts'
import { UsageError } from './failure.ts'
import { readConfig } from './settings.ts'
import { asked, managerOf, type System, thisSystem } from './systemd-launchd.ts'
import { type ExitStatus, type Terminal, writeLine } from './terminal.ts'

interface ServiceOptions {
  config?: string
  print?: boolean
  force?: boolean
  json?: boolean
}

interface Service {
  path: string
  text: string
  next: string
}

interface Place {
  /** Paths of Node.js and of the program. */
  program: readonly [node: string, script: string]
  config: string
  state: string
  environment: Terminal['environment']
}

/**
 * Exit status 1, and no file, if no service of this user would run here.
 * @throws UsageError when there is such a file already, or no configuration file
 */
export async function install(
  options: ServiceOptions,
  terminal: Terminal,
  system = thisSystem,
): Promise<ExitStatus> {
  const config = configPath(options.config, terminal.environment)
  if (config === null) throw new UsageError('a service needs a configuration file: `replyd init` makes one')
  const { state } = readConfig(options.config, terminal)
  const program = [process.execPath, programFile(process.argv[1] ?? 'replyd')] as const
  const place = {
    program,
    config: resolve(config),
    state: state.directory,
    environment: terminal.environment,
  }
  const { path, text, next } = serviceFor(system.platform, place)
  const json = JSON.stringify({ path, text, written: !options.print })
  if (options.print) {
    await writeLine(terminal.stdout, options.json ? json : text.trimEnd())
    return 0
  }
  if (existsSync(path) && !options.force) throw new UsageError(`${path} already exists: --force replaces it`)
  const { words, answers } = managerOf(system)
  if ((await asked(system, answers)).lacks) {
    await writeLine(terminal.stderr, asCalled(insteadOf(words), terminal.environment))
    return 1
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { mode: 0o644 })
  await writeLine(
    terminal.stdout,
    options.json ? json : `${text}\nWritten: ${path}\nStart it:\n${asCalled(next, terminal.environment)}`,
  )
  return 0
}

const insteadOf = (
  manager: string,
) => `${manager} does not run services for this user here, so nothing was written. Use one of these instead:
  a direct login as this user (not su or sudo), if there is ${manager}: then this command works
  root, with packaging/replyd.service: see docs/operations.md
  Docker, with docker-compose.yml: docker compose up -d
  cron, every few minutes: replyd start --once
  anything that keeps a program running: replyd start --log json`

/** npx starts a link in its cache, which may be emptied at any time: the file behind it stays. */
export function programFile(started: string): string {
  return existsSync(started) ? realpathSync(started) : resolve(started)
}

/** Where the service of this user is described. */
function servicePath(platform: string, environment: Terminal['environment']): string {
  const home = environment.HOME || homedir()
  if (platform === 'darwin') return join(home, 'Library/LaunchAgents/replyd.plist')
  return join(environment.XDG_CONFIG_HOME || join(home, '.config'), 'systemd/user/replyd.service')
}

/** @throws UsageError for another system */
export function serviceFor(platform: string, place: Place): Service {
  if (platform === 'linux') return systemdUnit(place)
  if (platform === 'darwin') return launchAgent(place)
  throw new UsageError(
    'services are for systemd and launchd; elsewhere, let your own service manager run `replyd start`',
  )
}

/** Quoted for systemd.service(5), so that percent and dollar signs are not expanded. */
const quoted = (text: string) =>
  `"${text.replace(/["\\]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`

function systemdUnit({ program, config, environment }: Place): Service {
  const command = [...program, 'start', '--log', 'json', '--config', config].map(quoted).join(' ')
  return {
    path: servicePath('linux', environment),
    text: `# Written by replyd service install.
[Unit]
Description=replyd answers a mailbox
StartLimitIntervalSec=0

[Service]
WorkingDirectory=${dirname(config).replaceAll('%', '%%')}
Environment=NODE_ENV=production
ExecStart=${command}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=5
# Restarting does not fix a wrong configuration.
RestartPreventExitStatus=2
TimeoutStopSec=30
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`,
    next: `  systemctl --user daemon-reload
  systemctl --user enable --now replyd
  loginctl enable-linger          # so that it runs while you are not logged in
Its log: journalctl --user -u replyd -f`,
  }
}

const escaped = (text: string) =>
  text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign] ?? sign)

function launchAgent({ program, config, state, environment }: Place): Service {
  const path = servicePath('darwin', environment)
  const words = [...program, 'start', '--log', 'json', '--config', config]
  const entry = (name: string, text: string) => `  <key>${name}</key>\n  ${text}`
  const string = (text: string) => `<string>${escaped(text)}</string>`
  return {
    path,
    text: `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
${[
  entry('Label', string('replyd')),
  entry('ProgramArguments', `<array>\n${words.map((word) => `    ${string(word)}`).join('\n')}\n  </array>`),
  entry('WorkingDirectory', string(dirname(config))),
  entry('RunAtLoad', '<true/>'),
  entry('KeepAlive', '<dict><key>SuccessfulExit</key><false/></dict>'),
  entry('Umask', '<integer>63</integer>'),
  entry('StandardErrorPath', string(join(state, 'replyd.log'))),
].join('\n')}
</dict>
</plist>
`,
    next: `  launchctl load -w ${path}
Its log: replyd logs -f`,
  }
}

interface StateOptions {
  json?: boolean
}

/** @throws UsageError for another system */
const serviceOf = (system: System, { environment }: Terminal) => ({
  ...managerOf(system),
  path: servicePath(system.platform, environment),
})

/** What this user's service manager says about it. Exit status 1 unless it is installed and runs. */
export async function serviceStatus(
  options: StateOptions,
  terminal: Terminal,
  system = thisSystem,
): Promise<ExitStatus> {
  const { path, words, runs, log } = serviceOf(system, terminal)
  const installed = existsSync(path)
  const answer = installed ? await asked(system, runs) : { ok: false, said: '', lacks: false }
  const said = system.platform === 'darwin' && answer.ok ? 'loaded' : answer.said
  const replyd = calledAs(terminal.environment)
  const state = answer.lacks ? `${words} ${said}.` : `${words} says: ${said || 'not running'}`
  const text = installed
    ? `Installed: ${path}\n${state}\nIts log: ${asCalled(log, terminal.environment)}\nWhat replyd itself says: ${replyd} status`
    : `There is no service yet: ${replyd} service install`
  const json = { path, installed, running: answer.ok, said }
  await writeLine(terminal.stdout, options.json ? JSON.stringify(json) : text)
  return answer.ok ? 0 : 1
}

/** Stops the service and removes its file. Mail, settings and state stay. */
export async function uninstall(
  options: StateOptions,
  terminal: Terminal,
  system = thisSystem,
): Promise<ExitStatus> {
  const { path, words, stop } = serviceOf(system, terminal)
  if (!existsSync(path)) throw new Error(`there is no service to remove: ${path} does not exist`)
  const { ok, said: answer, lacks } = await asked(system, stop(path))
  rmSync(path)
  // Without a service manager there is nothing to stop.
  const stopped = ok || lacks === true
  const how = ok ? 'Stopped, and removed' : 'Removed'
  const said = stopped
    ? `${how}: ${path}\nYour settings, passwords and data stay where they are.`
    : `Removed: ${path}\n${words} did not stop it (${answer}). It no longer starts automatically.`
  await writeLine(terminal.stdout, options.json ? JSON.stringify({ path, removed: true, stopped }) : said)
  return stopped ? 0 : 1
}
