/** The pages and the forms on them. */
import { type Context, Hono } from 'hono'
import { visibleText } from '../mail/text/visible.ts'
import { modelNotices } from '../model/models.ts'
import { approve } from '../review/approve.ts'
import { isOpen, versionOf } from '../review/decide.ts'
import { Refusal, refusalWords } from '../review/review.ts'
import { loadMail } from '../store/bodies.ts'
import type { Queryable } from '../store/database.ts'
import { loadMessage } from '../store/messages.ts'
import { loadReply } from '../store/replies.ts'
import { countWaiting, explainMail, listMails, waitingMails } from '../store/review-lists.ts'
import { countBy } from '../store/statistics.ts'
import type { Env } from './access.ts'
import { actions } from './actions.ts'
import { formBody } from './bodies.ts'
import { addDevices } from './device-routes.tsx'
import { HistoryPage } from './history-page.tsx'
import type { View } from './layout.tsx'
import { framePolicy, harmlessHtml } from './mail-html.ts'
import { MailPage, type Shown } from './mail-page.tsx'
import { addOverviews, type ViewOf } from './overviews.tsx'
import { type Filter, JunkPage, pageLength, QueuePage } from './pages.tsx'
import type { PasswordCheck } from './password-check.ts'
import { ReplyPage } from './reply-page.tsx'
import type { Sessions } from './sessions.ts'
import { statusOf } from './status.ts'
import type { WebContext } from './web-context.ts'
import { unwrapped } from './words.ts'

export function pageRoutes(web: WebContext, sessions: Sessions, passwords: PasswordCheck): Hono<Env> {
  const pages = new Hono<Env>()
  const { db } = web.context
  const viewOf = viewOfPages(web, sessions)
  const filterOf = (c: Context<Env>): Filter => ({
    search: c.req.query('q') ?? '',
    show: c.req.query('show') ?? 'all',
    account: c.req.query('account') ?? '',
    after: c.req.query('after') ?? '',
  })
  pages.get('/', async (c) => {
    const filter = filterOf(c)
    const show = filter.show === 'held' || filter.show === 'drafts' ? filter.show : 'all'
    const wanted = { search: filter.search || undefined, account: filter.account || undefined, show } as const
    const { after } = filter
    const found = await waitingMails(db, wanted, { after, limit: pageLength + 1 })
    const pages = pagesOf(found, after)
    const total = await countWaiting(db, wanted)
    return c.html(<QueuePage view={await viewOf(c)} {...pages} total={total} filter={filter} />)
  })
  pages.get('/junk', async (c) => {
    const filter = filterOf(c)
    const { search, account } = filter
    const before = c.req.query('before') ?? ''
    const wanted = { search, account, before, disposition: 'filed,marked', limit: pageLength + 1 }
    const pages = pagesOf(await listMails(db, wanted), before)
    return c.html(<JunkPage view={await viewOf(c)} {...pages} filter={filter} />)
  })
  pages.get('/replies/:id', async (c) =>
    c.html(<ReplyPage view={await viewOf(c)} shown={await shownOf(web, c)} />),
  )
  pages.get('/mails/:id', async (c) =>
    c.html(<MailPage view={await viewOf(c)} shown={await shownOf(web, c)} />),
  )
  pages.get('/mails/:id/html', async (c) => {
    const remote = c.req.query('remote') === '1'
    const mail = await loadMail(db, c.req.param('id'))
    c.header('content-security-policy', framePolicy(remote))
    return c.html(harmlessHtml(mail?.message.html ?? '', remote))
  })
  addHistory(pages, web, viewOf)
  addOverviews(pages, web, viewOf)
  addDevices(pages, { web, viewOf, sessions, passwords })
  addForms(pages, web)
  return pages
}

/** One page of what was found: one more than is shown tells whether there are others behind it. */
function pagesOf<Mail extends { id: string }>(found: readonly Mail[], key: string) {
  const mails = found.slice(0, pageLength)
  return { mails, older: found.length > pageLength ? (mails.at(-1)?.id ?? null) : null, later: key !== '' }
}

function addHistory(pages: Hono<Env>, web: WebContext, viewOf: ViewOf): void {
  const { db, accounts, config } = web.context
  pages.get('/history', async (c) => {
    const asked = (name: string) => c.req.query(name) ?? ''
    const filter = {
      account: asked('account'),
      disposition: asked('disposition'),
      from: asked('from'),
      since: asked('since'),
      until: asked('until'),
    }
    const [search, before] = [asked('q'), asked('before')]
    const { timeZone } = config.budget
    const found = await listMails(db, { ...filter, search, before, timeZone, limit: pageLength + 1 })
    const props = {
      ...pagesOf(found, before),
      search,
      filter,
      accounts: [...accounts.keys()],
      dispositions: (await countBy(db)).map(({ disposition }) => disposition),
    }
    return c.html(<HistoryPage view={await viewOf(c)} {...props} />)
  })
}

