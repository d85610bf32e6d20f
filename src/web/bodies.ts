/** Validates request bodies: known fields of the right kind, and nothing else. */
import type { Context } from 'hono'
import { z } from 'zod'

/** The request is not what the route accepts; answered with 400. */
export class BadRequest extends Error {
  override name = 'BadRequest'
  /** Names of the parameters or fields that do not fit; empty where none is to blame. */
  readonly fields: readonly string[]
  constructor(
    message: string,
    { fields = [], ...options }: ErrorOptions & { fields?: readonly string[] } = {},
  ) {
    super(message, options)
    this.fields = fields
  }
}

/** Text without NUL, which PostgreSQL can't store. */
export const text = () => z.string().refine((value) => !value.includes('\0'), 'contains a NUL character')

/** The JSON value of a request; an empty body counts as an empty object. @throws BadRequest when it is not JSON */
export async function jsonBody(c: Context): Promise<unknown> {
  const written = await c.req.text()
  if (written.trim() === '') return {}
  try {
    return JSON.parse(written)
  } catch (cause) {
    throw new BadRequest('The body is not JSON.', { cause })
  }
}

/** The fields of a posted form, without the page's own. */
export async function formBody(c: Context): Promise<unknown> {
  const { token: _token, next: _next, approve: _approve, ...fields } = await c.req.parseBody()
  return fields
}

/** @throws BadRequest naming every unknown key and every value of the wrong kind */
export function fitting<T>(value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value)
  if (!result.success)
    throw new BadRequest(faultsIn(result.error.issues), { fields: fieldsOf(result.error.issues) })
  return result.data
}

/** `since: must be a day such as 2026-11-24`, one line a fault. */
const faultsIn = (issues: readonly z.core.$ZodIssue[]): string =>
  issues.map((issue) => [...issue.path.slice(0, -1), ...faultOf(issue)].join('.')).join('\n')

/** The last name of the path with what is wrong there. */
function faultOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    const here = issue.path.slice(-1).map(String)
    return [...here, `${issue.keys.join(', ')}: there is no such field`]
  }
  const name = issue.path.at(-1)
  const words = issue.code === 'invalid_type' ? typeWords(issue) : issue.message
  return [name === undefined ? words : `${String(name)}: ${words}`]
}

/** Zod's own words name the types of JavaScript. */
const typeWords = ({ expected, message }: z.core.$ZodIssueInvalidType): string =>
  /received undefined$/.test(message) ? 'is missing' : `must be ${kinds[expected] ?? expected}`

const kinds: Readonly<Record<string, string>> = {
  ...{ string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false' },
  ...{ object: 'an object', array: 'a list' },
}

function fieldsOf(issues: readonly z.core.$ZodIssue[]): string[] {
  const names = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : issue.path.slice(0, 1).map(String),
  )
  return [...new Set(names)]
}

/** The query, each parameter once. @throws BadRequest naming a parameter that is given twice */
export function queryOf(c: Context): Record<string, string> {
  const twice = Object.entries(c.req.queries()).filter(([, values]) => values.length > 1)
  if (twice.length > 0) {
    const fields = twice.map(([name]) => name)
    throw new BadRequest(`Given more than once: ${fields.join(', ')}.`, { fields })
  }
  return c.req.query()
}
