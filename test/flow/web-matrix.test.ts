/**
 * Every path of the review page with the keyboard alone, by touch alone on a phone, and without JavaScript, against one
 * daemon on real Dovecot and Postfix; then two reviewers, a lost connection, a hundred mails, and axe on every page.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import type { StandIn } from '../../src/demo/stand-in.ts'
import { add } from '../../src/review/people.ts'
import { loadMessage, type MessageRow } from '../../src/store/messages.ts'
import { loadReply } from '../../src/store/replies.ts'
import { buildApp, type WebContext } from '../../src/web/server.tsx'
import { sections } from '../../src/web/setup-fields.ts'
import { type Dovecot, deliverAll, type Postfix, startDovecot, startPostfix } from '../live/servers/index.ts'
import { axeFaultsInLightAndDark } from './axe.ts'
import { openBrowser, passing } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { desk, type Hand, hands, phone } from './hands.ts'
import { readMailbox } from './mailboxes.ts'
import { noPage, pagesOf } from './page-routes.ts'
import { startRelay } from './relay.ts'
import { shippingFact, startShippingStandIn } from './shipping.ts'

const password = 'correct horse battery'
/** In this order: an undo window of an hour, no undo window, and a hundred mails. */
const [patient, swift, many] = ['patient@shop.example', 'swift@shop.example', 'many@shop.example']
let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn
let browser: Browser
let running: RunningDaemon

beforeAll(async () => {
  ;[dovecot, standIn, browser] = await Promise.all([startDovecot(), startShippingStandIn(), openBrowser()])
  postfix = await startPostfix({ deliverTo: dovecot })
  const accountOf = (address: string, undo: string) => ({
    address,
    imap: {
      ...{ host: dovecot.host, port: dovecot.imapPort, secure: false },
      ...{ user: address, password: dovecot.password },
    },
    smtp: {
      ...{ host: postfix.host, port: postfix.smtpPort, secure: false },
      ...{ user: address, password: dovecot.password },
    },
    since: 'all',
    replies: { mode: 'review', undo },
  })
  running = await startDaemon({
    address: patient,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: patient, password: dovecot.password },
    smtp: { host: postfix.host, port: postfix.smtpPort },
    standIn,
    databaseUrl: await newDatabase(),
    roles: ['watch', 'work', 'web'],
    document: {
      accounts: [accountOf(patient, '1h'), accountOf(swift, '0s'), accountOf(many, '1h')],
      web: { port: 0, password },
    },
  })
})

afterAll(async () => {
  await browser?.close()
  await running?.stop()
  await Promise.all([postfix?.stop(), dovecot?.stop(), standIn?.close()])
})

const url = () => running.daemon.url ?? ''
const db = () => running.daemon.context.db
const stateOf = async (row: MessageRow) => (await loadMessage(db(), row.id))?.disposition
let serial = 0

function mailTo(address: string, text: string) {
  serial++
  const customer = `customer${serial}@buyers.example`
  const octets = `From: Noor <${customer}>\r\nTo: ${address}\r\nSubject: Question ${serial}, please\r\nMessage-ID: <q${serial}@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\nHello,\r\n\r\n${text}\r\n\r\nRegards\r\nNoor\r\n`
  return { user: address, octets, reversePath: customer }
}

/** Resolves with the row of a customer's question once it waits. */
async function ask(address = patient, text = 'when are you open on Saturday?'): Promise<MessageRow> {
  const mail = mailTo(address, text)
  await deliverAll(dovecot, [mail])
  return running.settledWith(({ fromAddress }) => fromAddress === mail.reversePath)
}

async function loggedIn({ options, press, write }: Hand, at = url(), name = ''): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage()
  await page.goto(`${at}/login`)
  if (name !== '') await write(page, '#name', name)
  await write(page, '#password', password)
  await press(page, '.login button')
  await page.waitForURL((address) => address.pathname !== '/login')
  return page
}

