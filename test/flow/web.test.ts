/** A person decides in a real browser, against the daemon on real Dovecot and Postfix. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import type { MessageRow } from '../../src/store/messages.ts'
import { loadMessage } from '../../src/store/messages.ts'
import { loadReply } from '../../src/store/replies.ts'
import { senderRule } from '../../src/store/sender-rules.ts'
import { run } from '../cli/run.ts'
import { type Dovecot, deliverAll, type Postfix, startDovecot, startPostfix } from '../live/servers/index.ts'
import { openBrowser } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { readMailbox, withClient } from './mailboxes.ts'

let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn
let browser: Browser
/** Sends what is approved at once. */
let swift: RunningDaemon
/** Has an undo window of an hour. */
let patient: RunningDaemon

beforeAll(async () => {
  ;[dovecot, standIn, browser] = await Promise.all([startDovecot(), startStandIn(), openBrowser()])
  postfix = await startPostfix({ deliverTo: dovecot })
  ;[swift, patient] = await Promise.all([
    daemonOf('swift@shop.example', '0s'),
    daemonOf('patient@shop.example', '1h'),
  ])
}, 90_000)

afterAll(async () => {
  await browser?.close()
  await Promise.all([swift?.stop(), patient?.stop()])
  await Promise.all([postfix?.stop(), dovecot?.stop(), standIn?.close()])
})

function daemonOf(address: string, undo: string): Promise<RunningDaemon> {
  return startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: postfix.host, port: postfix.smtpPort },
    standIn,
    roles: ['watch', 'work', 'web'],
    account: { sentCopy: true, replies: { mode: 'review', undo } },
  })
}

const addressOf = (running: RunningDaemon) =>
  running === swift ? 'swift@shop.example' : 'patient@shop.example'
const urlOf = (running: RunningDaemon) => running.daemon.url ?? ''
const dbOf = (running: RunningDaemon) => running.daemon.context.db

let serial = 0

/** A customer's question; resolves with its row once it waits. */
async function ask(running: RunningDaemon, body?: string, fields = ''): Promise<MessageRow> {
  serial++
  const customer = `customer${serial}@buyers.example`
  const text = body ?? 'Hello,\r\n\r\nwhen are you open on Saturday?\r\n\r\nRegards\r\nNoor'
  const octets = `From: Noor <${customer}>\r\nTo: ${addressOf(running)}\r\nSubject: Question ${serial}\r\nMessage-ID: <q${serial}@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n${fields}\r\n${text}\r\n`
  await deliverAll(dovecot, [{ user: addressOf(running), octets, reversePath: customer }])
  return running.settledWith(({ fromAddress }) => fromAddress === customer)
}

