/** A person decides in a real browser, against the daemon on real Dovecot and Postfix. */

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { autonomyByCategory } from '../../src/decide/autonomy-record.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { restore } from '../../src/review/restore.ts'
import { loadMessage, type MessageRow } from '../../src/store/messages.ts'
import { loadReply } from '../../src/store/replies.ts'
import { waitingCounts } from '../../src/store/review-lists.ts'
import { senderRule } from '../../src/store/sender-rules.ts'
import { run } from '../cli/run.ts'
import { forceMail, forceReply } from '../live/force.ts'
import { type Dovecot, deliverAll, type Postfix, startDovecot, startPostfix } from '../live/servers/index.ts'
import { axeFaultsInLightAndDark } from './axe.ts'
import { openBrowser } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { readMailbox, withClient } from './mailboxes.ts'

/** The model's requests, newest last. */
const asked: { system: string; user: string }[] = []
let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn
let browser: Browser
/** Has no undo window. */
let swift: RunningDaemon
/** Has an undo window of an hour. */
let patient: RunningDaemon

beforeAll(async () => {
  ;[dovecot, standIn, browser] = await Promise.all([
    startDovecot(),
    startStandIn({
      behaviour: ({ body }) => {
        const said = (wanted: boolean) =>
          body.messages.filter(({ role }) => (role === 'system') === wanted).map(({ content }) => content)
        asked.push({ system: said(true).join('\n'), user: said(false).join('\n') })
        return undefined
      },
    }),
    openBrowser(),
  ])
  postfix = await startPostfix({ deliverTo: dovecot })
  ;[swift, patient] = await Promise.all([
    daemonOf('swift@shop.example', '0s'),
    daemonOf('patient@shop.example', '1h'),
  ])
})

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

/** The row, once the page reports that decision. */
async function after(page: Page, action: string, running: RunningDaemon, id: string): Promise<MessageRow> {
  await page.waitForURL(new RegExp(`done=${action}`))
  const row = await loadMessage(dbOf(running), id)
  if (row === null) throw new Error('no row')
  return row
}

async function opened(running: RunningDaemon, path: string, options = {}): Promise<Page> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  await page.goto(`${urlOf(running)}${path}`)
  return page
}

/** For the command line. */
function environmentOf(running: RunningDaemon): Record<string, string> {
  const path = join(running.daemon.context.config.state.directory, 'api.json')
  const { url, token } = JSON.parse(readFileSync(path, 'utf8')) as { url: string; token: string }
  return { REPLYD_URL: url, REPLYD_TOKEN: token }
}

async function inbox(row: MessageRow) {
  await postfix.drained()
  return readMailbox(dovecot, row.fromAddress ?? '', 'INBOX')
}

