/** The Teach pages in a real browser, with the daemon on real Dovecot. */
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import type { StandIn } from '../../src/demo/stand-in.ts'
import { listLearned, proposeLearned } from '../../src/knowledge/learned.ts'
import { edit } from '../../src/review/edit.ts'
import { editedLately } from '../../src/store/learning.ts'
import type { MessageRow } from '../../src/store/messages.ts'
import { loadReply } from '../../src/store/replies.ts'
import { loadStyles, saveStyles } from '../../src/store/styles.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { axeFaults } from './axe.ts'
import { openBrowser } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { shippingFact, startShippingStandIn } from './shipping.ts'

const address = 'teach@shop.example'
let dovecot: Dovecot
let standIn: StandIn
let browser: Browser
let running: RunningDaemon

const fact = shippingFact('Norway')

beforeAll(async () => {
  ;[dovecot, standIn, browser] = await Promise.all([startDovecot(), startShippingStandIn(), openBrowser()])
  running = await startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    databaseUrl: await newDatabase(),
    roles: ['watch', 'work', 'web'],
    model: { price: { input: 1, output: 1 } },
    account: { replies: { mode: 'review', undo: '1h' } },
  })
})

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
    await page.waitForURL(/\/teach$/)
    await tabTo(page, 'main a[href^="/teach/knowledge"]')
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
      const answer = await page.request.get(
        `${url()}/teach/knowledge/file?file=${encodeURIComponent(file)}`,
        {
          maxRetries: 3,
        },
      )
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
    await page.waitForSelector('.notice >> text=That file name is not valid')
    expect(readdirSync(folder())).not.toContain('run.sh')
    await page.context().close()
  })

  test('a form without its token changes nothing, and a file that is too long is not read', async () => {
    const page = await opened('/teach/knowledge')
    const form = { account: address, file: 'gifts.md', seen: 'x' }
    const refused = await page.request.post(`${url()}/teach/knowledge/remove`, { form, maxRetries: 3 })
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

describe('missing facts', () => {
  test('a fact typed once is in the knowledge, and both drafts are written again; the undo takes it back', async () => {
    const rows = [
      await ask('what does shipping to Norway cost?'),
      await ask('How much is shipping to Norway?'),
    ]
    const replyTo = async (row: MessageRow) => (await loadReply(running.daemon.context.db, row.id))?.text
    const page = await opened('/teach')
    const gap = page.locator('.gap', { hasText: 'shipping costs to Norway' })
    expect(await gap.innerText()).toMatch(/2 mails[\s\S]*2 waiting drafts will be written again/)
    const again = rows.map(({ id }) => running.nextSettled(id))
    await tabTo(page, '[name=fact]')
    await page.keyboard.type(fact)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL(/done=taught/)
    expect(await page.locator('.notice').textContent()).toMatch(/2 drafts are being written again/)
    await Promise.all(again)
    await page.waitForSelector('#live >> text=Done: 2 drafts were written again.')
    expect(await page.locator('#live .changed').allInnerTexts()).toEqual(['written again', 'written again'])
    expect(await Promise.all(rows.map(replyTo))).toEqual([fact, fact])
    expect(await gap.count()).toBe(0)
    const back = rows.map(({ id }) => running.nextSettled(id))
    await page.keyboard.press('u')
    await page.waitForURL(/done=untaught/)
    await Promise.all(back)
    expect(await replyTo(rows[0] as MessageRow)).toMatch(/find out/)
    await page.context().close()
  })

  test("without JavaScript: a customer's fact is refused, and the typed text stays", async () => {
    const row = await ask('what does shipping to Norway cost?')
    const page = await opened('/teach', { javaScriptEnabled: false })
    const typed = `Shipping to Norway for ${row.fromAddress} is free.`
    await page.fill('[name=fact]', typed)
    await page.click('text=Teach it')
    await page.waitForSelector('.fault >> text=about one correspondent')
    expect(await page.inputValue('.gap[open] [name=fact]')).toBe(typed)
    await page.fill('.gap[open] [name=fact]', fact)
    const again = running.nextSettled(row.id)
    await page.click('.gap[open] >> text=Teach it')
    await page.waitForURL(/done=taught/)
    await again
    await page.context().close()
  })
})

describe('learned', () => {
  test('an edit, a part of the style and a fact are taken back and come back, with the keyboard alone', async () => {
    const { db } = running.daemon.context
    const row = await ask()
    const draft = (await loadReply(db, row.id))?.text ?? ''
    const added = 'Please come in by the door to the yard. You will find us there.'
    await edit(running.daemon, row.id, 'Ann', `${draft}\n\n${added}`)
    // Counts as sent by a statement, because nothing listens at this account's SMTP server.
    await db.query(`update replyd.reply set state = 'sent', finished_at = now() where id = $1`, [row.id])
    const style = { greeting: 'Hi {first name},', closing: 'Cheers', words: 40, manner: null, evidence: 12 }
    await saveStyles(db, address, { en: style }, new Date())
    const corrections = () => editedLately(db, address, new Date(0), 10).then((found) => found.length)
    const greeting = async () => (await loadStyles(db, address))?.styles.en?.greeting
    expect([await corrections(), await greeting()]).toEqual([1, 'Hi {first name},'])
    const page = await opened('/teach/learned')
    expect(await page.locator('main').innerText()).toContain(added)
    const remove = async (within: string) => {
      await tabTo(page, `${within} button`)
      await page.keyboard.press('Enter')
      await page.waitForURL(/done=(lesson-removed|untaught)/)
    }
    await remove('#corrections ~ ul')
    expect(await corrections()).toBe(0)
    expect(await page.locator('#corrections').count()).toBe(0)
    await page.keyboard.press('u')
    await page.waitForURL(/done=undone/)
    expect(await corrections()).toBe(1)
    await remove('#style ~ ul')
    expect(await greeting()).toBeNull()
    // It was learned again, and stays removed.
    await saveStyles(db, address, { en: style }, new Date())
    expect(await greeting()).toBeNull()
    await page.keyboard.press('u')
    await page.waitForURL(/done=undone/)
    expect(await greeting()).toBe('Hi {first name},')
    await remove('#facts ~ ul')
    expect(await page.locator('#facts').count()).toBe(0)
    await page.keyboard.press('u')
    await page.waitForURL(/done=undone/)
    await page.goto(`${url()}/teach/learned`)
    expect(await page.locator('#facts ~ ul').innerText()).toContain(fact)
    await page.context().close()
  })
})

test('what replyd learn found in sent mail is accepted or removed, without JavaScript', async () => {
  const { directory } = running.daemon.context.config.state
  const pair = (question: string, text: string, mail: string) => ({
    ...{ question, others: [], mails: [mail] },
    answers: [{ text, from: '2026-11-02', to: '2026-11-02', times: 1 }],
  })
  proposeLearned(directory, address, [
    pair('Do you repair tubeless tyres?', 'We repair tubeless tyres for 15 euros.', 'one@shop.example'),
    pair('Can I park there?', 'Please park in the yard.', 'two@shop.example'),
  ])
  const page = await opened('/teach/learned', { javaScriptEnabled: false })
  expect(await page.locator('#found').innerText()).toBe('2 answers from your sent mail')
  const park = page.locator('#found ~ ul li', { hasText: 'Can I park there?' })
  await park.locator('text=Remove').click()
  await page.waitForURL(/done=found-removed/)
  const tyres = page.locator('#found ~ ul li')
  await tyres.locator('summary').click()
  await tyres.locator('[name=fact]').fill('Ask Noor Haddad about tubeless tyres.')
  await tyres.locator('text=Accept').click()
  expect(await tyres.locator('.fault').innerText()).toContain('Noor')
  await tyres.locator('[name=fact]').fill('We repair tubeless tyres for 16 euros.')
  await tyres.locator('text=Accept').click()
  await page.waitForURL(/done=found-accepted/)
  expect(listLearned(directory)).toEqual([])
  expect(await page.locator('#facts ~ ul').innerText()).toContain('for 16 euros')
  await page.context().close()
})

describe('playground', () => {
  const rowsIn = async () => {
    const { db } = running.daemon.context
    const counts = await db.query<{ n: number }>(
      `select (select count(*) from replyd.message) + (select count(*) from replyd.reply) + (select count(*) from replyd.event) as n`,
    )
    return Number(counts.rows[0]?.n)
  }
  const spent = async () => {
    const { rows } = await running.daemon.context.db.query<{ cost: number }>(
      `select coalesce(sum(cost), 0)::float8 as cost from replyd.spending where account = '' and share = ''`,
    )
    return rows[0]?.cost ?? 0
  }

  test('by keyboard alone: the cost comes first, before and after are side by side, nothing is stored', async () => {
    const { rows } = await running.daemon.context.db.query<{ id: string }>(
      `select id from replyd.message where subject like 'Question%' order by id desc limit 1`,
    )
    const page = await opened(`/teach/playground?mail=${rows[0]?.id}`)
    const [stored, paid] = [await rowsIn(), await spent()]
    await tabTo(page, '[name=instructions]')
    await page.keyboard.type('Be brief.')
    await tabTo(page, '[value=estimate-one]')
    await page.keyboard.press('Enter')
    await page.waitForSelector('text=of today')
    expect(await page.locator('.buttons .meta').innerText()).toMatch(
      /One mail: (?:about|under) \$[\d.]+, at most \$[\d.]+/,
    )
    expect(await spent()).toBe(paid)
    await tabTo(page, '[value=one]')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#result')
    expect(await page.locator('[aria-label=After]').innerText()).toMatch(/Waits for you/)
    expect(await page.inputValue('[name=instructions]')).toMatch(/Be brief/)
    expect(await rowsIn()).toBe(stored)
    expect(await spent()).toBeGreaterThan(paid)
    await tabTo(page, '[action$="/instructions"] button')
    await page.keyboard.press('Enter')
    await page.waitForURL(/done=instructions-used/)
    expect(running.daemon.context.accounts.get(address)?.settings.instructions).toBe('Be brief.')
    await page.context().close()
  })

  test('without JavaScript: a pasted mail is judged twice, and a text of the knowledge changes what is said', async () => {
    const page = await opened('/teach/playground', { javaScriptEnabled: false })
    // The newest mail is chosen; a pasted mail replaces it.
    expect(await page.inputValue('[name=mail]')).not.toBe('')
    await page.fill('[name=pasted]', 'Hello,\n\nhow much do you charge for parcels to Norway?\n\nRegards')
    await page.fill('[name=knowledge]', `# Parcels\n\n${fact}`)
    await page.click('[value=estimate-one]')
    await page.click('[value=one]')
    expect(await page.locator('[aria-label=After]').innerText()).toContain(fact)
    await page.click("text=The writer's prompt")
    await page.fill('[name=prompt]', 'No placeholders.')
    await page.click('[value=estimate-one]')
    expect(await page.locator('.fault').innerText()).toMatch(/The prompt does not fit/)
    await page.context().close()
  })

  test('a change is tried on the latest mails: progress, a table of what changes, and an end', async () => {
    const page = await opened('/teach/playground')
    const stored = await rowsIn()
    await page.fill('[name=knowledge]', `# Parcels\n\n${fact}`)
    await page.click('[value=estimate-many]')
    await page.click('[value=many]')
    await page.waitForURL(/\/runs\//)
    await page.waitForSelector('#run >> text=/^Tried \\d+ mails/')
    expect(await page.locator('.lessons > li').count()).toBeGreaterThan(0)
    expect(await rowsIn()).toBe(stored)
    expect((await page.request.get(`${url()}/teach/playground/runs/none`, { maxRetries: 3 })).status()).toBe(
      404,
    )
    await page.context().close()
  })
})

describe('offers', () => {
  test('what was added to a draft is accepted or declined, without JavaScript and with the keyboard alone', async () => {
    for (const added of ['Gift wrapping costs 3 euros.', 'A test ride takes 20 minutes.']) {
      const row = await ask()
      const draft = (await loadReply(running.daemon.context.db, row.id))?.text ?? ''
      await edit(running.daemon, row.id, 'Ann', `${draft}\n\n${added}`)
      // Counts as sent by a statement, because nothing listens at this account's SMTP server.
      await running.daemon.context.db.query(
        `update replyd.reply set state = 'sent', finished_at = now() where id = $1`,
        [row.id],
      )
    }
    const plain = await opened('/teach', { javaScriptEnabled: false })
    const wrapping = plain.locator('.offers li', { hasText: 'Gift wrapping' })
    await wrapping.locator('text=Accept').click()
    await plain.waitForURL(/done=taught/)
    expect(
      readdirSync(join(folder(), 'taught'))
        .map((file) => inFolder(join('taught', file)))
        .join(),
    ).toContain('Gift wrapping costs 3 euros.')
    await plain.context().close()
    const page = await opened('/teach')
    await tabTo(page, '.offers [action$="/decline"] button')
    await page.keyboard.press('Enter')
    await page.waitForURL(/done=offer-declined/)
    expect(await page.locator('.offers').count()).toBe(0)
    await page.context().close()
  })
})

test('axe finds nothing on any page, light and dark, and nothing is wider than a phone', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const path of [
      '/teach',
      '/teach/learned',
      '/teach/playground',
      '/teach/knowledge?q=open+on+Saturday',
      '/teach/knowledge/file?file=opening-hours.md',
    ]) {
      const viewport = { width: colorScheme === 'light' ? 1280 : 390, height: 800 }
      const page = await opened(path, { colorScheme, viewport, bypassCSP: true })
      expect([path, await axeFaults(page)]).toEqual([path, []])
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
      await page.context().close()
    }
  }
})