/** The row once it says so: pages and workers are on their way, and tell by their rows. */
async function becomes(running: RunningDaemon, id: string, disposition: string): Promise<MessageRow> {
  for (;;) {
    const row = await loadMessage(dbOf(running), id)
    if (
      row?.disposition === disposition &&
      (row.step === 'done' || row.step === 'wait' || disposition === 'approved')
    )
      return row
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function opened(running: RunningDaemon, path: string, options = {}): Promise<Page> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  await page.goto(`${urlOf(running)}${path}`)
  return page
}

const inbox = (row: MessageRow) => readMailbox(dovecot, row.fromAddress ?? '', 'INBOX')

describe('a reply', () => {
  test('is approved and goes out once, as it was shown', async () => {
    const row = await ask(swift)
    const page = await opened(swift, `/replies/${row.id}`)
    await page.click('#approve')
    await becomes(swift, row.id, 'sent')
    const [answer, ...others] = await inbox(row)
    expect(others).toEqual([])
    expect(answer?.inReplyTo).toBe(row.messageId)
    // A person has looked at it: it is no automatic reply.
    expect(answer?.autoSubmitted).toBeNull()
    await page.context().close()
  })

  test('approved in two windows goes out once, and the second one is told', async () => {
    const row = await ask(swift)
    const [one, other] = [
      await opened(swift, `/replies/${row.id}`),
      await opened(swift, `/replies/${row.id}`),
    ]
    await Promise.all([one.click('#approve'), other.click('#approve')])
    await becomes(swift, row.id, 'sent')
    const notices = await Promise.all([one, other].map((page) => page.locator('.notice').innerText()))
    expect(notices.filter((text) => /decided already/.test(text))).toHaveLength(1)
    expect(await inbox(row)).toHaveLength(1)
    await Promise.all([one, other].map((page) => page.context().close()))
  })

  test('goes out as a person has edited it, and the difference is kept', async () => {
    const row = await ask(swift)
    const page = await opened(swift, `/replies/${row.id}`)
    await page.click('#edit')
    await page.fill('#text', 'Dear Noor,\n\nwe open at noon.\n\nBest, Ada')
    await page.click('text=Save and approve')
    await becomes(swift, row.id, 'sent')
    const [answer] = await inbox(row)
    expect(answer?.octets.toString()).toContain('we open at noon.')
    await page.goto(`${urlOf(swift)}/mails/${row.id}`)
    expect(await page.locator('pre').textContent()).toContain('+we open at noon.')
    await page.context().close()
  })

  test('is taken back within the undo window', async () => {
    const row = await ask(patient)
    const page = await opened(patient, `/replies/${row.id}`)
    await page.click('#approve')
    await page.click('#undo')
    await becomes(patient, row.id, 'held')
    expect((await loadReply(dbOf(patient), row.id))?.state).toBe('held')
    expect(await inbox(row)).toEqual([])
    await page.context().close()
  })

  test('is rejected, and not sent', async () => {
    const row = await ask(patient)
    const page = await opened(patient, `/replies/${row.id}`)
    await page.click('#reject')
    await becomes(patient, row.id, 'rejected')
    await page.context().close()
  })

  test('whose text somebody changed meanwhile is not approved by who saw the old one', async () => {
    const row = await ask(patient)
    const [old, fresh] = [
      await opened(patient, `/replies/${row.id}`),
      await opened(patient, `/replies/${row.id}?edit=1`),
    ]
    await fresh.fill('#text', 'Another text.')
    await fresh.click('text=Save')
    await becomes(patient, row.id, 'held')
    await old.click('#approve')
    expect(await old.locator('.notice').innerText()).toContain('changed meanwhile')
    expect((await loadReply(dbOf(patient), row.id))?.state).toBe('held')
    await Promise.all([old, fresh].map((page) => page.context().close()))
  })

  test('is written again with an instruction that reaches the system message', async () => {
    const row = await ask(patient)
    const page = await opened(patient, `/replies/${row.id}`)
    await page.fill('#instruction', 'Mention the blue door.')
    await page.click('text=Write again >> nth=-1')
    for (;;) {
      const reply = await loadReply(dbOf(patient), row.id)
      if (reply?.attemptGroup === 1 && reply.state === 'held') break
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await loadMessage(dbOf(patient), row.id))?.instruction).toBe('Mention the blue door.')
    await page.context().close()
  })
})

test('everything can be done with the keyboard', async () => {
  const row = await ask(patient)
  const page = await opened(patient, `/?q=${encodeURIComponent(row.subject ?? '')}`)
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/replies\//)
  await page.keyboard.press('a')
  await becomes(patient, row.id, 'approved')
  await page.waitForSelector('#undo')
  await page.keyboard.press('u')
  await becomes(patient, row.id, 'held')
  await page.waitForURL(/done=cancel/)
  await page.keyboard.press('e')
  await page.waitForSelector('#text')
  await page.context().close()
})

test('works without JavaScript', async () => {
  const row = await ask(swift)
  const page = await opened(swift, '/', { javaScriptEnabled: false })
  await page.click(`a[href="/replies/${row.id}"]`)
  await page.click('#approve')
  await becomes(swift, row.id, 'sent')
  await page.context().close()
})

test('fits a phone', async () => {
  const row = await ask(patient)
  for (const path of ['/', `/replies/${row.id}`, '/junk', '/history', '/insight', '/settings']) {
    const page = await opened(patient, path, { viewport: { width: 360, height: 700 } })
    expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 360])
    await page.context().close()
  }
})

