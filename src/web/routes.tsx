/** The pages and the forms on them. */
import { type Context, Hono } from 'hono'
import type { Reason } from '../base/reasons.ts'
import { modelNotices } from '../model/models.ts'
import type { PagePassword } from '../review/page-password.ts'
import { restore } from '../review/restore.ts'
import { Refusal, refusalWords } from '../review/review.ts'
import { loadAccountState } from '../store/accounts.ts'
import { loadMail } from '../store/bodies.ts'
import type { Queryable } from '../store/database.ts'
import { loadMessage } from '../store/messages.ts'
import { loadReply } from '../store/replies.ts'
import { lastDecision, latestChange, listMails, waitingCounts } from '../store/review-lists.ts'
import { countBy } from '../store/statistics.ts'
import type { Env } from './access.ts'
import { actions } from './actions.ts'
import { addDemo } from './demo-page.tsx'
import { addDevices } from './device-routes.tsx'
import { HistoryPage } from './history-page.tsx'
import { decidedIds } from './inbox-bulk.tsx'
import { addressOf, type InboxFilter, placeOf } from './inbox-filter.ts'
import { addInbox } from './inbox-routes.tsx'
import type { View } from './layout.tsx'
import { framePolicy, harmlessHtml } from './mail-html.ts'
import { ConversationPage, MailPage } from './mail-page.tsx'
import { addOverviews, type ViewOf } from './overviews.tsx'
import { JunkPage, pageLength } from './pages.tsx'
import type { PasswordCheck } from './password-check.ts'
import { addPeople } from './people-routes.tsx'
import { addNotifications } from './push/routes.tsx'
import type { Sessions } from './sessions.ts'
import { addSetup } from './setup-routes.tsx'
import { loadShown } from './shown.ts'
import { addSnippets } from './snippets-page.tsx'
import { statusOf } from './status.ts'
import { addTeach } from './teach/routes.tsx'
import type { WebContext } from './web-context.ts'

/** Who has access, and how. */
interface PageAccess {
  lock: PagePassword
  sessions: Sessions
  passwords: PasswordCheck
}

export function pageRoutes(web: WebContext, access: PageAccess): Hono<Env> {
  const { sessions, passwords } = access
  const pages = new Hono<Env>()
  const { db } = web.context
  const viewOf = viewOfPages(web, sessions)
  // First, so that nothing changes unseen between a page and its live updates.
  pages.use(async (c, next) => {
    if (/\btext\/html\b/.test(c.req.header('accept') ?? ''))
      c.set('mark', await latestChange(db).catch(() => undefined))
    await next()
  })
  addInbox(pages, web, viewOf)
  pages.get('/junk', async (c) => {
    const asked = (name: string) => c.req.query(name) ?? ''
    const [search, account, before] = [asked('q'), asked('account'), asked('before')]
    const wanted = { search, account, before, disposition: 'filed,marked', limit: pageLength + 1 }
    const props = { ...pagesOf(await listMails(db, wanted), before), search, account }
    return c.html(<JunkPage view={await viewOf(c)} {...props} />)
  })
  pages.get('/mails/:id', async (c) => {
    const shown = await loadShown(web, c.req.param('id'), { remote: c.req.query('remote') === '1' })
    return c.html(<MailPage view={await viewOf(c)} shown={shown} />)
  })
  pages.get('/mails/:id/conversation', async (c) => {
    // It contacts the mail server, which a link on another site must not trigger.
    const site = c.req.header('sec-fetch-site') ?? ''
    if (['cross-site', 'same-site'].includes(site))
      return c.redirect(`/replies/${encodeURIComponent(c.req.param('id'))}`, 303)
    const shown = await loadShown(web, c.req.param('id'), { withSent: true })
    return c.html(<ConversationPage view={await viewOf(c)} shown={shown} />)
  })
  pages.get('/mails/:id/html', async (c) => {
    const remote = c.req.query('remote') === '1'
    const mail = await loadMail(db, c.req.param('id'))
    c.header('content-security-policy', framePolicy(remote))
    return c.html(harmlessHtml(mail?.message.html ?? '', remote))
  })
  addHistory(pages, web, viewOf)
  addOverviews(pages, web, viewOf)
  addPeople(pages, { web, viewOf, ...access })
  addSetup(pages, { web, viewOf })
  addTeach(pages, web, viewOf)
  addSnippets(pages, web, viewOf)
  addDemo(pages, web, viewOf)
  addNotifications(pages, web, viewOf)
  addDevices(pages, { web, viewOf, sessions, passwords })
  pages.post('/junk/:id/restore', (c) => restoreFrom(web, c))
  return pages
}

