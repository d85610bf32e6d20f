/**
 * Reads the configuration once: from replyd.yaml and the environment to readonly settings, or one error with every
 * fault.
 */
import { dirname, join, resolve } from 'node:path'
import type * as z from 'zod'
import { ConfigError, fileFaultOf, reasonOf, type SettingFault } from '../base/errors.ts'
import { defaults } from './defaults.ts'
import { findingsOf, wordsFor } from './faults.ts'
import { labelOf, readDocument } from './file.ts'
import { readEnvironment, withCommonVariables } from './from-environment.ts'
import { type Environment, parseDotEnv } from './interpolation.ts'
import { type Setting, type SettingPath, withOverlay } from './overlay.ts'
import { resolveDocument } from './resolve.ts'
import { ruleFindings } from './rules.ts'
import { Document } from './schema.ts'
import type { Config } from './settings.ts'
import { type ConfigFault, type ConfigSource, isWithin, type Path, valueAt, withValue } from './source.ts'

interface ConfigSources {
  /** The file, or null when everything comes from the environment. */
  readonly path: string | null
  readonly environment: Environment
  /** Returns a file's text; throws as readFileSync does. Also called for a `.env` in the file's folder. */
  readonly readFile: (path: string) => string
}

/** The content of the owner's file and the environment, valid or not, and what is needed to turn it into settings. */
export interface Base {
  readonly source: ConfigSource
  /** Base of relative paths. */
  readonly directory: string
  /** Of the machine. */
  readonly timeZone: string
}

/** The base of each configuration, for settings that are added to it later. */
const bases = new WeakMap<Config, Base>()

/** What a configuration was read from; null for one that was not read by `loadConfig`. */
export const baseOf = (config: Config): Base | null => bases.get(config) ?? null

/**
 * Reads and checks everything. The environment outranks `.env`; the file outranks the environment's common variables.
 * @throws ConfigError whose message has one line per fault, in file order
 */
export function loadConfig(sources: ConfigSources): Config {
  const base = readBase(sources)
  const checked = check(base.source)
  if ('faults' in checked) throw faulty([...base.source.faults, ...checked.faults])
  if (base.source.faults.length > 0) throw faulty(base.source.faults)
  const config = resolveDocument(checked.document, base.directory, base.timeZone)
  bases.set(config, base)
  return config
}

/** The state directory, as far as even a faulty file names it. */
export function stateDirectoryOf(sources: ConfigSources): string {
  const folder = sources.path === null ? process.cwd() : dirname(resolve(sources.path))
  const fallback = sources.environment.REPLYD_DATA || defaults.state.directory
  try {
    const said = valueAt(readBase(sources).source.document, ['state', 'directory'])
    return resolve(folder, typeof said === 'string' ? said : fallback)
  } catch {
    return resolve(folder, fallback)
  }
}

function readBase({ path, environment, readFile }: ConfigSources): Base {
  const directory = path === null ? process.cwd() : dirname(resolve(path))
  // `docker compose` and `export NAME=` pass on empty variables that nobody has set.
  const outranking = Object.entries(environment).filter(([, value]) => value !== '')
  const variables = {
    ...environment,
    ...readDotEnv(join(directory, '.env'), readFile),
    ...Object.fromEntries(outranking),
  }
  const own =
    path === null
      ? readEnvironment(variables)
      : readDocument(labelOf(path), readText(path, readFile), variables)
  if (own.document === null) throw faulty(own.faults)
  return { source: withCommonVariables(own, variables), directory, timeZone: timeZoneOf(variables) }
}

/** A setting of the page that no longer fits the file, and why. It does not apply. */
export interface Unfit {
  readonly path: SettingPath
  readonly message: string
}

/**
 * The base with the page's settings in its gaps. Settings that do not fit are omitted one by one, so that a changed
 * file never keeps the daemon from running.
 */
export function settle(
  base: Base,
  settings: readonly Setting[],
): { config: Config; unfit: readonly Unfit[] } {
  const { source, placed } = withOverlay(base.source, settings)
  const checked = check(source)
  if (!('faults' in checked)) {
    const config = resolveDocument(checked.document, base.directory, base.timeZone)
    bases.set(config, base)
    return { config, unfit: [] }
  }
  if (placed.length === 0) throw faulty(checked.faults)
  const [first] = checked.faults
  const { setting } =
    placed.find(({ place }) => checked.faults.some(({ path }) => path && isWithin(path, place))) ??
    (placed.at(-1) as (typeof placed)[number])
  const rest = settle(
    base,
    settings.filter((each) => each !== setting),
  )
  return { ...rest, unfit: [{ path: setting.path, message: first?.message ?? '' }, ...rest.unfit] }
}

