/** What a request gets that failed: a refusal is an answer for a person, anything else a fault for the log. */
import type { Context } from 'hono'
import { ConfigError, reasonOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { Refusal } from '../review/review.ts'
import { BadRequest } from './bodies.ts'

export function answerOf(log: Log) {
  return (error: unknown, c: Context): Response => {
    const api = c.req.path.startsWith('/api/')
    const say = (status: 400 | 404 | 409 | 422 | 500, name: string, words: string) =>
      api ? c.json({ error: name, message: words }, status) : c.text(words, status)
    if (error instanceof Refusal) return say(statusOf(error), error.reason, error.message)
    if (error instanceof BadRequest && api)
      return c.json({ error: 'bad-request', message: error.message, fields: error.fields }, 400)
    if (error instanceof BadRequest) return say(400, 'bad-request', error.message)
    if (error instanceof ConfigError) return say(409, 'faulty-configuration', error.message)
    log.warn({ event: 'web.failed', path: c.req.routePath, reason: reasonOf(error) })
    return say(500, 'failed', 'That did not work; try again in a moment.')
  }
}

function statusOf({ reason }: Refusal): 404 | 409 | 422 {
  if (reason === 'not-found' || reason.startsWith('unknown-')) return 404
  return reason === 'unfit-text' ? 422 : 409
}
