/** Insight and Settings, and the forms on them. */
import type { Context, Hono } from 'hono'
import { autonomyByCategory } from '../decide/autonomy-record.ts'
import { dayOf } from '../model/budget.ts'
import { grantAutonomy, revokeAutonomy } from '../review/autonomy.ts'
import { pause, Refusal, resume, tryAgain } from '../review/review.ts'
import { loadAccountState } from '../store/accounts.ts'
import { spentOn } from '../store/spending.ts'
import { countBy, figuresByDay, replyFigures } from '../store/statistics.ts'
import type { Env } from './access.ts'
import { addAssistants } from './assistants-page.tsx'
import { notFound } from './failures.tsx'
import { everyDay, InsightPage } from './insight-page.tsx'
import type { View } from './layout.tsx'
import { isOwnPath } from './login.tsx'
import { sendingOfOne } from './sending.ts'
import { ConfirmSending } from './sending-confirm.tsx'
import { SettingsPage, type Tested } from './settings-page.tsx'
import { addSignIn } from './sign-in-page.tsx'
import type { WebContext } from './web-context.ts'

export type ViewOf = (c: Context<Env>) => Promise<View>

const shownDays = 30
const dayMs = 86_400_000

export function addOverviews(pages: Hono<Env>, web: WebContext, viewOf: ViewOf): void {
  addAssistants(pages, web, viewOf)
  addSignIn(pages, web, viewOf)
  pages.get('/insight', async (c) =>
    c.html(<InsightPage view={await viewOf(c)} insight={await insightOf(web)} />),
  )
  pages.get('/settings', async (c) =>
    c.html(<SettingsPage view={await viewOf(c)} settings={await settingsOf(web, null)} />),
  )
  pages.post('/accounts/:address/test', async (c) => {
    const tested = await testOf(web, c.req.param('address'))
    const view = { ...(await viewOf(c)), path: '/settings' }
    return c.html(<SettingsPage view={view} settings={await settingsOf(web, tested)} />)
  })
  pages.post('/accounts/:address/:action{pause|resume|retry}', async (c) => {
    const { address, action } = c.req.param()
    const change = { pause, resume, retry: tryAgain }[action]
    if (change === undefined) return notFound(c)
    return settled(c, action, change(web, address, c.get('session').actor), await pageBefore(c))
  })
  pages.post('/autonomy/:address/:category/:action{grant|revoke}', async (c) => {
    const { address, category, action } = c.req.param()
    if (action === 'grant' && (await c.req.parseBody()).confirmed !== '1') {
      const sending = [await sendingOfOne(web.context, { account: address, category })]
      const form = { to: c.req.path, fields: [], back: '/settings' }
      const view = { ...(await viewOf(c)), path: '/settings' }
      return c.html(<ConfirmSending view={view} sending={sending} others={[]} form={form} />)
    }
    const change = action === 'grant' ? grantAutonomy : revokeAutonomy
    return settled(c, action, change(web, address, category, c.get('session').actor))
  })
}

/** Back to the page, with the result. */
async function settled(c: Context<Env>, action: string, change: Promise<void>, page = '/settings') {
  try {
    await change
    return c.redirect(`${page}?done=${action}`, 303)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return c.redirect(`${page}?refused=${error.reason}`, 303)
  }
}

/** The page with the button, if the form names one of ours. */
async function pageBefore(c: Context<Env>): Promise<string> {
  const { next } = await c.req.parseBody()
  return typeof next === 'string' && isOwnPath(next) ? next : '/settings'
}

async function insightOf({ context: { db, clock, config } }: WebContext) {
  const { timeZone, perDay } = config.budget
  const since = new Date(clock.now().getTime() - shownDays * dayMs)
  const names = Array.from({ length: shownDays }, (_, at) =>
    dayOf(new Date(since.getTime() + (at + 1) * dayMs), timeZone),
  )
  return {
    days: everyDay(await figuresByDay(db, timeZone, since), names),
    replies: await replyFigures(db, since),
    outcomes: await countBy(db),
    perDay,
  }
}

/** How long a server may take to answer, milliseconds. */
const patienceMs = 10_000

/** Logs in at the account's servers as the daemon does, and changes nothing there. */
async function testOf({ context }: WebContext, address: string): Promise<Tested> {
  const { accounts, config, clock, resolveTxt } = context
  const account = accounts.get(address)
  if (account === undefined) throw new Refusal('unknown-account')
  const { checkAccount } = await import('../doctor/doctor.ts')
  const looks = checkAccount(account.settings, config, clock, patienceMs, resolveTxt)
  return { account: address, checks: (await Promise.all(looks.map(({ checks }) => checks))).flat() }
}

async function settingsOf(web: WebContext, tested: Tested | null) {
  const { db, clock, config, accounts } = web.context
  const { timeZone, perDay } = config.budget
  const addresses = [...accounts.keys()]
  return {
    accounts: await Promise.all(
      [...accounts.values()].map(async ({ settings }) => ({
        state: await loadAccountState(db, settings.owner.address),
        mode: settings.replies.mode,
        signsIn: settings.imap.oauth2 !== null || settings.smtp.oauth2 !== null,
      })),
    ),
    tested,
    autonomy: (await Promise.all(addresses.map((address) => autonomyByCategory(db, address)))).flat(),
    health: await web.health(),
    model: config.model.name,
    budget: { perDay, spent: await spentOn(db, dayOf(clock.now(), timeZone)) },
    hasBoard: web.boards !== undefined,
  }
}
