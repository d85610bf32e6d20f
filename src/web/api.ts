/** The JSON API. Reading needs the token when there is a password; changing anything always needs it. */
import { type Context, Hono, type Next } from 'hono'
import { z } from 'zod'
import { helpFor, type Reason, sentenceOf } from '../base/reasons.ts'
import { autonomyByCategory } from '../decide/autonomy-record.ts'
import { visibleText } from '../mail/text/visible.ts'
import { audit } from '../observe/audit.ts'
import { grantAutonomy, revokeAutonomy } from '../review/autonomy.ts'
import { versionOf } from '../review/decide.ts'
import { pause, Refusal, resume } from '../review/review.ts'
import { loadAccountState } from '../store/accounts.ts'
import { loadMail } from '../store/bodies.ts'
import { loadMessage, type MessageRow } from '../store/messages.ts'
import { loadReply, type ReplyRow } from '../store/replies.ts'
import { countWaiting, explainMail, type ListedMail, listMails, waitingMails } from '../store/review-lists.ts'
import { usageBy } from '../store/statistics.ts'
import { actions } from './actions.ts'
import { actorOf } from './bearer.ts'
import { fitting, jsonBody } from './bodies.ts'
import { openApi } from './open-api.ts'
import { storeRoutes } from './store-routes.ts'
import { tokenRoutes } from './token-routes.ts'
import type { WebContext } from './web-context.ts'

const explained = (reason: Reason) => ({ reason, because: sentenceOf(reason), help: helpFor(reason) })

const mailView = (row: MessageRow) => ({
  id: row.id,
  account: row.account,
  from: row.fromAddress,
  fromName: row.fromName,
  subject: row.subject,
  arrivedAt: row.internalDate,
  step: row.step,
  disposition: row.disposition,
  ...explained(row.reason),
  detail: row.detail,
  codes: row.codes,
  verdict: row.verdict,
})

const listedView = (row: ListedMail) => ({
  ...mailView(row),
  reply:
    row.replyState === null
      ? null
      : {
          state: row.replyState,
          holdReasons: (row.holdReasons ?? []).map(explained),
          sendAfter: row.sendAfter,
        },
})

const replyView = (reply: ReplyRow) => ({
  state: reply.state,
  to: reply.addressees.join(', '),
  addressees: reply.addressees,
  subject: reply.subject,
  text: reply.text,
  version: versionOf(reply.text),
  language: reply.language,
  confidence: reply.confidence,
  holdReasons: reply.holdReasons.map(explained),
  claims: reply.claims,
  sources: reply.sources,
  sendAfter: reply.sendAfter,
  actor: reply.actor,
})

const limitOf = (c: Context, preset: number) =>
  Math.min(Math.max(Number.parseInt(c.req.query('limit') ?? '', 10) || preset, 1), 500)

/** Cuts off the row that only tells that there are more; the next page is named as in RFC 8288. */
function pageOf<Row extends { id: string }>(c: Context, rows: Row[], limit: number, key: string): Row[] {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  if (rows.length > limit && last) {
    const next = new URLSearchParams({ ...c.req.query(), [key]: last.id })
    c.header('link', `<${c.req.path}?${next}>; rel="next"`)
  }
  return page
}

export function apiRoutes(web: WebContext): Hono {
  const api = new Hono()
  const { db } = web.context
  api.get('/openapi.json', (c) => c.json(openApi))
  addLists(api, web)
  for (const path of ['/mails/:id', '/replies/:id'] as const) {
    api.get(path, async (c) => {
      const row = await loadMessage(db, c.req.param('id'))
      if (row === null) throw new Refusal('not-found')
      const [mail, reply] = [await loadMail(db, row.id), await loadReply(db, row.id)]
      const text = mail === null ? null : visibleText(mail.message).text
      return c.json({
        ...mailView(row),
        lastError: row.lastError,
        dueAt: row.dueAt,
        text,
        reply: reply && replyView(reply),
        ...(await explainMail(db, row.id)),
      })
    })
  }
  api.get('/usage', async (c) => {
    const by = c.req.query('by')
    const key = by === 'account' || by === 'step' ? by : 'day'
    return c.json(await usageBy(db, key, c.req.query('since') ?? ''))
  })
  api.get('/accounts', async (c) =>
    c.json(
      await Promise.all([...web.context.accounts.keys()].map((address) => loadAccountState(db, address))),
    ),
  )
  api.route('/', storeRoutes(web))
  api.route('/', tokenRoutes(web))
  api.get('/autonomy', async (c) => {
    const addresses = [...web.context.accounts.keys()]
    return c.json((await Promise.all(addresses.map((address) => autonomyByCategory(db, address)))).flat())
  })
  addChanges(api, web)
  return api
}

function addLists(api: Hono, web: WebContext): void {
  const { db } = web.context
  api.get('/replies', async (c) => {
    const { q: search, account, after } = c.req.query()
    const limit = limitOf(c, 200)
    const rows = await waitingMails(db, { search, account }, { after, limit: limit + 1 })
    c.header('x-total-count', String(await countWaiting(db, { search, account })))
    return c.json(pageOf(c, rows, limit, 'after').map(listedView))
  })
  api.get('/mails', async (c) => {
    const { q: search, limit: _limit, ...filter } = c.req.query()
    const { account, disposition, from, since, until, before } = filter
    const { timeZone } = web.context.config.budget
    const limit = limitOf(c, 50)
    const rows = await listMails(db, {
      ...{ search, account, disposition, from, since, until, timeZone, before },
      limit: limit + 1,
    })
    return c.json(
      pageOf(c, rows, limit, 'before').map((row) => ({
        ...listedView(row),
        cost: row.cost,
        tokens: row.tokens,
      })),
    )
  })
}

function addChanges(api: Hono, web: WebContext): void {
  const empty = async (c: Context, next: Next) => {
    fitting(await jsonBody(c), z.strictObject({}))
    await next()
  }
  api.use('/accounts/*', empty)
  api.use('/autonomy/*', empty)
  // Contacts every mail server, so it must not be a GET.
  api.post('/audit', empty, async (c) => c.json(await audit(web.context)))
  api.post('/accounts/:address/:action{pause|resume}', async (c) => {
    const change = c.req.param('action') === 'pause' ? pause : resume
    await change(web, c.req.param('address'), actorOf(c))
    return c.json({ ok: true })
  })
  api.post('/autonomy/:address/:category/:action{grant|revoke}', async (c) => {
    const { address, category, action } = c.req.param()
    const change = action === 'grant' ? grantAutonomy : revokeAutonomy
    await change(web, address, category, actorOf(c))
    return c.json({ ok: true })
  })
  for (const path of ['/replies/:id/:action', '/junk/:id/:action{restore}'] as const) {
    api.post(path, async (c) => {
      const { id, action: name } = c.req.param()
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined
      if (!action) return c.json({ error: 'unknown-action' }, 404)
      await action.act(web, id, actorOf(c), await jsonBody(c))
      return c.json({ ok: true })
    })
  }
}
