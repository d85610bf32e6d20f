/** 523 mails wait: counts are real, and pages, API and command line reach every one of them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { newId } from '../../src/base/clock.ts'
import { accountOf } from '../../src/context.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { versionOf } from '../../src/review/decide.ts'
import { edit } from '../../src/review/edit.ts'
import { type NewMessage, storeIngested } from '../../src/store/ingested.ts'
import { loadMessage } from '../../src/store/messages.ts'
import { loadReply } from '../../src/store/replies.ts'
import { run } from '../cli/run.ts'
import { aVerdict } from '../triage/a-verdict.ts'
import { openBrowser } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { askPage, cookiesOf, tokenIn } from './forms.ts'
import { phone as hand } from './hands.ts'
import { putWaiting } from './waiting.ts'

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
    databaseUrl: await newDatabase(),
    roles: ['web'],
  })
  const { db } = running.daemon.context
  await storeIngested(db, { messages: Array.from({ length: count }, (_, at) => message(at)) }, new Date())
  // Four levels of urgency, one of them unknown.
  await db.query(
    `update replyd.message set verdict = $1::jsonb || jsonb_build_object('urgency', uid % 4) where uid % 4 > 0`,
    [JSON.stringify(aVerdict)],
  )
})

afterAll(async () => {
  await running?.stop()
  await standIn?.close()
})

const url = () => running.daemon.url ?? ''
const db = () => running.daemon.context.db
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

test('a key that belongs to no mail gives an empty list', async () => {
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
  })

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
    await page.keyboard.press('r')
    // A decision about so many mails must be confirmed first.
    await page.waitForSelector('h1 >> text=Reject 100 replies?')
    await page.click('button >> text=Reject 100')
    await page.waitForURL(/done=reject/)
    expect(await page.locator('.notice').textContent()).toContain('100 replies rejected')
    expect(await page.locator('a.mail[aria-current]').getAttribute('data-id')).toBe(inOrder[100])
    expect(await page.locator('.list .tabs .count').first().innerText()).toBe(String(count - 100))
    await page.click('#undo')
    await page.waitForURL(/done=reopen/)
    expect(await page.locator('.list .tabs .count').first().innerText()).toBe(String(count))
  })

  const chosen = () =>
    page.locator('[name=pick]:checked').evaluateAll((picks) => picks.map(({ value }) => value.split('.')[0]))
  const pick = (at: number) => `.row:has([data-id="${inOrder[at]}"]) [name=pick]`
  const disposition = async (at: number) => (await loadMessage(db(), inOrder[at] ?? ''))?.disposition

  test('a range is chosen with Shift and a click, or with Shift X; a key then acts on all of it, and no row moves', async () => {
    await page.goto(`${url()}/`)
    const top = async () => (await page.locator(pick(2)).boundingBox())?.y
    const before = await top()
    await page.click(pick(1))
    await page.waitForSelector('#bulk >> text=1 chosen')
    expect(await top()).toBe(before)
    await page.click(pick(4), { modifiers: ['Shift'] })
    expect(await chosen()).toEqual(inOrder.slice(1, 5))
    await page.click(pick(3), { modifiers: ['Shift'] })
    expect(await chosen()).toEqual(inOrder.slice(1, 3))
    await page.keyboard.press('Escape')
    expect(await chosen()).toEqual([])
    await page.focus(`a.mail[data-id="${inOrder[2]}"]`)
    await page.keyboard.press('x')
    await page.focus(`a.mail[data-id="${inOrder[4]}"]`)
    await page.keyboard.press('X')
    expect(await chosen()).toEqual(inOrder.slice(2, 5))
    expect(await page.locator('#chosen').innerText()).toBe('3 chosen, all in doubt')
    // These mails have no text: neither they nor the open mail are sent.
    await page.keyboard.press('a')
    await page.waitForSelector('.notice >> text=Each chosen reply has something in doubt')
    await page.keyboard.press('r')
    await page.waitForURL(/done=reject/)
    expect(await Promise.all([0, 2, 3, 4].map(disposition))).toEqual([
      'held',
      'rejected',
      'rejected',
      'rejected',
    ])
    // The next mail is open, and its row has kept its place.
    expect(await page.locator('#panes').getAttribute('data-id')).toBe(inOrder[5])
    await page.click('#undo')
    await page.waitForURL(/done=reopen/)
    expect(await page.locator('#panes').getAttribute('data-id')).toBe(inOrder[2])
  })

  test('sent mails are no longer chosen', async () => {
    await page.goto(`${url()}/`)
    for (const at of [5, 6]) await page.check(pick(at))
    const approved = (to: string) =>
      db().query(
        `with moved as (update replyd.message set disposition = $2 where id = $1 returning id)
         insert into replyd.event (message_id, at, step, disposition, reason, actor)
           select id, now(), 'review', $2, 'approved-by-person', 'test' from moved`,
        [inOrder[5], to],
      )
    await approved('approved')
    await page.waitForSelector(`${pick(5)}:disabled`)
    expect(await chosen()).toEqual([inOrder[6]])
    await approved('held')
    await page.waitForSelector(`${pick(5)}:enabled`)
  })

  test('deep in the list, the page is opened again where it was', async () => {
    const id = inOrder[140] as string
    await page.goto(`${url()}/replies/${id}`)
    const row = page.locator(`a.mail[data-id="${id}"]`)
    expect(await row.getAttribute('aria-current')).toBe('true')
    const box = await row.boundingBox()
    expect(box && box.y > 0 && box.y < 700).toBe(true)
    // The list goes on after that.
    await page.keyboard.press('j')
    await page.waitForSelector(`#panes[data-id="${inOrder[141]}"]`)
    await page.goBack()
    await page.waitForSelector(`#panes[data-id="${id}"]`)
  })

  test.each([
    ['the back of the browser', true],
    ['“← Inbox”', false],
  ])('on a phone, %s leads to the row', async (_way, byBrowser) => {
    const phone = await (await browser.newContext({ ...hand.options })).newPage()
    await phone.goto(`${url()}/?rows=60`)
    const row = phone.locator(`a.mail[data-id="${inOrder[45]}"]`)
    await row.scrollIntoViewIfNeeded()
    const before = (await row.boundingBox())?.y
    await row.tap()
    await phone.waitForSelector('body.opened')
    await (byBrowser ? phone.goBack() : phone.tap('#back'))
    await phone.waitForSelector('body.listing')
    await phone.waitForFunction('scrollY > 0')
    expect((await row.boundingBox())?.y).toBeCloseTo(before ?? 0, 0)
    expect(await row.getAttribute('aria-current')).toBe('true')
    // This also works on a page that was opened without the list.
    await phone.goto(`${url()}/replies/${inOrder[200]}`)
    await phone.tap('#back')
    await phone.waitForSelector('body.listing.returned')
    const box = await phone.locator(`a.mail[data-id="${inOrder[200]}"]`).boundingBox()
    expect(box && box.y > 0 && box.y + box.height < 780).toBe(true)
    await phone.context().close()
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
      // None of them has a text.
      expect(
        await other.locator('form', { hasText: 'None of them can be sent' }).locator('button').count(),
      ).toBe(0)
      expect(await other.locator('.rows li', { hasText: 'Noor' }).count()).toBe(matching)
      await other.click(`text=Reject ${matching} …`)
      await other.waitForSelector(`h1 >> text=Reject ${matching} replies?`)
      await Promise.all([other.waitForURL(/done=reject/), other.click(`button >> text=Reject ${matching}`)])
      expect(await other.locator('.notice').textContent()).toContain(`${matching} replies rejected`)
      expect(await other.locator('#headline').innerText()).toContain('0 found')
      expect(other.url().length).toBeLessThan(200)
      await Promise.all([other.waitForURL(/done=reopen/), other.click('#undo')])
      expect(await other.locator('.notice').textContent()).toContain(`${matching} replies wait for you again`)
      expect(await other.locator('#headline').innerText()).toContain(`${matching} found`)
      await other.context().close()
    },
  )
})

describe('a decision on the page', () => {
  const at = new Date('2026-11-27T09:00:00Z')
  const seen = versionOf('At nine.')
  let uid = 1000
  async function put(subject: string, owner = account): Promise<string> {
    uid += 1
    const id = newId(new Date(at.getTime() + uid))
    const mail = { from: `n${uid}@y.example`, subject, text: 'When?', reply: 'At nine.' }
    await putWaiting(db(), { id, account: owner, uid, ...mail }, at)
    await db().query(`update replyd.reply set claims = '[]' where id = $1`, [id])
    return id
  }
  const saveInDrafts = (id: string) =>
    db().query(
      `update replyd.reply set saved_mailbox = 'Drafts', saved_uid_validity = '1', saved_uid = 1 where id = $1`,
      [id],
    )
  async function press(path: string, fields: readonly (readonly [string, string])[]): Promise<Response> {
    const page = await askPage(`${url()}/`)
    const [cookie, token] = [cookiesOf(page), await tokenIn(page)]
    const body = new URLSearchParams({ token })
    for (const [name, value] of fields) body.append(name, value)
    return fetch(`${url()}${path}`, { method: 'POST', redirect: 'manual', headers: { cookie }, body })
  }
  afterEach(() => void jest.restoreAllMocks())
  const dispositionOf = async (id: string) => (await loadMessage(db(), id))?.disposition

  test('sends the text that was typed, and not one that somebody else saves at that moment', async () => {
    const id = await put('Two of us')
    await saveInDrafts(id)
    const { context, pipeline } = running.daemon
    const { imap } = accountOf(context, account)
    const mailboxes = { drafts: 'Drafts', sent: null, junk: null, trash: null, archive: null, all: null }
    jest.spyOn(imap, 'specialMailboxes').mockResolvedValue(mailboxes as never)
    jest.spyOn(imap, 'flags').mockResolvedValue([])
    jest.spyOn(imap, 'append').mockImplementation(async () => ({ uidValidity: '1', uid: ++uid }))
    jest
      .spyOn(imap, 'removeExactly')
      .mockResolvedValue(undefined)
      .mockImplementationOnce(async () => {
        await edit({ context, pipeline }, id, 'Ben', 'At ten, says Ben.')
      })
    const answer = await press(
      `/replies/${id}/edit`,
      Object.entries({ text: 'At eleven.', seen, approve: '1' }),
    )
    expect([answer.status, await dispositionOf(id)]).toEqual([409, 'held'])
    expect((await loadReply(db(), id))?.text).toBe('At ten, says Ben.')
  })

  test('about several: the mails of a mailbox that does not answer stay, and the others are decided', async () => {
    const [one, two, three] = [await put('One'), await put('In Drafts'), await put('Three')]
    await saveInDrafts(two)
    const picks = [one, two, three].map((id) => ['pick', `${id}.${seen}`] as const)
    const answer = await press('/inbox/approve', picks)
    const location = expect.stringContaining(`done=approve&id=${one}.${three}&left=1`)
    expect([answer.status, answer.headers.get('location')]).toEqual([303, location])
    const now = await Promise.all([one, two, three].map(dispositionOf))
    expect(now).toEqual(['approved', 'held', 'approved'])
    // If nothing was decided, the page says why.
    expect((await press('/inbox/reject', [['pick', `${two}.${seen}`]])).status).toBe(503)
  })

  test('about a mail whose account was removed from the configuration: it is rejected, and nothing else is possible', async () => {
    const id = await put('Moved away', 'gone@shop.example')
    for (const action of ['rewrite', 'junk', 'edit'] as const) {
      const answer = await press(`/replies/${id}/${action}`, [
        ['seen', seen],
        ...(action === 'edit' ? [['text', 'At ten.'] as const] : []),
      ])
      const said = answer.headers.get('location') ?? (await answer.text())
      expect([answer.status < 500, /unknown-account|not configured/.test(said)]).toEqual([true, true])
    }
    expect(await dispositionOf(id)).toBe('held')
    expect((await press(`/replies/${id}/reject`, [['seen', seen]])).status).toBe(303)
    expect(await dispositionOf(id)).toBe('rejected')
  })
})
