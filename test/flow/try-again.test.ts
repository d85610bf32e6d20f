/** An account that stopped at a refused login: the page says so, and "Try again" needs no restart. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { Relay } from '../live/relay.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { openBrowser } from './browser.ts'
import { startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

let dovecot: Dovecot
let standIn: StandIn
let browser: Browser

beforeAll(async () => {
  ;[dovecot, standIn, browser] = await Promise.all([startDovecot(), startStandIn(), openBrowser()])
})

afterAll(async () => {
  await browser?.close()
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

const credentials = (user: string, password: string) =>
  Buffer.from(`\0${user}\0${password}`).toString('base64')

test('the strip says why, one press of "Try again" is enough, and a new refusal is reported again', async () => {
  const address = 'refused@shop.example'
  const [right, wrong] = [credentials(address, dovecot.password), credentials(address, 'wrong')]
  let refusing = true
  let logins = 0
  await using relay = await Relay.start(dovecot.imapPort, {
    toServer: (text) => {
      if (text.includes(right)) logins++
      return refusing ? text.replace(right, wrong) : text
    },
  })
  await using running = await startDaemon({
    address,
    imap: { host: dovecot.host, port: relay.port, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    databaseUrl: await newDatabase(),
    roles: ['watch', 'work', 'web'],
    account: { replies: { mode: 'review' } },
  })
  const url = running.daemon.url ?? ''
  const page = await (await browser.newContext()).newPage()
  await page.goto(url)
  await page.waitForSelector('.trouble >> text=/was refused: .*Then try again/')
  await page.waitForSelector('.empty >> text=New mail appears here as soon as')
  expect(await page.locator('.trouble a').getAttribute('href')).toBe('/settings')
  expect((await fetch(`${url}/readyz`)).status).toBe(503)

  // Still refused: one more login, and the reason is shown again.
  const before = logins
  await page.focus('.trouble button')
  await Promise.all([page.waitForURL(/done=retry/), page.keyboard.press('Enter')])
  await page.waitForSelector('.notice >> text=Trying again now.')
  await page.waitForSelector('.trouble >> text=was refused')
  expect(logins).toBeGreaterThan(before)

  refusing = false
  await page.goto(`${url}/history`)
  await Promise.all([page.waitForURL(/\/history\?done=retry/), page.click('.trouble button')])
  await page.waitForSelector('.trouble', { state: 'detached' })
  expect(await Promise.all(running.daemon.watching)).toEqual([address])
  const octets = `From: Noor <noor@buyers.example>\r\nTo: ${address}\r\nSubject: Hours\r\nMessage-ID: <one@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\nWhen are you open on Saturday?\r\n`
  await deliverAll(dovecot, [{ user: address, octets, reversePath: 'noor@buyers.example' }])
  expect(await running.settledWith(() => true)).toMatchObject({ disposition: 'held' })
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  await page.context().close()
})
