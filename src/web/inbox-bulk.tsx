/** One decision about several mails: those that were chosen in the list, or all that match its filter. */
import type { Hono } from 'hono'
import { reasonOf } from '../base/errors.ts'
import type { Reason } from '../base/reasons.ts'
import { approve, cancel, doubtsOf, isDoubtful } from '../review/approve.ts'
import { junk, undoJunk } from '../review/junk.ts'
import { reject, reopen } from '../review/reject.ts'
import { Refusal, type Review } from '../review/review.ts'
import type { Queryable } from '../store/database.ts'
import { loadReply } from '../store/replies.ts'
import { decidedBetween, latestEvent, waitingMails } from '../store/review-lists.ts'
import type { Env } from './access.ts'
import { AllPage, AskPage, isAskedAbout } from './inbox-all.tsx'
import { addressOf, type InboxFilter, placeOf, wantedBy } from './inbox-filter.ts'
import { isChoosable, nextOf } from './inbox-picks.ts'
import type { ViewOf } from './overviews.tsx'
import type { WebContext } from './web-context.ts'

type ForEach = (review: Review, id: string, actor: string, seen: string) => Promise<unknown>
async function approveClear(review: Review, id: string, actor: string, seen: string) {
  const reply = await loadReply(review.context.db, id)
  if (reply === null) throw new Refusal('nothing-written')
  if (isDoubtful(doubtsOf(reply))) throw new Refusal('doubtful')
  return approve(review, id, actor, seen)
}

const forEach: Readonly<Record<string, ForEach>> = {
  approve: approveClear,
  reject,
  junk,
  cancel,
  reopen,
  'undo-junk': undoJunk,
}
/** The reasons with which each action is recorded in the ledger. */
const leaves: Readonly<Record<string, readonly Reason[]>> = {
  approve: ['approved-by-person'],
  reject: ['rejected-by-person'],
  junk: ['junked-by-owner', 'marked-junk-by-owner'],
  cancel: ['cancelled'],
  reopen: ['reopened'],
  'undo-junk': ['junk-undone'],
}
/** After these actions, the next mail is opened. */
const settles: ReadonlySet<string> = new Set(['approve', 'reject', 'junk'])
/** Limits: mails in one decision, and mails named in a URL; if there are more, the ledger is asked for them. */
const [mostChosen, mostNamed] = [1000, 50]

/** One decision about several mails, each on the version that was in the list. */
export function addBulk(pages: Hono<Env>, web: WebContext, viewOf: ViewOf): void {
  const { db } = web.context
  pages.get('/inbox/all', async (c) => {
    const { filter } = placeOf(c)
    const mails = await waitingMails(db, wantedBy(filter), { limit: mostChosen })
    return c.html(<AllPage view={await viewOf(c)} filter={filter} mails={mails.filter(isChoosable)} />)
  })
  pages.post('/inbox/:action{approve|reject|junk|cancel|reopen|undo-junk}', async (c) => {
    const { action } = c.req.param()
    const { filter } = placeOf(c)
    const { pick = [] } = await c.req.parseBody({ all: true })
    const picks = [pick].flat().filter((each): each is string => typeof each === 'string')
    const chosen = picks.slice(0, mostChosen)
    if (isAskedAbout(action, chosen) && c.req.query('sure') !== '1')
      return c.html(<AskPage view={await viewOf(c)} filter={filter} action={action} picks={chosen} />)
    const at = await placeAfter(db, filter, action, chosen)
    const before = await latestEvent(db)
    const done = await decideEach(web, action, chosen, c.get('session').actor)
    const which: Record<string, string> =
      done.length > mostNamed ? { span: `${before}-${await latestEvent(db)}` } : { id: done.join('.') }
    const left = String(picks.length - done.length)
    const back = addressOf('/', filter, { done: action, ...which, left, at })
    return c.redirect(at === '' ? back : `${back}#row-${at}`, 303)
  })
}

const idOf = (pick: string) => pick.split('.')[0] ?? ''

/** Where the list reopens: after the decided mails, or at the first of those that came back. */
async function placeAfter(
  db: Queryable,
  filter: InboxFilter,
  action: string,
  picks: readonly string[],
): Promise<string> {
  const ids = picks.map(idOf)
  if (!settles.has(action)) return ids[0] ?? ''
  return (await nextOf(db, filter, ids.at(-1) ?? '', { decided: new Set(ids) })) ?? ''
}

/** Concurrent decisions: their statements reach the store together, so that few of them wait behind those of pages. */
const mostTogether = 20

/**
 * Mails of a mailbox that does not answer stay as they are, as after a refusal: other decisions have been made already.
 * @returns the ids of those that could be decided
 * @throws what prevented it if none could be decided
 */
async function decideEach(
  review: Review,
  action: string,
  picks: readonly string[],
  actor: string,
): Promise<string[]> {
  const failures: unknown[] = []
  const decideOne = async (each: string): Promise<string[]> => {
    const [id = '', seen = ''] = each.split('.')
    try {
      await forEach[action]?.(review, id, actor, seen)
      return [id]
    } catch (error) {
      if (!(error instanceof Refusal)) failures.push(error)
      return []
    }
  }
  const done: string[] = []
  for (let at = 0; at < picks.length; at += mostTogether)
    done.push(...(await Promise.all(picks.slice(at, at + mostTogether).map(decideOne))).flat())
  const [failure] = failures
  if (failure === undefined) return done
  if (done.length === 0) throw failure
  review.context.log.warn({ event: 'web.failed', path: `/inbox/${action}`, reason: reasonOf(failure) })
  return done
}

/** The mails of a decision: the URL names them, or a part of the ledger. */
export async function decidedIds(
  db: Queryable,
  actor: string,
  { done, id = '', span = '' }: { done: string; id?: string | undefined; span?: string | undefined },
): Promise<string[]> {
  const [, from, to] = /^(\d{1,18})-(\d{1,18})$/.exec(span) ?? []
  const reasons = Object.hasOwn(leaves, done) ? leaves[done] : undefined
  if (from === undefined || to === undefined || reasons === undefined)
    return id.split('.').filter((each) => each !== '')
  return decidedBetween(db, { from, to, actor, reasons, limit: mostChosen })
}
