import { existsSync, readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { loadConfig } from '../config/config.ts'
import { withoutSecrets } from '../config/hidden.ts'
import type { Config } from '../config/settings.ts'
import { type ExitStatus, type Terminal, writeLine } from './terminal.ts'

/**
 * The requested file, otherwise replyd.yaml in the working directory, otherwise null: everything from the
 * environment.
 */
function configPath(option: string | undefined, environment: Terminal['environment']): string | null {
  const named = option ?? environment.REPLYD_CONFIG
  if (named) return named
  return ['replyd.yaml', 'replyd.yml'].find((name) => existsSync(name)) ?? null
}

/** @throws ConfigError naming every fault */
export function readConfig(option: string | undefined, { environment }: Terminal): Config {
  const readFile = (path: string) => readFileSync(path, 'utf8')
  return loadConfig({ path: configPath(option, environment), environment, readFile })
}

/** Prints the settings with defaults, overrides and variables applied; durations in milliseconds. */
export async function showConfig(
  options: { config?: string; json?: boolean },
  terminal: Terminal,
): Promise<ExitStatus> {
  const shown = withoutSecrets(readConfig(options.config, terminal))
  await writeLine(terminal.stdout, options.json ? JSON.stringify(shown) : stringify(shown).trimEnd())
  return 0
}
