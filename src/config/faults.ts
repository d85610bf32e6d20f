/** Turns zod's issues into sentences that say what to change. Never repeats a value: it may be a secret. */
import * as z from 'zod'
import { isGroup, type Path } from './source.ts'

export interface ConfigFinding {
  readonly path: Path
  readonly message: string
}

type Issue = z.core.$ZodIssue

export function findingsOf(error: z.ZodError, schema: z.ZodType): ConfigFinding[] {
  return error.issues.flatMap((issue) => findings(issue, schema))
}

function findings(issue: Issue, schema: z.ZodType): ConfigFinding[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
  const known = keysAt(schema, path)
  return issue.keys.map((name) => {
    const meant = nearest(name, known)
    return {
      path: [...path, name],
      message: meant
        ? `unknown key (did you mean "${meant}"?)`
        : `unknown key (known here: ${known.join(', ')})`,
    }
  })
}

/** zod's error map: used where the schema has no message of its own. */
export function wordsFor(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return 'is missing'
    if (issue.input === null) return issue.expected === 'string' ? `is empty (${quotes})` : 'is empty'
    return expectations[issue.expected] ?? `must be of type ${issue.expected}`
  }
  if (issue.code === 'invalid_value') {
    if (issue.input === undefined) return 'is missing'
    const choices = issue.values.map(String)
    const meant = typeof issue.input === 'string' ? nearest(issue.input, choices) : null
    return `must be ${orList(choices)}${meant ? ` (did you mean "${meant}"?)` : ''}`
  }
  return undefined
}

const quotes = 'text that begins with # or & needs quotes'

const expectations: Readonly<Record<string, string>> = {
  string: 'must be text (a number or true/false needs quotes)',
  number: 'must be a number',
  int: 'must be a whole number',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be a group of keys',
}

function orList(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`
}

/** The keys that the schema has at a path, from its JSON Schema. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  const root: unknown = z.toJSONSchema(schema, { io: 'input' })
  let at = root
  for (const step of path) {
    const here = dereference(root, at)
    at = typeof step === 'number' ? get(here, 'items') : get(get(here, 'properties'), step)
  }
  const properties = get(dereference(root, at), 'properties')
  return isGroup(properties) ? Object.keys(properties) : []
}

function dereference(root: unknown, at: unknown): unknown {
  const reference = get(at, '$ref')
  if (typeof reference !== 'string') return at
  return reference.slice(2).split('/').reduce(get, root)
}

function get(group: unknown, name: string): unknown {
  return isGroup(group) ? group[name] : undefined
}

/** The known name that a mistyped one most likely stands for, or null. */
export function nearest(name: string, known: readonly string[]): string | null {
  const typed = simplified(name)
  const ranked = known
    .map((each) => ({ each, distance: editDistance(typed, simplified(each)) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best && best.distance <= Math.max(1, Math.floor(Math.min(typed.length, best.each.length) / 3))
    ? best.each
    : null
}

const simplified = (name: string) =>
  name
    .toLowerCase()
    .replace(/[-_\s]/g, '')
    .slice(0, 40)

/** Number of insertions, deletions, substitutions and swaps of neighbours between two words. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const cell = (i: number, j: number) => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++) {
    rows.push([i])
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, cell(i - 2, j - 2) + 1)
      rows[i]?.push(least)
    }
  }
  return cell(a.length, b.length)
}
