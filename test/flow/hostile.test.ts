/** Mails of the corpus that try to run script or to load something, opened in a real browser. */
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { firstField } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import type { MessageRow } from '../../src/store/messages.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { openBrowser } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

const address = 'hostile@shop.example'
const active =
  /<script|<iframe|<object|<embed|<form|<svg|<meta[^>]+refresh|\son\w+\s*=|javascript:|@import|url\(/i
/** One mail of each kind of attack is enough; all of them would take minutes. */
const mostMails = 30

let dovecot: Dovecot
let standIn: StandIn
let browser: Browser
let running: RunningDaemon
let rows: MessageRow[]
/** Reveals any request that is made to it. */
let canary: Server
const asked: string[] = []
/** CSP reports by directive. */
const reports: string[] = []

const canaryUrl = () => `http://127.0.0.1:${(canary.address() as AddressInfo).port}`

/** Chosen evenly from all mails with active content, so that every source is represented. */
function corpusMails(): Buffer[] {
  const folder = new URL('../fixtures/corpus/', import.meta.url).pathname
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.eml'),
  )
  const found = new Map<string, Buffer>()
  for (const name of files.sort()) {
    const octets = readFileSync(join(folder, name))
    const message = parseOctets(octets)
    const id = firstField(message, 'message-id')
    if (id !== null && active.test(message.html ?? '')) found.set(id, octets)
  }
  const all = [...found.values()]
  const step = Math.max(1, Math.ceil(all.length / mostMails))
  return all.filter((_, at) => at % step === 0)
}

/** Our own mail, which would send a request to the canary if any part of it ran or was loaded. */
function baited(): Buffer {
  const bait = canaryUrl()
  const html = [
    `<script>fetch("${bait}/script"); top.owned = 1</script>`,
    `<img src="${bait}/image" onerror="fetch('${bait}/onerror')" onload="top.owned=1">`,
    `<svg onload="fetch('${bait}/svg')"><animate onbegin="top.owned=1"></svg>`,
    `<iframe src="${bait}/frame" srcdoc="<script>top.owned=1</script>"></iframe>`,
    `<style>@import url(${bait}/import); body { background: url(${bait}/background) }</style>`,
    `<p style="background-image: url(${bait}/inline)">Hello, when are you open on Saturday?</p>`,
    `<link rel="stylesheet" href="${bait}/link"><link rel="preconnect" href="${bait}">`,
    `<meta http-equiv="refresh" content="0;url=${bait}/refresh"><base href="${bait}/">`,
    `<object data="${bait}/object"></object><embed src="${bait}/embed"><video poster="${bait}/poster" src="${bait}/video"></video>`,
    `<input type="image" src="${bait}/input"><table background="${bait}/table"><tr><td>x</table>`,
  ].join('')
  const fields = `From: Eve <eve@evil.example>\r\nTo: ${address}\r\nSubject: Bait\r\nMessage-ID: <bait@evil.example>\r\nDate: ${new Date().toUTCString()}\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n`
  return Buffer.from(`${fields}\r\n${html}\r\n`)
}

beforeAll(async () => {
  canary = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve))
  ;[dovecot, standIn, browser] = await Promise.all([startDovecot(), startStandIn(), openBrowser()])
  running = await startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    databaseUrl: await newDatabase(),
    roles: ['watch', 'work', 'web'],
    account: { replies: { mode: 'review' } },
  })
  const mails = [...corpusMails(), baited()]
  await deliverAll(
    dovecot,
    mails.map((octets) => ({ user: address, octets })),
  )
  rows = await running.settled(mails.length)
})

afterAll(async () => {
  await browser?.close()
  await running?.stop()
  await Promise.all([dovecot?.stop(), standIn?.close()])
  canary?.closeAllConnections()
  canary?.close()
})

/** A page that reports what its policy has blocked, in addition to its network requests. */
async function watchedPage(): Promise<{ page: Page; foreign: string[] }> {
  const page = await browser.newPage()
  const own = running.daemon.url ?? ''
  const foreign: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(own) && !/^(data|about|blob):/.test(request.url()))
      foreign.push(request.url())
  })
  await page.route(`${own}/**`, async (route) => {
    if (route.request().url().endsWith('/csp-report')) {
      const body = route.request().postDataJSON() as { 'csp-report': Record<string, string> }
      reports.push(`${body['csp-report']['effective-directive']} ${body['csp-report']['document-uri']}`)
      return route.fulfill({ status: 204 })
    }
    // Live updates never end, and only documents have a policy.
    if (route.request().resourceType() !== 'document') return route.continue()
    const response = await route.fetch()
    const headers = response.headers()
    const policy = headers['content-security-policy']
    if (policy) headers['content-security-policy'] = `${policy}; report-uri ${own}/csp-report`
    await route.fulfill({ response, headers })
  })
  return { page, foreign }
}

test('the check itself works: script under the same policy is reported', async () => {
  const { page } = await watchedPage()
  await page.goto(`${running.daemon.url}/junk`)
  const reported = page.waitForRequest(/csp-report/)
  await page.evaluate(
    `document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.owned = 1' }))`,
  )
  await reported
  expect(await page.evaluate('window.owned')).toBeUndefined()
  await page.close()
})

test('no script runs, nothing is asked of a foreign host, and the policy has nothing left to stop', async () => {
  expect(rows.length).toBeGreaterThan(10)
  reports.length = 0
  const { page, foreign } = await watchedPage()
  page.on('dialog', (dialog) => void dialog.dismiss().then(() => foreign.push('dialog')))
  for (const row of rows) {
    await page.goto(`${running.daemon.url}/mails/${row.id}`)
    const formatted = page.locator('summary', { hasText: 'As the sender formatted it' })
    if ((await formatted.count()) === 0) continue
    const loaded = page.waitForResponse(/\/html$/)
    await formatted.click()
    await loaded
    const frame = page.frames().find((each) => each.url().endsWith('/html'))
    await frame?.waitForLoadState('load')
    expect(await page.evaluate('window.owned')).toBeUndefined()
  }
  expect(foreign).toEqual([])
  expect(asked).toEqual([])
  expect(reports.filter((report) => /script|connect|frame|object|form/.test(report))).toEqual([])
  await page.close()
})

test('pictures are loaded only on request, and still no script runs', async () => {
  const row = rows.find(({ messageId }) => messageId === '<bait@evil.example>')
  const { page } = await watchedPage()
  await page.goto(`${running.daemon.url}/mails/${row?.id}?remote=1`)
  const frame = page.frames().find((each) => /\/html\?remote=1$/.test(each.url()))
  await frame?.waitForLoadState('load')
  expect(await page.evaluate('window.owned')).toBeUndefined()
  expect(asked.filter((path) => !/^\/(image)$/.test(path))).toEqual([])
  await page.close()
})
