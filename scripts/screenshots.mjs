// `npm run screenshots`: writes docs/screenshots/*.png, each review page with the demo's mail, light and dark. Needs Chromium.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { root } from './sources.mjs'

const folder = join(root, 'docs/screenshots')
const demo = spawn(process.execPath, [join(root, 'dist/cli.js'), 'demo'], { stdio: ['ignore', 'pipe', 2] })

async function address() {
  let text = ''
  for await (const chunk of demo.stdout) {
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
  const url = await address()
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking'],
  })
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1120, height: 700 } })
    const page = await context.newPage()
    const reply = await firstLink(page, url, '/', 'a.mail')
    const pages = { queue: '/', reply, mail: reply.replace('replies', 'mails') }
    for (const name of ['junk', 'history', 'insight', 'settings']) pages[name] = `/${name}`
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(`${url}${path}`)
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
    }
    await page.setViewportSize({ width: 390, height: 780 })
    await page.goto(`${url}/`)
    await page.screenshot({ path: join(folder, `phone-${colorScheme}.png`) })
    await context.close()
  }
  await browser.close()
} finally {
  const ended = demo.exitCode === null ? once(demo, 'exit') : undefined
  demo.kill('SIGTERM')
  await ended
}
