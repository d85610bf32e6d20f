/** The configuration, read once: replyd.yaml and the environment in, readonly settings or one error with every fault out. */
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
import { type ConfigFault, type ConfigSource, isWithin, type Path, valueAt, withValue } from './source.ts'

export interface ConfigSources {
  /** The file, or null when everything comes from the environment. */
  readonly path: string | null
  readonly environment: Environment
  /** Text of a file; throws as readFileSync does. Also asked for a `.env` in the file's folder. */
  readonly readFile: (path: string) => string
}

/**
 * Reads and checks everything. The environment outranks `.env`, the file outranks what the environment says beside it.
 * @throws ConfigError whose message has one line for each fault, in the order of the file
 */
export function loadConfig({ path, environment, readFile }: ConfigSources): Config {
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
  return resolveDocument(checked.document, directory, timeZoneOf(variables))
}

function check(source: ConfigSource): { document: Document } | { faults: ConfigFault[] } {
  const { document, result } = validate(source)
  const findings = [...(result.success ? [] : findingsOf(result.error, Document)), ...ruleFindings(document)]
  // What is not set or can't be read leaves a gap behind: what else that breaks would only be noise.
  const gaps = source.faults.flatMap(({ path }) => (path ? [path] : []))
  const faults = findings
    .filter(({ path }) => !gaps.some((gap) => isWithin(path, gap)))
    .map(({ path, message }) => ({ ...source.locate(path), message }))
  if (result.success && faults.length === 0) return { document: result.data }
  return { faults }
}

/**
 * A variable's value is text; where the schema wants a number or true/false, the text is read as such and the
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

/** A `.env` that is there but can't be read is an error; none at all is normal. */
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
    // TZ also takes forms that are no names, such as `:/etc/localtime`.
  }
  return new Intl.DateTimeFormat('en').resolvedOptions().timeZone
}
