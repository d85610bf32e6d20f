/**
 * Reads the configuration once: from replyd.yaml and the environment to readonly settings, or one error with every
 * fault.
 */
import { dirname, join, resolve } from 'node:path'
import type { z } from 'zod'
import { ConfigError, reasonOf } from '../base/errors.ts'
import { findingsOf, wordsFor } from './faults.ts'
import { labelOf, readDocument } from './file.ts'
import { readEnvironment, withCommonVariables } from './from-environment.ts'
import { type Environment, parseDotEnv } from './interpolation.ts'
import { resolveDocument } from './resolve.ts'
import { ruleFindings } from './rules.ts'
import { Document } from './schema.ts'
import type { Config } from './settings.ts'
import {
  type ConfigFault,
  type ConfigSource,
  isWithin,
  type Path,
  type SourcePosition,
  valueAt,
  withValue,
} from './source.ts'

export interface ConfigSources {
  /** The file, or null when everything comes from the environment. */
  readonly path: string | null
  readonly environment: Environment
  /** Returns a file's text; throws as readFileSync does. Also called for a `.env` in the file's folder. */
  readonly readFile: (path: string) => string
}

/** A configuration together with what it was read from. */
export interface LoadedConfig {
  readonly config: Config
  /** As the owner wrote it, with variables filled in. */
  readonly document: Document
  /** Where the owner finds a key: `replyd.yaml:7`, or the name of a variable. */
  readonly locate: (path: Path) => SourcePosition
}

/**
 * Reads and checks everything. The environment outranks `.env`; the file outranks the environment's common variables.
 * @throws ConfigError whose message has one line per fault, in file order
 */
export const loadConfig = (sources: ConfigSources): Config => loadWithSource(sources).config

/** The same, with the source. @throws ConfigError whose message has one line per fault, in file order */
export function loadWithSource({ path, environment, readFile }: ConfigSources): LoadedConfig {
  const directory = path === null ? process.cwd() : dirname(resolve(path))
  const variables = { ...readDotEnv(join(directory, '.env'), readFile), ...environment }
  const own =
    path === null
      ? readEnvironment(variables)
      : readDocument(labelOf(path), readText(path, readFile), variables)
  if (own.document === null) throw new ConfigError(report(own.faults))
  const source = withCommonVariables(own, variables)
  const checked = check(source)
  if ('faults' in checked) throw new ConfigError(report([...source.faults, ...checked.faults]))
  if (source.faults.length > 0) throw new ConfigError(report(source.faults))
  const { document } = checked
  return {
    config: resolveDocument(document, directory, timeZoneOf(variables)),
    document,
    locate: (at) => source.locate(at),
  }
}

function check(source: ConfigSource): { document: Document } | { faults: ConfigFault[] } {
  const { document, result } = validate(source)
  const findings = [...(result.success ? [] : findingsOf(result.error, Document)), ...ruleFindings(document)]
  // Unset or unreadable values leave a gap; further faults at or below it would be noise.
  const gaps = source.faults.flatMap(({ path }) => (path ? [path] : []))
  const faults = findings
    .filter(({ path }) => !gaps.some((gap) => isWithin(path, gap)))
    .map(({ path, message }) => ({ ...source.locate(path), message }))
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

function report(faults: readonly ConfigFault[]): string {
  const sorted = [...faults].sort((a, b) => a.line - b.line)
  const lines = sorted.map(({ where, what, message }) =>
    [where, what, message].filter((part) => part !== '').join(': '),
  )
  return [...new Set(lines)].join('\n')
}

function readText(path: string, readFile: ConfigSources['readFile']): string {
  try {
    return readFile(path)
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new ConfigError(`${path}: ${missing ? 'there is no such file' : reasonOf(error)}`, { cause: error })
  }
}

/** An unreadable `.env` is an error; a missing one is normal. */
function readDotEnv(path: string, readFile: ConfigSources['readFile']): Record<string, string> {
  try {
    return parseDotEnv(readFile(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new ConfigError(`${path}: ${reasonOf(error)}`, { cause: error })
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