describe('a reply', () => {
  test('is approved and goes out once, as it was shown', async () => {
    const row = await ask(swift)
    const page = await opened(swift, `/replies/${row.id}`)
    const settled = swift.nextSettled(row.id)
    await page.click('#approve')
    expect(await settled).toMatchObject({ disposition: 'sent' })
    const [answer, ...others] = await inbox(row)
    expect(others).toEqual([])
    expect(answer?.inReplyTo).toBe(row.messageId)
    // A person has reviewed it: it is not an automatic reply.
    expect(answer?.autoSubmitted).toBeNull()
    await page.context().close()
  })

  test('a reply approved in two windows goes out once, and the second window says so', async () => {
    const row = await ask(swift)
    const [one, other] = [
      await opened(swift, `/replies/${row.id}`),
      await opened(swift, `/replies/${row.id}`),
    ]
    const settled = swift.nextSettled(row.id)
    await Promise.all([one.click('#approve'), other.click('#approve')])
    expect(await settled).toMatchObject({ disposition: 'sent' })
    const notices = await Promise.all([one, other].map((page) => page.locator('.notice').innerText()))
    expect(notices.filter((text) => /already been decided/.test(text))).toHaveLength(1)
    expect(await inbox(row)).toHaveLength(1)
    await Promise.all([one, other].map((page) => page.context().close()))
  })

  test('goes out as a person has edited it, and the difference is kept', async () => {
    const row = await ask(swift)
    const page = await opened(swift, `/replies/${row.id}`)
    await page.fill('#text', 'Dear Noor,\n\nwe open at noon.\n\nBest, Ada')
    const settled = swift.nextSettled(row.id)
    await page.click('#approve')
    expect(await settled).toMatchObject({ disposition: 'sent' })
    const [answer] = await inbox(row)
    expect(answer?.octets.toString()).toContain('we open at noon.')
    await page.goto(`${urlOf(swift)}/mails/${row.id}`)
    expect(await page.locator('pre').textContent()).toContain('+we open at noon.')
    await page.context().close()
  })

  test('goes to the typed recipients with the typed subject; somebody who has not seen them decides nothing', async () => {
    const row = await ask(swift)
    const [page, other] = [
      await opened(swift, `/replies/${row.id}`),
      await opened(swift, `/replies/${row.id}`, { javaScriptEnabled: false }),
    ]
    expect(await page.inputValue('#to')).toBe(`Noor <${row.fromAddress}>`)
    await page.fill('#cc', '"Weld, Tom" <tom@workshop.example>, ann')
    await page.fill('#subject', 'Saturday: we are open')
    await page.click('#save')
    await page.waitForSelector('#notice >> text=Nothing was saved')
    await page.waitForSelector('#editor[data-kept]')
    // Reported at the field, with the faulty address; text in other fields stays.
    expect(await page.locator('#cc-fault').innerText()).toMatch(/“ann” is not a complete address/)
    expect(await page.getAttribute('#cc', 'aria-invalid')).toBe('true')
    expect(new URL(page.url()).pathname).toBe(`/replies/${row.id}`)
    expect(await page.inputValue('#subject')).toBe('Saturday: we are open')
    // The old fault is not reported for a new text; a new fault is reported before it is saved.
    await page.fill('#cc', '"Weld, Tom" <tom@workshop.example>, bob@@workshop.example')
    expect([await page.locator('#cc-fault').count(), await page.getAttribute('#cc', 'aria-invalid')]).toEqual(
      [0, null],
    )
    await page.press('#cc', 'Tab')
    expect(await page.locator('#cc-fault').innerText()).toMatch(/“bob@@workshop.example” is not a complete/)
    await page.fill('#cc', '"Weld, Tom" <tom@workshop.example>')
    await page.press('#cc', 'Tab')
    expect(await page.locator('#cc-fault').count()).toBe(0)
    // The message covers no button.
    await Promise.all([page.waitForURL(/done=edit/), page.click('#save')])
    await page.reload()
    expect(await page.inputValue('#cc')).toBe('"Weld, Tom" <tom@workshop.example>')
    await other.click('#approve')
    expect(await other.locator('.notice').textContent()).toContain('has changed in the meantime')
    const settled = swift.nextSettled(row.id)
    await page.click('#approve')
    expect(await settled).toMatchObject({ disposition: 'sent' })
    const [answer, ...others] = await inbox(row)
    const copies = await readMailbox(dovecot, 'tom@workshop.example', 'INBOX')
    expect([others, copies.map(({ messageId }) => messageId)]).toEqual([[], [answer?.messageId]])
    const header = answer?.octets.toString().split('\r\n\r\n')[0] ?? ''
    expect(header).toMatch(/^Subject: Saturday: we are open$/m)
    expect(header).toMatch(/^Cc: "Weld, Tom" <tom@workshop.example>$/m)
    expect(answer?.inReplyTo).toBe(row.messageId)
    await page.goto(`${urlOf(swift)}/mails/${row.id}`)
    expect(await page.locator('pre').textContent()).toContain('+Cc: "Weld, Tom" <tom@workshop.example>')
    await Promise.all([page, other].map((each) => each.context().close()))
  })

  test('a person who is typing is told at once that another has decided, and keeps the text', async () => {
    const row = await ask(patient)
    const [typing, other] = [
      await opened(patient, `/replies/${row.id}`, { viewport: { width: 390, height: 844 } }),
      await opened(patient, `/replies/${row.id}`),
    ]
    expect([await typing.isVisible('#edit'), await typing.isVisible('#save')]).toEqual([true, false])
    await typing.fill('#text', 'We open at ten, dear Noor.')
    // On a phone the bar now offers to save it.
    expect([await typing.isVisible('#edit'), await typing.isVisible('#save')]).toEqual([false, true])
    expect(await typing.innerText('#unsaved')).toContain('in this browser only')
    await other.click('#reject')
    await typing.waitForSelector('.notice >> text=rejected it. What you typed is kept below.')
    expect(await typing.innerText('.why-line')).toMatch(/rejected it\. \d+ \w+ \d{4}, \d\d:\d\d/)
    expect(await typing.inputValue('#unused textarea')).toBe('We open at ten, dear Noor.')
    // Without JavaScript the typed text comes back with the refusal.
    const plain = await opened(patient, '/', { javaScriptEnabled: false })
    const late = await ask(patient)
    await plain.goto(`${urlOf(patient)}/replies/${late.id}`)
    await plain.fill('#text', 'We open at nine.')
    await other.goto(`${urlOf(patient)}/replies/${late.id}`)
    await other.click('#reject')
    await after(other, 'reject', patient, late.id)
    await plain.click('#save')
    expect(await plain.locator('.notice').textContent()).toMatch(/already been decided: .+ rejected it \(/)
    expect(await plain.inputValue('#unused textarea')).toBe('We open at nine.')
    await Promise.all([typing, other, plain].map((page) => page.context().close()))
  })

  test('is taken back within the undo window', async () => {
    const row = await ask(patient)
    const page = await opened(patient, `/replies/${row.id}`)
    await page.click('#approve')
    await page.waitForURL(/done=approve/)
    // The time is shown and counted down.
    expect(await page.locator('.notice .until').getAttribute('datetime')).toBe(
      (await loadReply(dbOf(patient), row.id))?.sendAfter?.toISOString(),
    )
    expect(await page.locator('.notice .until').innerText()).toMatch(/^Sending in (60:00|59:\d\d) min$/)
    await page.click('#undo')
    expect(await after(page, 'cancel', patient, row.id)).toMatchObject({ disposition: 'held' })
    expect((await loadReply(dbOf(patient), row.id))?.state).toBe('held')
    expect(await inbox(row)).toEqual([])
    await page.context().close()
  })

  test('is rejected, and not sent', async () => {
    const row = await ask(patient)
    const page = await opened(patient, `/replies/${row.id}`)
    await page.click('#reject')
    expect(await after(page, 'reject', patient, row.id)).toMatchObject({ disposition: 'rejected' })
    // Undo works on the page that opens next, which shows another mail.
    expect(new URL(page.url()).pathname).not.toContain(row.id)
    await page.click('#undo')
    expect(await after(page, 'reopen', patient, row.id)).toMatchObject({
      disposition: 'held',
      step: 'review',
    })
    expect((await loadReply(dbOf(patient), row.id))?.state).toBe('held')
    await page.context().close()
  })

  test('whose text has changed meanwhile is not approved by somebody who saw the old one', async () => {
    const row = await ask(patient)
    const [old, fresh] = [
      await opened(patient, `/replies/${row.id}`),
      await opened(patient, `/replies/${row.id}`),
    ]
    await fresh.fill('#text', 'Another text.')
    await fresh.click('#save')
    await after(fresh, 'edit', patient, row.id)
    await old.click('#approve')
    await old.waitForSelector('.notice >> text=has changed in the meantime')
    expect((await loadReply(dbOf(patient), row.id))?.state).toBe('held')
    await Promise.all([old, fresh].map((page) => page.context().close()))
  })

  test('is written again with an instruction that reaches the system message', async () => {
    const row = await ask(patient)
    const page = await opened(patient, `/replies/${row.id}`)
    await page.fill('#instruction', 'Mention the blue door.')
    const settled = patient.nextSettled(row.id)
    asked.length = 0
    await page.click('text=Write again >> nth=-1')
    expect(await settled).toMatchObject({ disposition: 'held', instruction: 'Mention the blue door.' })
    expect((await loadReply(dbOf(patient), row.id))?.attemptGroup).toBe(1)
    const told = asked.map(({ system, user }) => ({
      system: system.includes('Mention the blue door.'),
      user: user.includes('Mention the blue door.'),
    }))
    expect(told).toEqual([{ system: true, user: false }])
    await page.context().close()
  })
})

test('everything can be done with the keyboard', async () => {
  const row = await ask(patient)
  const page = await opened(patient, `/?q=${encodeURIComponent(row.subject ?? '')}`)
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/replies\//)
  await page.waitForSelector('#approve')
  await page.keyboard.press('a')
  expect(await after(page, 'approve', patient, row.id)).toMatchObject({ disposition: 'approved' })
  await page.keyboard.press('u')
  expect(await after(page, 'cancel', patient, row.id)).toMatchObject({ disposition: 'held' })
  await page.keyboard.press('e')
  await page.waitForSelector('#text:focus')
  await page.context().close()
})

test('what is typed is kept until it is saved, and Ctrl+Enter sends it', async () => {
  const row = await ask(swift)
  const page = await opened(swift, `/replies/${row.id}`)
  await page.keyboard.press('e')
  await page.waitForSelector('#text:focus')
  await page.keyboard.press('End')
  await page.keyboard.type(' We open at noon.')
  // The browser does not ask before leaving, because the text is kept.
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.type())
    void dialog.accept()
  })
  await page.goto(`${urlOf(swift)}/`)
  expect(await page.locator(`a.mail[data-id="${row.id}"] .why`).innerText()).toBe('Not saved')
  await page.goto(`${urlOf(swift)}/replies/${row.id}`)
  expect(dialogs).toEqual([])
  expect(await page.inputValue('#text')).toContain('We open at noon.')
  expect(await page.locator('#unsaved').innerText()).toBe(
    'Not saved yet: this is kept in this browser only. Back to the saved text',
  )
  const typed = await page.inputValue('#text')
  await page.click('#to-saved')
  expect(await page.inputValue('#text')).not.toContain('We open at noon.')
  expect(await page.isVisible('#unsaved')).toBe(false)
  // If the browser can't keep the text, the page says so, and asks before leaving.
  await page.evaluate("Storage.prototype.setItem = () => { throw new Error('full') }")
  await page.fill('#text', typed)
  expect(await page.locator('#unsaved').innerText()).toContain('this browser can’t keep it')
  await page.reload()
  expect(dialogs).toEqual(['beforeunload'])
  await page.fill('#text', typed)
  const settled = swift.nextSettled(row.id)
  await page.focus('#text')
  await page.keyboard.press('Control+Enter')
  expect(await settled).toMatchObject({ disposition: 'sent' })
  await page.waitForURL(/done=approve/)
  // Not waitForFunction: the page's policy forbids the evaluation that it polls with.
  await page.evaluate(
    'new Promise((done) => { const look = () => (localStorage.length === 0 ? done() : requestAnimationFrame(look)); look() })',
  )
  expect((await inbox(row))[0]?.octets.toString()).toContain('We open at noon.')
  await page.context().close()
})

