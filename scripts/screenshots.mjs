// `npm run screenshots`: writes docs/screenshots/*.png, each review page with the demo's mail, light and dark. The demo's mail is of one
// day; before the charts are taken, past.mjs writes four weeks of rows into its store. Needs Chromium.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { chromium } from 'playwright-core'
import { runDemo } from '../src/demo/demo.ts'
import { seedPast } from './past.mjs'
import { root } from './sources.mjs'

const folder = join(root, 'docs/screenshots')
const stdout = new PassThrough()
let daemon
const demo = runDemo({
  exit: false,
  json: false,
  environment: {},
  stdout,
  stderr: process.stderr,
  onReady: (started) => {
    daemon = started
  },
})

async function address() {
  let text = ''
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    text += chunk
    const found = /Review page: (http:\S+)/.exec(text)
    if (found) return found[1]
  }
  throw new Error(`the demo ended without an address:\n${text}`)
}

async function firstLink(page, url, list, selector) {
  await page.goto(`${url}${list}`)
  return page.locator(selector).nth(1).getAttribute('href')
}

try {
  mkdirSync(folder, { recursive: true })
  const url = await Promise.race([address(), demo])
  stdout.resume()
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking'],
  })
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1440, height: 860 } })
    const page = await context.newPage()
    const reply = await firstLink(page, url, '/', 'a.mail')
    const pages = { inbox: reply, mail: reply.replace('replies', 'mails') }
    for (const name of ['junk', 'history']) pages[name] = `/${name}`
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(`${url}${path}`)
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
    }
    await page.setViewportSize({ width: 390, height: 780 })
    await page.goto(`${url}/`)
    await page.screenshot({ path: join(folder, `phone-${colorScheme}.png`) })
    await page.goto(`${url}${reply}`)
    await page.screenshot({ path: join(folder, `phone-reply-${colorScheme}.png`) })
    await context.close()
  }
  await seedPast(daemon.context.db, new Date())
  for (const colorScheme of ['light', 'dark']) {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 800 } })
    for (const name of ['insight', 'settings']) {
      await page.goto(`${url}/${name}`)
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
    }
    await page.close()
  }
  await browser.close()
} finally {
  // The demo's own way to end.
  process.emit('SIGTERM')
  await demo
}
