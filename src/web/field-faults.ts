/** Describes the faults of submitted fields, in sentences that name each field. Never repeats a value. */
import * as z from 'zod'
import { nearest } from '../config/faults.ts'

type Issue = z.core.$ZodIssue

/** zod's error map, for schemas without a message of their own: zod's messages are about JavaScript. */
export function wordsFor(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type')
    return issue.input === undefined ? 'is missing' : `must be ${kinds[issue.expected] ?? issue.expected}`
  if (issue.code === 'invalid_value')
    return issue.input === undefined ? 'is missing' : `must be ${orList(issue.values.map(String))}`
  if (issue.code === 'too_small')
    return issue.origin === 'number' ? `must be at least ${issue.minimum}` : 'must not be empty'
  if (issue.code === 'too_big')
    return issue.origin === 'string'
      ? `must have at most ${issue.maximum.toLocaleString('en')} characters`
      : `must be at most ${issue.maximum}`
  return undefined
}

const kinds: Readonly<Record<string, string>> = {
  ...{ string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false' },
  ...{ object: 'a JSON object', array: 'a list' },
}

const orList = (choices: readonly string[]) =>
  choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`

/** A body may have a hundred thousand faults: only the first are named, so that the answer stays short. */
const mostFaults = 10
const longestName = 60

/** `limit must be a whole number between 1 and 500.` One sentence for each fault. */
export function sentencesFor(issues: readonly Issue[], schema: z.ZodType): string {
  const first = issues.slice(0, mostFaults)
  const said = [...new Set(first.flatMap((issue) => sentencesOf(issue, schema)))].slice(0, mostFaults)
  const more = issues.reduce((sum, issue) => sum + ('keys' in issue ? issue.keys.length : 1), 0) - mostFaults
  return [...said, ...(more > 0 ? [`There are ${more} more.`] : [])].join(' ')
}

function sentencesOf(issue: Issue, schema: z.ZodType): string[] {
  const place = issue.path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
  if (issue.code !== 'unrecognized_keys') return [`${place.slice(1) || 'The body'} ${issue.message}.`]
  const known = place === '' && schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  return issue.keys
    .slice(0, mostFaults)
    .map((key) => `${shortened([...issue.path, key].join('.'))} is not known here${advice(key, known)}`)
}

const shortened = (name: string) => (name.length > longestName ? `${name.slice(0, longestName)}…` : name)

function advice(key: string, known: readonly string[]): string {
  const meant = nearest(key, known)
  if (meant !== null) return `. Did you mean ${meant}?`
  if (known.length === 0) return '; no fields are accepted.'
  return known.length === 1 ? `; only ${known[0]} is.` : `; only these are: ${known.join(', ')}.`
}

/** The name of each field that is at fault, once. */
export function fieldsOf(issues: readonly Issue[]): string[] {
  const names = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : issue.path.slice(0, 1).map(String),
  )
  return [...new Set(names)].slice(0, mostFaults).map(shortened)
}
