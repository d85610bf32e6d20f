import { systemClock } from '../base/clock.ts'
import { wrapped } from '../base/columns.ts'
import { ConfigError, fileFaultOf } from '../base/errors.ts'
import type { Config } from '../config/settings.ts'
import type { Check, Look } from '../doctor/doctor.ts'
import { asCalled, configPath } from './called.ts'
import { readConfig } from './settings.ts'
import {
  columnsOf,
  type ExitStatus,
  hasColours,
  printable,
  type Terminal,
  waiting,
  writeLine,
} from './terminal.ts'

interface DoctorOptions {
  config?: string
  /** Send a forged mail to each account, to see whether it is recognised. */
  forge?: boolean
  json?: boolean
}

/** Exit status 1 when a check failed, 2 when the configuration itself is wrong. */
export async function doctor(options: DoctorOptions, terminal: Terminal): Promise<ExitStatus> {
  const show = (check: Check) => (options.json ? undefined : showCheck(check, terminal))
  const config = readOrExplain(options, terminal)
  const started = 'accounts' in config ? await looks(config, options.forge === true) : [faultsOnly(config)]
  const checks = await shownChecks(started, show, options.json ? undefined : terminal)
  const failures = checks.filter(({ status }) => status === 'failed').length
  if (options.json) await writeLine(terminal.stdout, JSON.stringify({ ok: failures === 0, checks }))
  else await writeLine(terminal.stdout, summary(checks, failures))
  if (!('accounts' in config)) return 2
  return failures === 0 ? 0 : 1
}

/** One check as text, with what to do about it. */
export function showCheck(check: Check, terminal: Terminal): Promise<void> {
  const { stdout, environment } = terminal
  const detail = asCalled(check.detail, environment)
  const advice = check.advice && asCalled(check.advice, environment)
  const columns = stdout.isTTY ? columnsOf(stdout) : null
  return writeLine(stdout, line({ ...check, detail, advice }, hasColours(terminal), columns))
}

/** Shows each check when it and those before it are known, and meanwhile, on a terminal, what is being checked. */
export async function shownChecks(
  looks: readonly Look[],
  show: (check: Check) => Promise<void> | undefined,
  terminal?: Terminal,
): Promise<Check[]> {
  const checks: Check[] = []
  for (const look of looks) {
    for (const check of await waiting(look.checks, `asking ${look.at}`, terminal)) {
      checks.push(check)
      await show(check)
    }
  }
  return checks
}

const faultsOnly = (check: Check): Look => ({ at: 'the configuration', checks: Promise.resolve([check]) })

async function looks(config: Config, forge: boolean): Promise<Look[]> {
  const { diagnose, forgeries } = await import('../doctor/doctor.ts')
  return [...diagnose(config, systemClock), ...(forge ? forgeries(config, systemClock) : [])]
}

function readOrExplain(options: DoctorOptions, terminal: Terminal): Config | Check {
  try {
    return readConfig(options.config, terminal)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    // Without a file, or the right to read it, the message itself says what to do.
    const isRead =
      configPath(options.config, terminal.environment) !== null && fileFaultOf(error.cause) === null
    const advice = isRead ? 'Correct these; docs/configuration.md lists every key.' : null
    return { name: 'configuration', account: null, status: 'failed', detail: error.message, advice }
  }
}

const marks = {
  ok: { sign: '✓', colour: 32 },
  warning: { sign: '!', colour: 33 },
  failed: { sign: '✗', colour: 31 },
} as const

/** @param columns null: lines are not broken */
function line(
  { name, account, status, detail, advice }: Check,
  colours: boolean,
  columns: number | null,
): string {
  const { sign, colour } = marks[status]
  const mark = colours ? `\u001b[${colour}m${sign}\u001b[0m` : sign
  const room = columns === null ? Number.POSITIVE_INFINITY : Math.max(30, columns - indent)
  const whose = account === null ? '' : `${printable(account, true)}: `
  const lines = wrapped(`${whose}${printable(detail)}`, room)
  const remedy =
    advice === null
      ? []
      : wrapped(`→ ${printable(advice)}`, room - 2).map((each, at) => (at > 0 ? `  ${each}` : each))
  return `${mark} ${name.padEnd(15)} ${[...lines, ...remedy].join(`\n${' '.repeat(indent)}`)}`
}

/** Columns before the text of a check. */
const indent = 18

function summary(checks: readonly Check[], failures: number): string {
  const warnings = checks.filter(({ status }) => status === 'warning').length
  if (failures > 0) return `\n${failures} of ${checks.length} checks failed.`
  return warnings > 0 ? `\nEverything is in order, with ${warnings} warning(s).` : '\nEverything is in order.'
}