describe.each(Object.entries(hands))('with %s', (_, hand) => {
  const { press, write, country, person } = hand
  let page: Page

  beforeAll(async () => {
    page = await loggedIn(hand)
  })

  afterAll(() => page?.context().close())

  /** Asks a question and opens its reply on the page. */
  async function asked(address?: string, text?: string): Promise<MessageRow> {
    const row = await ask(address, text)
    await page.goto(`${url()}/replies/${row.id}`)
    return row
  }

  /** Presses it, and waits until the page reports that decision. */
  async function pressed(selector: string, done: string): Promise<void> {
    await press(page, selector)
    await page.waitForURL(new RegExp(`done=${done}`))
  }

  test('a mail is found by search and by filter, read, and skipped', async () => {
    const [row, next] = [await ask(), await ask()]
    await page.goto(`${url()}/`)
    await write(page, '#search', row.subject ?? '')
    await page.keyboard.press('Enter')
    await page.waitForURL(/q=Question/)
    await page.waitForSelector('.list h1 >> text=1 found')
    await press(page, `a.mail[data-id="${row.id}"]`)
    await page.waitForSelector(`#panes[data-id="${row.id}"]`)
    expect(await page.locator('#panes .letter').first().innerText()).toContain('open on Saturday?')
    await page.goto(`${url()}/`)
    await press(page, '.tabs a:has-text("Ready")')
    await page.waitForURL(/show=ready/)
    await press(page, `a.mail[data-id="${row.id}"]`)
    await page.waitForSelector(`#panes[data-id="${row.id}"]`)
    await press(page, '#skip')
    await page.waitForSelector(`#panes[data-id="${next.id}"]`)
    expect([await stateOf(row), await stateOf(next)]).toEqual(['held', 'held'])
  })

  test('a reply is edited, sent and taken back', async () => {
    const row = await asked()
    await write(page, '#text', 'We open at noon.')
    await pressed('#approve', 'approve')
    expect(await stateOf(row)).toBe('approved')
    await pressed('#undo', 'cancel')
    expect(await stateOf(row)).toBe('held')
    expect((await loadReply(db(), row.id))?.text).toBe('We open at noon.')
  })

  test('a reply without an undo window goes out once', async () => {
    const row = await asked(swift)
    const settled = running.nextSettled(row.id)
    await press(page, '#approve')
    expect(await settled).toMatchObject({ disposition: 'sent' })
    await postfix.drained()
    expect(await readMailbox(dovecot, row.fromAddress ?? '', 'INBOX')).toHaveLength(1)
  })

  test('a mail is rejected, and taken back', async () => {
    const row = await asked()
    await pressed('#reject', 'reject')
    expect(await stateOf(row)).toBe('rejected')
    await pressed('#undo', 'reopen')
    expect(await stateOf(row)).toBe('held')
  })

  test('a reply is written again', async () => {
    const row = await asked()
    await write(page, '#instruction', 'Mention the blue door.')
    const settled = running.nextSettled(row.id)
    await pressed('.rewrite button', 'rewrite')
    expect(await settled).toMatchObject({ disposition: 'held', instruction: 'Mention the blue door.' })
  })

  test('two mails are chosen and moved to Junk, and one comes back', async () => {
    const rows = [await ask(), await ask()]
    await page.goto(`${url()}/?q=Question&rows=500`)
    for (const { id } of rows) await press(page, `[name=pick][value^="${id}."]`)
    await pressed('.bulk button:has-text("Junk")', 'junk')
    const ids = rows.map(({ messageId }) => messageId)
    const inJunk = async () =>
      (await readMailbox(dovecot, patient, 'Junk')).filter((mail) => ids.includes(mail.messageId))
    expect(await inJunk()).toHaveLength(2)
    await page.goto(`${url()}/junk`)
    await pressed(`.junked li:has-text("${rows[0]?.subject}") button`, 'restore')
    expect((await inJunk()).map(({ messageId }) => messageId)).toEqual([ids[1]])
  })

  test('two mails are chosen and rejected, and both come back', async () => {
    const rows = [await ask(), await ask()]
    await page.goto(`${url()}/?rows=500`)
    for (const { id } of rows) await press(page, `[name=pick][value^="${id}."]`)
    await pressed('.bulk button:has-text("Reject")', 'reject')
    expect(await Promise.all(rows.map(stateOf))).toEqual(['rejected', 'rejected'])
    await pressed('#undo', 'reopen')
    expect(await Promise.all(rows.map(stateOf))).toEqual(['held', 'held'])
  })

  test('a missing fact is taught, and the reply that lacked it is written again', async () => {
    const row = await ask(patient, `what does shipping to ${country} cost?`)
    await page.goto(`${url()}/teach?account=${patient}`)
    if (!(await page.locator(`.gap[open]:has-text("${country}")`).count()))
      await press(page, `.gap:has-text("${country}") summary`)
    await write(page, `.gap:has-text("${country}") [name=fact]`, shippingFact(country))
    const settled = running.nextSettled(row.id)
    await pressed(`.gap:has-text("${country}") button:has-text("Teach it")`, 'taught')
    await settled
    expect((await loadReply(db(), row.id))?.text).toBe(shippingFact(country))
  })

  test('a file of the knowledge is edited, and the edit is taken back', async () => {
    const folder = running.daemon.context.accounts.get(patient)?.settings.knowledge ?? ''
    const text = () => readFileSync(join(folder, 'opening-hours.md'), 'utf8')
    const before = text()
    await page.goto(`${url()}/teach/knowledge/file?account=${patient}&file=opening-hours.md`)
    await write(page, '#file-text', `# Hours\n\nOpen for ${person}.`)
    await pressed('form:has(#file-text) button.primary', 'file-saved')
    expect(text()).toBe(`# Hours\n\nOpen for ${person}.\n`)
    await pressed('#undo', 'undone')
    expect(text()).toBe(before)
  })

  test('a setting is changed, seen on a reply, and taken back', async () => {
    const row = await ask()
    await page.goto(`${url()}/settings/replies`)
    await write(page, '#replies_signature-value', `Yours, ${person}`)
    await press(page, '.save-bar .primary')
    await page.waitForSelector(`#saved >> text=Yours, ${person}`)
    await page.goto(`${url()}/replies/${row.id}`)
    expect(await page.locator('.signature').innerText()).toBe(`Yours, ${person}`)
    await page.goBack()
    await press(page, '#saved button')
    await page.waitForSelector('#saved >> text=Undone.')
    await page.goto(`${url()}/replies/${row.id}`)
    expect(await page.locator('.signature').count()).toBe(0)
  })

  test('a person is added, and removed', async () => {
    await page.goto(`${url()}/settings/people`)
    await write(page, '#add-name', person)
    await write(page, '#add-new', 'a first password')
    await write(page, '#add-password', password)
    await press(page, 'section:has(#add) button.primary')
    const row = `.people li:has-text("${person}")`
    await page.waitForSelector(row)
    await press(page, `${row} summary`)
    await press(page, `${row} button.danger`)
    await page.waitForSelector(`text=${person} can't log in any more.`, passing)
    expect(await page.locator(row).count()).toBe(0)
  })
})