/** Faults that the page's settings would have, in words; none if they fit. */
export function overlayFaults(base: Base, settings: readonly Setting[]): readonly string[] {
  const { source, placed } = withOverlay(base.source, settings)
  const checked = check(source)
  if (!('faults' in checked)) return []
  return checked.faults.map(({ path = [], message }) => {
    const place = placed.find((each) => isWithin(path, each.place))?.place ?? []
    const below = path
      .slice(place.length)
      .map((step) => (typeof step === 'number' ? `entry ${step + 1}` : step))
    return below.length === 0 || place.length === 0 ? message : `${below.join(', ')}: ${message}`
  })
}

function check(source: ConfigSource): { document: Document } | { faults: ConfigFault[] } {
  const { document, result } = validate(source)
  const findings = [...(result.success ? [] : findingsOf(result.error, Document)), ...ruleFindings(document)]
  // Unset or unreadable values leave a gap; further faults at or below it would be noise.
  const gaps = source.faults.flatMap(({ path }) => (path ? [path] : []))
  const faults = findings
    .filter(({ path }) => !gaps.some((gap) => isWithin(path, gap)))
    .map(({ path, message }) => ({ ...source.locate(path), path, message }))
  if (result.success && faults.length === 0) return { document: result.data }
  return { faults }
}

/**
 * Values of variables are text; where the schema expects a number or true/false, the text is converted and the
 * document checked again.
 */
function validate(source: ConfigSource): { document: unknown; result: z.ZodSafeParseResult<Document> } {
  const first = Document.safeParse(source.document, { error: wordsFor })
  if (first.success) return { document: source.document, result: first }
  let document = source.document
  for (const issue of first.error.issues) {
    const path = issue.path as Path
    if (issue.code !== 'invalid_type' || !source.isFromVariable(path)) continue
    const value = fromText(issue.expected, valueAt(document, path))
    if (value !== undefined) document = withValue(document, path, value)
  }
  return { document, result: Document.safeParse(document, { error: wordsFor }) }
}

function fromText(expected: string, value: unknown): number | boolean | undefined {
  if (typeof value !== 'string') return undefined
  if (expected === 'boolean') return ({ true: true, false: false } as const)[value.trim()]
  if (expected !== 'number' && expected !== 'int') return undefined
  return /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined
}

/** All faults in one error, in file order, each once. */
function faulty(faults: readonly ConfigFault[]): ConfigError {
  const sorted = [...faults].sort((a, b) => a.line - b.line)
  const lines = sorted.map(({ where, what, message }) =>
    [where, what, message].filter((part) => part !== '').join(': '),
  )
  const single = sorted.filter((_, at) => lines.indexOf(lines[at] ?? '') === at).map(singleFault)
  return new ConfigError([...new Set(lines)].join('\n'), { faults: single })
}

function singleFault({ where, file, line, what, message }: ConfigFault): SettingFault {
  if (file !== undefined) return { file, line: line || null, key: what || null, message }
  const said = where === '' || what === '' ? message : `${what}: ${message}`
  return { file: null, line: null, key: where || what || null, message: said }
}

function readText(path: string, readFile: ConfigSources['readFile']): string {
  try {
    return readFile(path)
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const words = missing ? 'there is no such file' : (fileFaultOf(error) ?? reasonOf(error))
    throw new ConfigError(`${path}: ${words}`, { cause: error })
  }
}

/** An unreadable `.env` is an error; a missing one is normal. */
function readDotEnv(path: string, readFile: ConfigSources['readFile']): Record<string, string> {
  try {
    return parseDotEnv(readFile(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new ConfigError(`${path}: ${fileFaultOf(error) ?? reasonOf(error)}`, { cause: error })
  }
}

function timeZoneOf(environment: Environment): string {
  const named = environment.TZ
  try {
    if (named) return new Intl.DateTimeFormat('en', { timeZone: named }).resolvedOptions().timeZone
  } catch {
    // TZ also allows forms that are not names, such as `:/etc/localtime`.
  }
  return new Intl.DateTimeFormat('en').resolvedOptions().timeZone
}
