import { stringify } from 'yaml'
import { withoutSecrets } from '../config/hidden.ts'
import { readConfig } from './settings.ts'
import { type ExitStatus, type Terminal, writeLine } from './terminal.ts'

/** Prints the settings with defaults, overrides and variables put in; durations in milliseconds. */
export async function showConfig(
  options: { config?: string; json?: boolean },
  terminal: Terminal,
): Promise<ExitStatus> {
  const shown = withoutSecrets(readConfig(options.config, terminal))
  await writeLine(terminal.stdout, options.json ? JSON.stringify(shown) : stringify(shown).trimEnd())
  return 0
}