test('two reviewers send one reply, one at a desk and one on a phone: it goes out once', async () => {
  for (const name of ['Ann', 'Ben'])
    await add(db(), { name, role: 'reviewer', password }, { hasLogin: true, actor: 'test', now: new Date() })
  const row = await ask(swift)
  const [ann, ben] = await Promise.all([loggedIn(desk, url(), 'Ann'), loggedIn(phone, url(), 'Ben')])
  for (const page of [ann, ben]) {
    // Without live updates, so that the slower one is not told before pressing the key.
    await page.route(/\/events/, (route) => route.abort())
    await page.goto(`${url()}/replies/${row.id}`)
  }
  const settled = running.nextSettled(row.id)
  const send = async (hand: Hand, page: Page) => {
    await hand.press(page, '#approve')
    await page.waitForURL(/done=approve|refused=/)
    return new URL(page.url()).searchParams.has('done')
  }
  expect((await Promise.all([send(desk, ann), send(phone, ben)])).sort()).toEqual([false, true])
  expect(await settled).toMatchObject({ disposition: 'sent' })
  await postfix.drained()
  expect(await readMailbox(dovecot, row.fromAddress ?? '', 'INBOX')).toHaveLength(1)
  await Promise.all([ann, ben].map((page) => page.context().close()))
})