/** Actions on an account or a category. */
const notices: Readonly<Record<string, string | undefined>> = {
  pause: 'Paused: nothing is sent any more.',
  resume: 'Resumed: replies are sent again.',
  grant: 'Granted: replies of this category are sent automatically after the undo window.',
  revoke: 'Revoked: replies of this category wait for you again.',
}

/** Null when somebody has decided again: then there is nothing to undo. */
async function undoOf(db: Queryable, done: string, id: string): Promise<View['undo']> {
  if (done === 'approve') {
    const reply = await loadReply(db, id)
    return reply?.state === 'approved' ? { id, action: 'cancel', until: reply.sendAfter } : null
  }
  if (done !== 'reject') return null
  const row = await loadMessage(db, id)
  return row?.disposition === 'rejected' ? { id, action: 'reopen', until: null } : null
}

function viewOfPages(web: WebContext, sessions: Sessions): ViewOf {
  const { db, clock, config } = web.context
  return async (c) => {
    const done = c.req.query('done') ?? ''
    const action = Object.hasOwn(actions, done) ? actions[done] : undefined
    const refusal = c.req.query('refused')
    return {
      token: sessions.formToken(c.get('session')),
      path: c.req.path,
      notice: refusal ? refusalWords(refusal) : (action?.done ?? notices[done] ?? null),
      undo: await undoOf(db, done, c.req.query('id') ?? ''),
      warnings: (await modelNotices(db, config.model)).map(({ said }) => said),
      status: await statusOf(web),
      waiting: await countWaiting(db, { show: 'held' }),
      hasLogin: config.web.passwordHash !== null,
      now: clock.now(),
      timeZone: config.budget.timeZone,
    }
  }
}

async function shownOf({ context }: WebContext, c: Context<Env>): Promise<Shown> {
  const id = c.req.param('id') ?? ''
  const row = await loadMessage(context.db, id)
  if (row === null) throw new Refusal('not-found')
  const [mail, reply, explained] = [
    await loadMail(context.db, id),
    await loadReply(context.db, id),
    await explainMail(context.db, id),
  ]
  return {
    row,
    reply,
    text: mail === null ? null : unwrapped(visibleText(mail.message).text),
    whole: mail?.message.text ?? null,
    hasHtml: mail !== null && mail.message.html !== null,
    explained,
    version: versionOf(reply?.text ?? ''),
    open: isOpen({ row, reply }),
    undoMs: context.accounts.get(row.account)?.settings.replies.undoMs ?? 0,
    editing: c.req.query('edit') === '1',
    remote: c.req.query('remote') === '1',
  }
}

function addForms(pages: Hono<Env>, web: WebContext): void {
  const { db } = web.context
  for (const path of ['/replies/:id/:action', '/junk/:id/:action{restore}'] as const) {
    pages.post(path, async (c) => {
      const { id, action: name } = c.req.param()
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined
      if (!action) return c.notFound()
      const fields = await formBody(c)
      const body = await c.req.parseBody()
      const { actor } = c.get('session')
      const back = name === 'restore' ? '/junk' : `/replies/${id}`
      try {
        await action.act(web, id, actor, fields)
        const approves = name === 'edit' && body.approve === '1'
        if (approves) await approveEdited(web, id, actor)
        const done = approves ? 'approve' : name
        const next = body.next === '1' ? (await waitingMails(db, {})).find(isNext(id)) : undefined
        const to = next ? `/replies/${next.id}` : done === 'approve' || done === 'reject' ? '/' : back
        return c.redirect(`${to}?done=${done}&id=${id}`, 303)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return c.redirect(`${back}?refused=${error.reason}`, 303)
      }
    })
  }
}

const isNext =
  (id: string) =>
  (mail: { id: string; disposition: string }): boolean =>
    mail.id !== id && mail.disposition !== 'approved'

/** Only the text that was just saved. */
async function approveEdited(web: WebContext, id: string, actor: string): Promise<void> {
  const reply = await loadReply(web.context.db, id)
  if (reply === null) throw new Refusal('nothing-written')
  await approve(web, id, actor, versionOf(reply.text))
}