test('text that is typed during a save stays, as not saved', async () => {
  const row = await ask(patient)
  const page = await opened(patient, `/replies/${row.id}`)
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route('**/edit*', async (route) => {
    await held
    await route.continue()
  })
  await page.fill('#text', 'We open at nine.')
  const posted = page.waitForRequest((request) => request.method() === 'POST')
  await page.click('#save')
  await posted
  await page.fill('#text', 'We open at nine. And on Sunday?')
  release()
  await page.waitForURL(/done=edit/)
  await page.waitForSelector('#unsaved >> text=Back to the saved text')
  expect(await page.inputValue('#text')).toBe('We open at nine. And on Sunday?')
  expect(await page.evaluate("document.getElementById('text').defaultValue")).toBe('We open at nine.')
  await page.context().close()
})

test('the button says what happens', async () => {
  const [now, later] = [await ask(swift), await ask(patient)]
  const page = await opened(swift, `/replies/${now.id}`)
  expect(await page.locator('#approve').innerText()).toBe('Send now')
  await page.goto(`${urlOf(patient)}/replies/${later.id}`)
  expect(await page.locator('#approve').innerText()).toBe('Send in 1 h')
  await page.context().close()
})

test('works without JavaScript', async () => {
  const row = await ask(swift)
  const page = await opened(swift, '/', { javaScriptEnabled: false })
  await page.click(`a[href="/replies/${row.id}"]`)
  const settled = swift.nextSettled(row.id)
  await page.click('#approve')
  expect(await settled).toMatchObject({ disposition: 'sent' })
  await page.context().close()
})

