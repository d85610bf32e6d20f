/** 523 mails wait: counts are real, and pages, API and command line reach every one of them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { type NewMessage, storeIngested } from '../../src/store/ingested.ts'
import { run } from '../cli/run.ts'
import { aVerdict } from '../triage/a-verdict.ts'
import { openBrowser } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'

const account = 'queue@shop.example'
const count = 523
let standIn: StandIn
let running: RunningDaemon

const message = (at: number): NewMessage => ({
  ...{ id: `m${String(at).padStart(25, '0')}`, account, mailbox: 'INBOX', uidValidity: '1', uid: at + 1 },
  ...{ messageId: `<m${at}@x.example>`, threadId: null, emailId: null, flags: [], size: 1 },
  ...{ fromName: 'Noor', fromAddress: `a${at}@x.example`, subject: `Question ${at}` },
  // Several at one moment: then the id decides.
  internalDate: new Date(Date.UTC(2026, 10, 1) + Math.floor(at / 7) * 60_000),
  ...({ step: 'review', disposition: 'held', reason: 'mode-review' } as const),
})

beforeAll(async () => {
  standIn = await startStandIn()
  running = await startDaemon({
    address: account,
    imap: { host: '127.0.0.1', port: 9, user: 'queue', password: 'none' },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    roles: ['web'],
  })
  const { db } = running.daemon.context
  await storeIngested(db, { messages: Array.from({ length: count }, (_, at) => message(at)) }, new Date())
  // Four levels of urgency, one of which the model did not name.
  await db.query(
    `update replyd.message set verdict = $1::jsonb || jsonb_build_object('urgency', uid % 4) where uid % 4 > 0`,
    [JSON.stringify(aVerdict)],
  )
}, 300_000)

afterAll(async () => {
  await running?.stop()
  await standIn?.close()
})

const url = () => running.daemon.url ?? ''
const html = async (path: string) => (await fetch(`${url()}${path}`)).text()
const idsOf = (page: string) =>
  [...page.matchAll(/<a class="mail(?: needs)?" href="\/replies\/(\w+)[?"]/g)].map(([, id]) => id)
const nextOf = (page: string) =>
  /<a href="([^"]+)" rel="next"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? null

const inOrder = Array.from({ length: count }, (_, at) => at)
  .sort((one, other) => ((other + 1) % 4) - ((one + 1) % 4) || one - other)
  .map((at) => `m${String(at).padStart(25, '0')}`)

test('the badge and the page say how many there are, and each is on one page', async () => {
  const found: (string | undefined)[] = []
  let path: string | null = '/'
  while (path !== null) {
    const page = await html(path)
    expect(page).toMatch(new RegExp(`<span class="count" id="waiting"[^>]*>${count}</span>`))
    expect(page).toMatch(new RegExp(`All *<span class="count">${count}</span>`))
    expect(idsOf(page).length).toBeLessThanOrEqual(30)
    found.push(...idsOf(page))
    path = nextOf(page)
  }
  expect(found).toEqual(inOrder)
})

test('a decision between two pages neither hides a mail nor shows one twice', async () => {
  const first = await html('/')
  const last = idsOf(first).at(-1) as string
  const { db } = running.daemon.context
  await db.query(`update replyd.message set step = 'done', disposition = 'rejected' where id = $1`, [last])
  const second = await html(nextOf(first) ?? '')
  expect(idsOf(second)).toEqual(inOrder.slice(30, 60))
  await db.query(`update replyd.message set step = 'review', disposition = 'held' where id = $1`, [last])
})

test('a key of no mail ends the list', async () => {
  expect(idsOf(await html('/?after=nothing'))).toEqual([])
})

test('a search counts and pages what it found', async () => {
  const page = await html('/?q=Question%201')
  const matching = inOrder.filter((id) => String(Number(id.slice(1))).startsWith('1'))
  expect(page).toContain(`Inbox<span class="count"> ${matching.length} found</span>`)
  expect(idsOf(page)).toEqual(matching.slice(0, 30))
  expect(idsOf(await html(nextOf(page) ?? ''))).toEqual(matching.slice(30, 60))
})

test.each([
  ['/api/replies?limit=100', inOrder],
  ['/api/mails?limit=100', [...inOrder].sort().reverse()],
])('%s names its next page until there is none', async (begin, expected) => {
  const found: string[] = []
  let path: string | undefined = begin
  while (path !== undefined) {
    const answer: Response = await fetch(`${url()}${path}`)
    found.push(...((await answer.json()) as { id: string }[]).map(({ id }) => id))
    if (begin.startsWith('/api/replies')) expect(answer.headers.get('x-total-count')).toBe(String(count))
    path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]
  }
  expect(found).toEqual(expected)
})

test.each([
  [['replies', 'list', '--json'], count],
  [['replies', 'list', '--limit', '7', '--json'], 7],
  [['mails', 'list', '--json'], 50],
  [['mails', 'list', '--limit', 'all', '--json'], count],
  [['mails', 'list', '--limit', '501', '--json'], 501],
])('replyd %s', async (args, expected) => {
  const path = join(running.daemon.context.config.state.directory, 'api.json')
  const { url: REPLYD_URL, token } = JSON.parse(readFileSync(path, 'utf8')) as { url: string; token: string }
  const { status, out } = await run(args, { environment: { REPLYD_URL, REPLYD_TOKEN: token } })
  expect(status).toBe(0)
  const ids = (JSON.parse(out) as { id: string }[]).map(({ id }) => id)
  expect([ids.length, new Set(ids).size]).toEqual([expected, expected])
})

describe('in a browser', () => {
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    browser = await openBrowser()
    page = await (await browser.newContext()).newPage()
  }, 300_000)

  afterAll(() => browser?.close())

  test('the list goes on as it is scrolled, and a change of another person keeps it', async () => {
    await page.goto(`${url()}/`)
    const last = `a.mail[data-id="${inOrder[119]}"]`
    while ((await page.locator(last).count()) === 0) {
      const more = page.locator('.list a[rel=next]')
      const href = await more.getAttribute('href')
      await more.scrollIntoViewIfNeeded()
      await page.waitForSelector(`.list a[rel=next][href="${href}"]`, { state: 'detached' })
    }
    const gone = inOrder[3] as string
    const { db } = running.daemon.context
    const change = (step: string, disposition: string) =>
      db.query(
        `with moved as (update replyd.message set step = $2, disposition = $3 where id = $1 returning id)
         insert into replyd.event (message_id, at, step, disposition, reason, actor)
           select id, now(), $2, $3, 'rejected-by-person', 'test' from moved`,
        [gone, step, disposition],
      )
    await change('done', 'rejected')
    await page.waitForSelector(`a.mail[data-id="${gone}"]`, { state: 'detached' })
    expect(await page.locator(last).count()).toBe(1)
    await change('review', 'held')
    await page.waitForSelector(`a.mail[data-id="${gone}"]`)
  })

  test('a hundred mails are rejected together, and taken back together', async () => {
    await page.goto(`${url()}/?rows=100`)
    await page.locator('[name=pick]').first().check()
    await page.click('#all')
    await page.click('.bulk >> text=Reject')
    await page.waitForURL(/done=reject/)
    expect(await page.locator('.notice').innerText()).toContain('100 replies rejected')
    expect(await page.locator('.list .tabs .count').first().innerText()).toBe(String(count - 100))
    await page.click('#undo')
    await page.waitForURL(/done=reopen/)
    expect(await page.locator('.list .tabs .count').first().innerText()).toBe(String(count))
  })

  test.each([true, false])(
    'all that match are decided together, with JavaScript: %s',
    async (javaScriptEnabled) => {
      const other = await (await browser.newContext({ javaScriptEnabled })).newPage()
      const matching = inOrder.filter((id) => String(Number(id.slice(1))).startsWith('1')).length
      await other.goto(`${url()}/?q=Question+1`)
      await other.locator('[name=pick]').first().check()
      await Promise.all([other.waitForURL(/inbox\/all/), other.click(`text=All ${matching} that match`)])
      expect(await other.locator('h1').innerText()).toBe(`All ${matching} mails with “Question 1”`)
      await Promise.all([other.waitForURL(/done=reject/), other.click(`text=Reject ${matching}`)])
      expect(await other.locator('.notice').innerText()).toContain(`${matching} replies rejected`)
      expect(await other.locator('#headline').innerText()).toContain('0 found')
      expect(other.url().length).toBeLessThan(200)
      await Promise.all([other.waitForURL(/done=reopen/), other.click('#undo')])
      expect(await other.locator('.notice').innerText()).toContain(`${matching} replies wait for you again`)
      expect(await other.locator('#headline').innerText()).toContain(`${matching} found`)
      await other.context().close()
    },
  )
})
