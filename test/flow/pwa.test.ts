/** replyd on the home screen: manifest, service worker, notifications, and the page without a connection. */
import { createECDH, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { listPushDevices } from '../../src/store/push-devices.ts'
import { openBrowser } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

let standIn: StandIn
let browser: Browser
let running: RunningDaemon

beforeAll(async () => {
  ;[standIn, browser] = await Promise.all([startStandIn(), openBrowser()])
  running = await startDaemon({
    address: 'pwa@shop.example',
    // No mailbox is needed.
    imap: { host: '127.0.0.1', port: 9, user: 'pwa', password: 'none' },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    databaseUrl: await newDatabase(),
    roles: ['web'],
  })
})

afterAll(async () => {
  await browser?.close()
  await running?.stop()
  await standIn?.close()
})

const url = () => running.daemon.url ?? ''
const devices = () => listPushDevices(running.daemon.context.db)

test('the manifest names icons that are there, in the sizes it says', async () => {
  const page = await (await browser.newContext()).newPage()
  await page.goto(url())
  const place = await page.locator('link[rel=manifest]').getAttribute('href')
  const manifest = (await (await fetch(`${url()}${place}`)).json()) as {
    icons: { src: string; sizes: string; type: string }[]
  }
  expect(manifest).toMatchObject({ name: 'replyd', start_url: '/', scope: '/', display: 'standalone' })
  for (const { src, sizes, type } of manifest.icons) {
    const answer = await fetch(`${url()}${src}`)
    expect(answer.headers.get('content-type')).toBe(type)
    const octets = Buffer.from(await answer.arrayBuffer())
    if (type === 'image/png') expect(`${octets.readUInt32BE(16)}x${octets.readUInt32BE(20)}`).toBe(sizes)
  }
  // The page's policy lets the browser read it.
  const session = await page.context().newCDPSession(page)
  const { errors, url: read } = await session.send('Page.getAppManifest')
  expect([errors, new URL(read).pathname]).toEqual([[], place])
  await page.context().close()
})

/** Imitates a browser with a push service; the service worker is a real one. */
async function pushService(page: Page, endpoint: string): Promise<void> {
  const ecdh = createECDH('prime256v1')
  ecdh.generateKeys()
  const keys = {
    p256dh: ecdh.getPublicKey().toString('base64url'),
    auth: randomBytes(16).toString('base64url'),
  }
  await page.addInitScript(`{
    const endpoint = ${JSON.stringify(endpoint)}
    const given = {
      endpoint,
      unsubscribe: async () => sessionStorage.removeItem('told'),
      toJSON: () => ({ endpoint, keys: ${JSON.stringify(keys)} }),
    }
    PushManager.prototype.getSubscription = async () => (sessionStorage.getItem('told') ? given : null)
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
      sessionStorage.setItem('told', String(applicationServerKey.length))
      return given
    }
    Notification.requestPermission = async () => 'granted'
    Object.defineProperty(Notification, 'permission', { get: () => 'granted' })
  }`)
}

test('notifications are turned on, changed and off with the keyboard alone', async () => {
  const page = await (await browser.newContext()).newPage()
  await pushService(page, 'https://push.example.com/send/1')
  await page.goto(`${url()}/notifications`)
  await page.waitForSelector('#push:not([hidden])')
  // Before notifications are on, the page shows an example, and asks for quiet hours.
  const examples = await page.locator('.examples').innerText()
  for (const words of ['A reply waits for you', 'From nadia@example.com', 'replyd needs your help'])
    expect(examples).toContain(words)
  expect(await page.locator('[aria-labelledby=blocked]').innerText()).not.toContain('Send a test')
  await page.fill('#push [name=from]', '23:00')
  await page.fill('#push [name=until]', '06:00')
  await page.focus('#push button')
  await Promise.all([page.waitForURL(/done=push$/), page.keyboard.press('Enter')])
  await page.waitForSelector('#push-state >> text=On: this browser')
  await page.waitForSelector('.notified .here')
  expect(await page.evaluate("sessionStorage.getItem('told')")).toBe('65')
  expect(await devices()).toMatchObject([
    {
      actor: 'owner',
      waiting: true,
      trouble: true,
      detailed: false,
      quietFrom: '23:00',
      quietUntil: '06:00',
    },
  ])
  await page.focus('.notified [name=detailed]')
  await page.keyboard.press('Space')
  await page.fill('.notified [name=from]', '22:00')
  await page.fill('.notified [name=until]', '07:00')
  await page.uncheck('.notified [name=trouble]')
  await page.fill('.notified [name=digest]', '08:30')
  await page.focus('.notified .told button')
  await Promise.all([page.waitForURL(/done=push-changed/), page.keyboard.press('Enter')])
  expect(await devices()).toMatchObject([
    {
      detailed: true,
      quietFrom: '22:00',
      quietUntil: '07:00',
      waiting: true,
      trouble: false,
      digestAt: '08:30',
    },
  ])
  // Nothing answers at that name.
  await page.click('[action$="/test"] button')
  await page.waitForSelector('.fault >> text=did not answer, so nothing arrived')
  await page.goto(`${url()}/notifications`)
  await page.focus('[action$="/remove"] button')
  await Promise.all([page.waitForURL(/done=push-off/), page.keyboard.press('Enter')])
  expect(await devices()).toEqual([])
  await page.waitForSelector('#push:not([hidden])')
  expect(await page.evaluate("sessionStorage.getItem('told')")).toBeNull()
  await page.context().close()
})

test('a browser that names an address of this network is refused, and told why', async () => {
  const page = await (await browser.newContext()).newPage()
  await pushService(page, 'https://127.0.0.1/send/1')
  await page.goto(`${url()}/notifications`)
  await page.waitForSelector('#push:not([hidden])')
  await page.click('#push button')
  await page.waitForSelector(".fault >> text=can't be used")
  expect(await devices()).toEqual([])
  await page.context().close()
})

test.each([
  ['AbortError', 'The push service of this browser did not answer'],
  ['NotAllowedError', 'This browser blocks notifications from replyd. To allow them again:'],
])('when the browser answers %s, the page says what to do, in words', async (name, words) => {
  const page = await (await browser.newContext()).newPage()
  await pushService(page, 'https://push.example.com/send/2')
  await page.addInitScript(`PushManager.prototype.subscribe = async () => {
    throw new DOMException('Registration failed - push service error', '${name}')
  }`)
  await page.goto(`${url()}/notifications`)
  await page.waitForSelector('#push:not([hidden])')
  await page.click('#push button')
  await page.waitForSelector(`#push-state >> text=${words}`)
  expect(await page.locator('#push-steps li').count()).toBe(3)
  expect(await page.locator('main').innerText()).not.toContain('Registration failed')
  await page.context().close()
})

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'Remove “Send notifications: Blocked”',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36',
    'Set “Notifications” to “Allow”',
  ],
  [
    'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36',
    'then “Permissions”',
  ],
])('where %s blocks them, the page says how to allow them there', async (userAgent, step) => {
  const page = await (await browser.newContext({ userAgent })).newPage()
  await page.addInitScript("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
  await page.goto(`${url()}/notifications`)
  await page.waitForSelector(`#push-steps >> text=${step}`)
  expect(await page.isVisible('#push')).toBe(false)
  await page.context().close()
})

test('without a connection the page says so, and nothing private was kept', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${url()}/history`)
  await page.evaluate("navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)")
  await page.goto(`${url()}/history`)
  const kept = await page.evaluate<string[]>(
    'caches.keys().then((all) => Promise.all(all.map((name) => caches.open(name).then((cache) => cache.keys())))).then((all) => all.flat().map(({ url }) => new URL(url).pathname).sort())',
  )
  expect(kept).toEqual(['/assets/icon.svg', '/assets/offline.html', '/assets/review.css'])
  await context.setOffline(true)
  await page.goto(`${url()}/history`)
  await page.waitForSelector('h1 >> text=No connection')
  await context.setOffline(false)
  await Promise.all([page.waitForURL(`${url()}/`), page.click('text=Try again')])
  await page.waitForSelector('.top')
  await context.close()
})
