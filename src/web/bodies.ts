/** Validates request bodies: known fields of the right kind, and nothing else. */
import type { Context } from 'hono'
import { z } from 'zod'

/** The body is not what the route accepts; answered with 400. */
export class BadRequest extends Error {
  override name = 'BadRequest'
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
  if (!result.success) throw new BadRequest(z.prettifyError(result.error))
  return result.data
}
