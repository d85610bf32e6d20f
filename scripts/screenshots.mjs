// `npm run screenshots`: writes docs/screenshots/*.png, the review page with the demo's mail and letters in other
// scripts. With a folder as argument it writes every page there, at widths of 1440, 1024 and 390, light and dark, for
// inspection. The demo's mail is all of one day; before the charts are taken, past.mjs writes four weeks of rows into
// its store. Needs Chromium, and fonts for CJK and emoji.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { runDemo } from '../src/demo/demo.ts'
import { demoOwner } from '../src/demo/sample.ts'
import { addPerson } from '../src/store/people.ts'
import { openBrowser } from '../test/flow/browser.ts'
import { seedCrowd, seedLetters } from '../test/flow/crowd.ts'
import { seedPast } from './past.mjs'
import { root } from './sources.mjs'

const [everything] = process.argv.slice(2)
const folder = everything ?? join(root, 'docs/screenshots')
const sizes = {
  desk: { viewport: { width: 1440, height: 860 } },
  small: { viewport: { width: 1024, height: 768 } },
  phone: { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true },
}
const letter = (at) => `/replies/letter${String(at).padStart(20, '0')}`

/** Name, path, and which of its pictures are in docs/screenshots. */
const plain = (reply) => [
  ['inbox', reply, ['desk-light', 'desk-dark', 'phone-light', 'phone-dark']],
  ['list', '/', ['phone-light', 'phone-dark', 'small-light']],
  ['mail', reply.replace('replies', 'mails'), ['desk-light']],
  ['junk', '/junk', ['desk-light']],
  ['history', '/history', ['desk-light']],
]
const peopled = [
  ['right-to-left', letter(0), ['desk-light', 'phone-light']],
  ['cjk', letter(2), ['desk-dark']],
  ['emoji', letter(4), ['phone-dark']],
  ['hebrew', letter(1), []],
  ['chinese', letter(3), []],
  ['teach', '/teach', ['desk-light', 'desk-dark', 'phone-light']],
  ['learned', '/teach/learned', []],
  ['playground', '/teach/playground', []],
  ['knowledge', '/teach/knowledge?q=When+are+you+open+on+Saturday%3F', ['desk-light']],
  ['file', '/teach/knowledge/file?file=opening-hours.md', []],
  ['setup', '/settings/replies', ['desk-light', 'desk-dark', 'phone-light']],
  ['categories', '/settings/categories', []],
  ['senders', '/settings/senders', []],
  ['budget', '/settings/budget', []],
  ['instructions', '/settings/instructions', []],
  ['people', '/settings/people', []],
  ['changes', '/settings/changes', []],
  ['devices', '/devices', []],
  ['assistants', '/assistants', []],
  ['notifications', '/notifications', []],
  ['error', '/nothing-here', ['desk-light']],
]
const past = [
  ['insight', '/insight', ['desk-light', 'desk-dark']],
  ['accounts', '/settings', ['desk-light', 'desk-dark']],
]
const crowded = [['crowd', '/', ['desk-light']]]

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

async function take(browser, url, pages) {
  for (const [size, options] of Object.entries(sizes)) {
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({ ...options, colorScheme })
      const page = await context.newPage()
      for (const [name, path, kept] of pages) {
        if (!everything && !kept.includes(`${size}-${colorScheme}`)) continue
        await page.goto(`${url}${path}`)
        await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) })
      }
      await context.close()
    }
  }
}

try {
  mkdirSync(folder, { recursive: true })
  const url = await Promise.race([address(), demo])
  stdout.resume()
  const browser = await openBrowser()
  const { db } = daemon.context
  const first = await browser.newPage()
  await first.goto(`${url}/`)
  const reply = await first.locator('a.mail', { hasText: 'Crack in the frame' }).getAttribute('href')
  await first.close()
  await take(browser, url, plain(reply))
  const now = new Date()
  await seedLetters(db, demoOwner.address, now)
  for (const [name, role] of [
    ['Ann Miller', 'reviewer'],
    ['יעל כהן', 'reader'],
  ])
    await addPerson(db, { id: name, name, role, passwordHash: '-', addedBy: 'Robin', addedAt: now })
  await take(browser, url, peopled)
  await seedPast(db, now)
  await take(browser, url, past)
  await seedCrowd(db, 493)
  await take(browser, url, crowded)
  await browser.close()
} finally {
  // The signal at which the demo ends by itself.
  process.emit('SIGTERM')
  await demo
}
