/** The inbox and everything that is decided there. */
import type { Context, Hono } from 'hono'
import { Refusal } from '../review/review.ts'
import { loadMessage } from '../store/messages.ts'
import {
  countWaiting,
  hasMail,
  type WaitingCounts,
  waitingBefore,
  waitingMails,
} from '../store/review-lists.ts'
import type { Env } from './access.ts'
import { actions } from './actions.ts'
import { dispositionOf, fileOf, filePolicy } from './attachments.ts'
import { formBody } from './bodies.ts'
import { failed, statusOf } from './failures.tsx'
import { addBulk } from './inbox-bulk.tsx'
import { addressOf, isSearch, longestPage, placeOf, wantedBy } from './inbox-filter.ts'
import type { InboxList } from './inbox-list.tsx'
import { InboxPage } from './inbox-page.tsx'
import { isUndecided, nextOf } from './inbox-picks.ts'
import type { ViewOf } from './overviews.tsx'
import type { Refused } from './reply-editor.tsx'
import { loadShown } from './shown.ts'
import type { WebContext } from './web-context.ts'

export function addInbox(pages: Hono<Env>, web: WebContext, viewOf: ViewOf): void {
  const show = async (c: Context<Env>, asked: string | null, refused: Refused | null = null) => {
    const view = { ...(await viewOf(c)), ...(refused === null ? {} : refusedView(refused)) }
    const list = await listOf(web, c, view.waiting, asked)
    const { at } = placeOf(c)
    const first = list.mails.find(({ id }) => id === at) ?? list.mails.find(isUndecided) ?? list.mails[0]
    const open = asked ?? first?.id ?? null
    const shown = open === null ? null : await loadShown(web, open, { remote: c.req.query('remote') === '1' })
    const next =
      open === null ? null : await nextOf(web.context.db, list.filter, open, { listed: list.mails })
    const props = { list, shown, next, onlyList: asked === null, isBack: at !== '' && at === open, refused }
    return c.html(<InboxPage view={view} {...props} />, refused === null ? 200 : statusOf(refused.refusal))
  }
  pages.get('/', (c) => show(c, null))
  pages.get('/replies/:id', (c) => show(c, c.req.param('id')))
  pages.get('/mails/:id/parts/:path{[0-9.]{1,40}}', (c) => file(web, c))
  addDecisions(pages, web, show)
  addBulk(pages, web, viewOf)
}

/** Only the panes are wanted: htmx names the element that it replaces. */
const wantsOnlyPanes = (c: Context) => c.req.header('hx-target') === 'panes'
/** Rows to show after the mail that the list must include, so that the list does not end there. */
const rowsBehind = 10

async function listOf(
  { context }: WebContext,
  c: Context<Env>,
  waiting: WaitingCounts,
  asked: string | null,
): Promise<InboxList> {
  const { db, accounts } = context
  const { filter, after, at, rows } = placeOf(c)
  const wanted = { ...wantedBy(filter), rewriting: true }
  const reached = after === '' ? (asked ?? at) : ''
  const before = reached === '' ? null : await waitingBefore(db, wanted, reached)
  const length = before === null ? rows : Math.min(longestPage, Math.max(rows, before + rowsBehind))
  const found =
    asked !== null && wantsOnlyPanes(c) ? [] : await waitingMails(db, wanted, { after, limit: length + 1 })
  const mails = found.slice(0, length)
  return {
    mails,
    older: found.length > length ? (mails.at(-1)?.id ?? null) : null,
    later: after !== '',
    found: isSearch(filter) ? await countWaiting(db, wanted) : null,
    counts: waiting,
    filter,
    accounts: [...accounts.keys()],
    isNew: mails.length === 0 && !(await hasMail(db)),
  }
}

async function file(web: WebContext, c: Context<Env>): Promise<Response> {
  const { id = '', path = '' } = c.req.param()
  const row = await loadMessage(web.context.db, id)
  const account = row === null ? undefined : web.context.accounts.get(row.account)
  const found = row === null || account === undefined ? null : await fileOf(account, row, path)
  if (found === null) return failed(c, 404, 'not-found', 'This file no longer exists.')
  c.header('content-security-policy', filePolicy(found.type))
  c.header('content-disposition', dispositionOf(found))
  return c.body(found.octets, 200, { 'content-type': found.type })
}

/** After these, the next mail is opened. */
const settling: ReadonlySet<string> = new Set(['approve', 'reject', 'junk'])

type Show = (c: Context<Env>, asked: string, refused: Refused) => Promise<Response>

/** A field's fault is shown below the field. */
const refusedView = ({ refusal: { message, field } }: Refused) => ({
  notice: field === null ? message : 'Nothing was saved: correct the field marked below.',
  isRefusal: true,
  undo: null,
})

/** Shows the typed text again, below the reason why nothing was saved. */
async function shownAgain(
  c: Context<Env>,
  id: string,
  { show, refused }: { show: Show; refused: Refused },
): Promise<Response> {
  // The address of the page, not of the form: it can be loaded again.
  const { reason } = refused.refusal
  c.header('hx-push-url', addressOf(`/replies/${id}`, placeOf(c).filter, { refused: reason }))
  return show(c, id, refused)
}

function addDecisions(pages: Hono<Env>, web: WebContext, show: Show): void {
  const { db } = web.context
  pages.post('/replies/:id/:action', async (c) => {
    const { id, action: name } = c.req.param()
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (!action) return c.notFound()
    const { filter } = placeOf(c)
    const fields = await formBody(c)
    const body = await c.req.parseBody()
    const { actor } = c.get('session')
    const next = await nextOf(db, filter, id)
    try {
      const told: { version?: string } = await action.act(web, id, actor, fields)
      const approves = name === 'edit' && body.approve === '1'
      // Only the text that was just saved: somebody may have saved another one since.
      if (approves) await actions.approve?.act(web, id, actor, { seen: told.version })
      const done = approves ? 'approve' : name
      const path = settling.has(done) ? (next === null ? '/' : `/replies/${next}`) : `/replies/${id}`
      return c.redirect(addressOf(path, filter, { done, id }), 303)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (name === 'edit' && error.reason !== 'not-found')
        return shownAgain(c, id, { show, refused: { refusal: error, typed: typedIn(c, body) } })
      return c.redirect(addressOf(`/replies/${id}`, filter, { refused: error.reason }), 303)
    }
  })
}

/** The typed text; null if a script of the page keeps it. */
function typedIn(c: Context, body: Record<string, unknown>): Refused['typed'] {
  if (c.req.header('hx-request') !== undefined) return null
  const of = (name: string) => (typeof body[name] === 'string' ? body[name].replace(/\r\n?/g, '\n') : '')
  return { text: of('text'), to: of('to'), cc: of('cc'), subject: of('subject') }
}
