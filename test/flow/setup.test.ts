/** Setup and its people in a real browser, with the daemon on real Dovecot. */
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { loadMessage, type MessageRow } from '../../src/store/messages.ts'
import { settingHistory } from '../../src/store/settings.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { openBrowser } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'

const address = 'setup@shop.example'
const password = 'correct horse battery'
let dovecot: Dovecot
let standIn: StandIn
let browser: Browser
let running: RunningDaemon

beforeAll(async () => {
  ;[dovecot, standIn, browser] = await Promise.all([startDovecot(), startStandIn(), openBrowser()])
  running = await startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    roles: ['watch', 'work', 'web'],
    document: {
      web: { port: 0, password },
      replies: { signature: 'Kind regards' },
      categories: [{ name: 'Orders', description: 'Where is my order' }],
    },
  })
}, 300_000)

afterAll(async () => {
  await browser?.close()
  await running?.stop()
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

const url = () => running.daemon.url ?? ''
const db = () => running.daemon.context.db
const live = () => {
  const account = running.daemon.context.accounts.get(address)
  if (account === undefined) throw new Error('the account is there')
  return account.settings
}
let serial = 0

async function ask(): Promise<MessageRow> {
  serial++
  const customer = `customer${serial}@buyers.example`
  const octets = `From: Noor <${customer}>\r\nTo: ${address}\r\nSubject: Question ${serial}\r\nMessage-ID: <s${serial}@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\nHello,\r\n\r\nwhen are you open on Saturday?\r\n\r\nRegards\r\nNoor\r\n`
  await deliverAll(dovecot, [{ user: address, octets, reversePath: customer }])
  return running.settledWith(({ fromAddress }) => fromAddress === customer)
}

async function loggedIn(
  path: string,
  {
    name = '',
    secret = password,
    ...options
  }: BrowserContextOptions & { name?: string; secret?: string } = {},
): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage()
  await page.goto(`${url()}/login`)
  if (name !== '') await page.fill('#name', name)
  await page.fill('#password', secret)
  await Promise.all([page.waitForURL(`${url()}/`), page.press('#password', 'Enter')])
  await page.goto(`${url()}${path}`)
  return page
}

const tokenOf = (page: Page) => page.locator('input[name=token]').first().inputValue()

/** What a form of that page would send. */
async function post(page: Page, path: string, fields: Record<string, string>, follow = false) {
  const form = { token: await tokenOf(page), ...fields }
  return page.request.post(`${url()}${path}`, { form, maxRedirects: follow ? 5 : 0 })
}

describe('settings', () => {
  test('without JavaScript: changed, tried on a mail, undone', async () => {
    const page = await loggedIn('/settings/replies', { javaScriptEnabled: false })
    expect(await ask()).toMatchObject({ disposition: 'drafted' })
    await page.selectOption('#replies_mode-value', 'review')
    await page.click('#replies_mode button')
    expect(await page.locator('#saved').innerText()).toContain('is now: Keep it here until somebody decides')
    expect(await page.locator('#replies_mode .origin').innerText()).toMatch(
      /^Set here by reviewer, \d+ \w+ \d{4}/,
    )
    expect(await ask()).toMatchObject({ disposition: 'held' })
    await page.click('#saved button')
    expect(await page.locator('#saved').innerText()).toMatch(/^Undone\./)
    expect(await page.locator('#replies_mode .origin').innerText()).toBe('Default')
    expect(await ask()).toMatchObject({ disposition: 'drafted' })
    await page.context().close()
  })

  test('by keyboard alone, and each applies at once', async () => {
    const page = await loggedIn('/settings/replies')
    await page.focus('#replies_mode-value')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.type('5m')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#saved >> text=is now: 5m')
    expect(live().replies.undoMs).toBe(300_000)
    await page.goto(`${url()}/settings/instructions`)
    await page.focus('#instructions-value')
    await page.keyboard.type('Never promise a date.')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#saved')
    expect(live().instructions).toBe('Never promise a date.')
    await page.goto(`${url()}/settings/senders`)
    await page.fill('#spam_allow-value', 'partner.example\nann@friend.example')
    await page.press('#spam_allow-value', 'Tab')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#saved')
    expect(live().spam.allow).toEqual(['partner.example', 'ann@friend.example'])
    await page.goto(`${url()}/settings/budget`)
    await page.fill('#budget_perday-value', '2.5')
    await page.press('#budget_perday-value', 'Enter')
    await page.waitForSelector('#saved')
    expect(running.daemon.context.config.budget.perDay).toBe(2.5)
    await page.goto(`${url()}/settings/changes`)
    expect(await page.locator('.changes li').count()).toBeGreaterThanOrEqual(5)
    await page.locator('.changes li', { hasText: 'US dollars a day' }).getByRole('button').focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('#saved >> text=Undone')
    expect(running.daemon.context.config.budget.perDay).toBe(1)
    await page.context().close()
  })

  test('what does not fit is refused in words, beside the field, with what was typed', async () => {
    const page = await loggedIn('/settings/replies')
    await page.fill('#replies_businesshours-value', 'nine to five')
    await page.press('#replies_businesshours-value', 'Enter')
    const fault = await page.locator('#replies_businesshours .fault').innerText()
    expect(fault).toMatch(/^This must be days and hours such as "mon-fri 09:00-17:00"/)
    expect(await page.inputValue('#replies_businesshours-value')).toBe('nine to five')
    expect(await page.getAttribute('#replies_businesshours-value', 'aria-invalid')).toBe('true')
    expect(live().replies.businessHours).toBeNull()
    await page.context().close()
  })

  test('what stands in the file is shown with its line, and the server refuses to change it', async () => {
    const page = await loggedIn('/settings/replies')
    expect(await page.locator('#replies_signature').innerText()).toMatch(
      /Kind regards[\s\S]*Set in replyd\.yaml line \d+/,
    )
    expect(await page.locator('#replies_signature form').count()).toBe(0)
    const before = (await settingHistory(db(), { before: null, limit: 1 }))[0]?.id
    for (const [path, value] of [
      ['["replies","signature"]', 'Mine'],
      ['["categories"]', 'x'],
      [`["accounts","${address}","replies","signature"]`, 'Mine'],
      ['["accounts","nobody@shop.example","replies","mode"]', 'send'],
      ['["web","password"]', 'another password'],
      ['["model","apiKey"]', 'stolen'],
      [`["accounts","${address}","imap","password"]`, 'stolen'],
      ['["replies","__proto__"]', 'x'],
      ['[]', 'x'],
      ['not a path', 'x'],
    ] as const) {
      const answer = await post(page, '/settings/set', { path, follows: '0', value })
      const { status, location } = { status: answer.status(), location: answer.headers().location ?? '' }
      expect([
        path,
        status === 303 ? /refused=(setting-locked|unknown-setting)/.test(location) : status >= 400,
      ]).toEqual([path, true])
    }
    expect((await settingHistory(db(), { before: null, limit: 1 }))[0]?.id).toBe(before)
    expect(live().replies.signature).toBe('Kind regards')
    await page.context().close()
  })

  test('a category of the file takes a mode from the page', async () => {
    const page = await loggedIn('/settings/categories')
    await page.selectOption('#categories_orders_mode-value', 'review')
    await page.click('#categories_orders_mode button')
    await page.waitForSelector('#saved')
    expect(live().categories).toEqual([expect.objectContaining({ name: 'Orders', mode: 'review' })])
    await page.click('#saved button')
    await page.waitForSelector('#saved >> text=Undone')
    expect(live().categories[0]?.mode ?? null).toBeNull()
    await page.context().close()
  })

  test('of two who change the same one, the second is told', async () => {
    const [one, other] = [await loggedIn('/settings/replies'), await loggedIn('/settings/replies')]
    await one.fill('#replies_minconfidence-value', '0.8')
    await one.press('#replies_minconfidence-value', 'Enter')
    await one.waitForSelector('#saved')
    await other.fill('#replies_minconfidence-value', '0.2')
    await other.press('#replies_minconfidence-value', 'Enter')
    await other.waitForSelector('text=Somebody else has changed this setting')
    expect(live().replies.minConfidence).toBe(0.8)
    await Promise.all([one, other].map((page) => page.context().close()))
  })

  test('the connection is tested from the page', async () => {
    const page = await loggedIn('/settings', { javaScriptEnabled: false })
    await page.click('text=Test the connection')
    const found = await page.locator('#tested').innerText()
    expect(found).toContain('The connection does not work.')
    expect(found).toMatch(/imap: Fine/)
    expect(found).toMatch(/smtp: Does not work/)
    expect(found).not.toContain(dovecot.password)
    await page.context().close()
  })
})
