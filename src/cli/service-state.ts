/** `replyd service status` and `uninstall`: what this user's service manager says of it, and its end. */
import { existsSync, rmSync } from 'node:fs'
import { asCalled, calledAs } from './called.ts'
import { servicePath } from './service.ts'
import { asked, managerOf, type System, thisSystem } from './systemd-launchd.ts'
import { type ExitStatus, type Terminal, writeLine } from './terminal.ts'

interface Options {
  json?: boolean
}

/** @throws UsageError for another system */
const serviceOf = (system: System, { environment }: Terminal) => ({
  ...managerOf(system),
  path: servicePath(system.platform, environment),
})

/** Exit status 1 unless it is installed and runs. */
export async function serviceStatus(
  options: Options,
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
  options: Options,
  terminal: Terminal,
  system = thisSystem,
): Promise<ExitStatus> {
  const { path, words, stop } = serviceOf(system, terminal)
  if (!existsSync(path)) throw new Error(`there is no service to remove: ${path} is not there`)
  const { ok, said: answer, lacks } = await asked(system, stop(path))
  rmSync(path)
  // Without a service manager there is nothing to stop.
  const stopped = ok || lacks === true
  const how = ok ? 'Stopped, and removed' : 'Removed'
  const said = stopped
    ? `${how}: ${path}\nYour settings, passwords and data stay where they are.`
    : `Removed: ${path}\n${words} did not stop it (${answer}). It no longer starts by itself.`
  await writeLine(terminal.stdout, options.json ? JSON.stringify({ path, removed: true, stopped }) : said)
  return stopped ? 0 : 1
}
