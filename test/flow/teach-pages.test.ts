/** The Teach pages in a real browser, with the daemon on real Dovecot. */
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import type { MessageRow } from '../../src/store/messages.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { openBrowser } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'

const address = 'teach@shop.example'
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
    account: { replies: { mode: 'review', undo: '1h' } },
  })
}, 300_000)

afterAll(async () => {
  await browser?.close()
  await running?.stop()
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

const url = () => running.daemon.url ?? ''
const folder = () => running.daemon.context.accounts.get(address)?.settings.knowledge ?? ''
const inFolder = (file: string) => readFileSync(join(folder(), file), 'utf8')
let serial = 0

async function ask(text = 'when are you open on Saturday?'): Promise<MessageRow> {
  serial++
  const customer = `customer${serial}@buyers.example`
  const octets = `From: Noor <${customer}>\r\nTo: ${address}\r\nSubject: Question ${serial}\r\nMessage-ID: <q${serial}@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\nHello,\r\n\r\n${text}\r\n\r\nRegards\r\nNoor\r\n`
  await deliverAll(dovecot, [{ user: address, octets, reversePath: customer }])
  return running.settledWith(({ fromAddress }) => fromAddress === customer)
}

async function opened(path: string, options = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage()
  await page.goto(`${url()}${path}`)
  return page
}

/** With the keyboard alone. */
async function tabTo(page: Page, selector: string): Promise<void> {
  await page.locator(selector).first().waitFor()
  for (let at = 0; at < 200; at++) {
    if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${selector} is not reached with the Tab key`)
}

describe('knowledge', () => {
  test('a question shows its passages; a text is added, edited, deleted and brought back: with the keyboard alone', async () => {
    const page = await opened('/')
    await tabTo(page, 'a[href="/teach"]')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/teach\/knowledge/)
    await page.keyboard.press('/')
    await page.keyboard.type('When are you open on Saturday?')
    await page.keyboard.press('Enter')
    await page.waitForURL(/q=When/)
    expect(await page.locator('.found li').first().innerText()).toMatch(/opening-hours\.md/)
    await tabTo(page, '[name=name]')
    await page.keyboard.type('shipping')
    await page.keyboard.press('Tab')
    await page.keyboard.type('# Shipping\n\nA parcel to Norway costs 12 euros.')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL(/done=file-added/)
    expect(inFolder('shipping.md')).toBe('# Shipping\n\nA parcel to Norway costs 12 euros.\n')
    expect(await page.locator('.passage').innerText()).toBe('A parcel to Norway costs 12 euros.')
    await tabTo(page, '#file-text')
    await page.keyboard.press('Control+End')
    await page.keyboard.type('It takes four days.')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL(/done=file-saved/)
    expect(inFolder('shipping.md')).toBe(
      '# Shipping\n\nA parcel to Norway costs 12 euros.\nIt takes four days.\n',
    )
    await tabTo(page, 'button.danger')
    await page.keyboard.press('Enter')
    await page.waitForURL(/done=file-removed/)
    expect(existsSync(join(folder(), 'shipping.md'))).toBe(false)
    await page.keyboard.press('u')
    await page.waitForURL(/done=undone/)
    expect(inFolder('shipping.md')).toMatch(/four days/)
    await page.context().close()
  })

  test('the same works without JavaScript, and an uploaded document is read', async () => {
    const page = await opened('/teach/knowledge', { javaScriptEnabled: false })
    await page.setInputFiles('[type=file]', {
      name: 'returns to Norway.html',
      mimeType: 'text/html',
      buffer: Buffer.from('<h1>Returns</h1><p>Send it to Oslo.</p><script>top.owned = 1</script>'),
    })
    await page.click('text=Upload it')
    await page.waitForURL(/done=file-added/)
    expect(await page.locator('.passage').innerText()).toBe('Send it to Oslo.')
    expect(await page.locator('#file-text').count()).toBe(0)
    await page.click('button.danger')
    await page.waitForURL(/done=file-removed/)
    await page.click('#undo')
    await page.waitForURL(/done=undone/)
    expect(readdirSync(folder())).toContain('returns to Norway.html')
    await page.goto(`${url()}/teach/knowledge?q=returns+to+Oslo`)
    expect(await page.locator('.found').innerText()).toMatch(/Send it to Oslo/)
    await page.context().close()
  })

  test('a file that was changed elsewhere is not overwritten unseen, and the typed text stays', async () => {
    writeFileSync(join(folder(), 'gifts.md'), '# Gifts\n\nWe wrap.\n')
    const page = await opened('/teach/knowledge/file?file=gifts.md')
    await page.fill('#file-text', 'We wrap on Sundays.')
    writeFileSync(join(folder(), 'gifts.md'), '# Gifts\n\nWe never wrap.\n')
    await page.click('text=Save')
    await page.waitForSelector('.fault >> text=changed in the meantime')
    expect(inFolder('gifts.md')).toMatch(/never/)
    expect(await page.inputValue('#file-text')).toBe('We wrap on Sundays.')
    await page.click('text=Save')
    await page.waitForURL(/done=file-saved/)
    expect(inFolder('gifts.md')).toBe('We wrap on Sundays.\n')
    await page.context().close()
  })

  test('hostile names and contents are text, and lead nowhere', async () => {
    writeFileSync(
      join(folder(), '<img src=x onerror=alert(1)>.md'),
      '# <b>x</b>\n\n</textarea><script>alert(1)</script>\n',
    )
    symlinkSync('/etc/passwd', join(folder(), 'passwd.md'))
    const page = await opened('/teach/knowledge')
    expect(await page.locator('.shelf img, .shelf script').count()).toBe(0)
    await page.click('text=onerror')
    expect(await page.inputValue('#file-text')).toMatch(/<\/textarea><script>/)
    expect(await page.locator('main script, main b:has-text("x") b').count()).toBe(0)
    for (const file of ['passwd.md', '../data/api.json', '/etc/passwd', '../replyd.yaml']) {
      const answer = await page.request.get(`${url()}/teach/knowledge/file?file=${encodeURIComponent(file)}`)
      expect([file, answer.status()]).toEqual([file, 404])
      expect(await answer.text()).not.toMatch(/root:|token/)
    }
    await page.goto(`${url()}/teach/knowledge`)
    await page.setInputFiles('[type=file]', {
      name: 'run.sh',
      mimeType: 'text/plain',
      buffer: Buffer.from('#!/bin/sh'),
    })
    await page.click('text=Upload it')
    await page.waitForSelector('.notice >> text=That name does not fit')
    expect(readdirSync(folder())).not.toContain('run.sh')
    await page.context().close()
  })

  test('a form without its token changes nothing, and a file that is too long is not read', async () => {
    const page = await opened('/teach/knowledge')
    const form = { account: address, file: 'gifts.md', seen: 'x' }
    const refused = await page.request.post(`${url()}/teach/knowledge/remove`, { form })
    expect(refused.status()).toBe(403)
    const token = await page.locator('main [name=token]').first().inputValue()
    const long = { name: 'long.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(10_200_000) }
    const tooLong = await page.request
      .post(`${url()}/teach/knowledge/upload`, { multipart: { token, account: address, file: long } })
      .then((answer) => answer.status())
      // The connection ends while the client is still sending.
      .catch(() => 413)
    expect(tooLong).toBe(413)
    expect(readdirSync(folder())).not.toContain('long.pdf')
    await page.context().close()
  })

  test('how often a file was a source is counted from the replies', async () => {
    await ask()
    const page = await opened('/teach/knowledge')
    const row = page.locator('.shelf li', { hasText: 'opening-hours.md' })
    expect(await row.innerText()).toMatch(/used in \d+ repl/)
    await page.context().close()
  })
})

test('axe finds nothing on any page, light and dark, and nothing is wider than a phone', async () => {
  const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const path of [
      '/teach/knowledge?q=open+on+Saturday',
      '/teach/knowledge/file?file=opening-hours.md',
    ]) {
      const viewport = { width: colorScheme === 'light' ? 1280 : 390, height: 800 }
      const page = await opened(path, { colorScheme, viewport, bypassCSP: true })
      await page.addScriptTag({ path: axe })
      const { violations } = (await page.evaluate('axe.run()')) as {
        violations: { id: string; nodes: { html: string }[] }[]
      }
      expect(violations.map(({ id, nodes }) => [path, id, nodes[0]?.html])).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
      await page.context().close()
    }
  }
})