/** One page of the results: one row more than is shown tells whether others follow. */
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

/** Actions on an account, a category or several mails. */
const notices: Readonly<Record<string, string | undefined>> = {
  pause: 'Paused: nothing is sent until you resume.',
  resume: 'Resumed: replies go out as usual.',
  retry: 'Trying again now.',
  snippet: 'Saved. You can insert it into replies now.',
  'snippet-removed': 'Removed.',
  'password-set': 'The password is set. From now on this page asks for it.',
  'device-ended': 'Logged out there.',
  'password-changed': 'The password is changed. Every other device has to log in again.',
  'demo-mail': 'Delivered. Your mail appears here in a moment, with its reply.',
  push: 'Notifications are on in this browser. Send a test to see one.',
  'push-changed': 'Saved.',
  'push-tested':
    'The test is on its way. If it does not appear, allow notifications for this browser in the settings of the device.',
  'push-off': 'Turned off.',
  grant: 'Allowed: replies of this kind are now sent automatically. You can stop each one until it goes out.',
  revoke: 'Stopped: replies of this kind wait for you again.',
}

/** While a mail has this reason, nobody has decided again. */
const undoable = {
  approve: new Set<Reason>(['approved-by-person']),
  reject: new Set<Reason>(['rejected-by-person']),
  junk: new Set<Reason>(['junked-by-owner', 'marked-junk-by-owner']),
}

const doneTexts = {
  approve: (mail: string) => `Before that you approved ${mail}.`,
  reject: (mail: string) => `Before that you rejected ${mail}.`,
  junk: (mail: string) => `Before that you moved ${mail} to Junk.`,
}

const undos = new Set(['cancel', 'reopen', 'undo-junk'])

/** Decisions older than this are not offered. Milliseconds. */
const undoMemoryMs = 10 * 60_000

/** After an undo: the decision before the one that was undone, so that pressing again undoes that one. */
async function undoBefore(web: WebContext, actor: string, how: UndoPlace): Promise<View['undo']> {
  const { db, clock } = web.context
  const reasons = Object.values(undoable).flatMap((each) => [...each])
  const since = new Date(clock.now().getTime() - undoMemoryMs)
  const last = await lastDecision(db, { actor, reasons, since })
  const done = (['approve', 'reject', 'junk'] as const).find(
    (each) => last && undoable[each].has(last.reason),
  )
  if (last === null || done === undefined) return null
  const undo = await undoOf(db, done, [last.id], how)
  return undo && { ...undo, said: doneTexts[done](`“${last.subject || '(no subject)'}”`) }
}

interface UndoPlace {
  filter: InboxFilter
  /** Paused accounts. */
  paused: readonly string[]
}