test('a lost connection is reported; typed text stays, and what came meanwhile appears afterwards', async () => {
  const row = await ask()
  await using relay = await startRelay(Number(new URL(url()).port))
  const page = await loggedIn(desk, relay.url)
  const opened = page.waitForResponse(/\/events/)
  await page.goto(`${relay.url}/replies/${row.id}`)
  await opened
  await desk.write(page, '#text', 'Typed before it was lost.')
  await relay.cut()
  await page.waitForSelector('#state.lost >> text=Reconnecting …')
  const meanwhile = await ask()
  await relay.reopen()
  await page.waitForSelector('#state:not(.lost)')
  await page.waitForSelector(`a.mail[data-id="${meanwhile.id}"]`)
  expect(await page.inputValue('#text')).toBe('Typed before it was lost.')
  await page.context().close()
})

test('on a phone, what was typed is there after a reload', async () => {
  const row = await ask()
  const page = await loggedIn(phone)
  await page.goto(`${url()}/replies/${row.id}`)
  await phone.write(page, '#text', 'Half a sentence')
  await page.reload()
  expect(await page.inputValue('#text')).toBe('Half a sentence')
  await phone.press(page, '#to-saved')
  expect(await page.inputValue('#text')).toBe((await loadReply(db(), row.id))?.text)
  await page.context().close()
})

test('a hundred mails are moved to Junk together', async () => {
  const mails = Array.from({ length: 100 }, () => mailTo(many, 'when are you open on Saturday?'))
  await deliverAll(dovecot, mails)
  const rows = await Promise.all(
    mails.map(({ reversePath }) => running.settledWith(({ fromAddress }) => fromAddress === reversePath)),
  )
  const page = await loggedIn(desk)
  await page.goto(`${url()}/?account=${many}&rows=100`)
  await page.waitForSelector('.list h1 >> text=100 found')
  await desk.press(page, '[name=pick]')
  await desk.press(page, '#all')
  await desk.press(page, '.bulk button:has-text("Junk")')
  await page.waitForSelector('h1 >> text=Move 100 mails to Junk?')
  await desk.press(page, 'button:has-text("Move 100 to Junk")')
  await page.waitForURL(/done=junk/)
  expect(await page.locator('.notice').textContent()).toContain('100 mails moved to Junk')
  expect(new Set(await Promise.all(rows.map(stateOf)))).toEqual(new Set(['filed']))
  expect(await readMailbox(dovecot, many, 'Junk')).toHaveLength(100)
  expect(await readMailbox(dovecot, many, 'INBOX')).toHaveLength(0)
  await page.context().close()
})

/** Starts a trial of the playground. @returns its path */
async function startTrial(): Promise<string> {
  const page = await loggedIn(desk)
  await page.goto(`${url()}/teach/playground`)
  await page.fill('[name=knowledge]', '# Parcels\n\nA parcel costs 12 euros.')
  await page.click('[value=estimate-many]')
  await page.click('[value=many]')
  await page.waitForURL(/\/runs\//)
  const { pathname } = new URL(page.url())
  await page.context().close()
  return pathname
}

test('axe finds nothing on any GET page of the route table, light and dark', async () => {
  const { id } = await ask()
  const pages = pagesOf(id, await startTrial())
  const { routes } = buildApp({ ...running.daemon, settings: null } as unknown as WebContext, 'x')
  const gets = new Set(routes.flatMap(({ method, path }) => (method === 'GET' ? [path] : [])))
  expect([...gets].filter((path) => !noPage.test(path)).sort()).toEqual(Object.keys(pages).sort())
  const settings = Object.keys(sections).map((name) => `/settings/${name}`)
  const addresses = [...Object.values(pages), ...settings, '/nothing']
  const page = await loggedIn({ ...desk, options: { bypassCSP: true } })
  for (const address of addresses) {
    await page.goto(`${url()}${address}`)
    expect([address, await axeFaultsInLightAndDark(page)]).toEqual([address, []])
  }
  await page.context().close()
})
