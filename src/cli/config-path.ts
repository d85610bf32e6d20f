/** Which configuration is meant. Separate from reading it, which loads many modules: every command needs this. */
import { existsSync } from 'node:fs'
import type { Terminal } from './terminal.ts'

/**
 * The requested file, otherwise replyd.yaml in the working directory, otherwise null: everything from the
 * environment.
 */
export function configPath(option: string | undefined, environment: Terminal['environment']): string | null {
  const named = option ?? environment.REPLYD_CONFIG
  if (named) return named
  return ['replyd.yaml', 'replyd.yml'].find((name) => existsSync(name)) ?? null
}
