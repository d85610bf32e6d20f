/** The answer to a request that failed: a refusal is meant for a person, anything else is a fault for the log. */
import type { Context } from 'hono'
import { ConfigError, reasonOf, TemporaryError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { Refusal } from '../review/review.ts'
import { BadRequest } from './bodies.ts'
import { ErrorLine, ErrorPage, type ErrorStatus } from './error-page.tsx'

type Answer = Response | Promise<Response>

export const isApi = (c: Context) => /^\/(?:api|mcp)(?:\/|$)/.test(c.req.path)

/** JSON for API clients, a page for a browser, one line of HTML for htmx, otherwise plain text. */
export function failed(c: Context, status: ErrorStatus, error: string, message: string): Answer {
  if (isApi(c)) return c.json({ error, message }, status)
  if (c.req.header('hx-request') !== undefined)
    return c.html(<ErrorLine status={status} message={message} />, status)
  if (/\btext\/html\b/.test(c.req.header('accept') ?? ''))
    return c.html(<ErrorPage status={status} message={message} />, status)
  return c.text(`${message}\n`, status)
}

export const notFound = (c: Context): Answer =>
  failed(c, 404, 'not-found', 'There is no page at this address.')

/** @param allowed methods, as in the field Allow (RFC 9110, section 15.5.6) */
export function notAllowed(c: Context, allowed: readonly string[]): Answer {
  c.header('allow', allowed.join(', '))
  return failed(
    c,
    405,
    'method-not-allowed',
    `${c.req.method} does not work here. Use ${allowed.join(' or ')}.`,
  )
}

export function answerOf(log: Log) {
  return (error: unknown, c: Context): Answer => {
    if (error instanceof Refusal && isApi(c)) return refused(c, error)
    if (error instanceof Refusal) return failed(c, statusOf(error), error.reason, error.message)
    if (error instanceof BadRequest && isApi(c)) return c.json(badRequest(error), 400)
    if (error instanceof BadRequest) return failed(c, 400, 'bad-request', error.message)
    if (error instanceof ConfigError && isApi(c)) return c.json(faultyConfiguration(error), 409)
    if (error instanceof ConfigError) return failed(c, 409, 'faulty-configuration', error.message)
    log.warn({ event: 'web.failed', path: c.req.routePath, reason: reasonOf(error) })
    if (error instanceof TemporaryError)
      return failed(
        c,
        503,
        'unavailable',
        'A server that replyd needs does not answer. Try again in a minute.',
      )
    return failed(c, 500, 'failed', 'Something went wrong inside replyd.')
  }
}

/** When the body is not JSON, no field is at fault. */
const badRequest = ({ message, fields }: BadRequest) => ({
  ...{ error: 'bad-request', message },
  ...(fields.length === 0 ? {} : { fields }),
})

const faultyConfiguration = ({ message, faults }: ConfigError) => ({
  ...{ error: 'faulty-configuration', message },
  ...(faults.length === 0 ? {} : { faults }),
})

/** Names the person who was faster, or the invalid field, if that is the reason. */
function refused(c: Context, error: Refusal): Response {
  const { reason, message, state, field } = error
  const more = { ...(state === null ? {} : { state }), ...(field === null ? {} : { fields: [field.name] }) }
  return c.json({ error: reason, message, ...more }, statusOf(error))
}

export function statusOf({ reason }: Refusal): 404 | 409 | 422 {
  if (reason === 'not-found' || reason.startsWith('unknown-')) return 404
  return reason.startsWith('unfit-') ? 422 : 409
}
