/** What the routes of the Teach pages have in common. */
import type { Context } from 'hono'
import { reasonOf } from '../../base/errors.ts'
import type { Account } from '../../context.ts'
import { Refusal, type RefusalReason } from '../../review/review.ts'
import type { Begun } from '../../review/teach.ts'
import type { Env } from '../access.ts'
import type { WebContext } from '../web-context.ts'
import type { TeachView } from './teach-page.tsx'

/** What the Teach pages' routes need. */
export interface Teaching {
  web: WebContext
  /** The account that the request names, or the first; @throws Refusal when it is not configured. */
  accountOf: (asked: string | undefined) => Account
  teachOf: (c: Context<Env>, account: Account, notice?: TeachNotice) => Promise<TeachView>
}

interface TeachNotice {
  said: string
  /** Where "Undo" is posted to. */
  undo?: string
}

/** Does not wait for the drafts. A draft that fails stays as it was, and the log says why. */
export function followed({ context: { log } }: WebContext, { done }: Pick<Begun, 'done'>): void {
  done.catch((error: unknown) => log.warn({ event: 'teach.rewriting-failed', reason: reasonOf(error) }))
}

/** Back to that page, with the result. */
export async function settled(
  c: Context<Env>,
  act: () => Promise<string> | string,
  otherwise: (reason: RefusalReason) => string,
): Promise<Response> {
  try {
    return c.redirect(await act(), 303)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return c.redirect(otherwise(error.reason), 303)
  }
}