test('a new mail appears without loading the page again', async () => {
  const page = await opened(patient, '/')
  await page.waitForLoadState('networkidle').catch(() => undefined)
  const row = await ask(patient)
  await page.waitForSelector(`a[href="/replies/${row.id}"]`)
  await page.context().close()
})

test('restores from Junk, marks it, and trusts the sender', async () => {
  const spam =
    'Dear friend, you have WON the lottery of 5,000,000 USD. Send your bank account and password now to claim your prize. Click http://prize.example/claim'
  const row = await ask(patient, spam, '')
  expect(row.disposition).toBe('filed')
  const page = await opened(patient, '/junk')
  await page.click('text=Not junk')
  await becomes(patient, row.id, 'restored')
  const lying = await readMailbox(dovecot, addressOf(patient), 'INBOX')
  const restored = lying.find(({ messageId }) => messageId === row.messageId)
  expect(restored?.flags).toContain('$NotJunk')
  expect(restored?.flags).not.toContain('$Junk')
  expect((await senderRule(dbOf(patient), addressOf(patient), row.fromAddress ?? ''))?.rule).toBe('allow')
  await page.context().close()
})

test('hostile HTML runs nothing and loads nothing', async () => {
  const attack = [
    '<script>parent.owned = 1; fetch("http://127.0.0.1:9/x")</script>',
    '<img src="http://127.0.0.1:9/pixel.png" onerror="top.owned = 1">',
    '<svg onload="top.owned=1"><animate onbegin="top.owned=1"></svg>',
    '<a href="javascript:top.owned=1">click</a><iframe srcdoc="<script>top.owned=1</script>"></iframe>',
    '<style>@import url(http://127.0.0.1:9/a.css); body{background:url(http://127.0.0.1:9/b)}</style>',
    '<form action="http://127.0.0.1:9/"><input name="a"></form><meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">',
    '<p>When are you open on Saturday?</p>',
  ].join('')
  const row = await ask(patient, attack, 'MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n')
  const page = await browser.newPage()
  const requested: string[] = []
  page.on('request', (request) => requested.push(request.url()))
  await page.goto(`${urlOf(patient)}/replies/${row.id}`)
  await page.click('text=As the sender formatted it')
  const frame = page.frameLocator('iframe')
  await frame.locator('text=When are you open').waitFor()
  expect(await page.evaluate('window.owned')).toBeUndefined()
  expect(requested.filter((url) => !url.startsWith(urlOf(patient)) && !url.startsWith('data:'))).toEqual([])
  expect(
    await frame.locator('script, iframe, form, meta[http-equiv], svg, [onerror], [onload]').count(),
  ).toBe(0)
  expect(await frame.locator('a[href^="javascript"]').count()).toBe(0)
  await page.close()
})

test('axe finds nothing on any page, light and dark', async () => {
  const row = await ask(patient)
  const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const path of [
      '/',
      `/replies/${row.id}`,
      `/replies/${row.id}?edit=1`,
      `/mails/${row.id}`,
      '/junk',
      '/history',
      '/insight',
      '/settings',
      '/login',
    ]) {
      const page = await opened(patient, path, { colorScheme, bypassCSP: true })
      await page.addScriptTag({ path: axe })
      const { violations } = (await page.evaluate('axe.run()')) as {
        violations: { id: string; nodes: { html: string }[] }[]
      }
      expect(violations.map(({ id, nodes }) => [path, id, nodes[0]?.html])).toEqual([])
      await page.context().close()
    }
  }
}, 120_000)

/** fetch() would not send another Host field. */
function statusUnder(host: string, url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.once('error', reject)
  })
}

