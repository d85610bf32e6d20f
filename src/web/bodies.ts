/** Validates request bodies: known fields of the right kind, and nothing else. */
import type { Context } from 'hono'
import * as z from 'zod'
import { fieldsOf, sentencesFor, wordsFor } from './field-faults.ts'

/** The request is not what the route accepts; answered with 400. */
export class BadRequest extends Error {
  override name = 'BadRequest'
  /** Names of the invalid parameters or fields; empty if none is to blame. */
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

/** A whole number, also as text in a query or a form. The error states the limits. */
export function between(least: number, most: number) {
  const error = `must be a whole number between ${least} and ${most}`
  return z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error })
}

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

/** The fields of a posted form, without those that the page itself adds. */
export async function formBody(c: Context): Promise<unknown> {
  const { token: _token, next: _next, approve: _approve, ...fields } = await c.req.parseBody()
  return fields
}

/** @throws BadRequest naming every unknown key and every value of the wrong kind */
export function fitting<T>(value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value, { error: wordsFor })
  if (result.success) return result.data
  const { issues } = result.error
  throw new BadRequest(sentencesFor(issues, schema), { fields: fieldsOf(issues) })
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
