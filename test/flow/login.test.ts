/** The login, in a real browser: a page that asks for a password. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { openBrowser } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

const address = 'login@shop.example'
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
    databaseUrl: await newDatabase(),
    roles: ['watch', 'work', 'web'],
    account: { replies: { mode: 'review' } },
    document: { web: { port: 0, password } },
  })
})

afterAll(async () => {
  await browser?.close()
  await running?.stop()
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

const url = () => running.daemon.url ?? ''

test('without it nothing is seen; with it the decision carries the name; logged out, nothing again', async () => {
  const octets = `From: Noor <noor@buyers.example>\r\nTo: ${address}\r\nSubject: Hours\r\nMessage-ID: <l1@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\nHello, when are you open on Saturday?\r\n`
  await deliverAll(dovecot, [{ user: address, octets, reversePath: 'noor@buyers.example' }])
  const row = await running.settledWith(({ disposition }) => disposition === 'held')
  const page = await browser.newPage()
  await page.goto(`${url()}/replies/${row.id}`)
  await page.waitForURL(/\/login$/)
  expect(await page.content()).not.toContain('Hours')
  await page.fill('#name', 'Ada')
  await page.fill('#password', 'wrong')
  await page.click('text=Log in >> nth=-1')
  expect(await page.locator('[role=alert]').innerText()).toBe('That is not the password.')
  expect(await page.inputValue('#name')).toBe('Ada')
  // The password has the focus.
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await page.waitForURL(`${url()}/replies/${row.id}`)
  const [cookie] = await page.context().cookies()
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
  await page.click('#reject')
  await page.waitForURL(/done=reject/)
  const { rows } = await running.daemon.context.db.query(
    `select actor from replyd.reply_change where reply_id = $1 and to_state = 'rejected'`,
    [row.id],
  )
  expect(rows).toEqual([{ actor: 'Ada' }])
  // On a phone it is within reach of the thumb, with the status.
  await page.setViewportSize({ width: 390, height: 780 })
  await page.goto(`${url()}/`)
  expect(await page.locator('text=Log out').isVisible()).toBe(false)
  await page.click('#state summary')
  await page.click('text=Log out')
  await page.waitForURL(/\/login$/)
  await page.goto(`${url()}/`)
  await page.waitForURL(/\/login$/)
  await page.close()
})

test('a forged cookie, the API and the metrics without a token: nothing', async () => {
  const forged = { cookie: 'replyd_session=eyJpZCI6IngiLCJhY3RvciI6IkFkYSIsInVudGlsIjo5OTk5OTk5OTk5OTk5fQ.x' }
  const page = await fetch(`${url()}/`, { headers: forged, redirect: 'manual' })
  expect([page.status, page.headers.get('location')]).toEqual([303, '/login'])
  for (const path of ['/api/replies', '/api/autonomy', '/metrics', '/api/mails'])
    expect([path, (await fetch(`${url()}${path}`)).status]).toEqual([path, 401])
})
