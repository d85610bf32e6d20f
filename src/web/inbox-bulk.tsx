/** One decision about several mails: those that were chosen in the list, or all that match its filter. */
import type { Hono } from 'hono'
import type { Reason } from '../base/reasons.ts'
import { approve, cancel, isDoubtful } from '../review/approve.ts'
import { versionOf } from '../review/decide.ts'
import { junk, undoJunk } from '../review/junk.ts'
import { reject, reopen } from '../review/reject.ts'
import { Refusal, type Review } from '../review/review.ts'
import type { Queryable } from '../store/database.ts'
import { loadReply } from '../store/replies.ts'
import { decidedBetween, type ListedMail, latestEvent, waitingMails } from '../store/review-lists.ts'
import type { Env } from './access.ts'
import { addressOf, type InboxFilter, placeOf, wantedBy } from './inbox-filter.ts'
import { Page, Token, type View } from './layout.tsx'
import type { ViewOf } from './overviews.tsx'
import type { WebContext } from './web-context.ts'

type ForEach = (review: Review, id: string, actor: string, seen: string) => Promise<unknown>
async function approveClear(review: Review, id: string, actor: string, seen: string) {
  const reply = await loadReply(review.context.db, id)
  if (reply === null) throw new Refusal('nothing-written')
  if (isDoubtful(reply)) throw new Refusal('doubtful')
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
/** What each leaves in the ledger. */
const leaves: Readonly<Record<string, readonly Reason[]>> = {
  approve: ['approved-by-person'],
  reject: ['rejected-by-person'],
  junk: ['junked-by-owner', 'marked-junk-by-owner'],
  cancel: ['cancelled'],
  reopen: ['reopened'],
  'undo-junk': ['junk-undone'],
}
/** Mails of one decision; and as many as an address can name: more are found again in the ledger. */
const [mostChosen, mostNamed] = [1000, 50]

/** Whether it can be chosen at all. */
export const isChoosable = ({ disposition }: ListedMail): boolean =>
  disposition !== 'approved' && disposition !== 'uncertain'

/** Of a checkbox: the mail, and the version of its reply that was shown. */
export const pickOf = ({ id, replyText, replyEnvelope }: ListedMail): string =>
  `${id}.${versionOf(replyText ?? '', replyEnvelope)}`

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
    const chosen = [pick].flat().filter((each): each is string => typeof each === 'string')
    const before = await latestEvent(db)
    const done: string[] = []
    for (const each of chosen.slice(0, mostChosen)) {
      const [id = '', seen = ''] = each.split('.')
      try {
        await forEach[action]?.(web, id, c.get('session').actor, seen)
        done.push(id)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
      }
    }
    const which: Record<string, string> =
      done.length > mostNamed ? { span: `${before}-${await latestEvent(db)}` } : { id: done.join('.') }
    const left = String(chosen.length - done.length)
    return c.redirect(addressOf('/', filter, { done: action, ...which, left }), 303)
  })
}

/** The mails of a decision, as its page names them. */
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

interface AllProps {
  view: View
  filter: InboxFilter
  mails: readonly ListedMail[]
}

/** Says how many there are before anything is done. */
function AllPage({ view, filter, mails }: AllProps) {
  const to = (action: string) => addressOf(`/inbox/${action}`, filter)
  const count = mails.length.toLocaleString('en')
  return (
    <Page view={view} title="All that match">
      <header class="bar">
        <a href={addressOf('/', filter)} class="back">
          ← Inbox
        </a>
        <h1>{`All ${count} mails${filter.search === '' ? '' : ` with “${filter.search}”`}`}</h1>
      </header>
      <form method="post" action={to('reject')} class="card">
        <Token view={view} />
        {mails.map((mail) => (
          <input type="hidden" name="pick" value={pickOf(mail)} />
        ))}
        <p class="headline">
          {`They are decided together, those further down the list included. It can be undone.`}
        </p>
        <p class="meta">
          Sending leaves out each reply with something in doubt, and each that changes meanwhile.
        </p>
        <div class="buttons">
          <button type="submit" formaction={to('approve')}>
            {`Send ${count}`}
          </button>
          <button type="submit">{`Reject ${count}`}</button>
          <button type="submit" formaction={to('junk')} class="danger">
            {`Move ${count} to Junk`}
          </button>
          <a class="button" href={addressOf('/', filter)}>
            Cancel
          </a>
        </div>
      </form>
    </Page>
  )
}