test('fits a phone', async () => {
  const row = await ask(patient)
  for (const path of [
    '/',
    `/replies/${row.id}`,
    '/junk',
    '/history',
    '/insight',
    '/settings',
    `/mails/${row.id}`,
  ]) {
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
  expect(await after(page, 'restore', patient, row.id)).toMatchObject({ disposition: 'restored' })
  const lying = await readMailbox(dovecot, addressOf(patient), 'INBOX')
  const restored = lying.find(({ messageId }) => messageId === row.messageId)
  expect(restored?.flags).toContain('$NotJunk')
  expect(restored?.flags).not.toContain('$Junk')
  expect((await senderRule(dbOf(patient), addressOf(patient), row.fromAddress ?? ''))?.rule).toBe('allow')
  await page.context().close()
})

test('a restore interrupted between the move and the commit succeeds at the second try', async () => {
  const spam =
    'Dear friend, you have WON the lottery of 5,000,000 USD. Send your bank account and password now.'
  const row = await ask(patient, spam, '')
  const { context, pipeline } = patient.daemon
  const account = context.accounts.get(addressOf(patient))
  if (!account) throw new Error('no account')
  const imap = Object.create(account.imap) as typeof account.imap
  imap.move = async (...args) => {
    await account.imap.move(...args)
    throw new Error('stopped here')
  }
  for (const name of [
    'state',
    'flags',
    'addFlags',
    'removeFlags',
    'findByMessageId',
    'specialMailboxes',
  ] as const)
    Object.assign(imap, { [name]: account.imap[name].bind(account.imap) })
  const accounts = new Map([[addressOf(patient), { ...account, imap }]])
  await expect(restore({ context: { ...context, accounts }, pipeline }, row.id, 'Ada')).rejects.toThrow(
    'stopped here',
  )
  expect((await loadMessage(dbOf(patient), row.id))?.disposition).toBe('filed')
  await restore({ context, pipeline }, row.id, 'Ada')
  const restored = await loadMessage(dbOf(patient), row.id)
  expect(restored).toMatchObject({ disposition: 'restored', mailbox: 'INBOX' })
  const lying = (await readMailbox(dovecot, addressOf(patient), 'INBOX')).filter(
    ({ messageId }) => messageId === row.messageId,
  )
  expect(lying.map(({ uid }) => uid)).toEqual([restored?.uid])
  expect((await senderRule(dbOf(patient), addressOf(patient), row.fromAddress ?? ''))?.rule).toBe('allow')
})

test('autonomy is offered, granted on the page, revoked by an undo, shown with the mail that ended it', async () => {
  const category = 'other'
  const { db } = patient.daemon.context
  const account = addressOf(patient)
  const autonomyState = async () =>
    (await autonomyByCategory(db, account)).find((each) => each.category === category)
  const earned = await ask(patient)
  await db.query(
    `update replyd.message set verdict = jsonb_set(verdict, '{category}', '"other"') where id = $1`,
    [earned.id],
  )
  // Twenty that were sent as written; a real run of that many would take too long here.
  await db.query(
    `with mails as (
       insert into replyd.message select (jsonb_populate_record(m, jsonb_build_object('id', m.id || 'x' || n, 'uid', 1000000 + n,
         'message_id', '<earned-' || n || '@buyers.example>', 'step', 'done', 'disposition', 'sent'))).*
         from replyd.message m, generate_series(10, 29) n where m.id = $1 returning id
     )
     insert into replyd.reply select (jsonb_populate_record(r, jsonb_build_object('id', mails.id, 'state', 'sent',
       'reply_message_id', '<r-' || mails.id || '@shop.example>', 'finished_at', now()))).*
       from replyd.reply r, mails where r.id = $1`,
    [earned.id],
  )
  expect(await autonomyState()).toMatchObject({ streak: 20, offered: true, granted: false })
  const page = await opened(patient, '/settings')
  await page.click('button:has-text("Let it send")')
  // The page asks first: one click grants nothing.
  await page.waitForSelector('h1 >> text=Let replyd send automatically?')
  expect(await autonomyState()).toMatchObject({ granted: false })
  await page.click('text=Yes, send automatically')
  await page.waitForURL(/done=grant/)
  expect(await autonomyState()).toMatchObject({ granted: true, grantedBy: 'owner', takenBack: null })
  await page.goto(`${urlOf(patient)}/replies/${earned.id}`)
  await page.click('#approve')
  await page.waitForURL(/done=approve/)
  await page.click('#undo')
  await after(page, 'cancel', patient, earned.id)
  expect(await autonomyState()).toMatchObject({
    granted: false,
    streak: 0,
    takenBack: { reason: 'cancelled', id: earned.id },
  })
  await page.goto(`${urlOf(patient)}/settings`)
  expect(await page.locator('.category-autonomy', { hasText: 'Other' }).innerText()).toMatch(
    /Revoked .*cancelled/,
  )
  expect(await page.locator(`.category-autonomy a[href="/mails/${earned.id}"]`).count()).toBe(1)
  await page.context().close()
  const environment = environmentOf(patient)
  const listed = JSON.parse((await run(['autonomy', 'list', '--json'], { environment })).out) as object[]
  expect(listed).toContainEqual(expect.objectContaining({ account, category, granted: false, needed: 20 }))
  expect((await run(['autonomy', 'list'], { environment })).out).toMatch(
    /other +0\/20 +waits for you +a reply was cancelled/,
  )
  const refused = await run(['autonomy', 'grant', account, category], { environment })
  expect([refused.status, refused.err]).toEqual([1, expect.stringContaining('not offered')])
})

test('who paused an account, and when, is kept and shown', async () => {
  const page = await opened(patient, '/settings')
  await page.click('text=Pause')
  await page.waitForURL(/done=pause/)
  expect(await page.locator('.account').innerText()).toMatch(/Paused by owner, \d+ \w+ \d{4}, \d\d:\d\d/)
  await page.click('text=Resume')
  await page.waitForURL(/done=resume/)
  expect(await page.locator('.account').innerText()).toContain('resumed by owner')
  await page.context().close()
})

test('History: filters are in the URL, and a page starts after the given key', async () => {
  const row = await ask(patient)
  const page = await opened(patient, '/history')
  await page.fill('input[name=from]', row.fromAddress ?? '')
  await page.selectOption('select[name=disposition]', 'held')
  await page.fill('input[name=since]', row.internalDate.toISOString().slice(0, 10))
  await page.click('text=Filter')
  await page.waitForURL(/from=customer\d+/)
  expect(await page.locator('tbody tr').count()).toBe(1)
  expect(await page.locator(`a[href="/mails/${row.id}"]`).count()).toBe(1)
  await page.goto(page.url().replace('disposition=held', 'disposition=sent'))
  expect(await page.locator('.empty').innerText()).toContain('No mail matches.')
  await page.goto(`${urlOf(patient)}/history?until=2001-01-01`)
  expect(await page.locator('tbody tr').count()).toBe(0)
  await page.goto(`${urlOf(patient)}/history?before=${row.id}`)
  expect(await page.locator(`a[href="/mails/${row.id}"]`).count()).toBe(0)
  await page.goto(`${urlOf(patient)}/mails/${row.id}`)
  const calls = page.locator('section[aria-label="AI calls"] tbody tr')
  expect(await calls.count()).toBe(2)
  expect(await calls.first().innerText()).toMatch(
    /Judging\s+\S+\s+[0-9a-f]{8,}\s+\d+\s+\d+\s+\d+\s+\$\S+\s+\d+ ms/,
  )
  await page.context().close()
})

describe('a reply with an unknown outcome', () => {
  const unsure = async () => {
    const row = await ask(patient)
    const at = patient.daemon.context.clock.now()
    await forceReply(dbOf(patient), { id: row.id, from: ['held'], to: 'uncertain', actor: 'test' }, at)
    const uncertain = { disposition: 'uncertain', reason: 'send-unconfirmed' } as const
    await forceMail(dbOf(patient), { id: row.id, from: 'review', to: 'review', ...uncertain }, at)
    return row
  }

  test('is confirmed as sent by a person: its copy and the mark follow, and nothing is sent', async () => {
    const row = await unsure()
    const page = await opened(patient, `/replies/${row.id}`)
    const settled = patient.nextSettled(row.id)
    await page.click('text=It was sent')
    expect(await settled).toMatchObject({ disposition: 'sent' })
    const reply = await loadReply(dbOf(patient), row.id)
    const copies = await readMailbox(dovecot, addressOf(patient), 'Sent')
    expect(copies.filter(({ messageId }) => messageId === reply?.replyMessageId)).toHaveLength(1)
    expect(await inbox(row)).toEqual([])
    await page.context().close()
  })

  test('is declared not sent by a person: it waits again, under another Message-ID', async () => {
    const row = await unsure()
    const before = await loadReply(dbOf(patient), row.id)
    const page = await opened(patient, `/replies/${row.id}`)
    await page.click('text=It was not sent')
    expect(await after(page, 'hold', patient, row.id)).toMatchObject({ disposition: 'held', step: 'review' })
    const reply = await loadReply(dbOf(patient), row.id)
    expect(reply).toMatchObject({ state: 'held', attemptGroup: 1, text: before?.text })
    expect(reply?.replyMessageId).not.toBe(before?.replyMessageId)
    await page.context().close()
  })
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
  for (const path of [
    '/',
    `/replies/${row.id}`,
    `/mails/${row.id}`,
    '/junk',
    '/history',
    '/insight',
    '/settings',
    '/login',
  ]) {
    const page = await opened(patient, path, { bypassCSP: true })
    expect([path, await axeFaultsInLightAndDark(page)]).toEqual([path, []])
    await page.context().close()
  }
})

/** fetch() can't change the Host field. */
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
  expect(statSync(join(directory, 'api.json')).mode & 0o777).toBe(0o600)
  const editor = join(directory, 'editor.sh')
  writeFileSync(editor, '#!/bin/sh\nprintf "We open at ten.\\n" > "$1"\n', { mode: 0o755 })
  const environment = { ...environmentOf(swift), EDITOR: editor }
  const listed = await run(['replies', 'list', '--json'], { environment })
  expect((JSON.parse(listed.out) as { id: string }[]).map(({ id }) => id)).toContain(row.id)
  expect(await run(['replies', 'edit', row.id], { environment })).toMatchObject({ status: 0 })
  expect((await run(['replies', 'show', row.id], { environment })).out).toContain('We open at ten.')
  const settled = swift.nextSettled(row.id)
  expect(await run(['replies', 'approve', row.id], { environment })).toMatchObject({ status: 0 })
  expect(await settled).toMatchObject({ disposition: 'sent' })
  expect((await inbox(row)).map(({ octets }) => octets.includes('We open at ten.'))).toEqual([true])
  const again = await run(['replies', 'approve', row.id], { environment })
  expect([again.status, again.err]).toEqual([
    1,
    expect.stringMatching(/already been decided: .+ approved it \(/),
  ])
  expect((await run(['usage', '--by', 'step'], { environment })).out).toMatch(/compose/)
  expect((await run(['pause'], { environment })).out).toContain('nothing is sent')
  expect((await run(['resume'], { environment })).out).toContain('sending is on again')
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
  })

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
    const settled = running.nextSettled(row.id)
    await page.click('#approve')
    expect(await settled).toMatchObject({ disposition: 'sent' })
    expect(await inbox(row)).toHaveLength(1)
    expect(await readMailbox(dovecot, address, 'Drafts')).toEqual([])
    await page.context().close()
  })

  test('that is edited on the page stays in \\Drafts with the new text, and needs nobody', async () => {
    const row = await question('three@buyers.example')
    const page = await opened(running, `/replies/${row.id}`)
    await page.fill('#text', 'We open at noon.')
    await Promise.all([page.waitForURL(/done=edit/), page.click('#save')])
    const [draft, ...others] = await readMailbox(dovecot, address, 'Drafts')
    expect([draft?.octets.toString().includes('We open at noon.'), others]).toEqual([true, []])
    expect(await loadMessage(dbOf(running), row.id)).toMatchObject({ step: 'done', disposition: 'drafted' })
    expect(await page.locator('.why-line.lacking').count()).toBe(0)
    const { held, ready } = await waitingCounts(dbOf(running))
    expect([held, ready]).toEqual([0, 1])
    const settled = running.nextSettled(row.id)
    await page.click('#approve')
    expect(await settled).toMatchObject({ disposition: 'sent' })
    expect([await readMailbox(dovecot, address, 'Drafts'), (await inbox(row)).length]).toEqual([[], 1])
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
    expect(await page.locator('.notice').textContent()).toContain('mail client')
    expect(await inbox(row)).toEqual([])
    const [draft] = await readMailbox(dovecot, address, 'Drafts')
    expect(draft?.octets.toString()).toContain('My own words.')
    await page.context().close()
  })
})

describe('requests that are refused', () => {
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