test('the command line does the same', async () => {
  const row = await ask(swift)
  const { directory } = swift.daemon.context.config.state
  const access = JSON.parse(readFileSync(join(directory, 'api.json'), 'utf8')) as {
    url: string
    token: string
  }
  expect(statSync(join(directory, 'api.json')).mode & 0o777).toBe(0o600)
  const editor = join(directory, 'editor.sh')
  writeFileSync(editor, '#!/bin/sh\nprintf "We open at ten.\\n" > "$1"\n', { mode: 0o755 })
  const environment = { REPLYD_URL: access.url, REPLYD_TOKEN: access.token, EDITOR: editor }
  const listed = await run(['replies', 'list', '--json'], { environment })
  expect((JSON.parse(listed.out) as { id: string }[]).map(({ id }) => id)).toContain(row.id)
  expect(await run(['replies', 'edit', row.id], { environment })).toMatchObject({ status: 0 })
  expect((await run(['replies', 'show', row.id], { environment })).out).toContain('We open at ten.')
  expect(await run(['replies', 'approve', row.id], { environment })).toMatchObject({ status: 0 })
  await becomes(swift, row.id, 'sent')
  expect((await inbox(row)).map(({ octets }) => octets.includes('We open at ten.'))).toEqual([true])
  const again = await run(['replies', 'approve', row.id], { environment })
  expect([again.status, again.err]).toEqual([1, expect.stringContaining('decided already')])
  expect((await run(['usage', '--by', 'step'], { environment })).out).toMatch(/compose/)
  expect((await run(['pause'], { environment })).out).toContain('nothing goes out')
  expect((await run(['resume'], { environment })).out).toContain('go out again')
  const refused = await run(['mails', 'list'], {
    environment: { ...environment, REPLYD_URL: 'http://127.0.0.1:9' },
  })
  expect(refused.err).toContain('no daemon answers')
})

describe('a draft in \\Drafts', () => {
  const address = 'drafts@shop.example'
  let running: RunningDaemon

  beforeAll(async () => {
    running = await startDaemon({
      address,
      imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
      smtp: { host: postfix.host, port: postfix.smtpPort },
      standIn,
      roles: ['watch', 'work', 'web'],
      account: { sentCopy: true, replies: { mode: 'draft', undo: '0s' } },
    })
  }, 60_000)

  afterAll(() => running?.stop())

  const question = async (customer: string) => {
    const octets = `From: Noor <${customer}>\r\nTo: ${address}\r\nSubject: Hours\r\nMessage-ID: <d-${customer}>\r\nDate: ${new Date().toUTCString()}\r\n\r\nHello, when are you open on Saturday?\r\n`
    await deliverAll(dovecot, [{ user: address, octets, reversePath: customer }])
    return running.settledWith(({ fromAddress }) => fromAddress === customer)
  }

  test('that is approved on the page goes out and leaves \\Drafts', async () => {
    const row = await question('one@buyers.example')
    expect(await readMailbox(dovecot, address, 'Drafts')).toHaveLength(1)
    const page = await opened(running, `/replies/${row.id}`)
    await page.click('#approve')
    await becomes(running, row.id, 'sent')
    expect(await inbox(row)).toHaveLength(1)
    expect(await readMailbox(dovecot, address, 'Drafts')).toEqual([])
    await page.context().close()
  })

  test('that the owner has edited is neither sent nor touched', async () => {
    const row = await question('two@buyers.example')
    await withClient(dovecot, address, async (client) => {
      await client.mailboxOpen('Drafts')
      await client.append('Drafts', `From: ${address}\r\nSubject: Re: Hours\r\n\r\nMy own words.\r\n`, [
        '\\Draft',
      ])
      await client.messageDelete('1', { uid: false })
    })
    const page = await opened(running, `/replies/${row.id}`)
    await page.click('#approve')
    expect(await page.locator('.notice').innerText()).toContain('mail program')
    expect(await inbox(row)).toEqual([])
    const [draft] = await readMailbox(dovecot, address, 'Drafts')
    expect(draft?.octets.toString()).toContain('My own words.')
    await page.context().close()
  })
})

describe('who may not come in', () => {
  test('a foreign Host, a form without its token, an API call without the bearer', async () => {
    const row = await ask(patient)
    const url = urlOf(patient)
    const form = await fetch(`${url}/replies/${row.id}/approve`, {
      method: 'POST',
      body: new URLSearchParams({ token: 'x' }),
    })
    expect(form.status).toBe(403)
    const api = await fetch(`${url}/api/replies/${row.id}/approve`, { method: 'POST' })
    expect(api.status).toBe(401)
    expect(await statusUnder('evil.example', url)).toBe(421)
    expect((await loadMessage(dbOf(patient), row.id))?.disposition).toBe('held')
  })
})
