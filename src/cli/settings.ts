import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { ConfigError, reasonOf } from '../base/errors.ts'
import { isExposed, makePrivate } from '../base/files.ts'
import { loadConfig, stateDirectoryOf } from '../config/config.ts'
import { reusable } from '../config/hidden.ts'
import type { Config } from '../config/settings.ts'
import { configPath } from './called.ts'
import { type ExitStatus, type Terminal, writeLine } from './terminal.ts'

const readFile = (path: string) => readFileSync(path, 'utf8')

/** @throws ConfigError naming every fault */
export function readConfig(option: string | undefined, { environment, stderr }: Terminal): Config {
  const path = configPath(option, environment)
  const secrets = join(path === null ? process.cwd() : dirname(resolve(path)), '.env')
  if (isExposed(secrets)) stderr.write(`replyd: ${madePrivate(secrets)}\n`)
  return loadConfig({ path, environment, readFile })
}

export interface Place {
  /** The state directory, where a running daemon is found. */
  directory: string
  /** Null if it has faults. */
  config: Config | null
  fault: ConfigError | null
}

/** Where the daemon is. It may run with other settings, so faults in the file must not prevent finding it. */
export function readPlace(option: string | undefined, terminal: Terminal): Place {
  try {
    const config = readConfig(option, terminal)
    return { directory: config.state.directory, config, fault: null }
  } catch (fault) {
    if (!(fault instanceof ConfigError)) throw fault
    const { environment } = terminal
    const path = configPath(option, environment)
    return { directory: stateDirectoryOf({ path, environment, readFile }), config: null, fault }
  }
}

/** If this person may not change the mode, the message still says what is wrong. */
function madePrivate(path: string): string {
  try {
    makePrivate(path)
    return `other users could read ${path}: now only you can read it (mode 600)`
  } catch (error) {
    return reasonOf(error)
  }
}

/** Prints an equivalent configuration that can be used again: defaults written out, paths absolute, no secrets. */
export async function showConfig(
  options: { config?: string; json?: boolean },
  terminal: Terminal,
): Promise<ExitStatus> {
  const { document, variables } = reusable(readConfig(options.config, terminal))
  const text = options.json
    ? JSON.stringify(document)
    : `${aboutVariables([...variables.keys()])}${stringify(document, { lineWidth: 100 }).trimEnd()}`
  await writeLine(terminal.stdout, text)
  return 0
}

function aboutVariables(names: readonly string[]): string {
  if (names.length === 0) return ''
  const lines = [
    'Secrets that are written in the configuration as text are left out.',
    'To use this again, set these variables, in the environment or in .env:',
    ...names.map((name) => `  ${name}`),
  ]
  return lines.map((line) => `# ${line}\n`).join('')
}
