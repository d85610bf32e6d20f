import { existsSync, readFileSync } from 'node:fs'
import { loadConfig } from '../config/config.ts'
import type { Config } from '../config/settings.ts'
import type { Terminal } from './terminal.ts'

/** The file that was asked for, else replyd.yaml in the working directory, else null: everything from the environment. */
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