/** Leaves out mails that somebody has decided on again since; null if none remains. */
async function undoOf(
  db: Queryable,
  done: string,
  ids: readonly string[],
  { filter, paused }: UndoPlace,
): Promise<View['undo']> {
  const undo = (
    still: readonly string[],
    action: NonNullable<View['undo']>['action'],
    until: Date | null,
    waits = false,
  ) => {
    const to = still.length > 1 ? `/inbox/${action}` : `/replies/${still[0]}/${action}`
    return still.length === 0 ? null : { ids: still, action, until, paused: waits, to: addressOf(to, filter) }
  }
  if (done === 'approve') {
    const replies = (await Promise.all(ids.map((id) => loadReply(db, id)))).flatMap((reply) =>
      reply?.state === 'approved' ? [reply] : [],
    )
    return undo(
      replies.map(({ id }) => id),
      'cancel',
      replies[0]?.sendAfter ?? null,
      replies.every(({ account }) => paused.includes(account)),
    )
  }
  if (done !== 'reject' && done !== 'junk') return null
  const rows = await Promise.all(ids.map((id) => loadMessage(db, id)))
  const still = rows.flatMap((row) => (row?.reason && undoable[done].has(row.reason) ? [row.id] : []))
  return undo(still, done === 'junk' ? 'undo-junk' : 'reopen', null)
}

/** Notices about several mails at once. */
const severalWords: Readonly<Record<string, (count: string) => string>> = {
  approve: (count) => `${count} will be sent.`,
  cancel: (count) => `Stopped: ${count} will not be sent.`,
  reject: (count) => `${count} rejected: nothing will be sent.`,
  reopen: (count) => `${count} ${/^(?:1|No) /.test(count) ? 'waits' : 'wait'} for you again.`,
  junk: (count) => `${count} moved to Junk.`,
  'undo-junk': (count) => `${count} moved back.`,
}

/** @param said about one mail @param left how many were left alone */
function noticeOf(done: string, said: string, ids: readonly string[], left: number): string {
  const words = severalWords[done]
  if (words === undefined || (ids.length < 2 && left === 0)) return said
  const noun = done === 'junk' || done === 'undo-junk' ? 'mail' : 'reply'
  const plural = noun === 'mail' ? 'mails' : 'replies'
  const count = ids.length === 0 ? `No ${noun}` : `${ids.length} ${ids.length === 1 ? noun : plural}`
  if (left === 0) return words(count)
  const kept =
    done === 'approve' ? 'left: look at each and send it yourself.' : 'left: it could not be changed.'
  return `${words(count)} ${left} ${kept}`
}

async function pausedAccounts({ context: { db, accounts } }: WebContext): Promise<string[]> {
  const states = await Promise.all([...accounts.keys()].map((address) => loadAccountState(db, address)))
  return states.flatMap(({ account, paused }) => (paused ? [account] : []))
}

function viewOfPages(web: WebContext, sessions: Sessions): ViewOf {
  const { db, clock, config } = web.context
  return async (c) => {
    const paused = await pausedAccounts(web)
    const done = c.req.query('done') ?? ''
    const action = Object.hasOwn(actions, done) ? actions[done] : undefined
    const refusal = c.req.query('refused')
    const named = { done, id: c.req.query('id'), span: c.req.query('span') }
    const ids = await decidedIds(db, c.get('session').actor, named)
    const said = action?.done ?? notices[done] ?? null
    const how = { filter: placeOf(c).filter, paused }
    return {
      token: sessions.formToken(c.get('session')),
      role: c.get('session').role,
      person: c.get('session').person,
      path: c.req.path,
      mark: c.get('mark'),
      notice: refusal
        ? refusalWords(refusal)
        : said && noticeOf(done, said, ids, Number(c.req.query('left') ?? 0)),
      isRefusal: refusal !== undefined,
      undo: undos.has(done)
        ? await undoBefore(web, c.get('session').actor, how)
        : await undoOf(db, done, ids, how),
      paused,
      warnings: (await modelNotices(db, config.model)).map(({ said }) => said),
      status: await statusOf(web),
      waiting: await waitingCounts(db),
      hasLogin: c.get('passwordHash') !== null,
      now: clock.now(),
      timeZone: config.budget.timeZone,
    }
  }
}

async function restoreFrom(web: WebContext, c: Context<Env>): Promise<Response> {
  const id = c.req.param('id') ?? ''
  try {
    await restore(web, id, c.get('session').actor)
    return c.redirect(`/junk?done=restore&id=${id}`, 303)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return c.redirect(`/junk?refused=${error.reason}`, 303)
  }
}
