/** Tells an open page that something has changed, and who else is looking at a mail. */
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { PagePassword } from '../review/page-password.ts'
import { latestChange } from '../store/review-lists.ts'
import type { Env } from './access.ts'
import type { Sessions } from './sessions.ts'
import type { WebContext } from './web-context.ts'

/** How often live updates query the store while a page is open, milliseconds. */
const lookEveryMs = 1000
/** Write a line at least this often: the listener closes silent connections. */
const signOfLifeLooks = 20
/** Longest mail id that is accepted from a URL. */
const longestId = 64

/**
 * Who has which mail open, as far as their page gets live updates from this process. For information only: if two
 * people decide about one mail, the store accepts the first decision.
 */
export class Presence {
  readonly #looks = new Set<{ readonly mail: string; readonly actor: string }>()

  /** @returns a function to call when they leave */
  enter(mail: string, actor: string): () => void {
    const look = { mail, actor }
    this.#looks.add(look)
    return () => void this.#looks.delete(look)
  }

  /** Names of everybody else by mail, both in order. */
  others(actor: string): Record<string, string[]> {
    const found = new Map<string, Set<string>>()
    for (const look of this.#looks)
      if (look.actor !== actor) found.set(look.mail, (found.get(look.mail) ?? new Set()).add(look.actor))
    return Object.fromEntries([...found].sort().map(([mail, names]) => [mail, [...names].sort()]))
  }
}

/**
 * Reports changes, made by any process, since the page was read: `ready` and `changed` with the mark to continue from,
 * `looking` with the other people at each mail. The parameter `mail` names the mail that the page shows.
 */
export function liveUpdates(
  c: Context<Env>,
  { context: { db } }: WebContext,
  { lock, sessions, presence }: { lock: PagePassword; sessions: Sessions; presence: Presence },
): Response {
  const { actor } = c.get('session')
  const mail = (c.req.query('mail') ?? '').slice(0, longestId)
  return streamSSE(c, async (stream) => {
    const leave = mail === '' ? () => undefined : presence.enter(mail, actor)
    stream.onAbort(leave)
    try {
      let last = c.req.query('since') ?? (await latestChange(db))
      let others = '{}'
      await stream.writeSSE({ event: 'ready', data: last })
      for (let looks = 1; !stream.aborted && !stream.closed; looks++) {
        const looking = JSON.stringify(presence.others(actor))
        if (looking !== others) await stream.writeSSE({ event: 'looking', data: looking })
        others = looking
        await stream.sleep(lookEveryMs)
        if (looks % signOfLifeLooks === 0) {
          // A session that was ended gets no more updates.
          if ((await sessions.read(c, await lock.hash())) === null) break
          await stream.write(': still here\n\n')
        }
        const mark = await latestChange(db).catch(() => last)
        if (mark !== last) await stream.writeSSE({ event: 'changed', data: mark })
        last = mark
      }
    } finally {
      leave()
    }
  })
}
