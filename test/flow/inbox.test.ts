/** The inbox in a real browser, with the daemon on real Dovecot: three panes, live updates, files. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page, Request } from 'playwright-core'
import { type StandIn, type StandInRequest, startStandIn } from '../../src/demo/stand-in.ts'
import { edit } from '../../src/review/edit.ts'
import { loadMessage, type MessageRow } from '../../src/store/messages.ts'
import { loadReply } from '../../src/store/replies.ts'
import { senderRule } from '../../src/store/sender-rules.ts'
import { ownersSpamFrom } from '../../src/store/spam-examples.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { openBrowser } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { readMailbox, withClient } from './mailboxes.ts'

const address = 'inbox@shop.example'
let dovecot: Dovecot
let standIn: StandIn
let browser: Browser
let running: RunningDaemon
/** The model writes no reply before this resolves. */
let writes: Promise<void> = Promise.resolve()

beforeAll(async () => {
  const behaviour = async ({ question }: StandInRequest) => {
    if (question.task === 'compose') await writes
    return undefined
  }
  ;[dovecot, standIn, browser] = await Promise.all([
    startDovecot(),
    startStandIn({ behaviour }),
    openBrowser(),
  ])
  running = await startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    databaseUrl: await newDatabase(),
    roles: ['watch', 'work', 'web'],
    account: {
      replies: { mode: 'review', undo: '1h' },
      answers: [
        {
          name: 'Returns of the file',
          category: 'other',
          language: 'en',
          when: { words: ['how do I return it'] },
          text: 'Send it back within 30 days.',
        },
      ],
    },
  })
})

afterAll(async () => {
  await browser?.close()
  await running?.stop()
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

const url = () => running.daemon.url ?? ''
const db = () => running.daemon.context.db
// No other figure in a mail or a reply begins so: a search for it finds one mail.
let serial = 7000

async function ask(octets?: string): Promise<MessageRow> {
  serial++
  const customer = `customer${serial}@buyers.example`
  const fields = `From: Noor <${customer}>\r\nTo: ${address}\r\nSubject: Question ${serial}\r\nMessage-ID: <q${serial}@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n`
  const rest = octets ?? '\r\nHello,\r\n\r\nwhen are you open on Saturday?\r\n\r\nRegards\r\nNoor\r\n'
  await deliverAll(dovecot, [{ user: address, octets: fields + rest, reversePath: customer }])
  return running.settledWith(({ fromAddress }) => fromAddress === customer)
}

async function opened(path: string, options = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage()
  await page.goto(`${url()}${path}`)
  return page
}

/** Holds back the answer to the first such request until it is released; `shown` resolves once the panes show it. */
async function heldBack(page: Page, isIt: (asked: Request) => boolean, isOlder = false) {
  let [release, begin, end] = [() => {}, () => {}, () => {}]
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const asked = new Promise<void>((resolve) => {
    begin = resolve
  })
  const shown = new Promise<void>((resolve) => {
    end = resolve
  })
  let isFirst = true
  await page.route('**/*', async (route) => {
    if (!isFirst || !isIt(route.request())) return route.fallback()
    isFirst = false
    const swapped = page.evaluate(
      "new Promise((done) => document.addEventListener('htmx:afterSettle', () => done(), { once: true }))",
    )
    swapped.then(end, end)
    // The answer shows the state at the time of the request, however late it arrives.
    const answer = isOlder ? await route.fetch() : null
    begin()
    await released
    await (answer === null ? route.continue() : route.fulfill({ response: answer }))
  })
  return { release, asked, shown }
}

const isFetch = (asked: Request) => asked.resourceType() === 'fetch'
const openId = (page: Page) => page.locator('#panes').getAttribute('data-id')
const focusedId = (page: Page) => page.evaluate('document.activeElement.dataset.id ?? null')

describe('three panes', () => {
  test('j and k move, the reply follows, and after a decision the next one is open', async () => {
    const rows = [await ask(), await ask(), await ask()]
    const page = await opened('/')
    expect(await openId(page)).toBe(rows[0]?.id)
    await page.keyboard.press('j')
    await page.waitForSelector(`#panes[data-id="${rows[1]?.id}"]`)
    await page.waitForURL(new RegExp(`/replies/${rows[1]?.id}`))
    await page.keyboard.press('k')
    await page.waitForSelector(`#panes[data-id="${rows[0]?.id}"]`)
    await page.keyboard.press('j')
    await page.waitForSelector(`#panes[data-id="${rows[1]?.id}"]`)
    await page.keyboard.press('a')
    await page.waitForSelector(`#panes[data-id="${rows[2]?.id}"]`)
    await page.waitForURL(/done=approve/)
    expect(await page.locator('.notice').textContent()).toMatch(/Sending in 59:\d\d min|Sending in 60:00 min/)
    expect(await focusedId(page)).toBe(rows[2]?.id)
    expect((await loadMessage(db(), rows[1]?.id ?? ''))?.disposition).toBe('approved')
    await page.keyboard.press('u')
    await page.waitForURL(/done=cancel/)
    expect(await openId(page)).toBe(rows[1]?.id)
    for (const row of rows) {
      await page.goto(`${url()}/replies/${row.id}`)
      await page.keyboard.press('r')
      await page.waitForURL(new RegExp(`done=reject&id=${row.id}`))
    }
    await page.context().close()
  })

  test('the filter stays in the address, and the next mail is one of it', async () => {
    const [one, other] = [await ask(), await ask()]
    const page = await opened(`/?q=${encodeURIComponent(other.subject ?? '')}`)
    expect(await openId(page)).toBe(other.id)
    await page.keyboard.press('r')
    await page.waitForURL(/q=Question/)
    await page.waitForURL(/done=reject/)
    // The list follows the panes with a separate request.
    await page.waitForSelector('.list .row', { state: 'detached' })
    await page.waitForSelector('.list >> text=Nothing here matches.')
    expect((await loadMessage(db(), one.id))?.disposition).toBe('held')
    // Undo leads back to the same list.
    await Promise.all([page.waitForURL(/done=reopen/), page.keyboard.press('u')])
    expect(new URL(page.url()).searchParams.get('q')).toBe(other.subject)
    await page.reload()
    expect(await page.locator('.list .row').count()).toBe(1)
    await page.context().close()
  })

  test('the list follows what is typed into the search; the open mail stays open, the focus where it was', async () => {
    const [one, other] = [await ask(), await ask()]
    const page = await opened(`/replies/${one.id}`)
    await page.keyboard.press('/')
    await page.keyboard.type(other.subject ?? '')
    await page.waitForURL(/q=Question(?:\+|%20)\d+$/)
    await page.waitForSelector(`#mails:not(:has([data-id="${one.id}"])) [data-id="${other.id}"]`)
    expect(await page.locator('#headline').innerText()).toContain('1 found')
    expect(await openId(page)).toBe(one.id)
    expect(new URL(page.url()).pathname).toBe(`/replies/${one.id}`)
    expect(await page.evaluate('document.activeElement.id')).toBe('search')
    // Keys do not decide about a mail that the list does not show.
    await page.keyboard.press('Escape')
    await page.keyboard.press('r')
    await page.waitForSelector('#notice >> text=The open mail is not in this list.')
    expect((await loadMessage(db(), one.id))?.disposition).toBe('held')
    // A new mail reloads the list, but that never replaces the search.
    const reading = await heldBack(page, isFetch)
    const searching = await heldBack(page, (asked) => asked.url().includes('q=nothing'))
    await Promise.all([ask(), reading.asked])
    await page.fill('#search', 'nothing like that')
    await searching.asked
    await Promise.all([page.waitForEvent('requestfinished', isFetch), reading.release()])
    // It is read before later requests.
    await page.evaluate("fetch('/healthz').then((answer) => answer.text())")
    searching.release()
    await page.waitForSelector('#mails >> text=Nothing here matches.')
    await page.fill('#search', '')
    await page.waitForSelector(`#mails [data-id="${one.id}"]`)
    // A decision about a mail that the list does show keeps the search, and so does its undo.
    await page.fill('#search', one.subject ?? '')
    await page.waitForSelector(`#mails:not(:has([data-id="${other.id}"])) [data-id="${one.id}"]`)
    await page.keyboard.press('Escape')
    await page.keyboard.press('r')
    await page.waitForURL(/done=reject/)
    expect(new URL(page.url()).searchParams.get('q')).toBe(one.subject)
    await page.waitForSelector('#headline >> text=0 found')
    await page.fill('#search', other.subject ?? '')
    await page.waitForSelector(`#mails [data-id="${other.id}"]`)
    await Promise.all([page.waitForURL(/done=reopen/), page.click('#undo')])
    expect(new URL(page.url()).searchParams.get('q')).toBe(other.subject)
    await page.context().close()
    const plain = await opened('/', { javaScriptEnabled: false })
    await plain.fill('#search', other.subject ?? '')
    await Promise.all([plain.waitForURL(/q=Question/), plain.press('#search', 'Enter')])
    expect(await plain.locator('.list .row').count()).toBe(1)
    await plain.context().close()
  })

  test('a key pressed while a mail is being opened waits for it, and acts on that mail', async () => {
    const [first, second, third] = [await ask(), await ask(), await ask()]
    const page = await opened(`/replies/${first.id}`)
    const opening = await heldBack(page, (asked) => asked.url().includes(`/replies/${second.id}`))
    // The decision is passed on only after the mail that was being opened is shown: a key that does not wait would be
    // lost.
    await page.route('**/edit*', async (route) => {
      await opening.shown
      await route.continue()
    })
    await page.keyboard.press('j')
    await opening.asked
    await page.keyboard.press('a')
    opening.release()
    await page.waitForURL(new RegExp(`done=approve&id=${second.id}`))
    await page.waitForSelector(`#panes[data-id="${third.id}"]:not([aria-busy])`)
    expect((await loadMessage(db(), second.id))?.disposition).toBe('approved')
    expect((await loadMessage(db(), first.id))?.disposition).toBe('held')
    // The text is not open yet; keys typed for it are not commands.
    const again = await heldBack(page, (asked) => asked.url().includes(`/replies/${first.id}`))
    // If several are opened one after the other, the last one counts.
    await page.focus(`a.mail[data-id="${third.id}"]`)
    for (const key of ['k', 'k']) await page.keyboard.press(key)
    await again.asked
    await page.keyboard.type('erar')
    again.release()
    await page.waitForSelector('#text:focus')
    expect(await page.inputValue('#text')).toContain('rar')
    expect((await loadMessage(db(), first.id))?.disposition).toBe('held')
    await page.context().close()
  })

  test('keys pressed during a decision act after it, and never on the mail behind', async () => {
    const [first, second] = [await ask(), await ask()]
    const page = await opened(`/replies/${first.id}`)
    const deciding = await heldBack(page, (asked) => asked.method() === 'POST')
    await page.keyboard.press('a')
    await deciding.asked
    await page.keyboard.press('r')
    await page.keyboard.press('u')
    deciding.release()
    await page.waitForURL(new RegExp(`done=cancel&id=${first.id}`))
    expect((await loadMessage(db(), first.id))?.disposition).toBe('held')
    expect((await loadMessage(db(), second.id))?.disposition).toBe('held')
    await page.context().close()
  })

  test('a decision without a connection says that it is not confirmed, until the connection is back', async () => {
    const row = await ask()
    const page = await opened(`/replies/${row.id}?q=from:${row.fromAddress}`)
    await page.route('**/reject*', (route) => route.abort())
    await page.keyboard.press('r')
    await page.waitForSelector('#notice >> text=Not confirmed')
    expect((await loadMessage(db(), row.id))?.disposition).toBe('held')
    // The page reconnects when it is shown again.
    await page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
    await page.waitForSelector('#notice:empty', { state: 'attached' })
    await page.context().close()
  })

  test('what was read before a decision does not replace what the decision has shown', async () => {
    const row = await ask()
    const page = await opened(`/replies/${row.id}?q=from:${row.fromAddress}`)
    const reading = await heldBack(page, isFetch, true)
    await ask()
    await reading.asked
    await page.keyboard.press('a')
    await page.waitForURL(/done=approve/)
    const next = await heldBack(page, isFetch)
    reading.release()
    await next.asked
    expect(await page.locator('#reply .why-line').innerText()).toContain('Approved.')
    next.release()
    await Promise.all([page.waitForURL(/done=cancel/), page.keyboard.press('u')])
    await page.context().close()
  })
})

describe('live', () => {
  test('a reply that is written again appears automatically; until then its row and its old text stay in view', async () => {
    const row = await ask()
    const page = await opened(`/replies/${row.id}?q=${encodeURIComponent(row.subject ?? '')}`)
    const before = await page.locator('#reply').getAttribute('data-mark')
    const text = await page.inputValue('#text')
    let write = () => {}
    writes = new Promise((resolve) => {
      write = resolve
    })
    await page.fill('#instruction', 'Mention the blue door.')
    await page.click('.rewrite button')
    await page.waitForURL(/done=rewrite/)
    await page.waitForSelector(`a.mail[data-id="${row.id}"] >> text=Being written again`)
    expect(await page.locator('#headline').innerText()).toContain('1 found')
    expect(await page.locator('.replaced').innerText()).toContain(text.trim().split('\n')[0])
    expect(await page.isDisabled(`input[name=pick][value^="${row.id}"]`)).toBe(true)
    write()
    await page.waitForSelector('#reply #text')
    await page.waitForSelector(`a.mail[data-id="${row.id}"] >> text=Written again, ready to send`)
    const after = await page.locator('#reply').getAttribute('data-mark')
    expect([before, after].map((mark) => mark?.split(' ')[2])).toEqual(['held', 'held'])
    expect((await loadMessage(db(), row.id))?.instruction).toBe('Mention the blue door.')
    await page.context().close()
  })

  test("another person's change is reported, but never replaces text that could be sent or is being typed", async () => {
    const row = await ask()
    const [idle, typing] = [await opened(`/replies/${row.id}`), await opened(`/replies/${row.id}`)]
    await typing.fill('#text', 'I am still writing')
    await edit(running.daemon, row.id, 'Ann', 'We open at noon.')
    await idle.waitForSelector('.notice >> text=Ann edited it.')
    expect(await idle.inputValue('#text')).not.toBe('We open at noon.')
    await Promise.all([idle.waitForEvent('load'), idle.click('text=Show it')])
    expect(await idle.inputValue('#text')).toBe('We open at noon.')
    const next = await ask()
    await typing.waitForSelector(`a.mail[data-id="${next.id}"]`)
    expect(await typing.inputValue('#text')).toBe('I am still writing')
    await typing.click('#approve')
    await typing.waitForSelector('.notice >> text=has changed in the meantime')
    expect((await loadMessage(db(), row.id))?.disposition).toBe('held')
    // The text is still there, to be copied by hand.
    expect(await typing.inputValue('#text')).toBe('I am still writing')
    await Promise.all([idle, typing].map((page) => page.context().close()))
  })
})

describe('files', () => {
  const png =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  const part = (type: string, name: string, body: string) =>
    `--b\r\nContent-Type: ${type}; name="${name}"\r\nContent-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}\r\n`
  const script = Buffer.from('<script>top.owned = 1</script>').toString('base64')
  const octets = [
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n',
    '--b\r\nContent-Type: text/plain\r\n\r\nWhen are you open on Saturday?\r\n',
    part('image/png', 'photo.png', png),
    part('text/plain; charset=iso-8859-1', 'note.txt', Buffer.from('gr\xfcn', 'latin1').toString('base64')),
    part('image/png', 'false.png', script),
    part('text/html', 'page.html', script),
    '--b--\r\n',
  ].join('')

  test('are listed with name, type and size, and a picture is loaded when it is opened', async () => {
    const row = await ask(octets)
    const page = await opened(`/replies/${row.id}`)
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    const files = page.locator('.files > li')
    expect(await files.allInnerTexts()).toEqual([
      expect.stringMatching(/photo\.png\s+Picture · \d+ B/),
      expect.stringMatching(/note\.txt\s+Text · \d+ B/),
      expect.stringMatching(/false\.png\s+Picture · \d+ B/),
      expect.stringMatching(/page\.html\s+Text · \d+ B/),
    ])
    expect(asked.filter((path) => path.includes('/parts/'))).toEqual([])
    await page.click('text=photo.png')
    await page.evaluate("document.querySelector('.files img').decode()")
    expect(await page.evaluate("document.querySelector('.files img').naturalWidth")).toBe(1)
    await page.context().close()
  })

  test.each([
    ['2', 'image/png', 'inline', 'sandbox'],
    ['3', 'text/plain; charset=utf-8', 'inline', 'sandbox'],
    ['4', 'application/octet-stream', 'attachment', 'sandbox'],
    ['5', 'application/octet-stream', 'attachment', 'sandbox'],
  ])('part %s is served as %s', async (path, type, way, policy) => {
    const { rows } = await db().query<{ id: string }>(
      `select m.id from replyd.message m join replyd.body b on b.id = m.id where b.structure->>'type' = 'multipart/mixed'`,
    )
    const answer = await fetch(`${url()}/mails/${rows[0]?.id}/parts/${path}`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(answer.headers.get('content-disposition')).toMatch(new RegExp(`^${way};`))
    expect(answer.headers.get('content-security-policy')).toContain(policy)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    if (path === '3') expect(await answer.text()).toBe('grün')
  })

  test('the text of the mail is no file, and what is not there is not found', async () => {
    const { rows } = await db().query<{ id: string }>(
      `select m.id from replyd.message m join replyd.body b on b.id = m.id where b.structure->>'type' = 'multipart/mixed'`,
    )
    for (const path of ['1', '6', '2.1'])
      expect((await fetch(`${url()}/mails/${rows[0]?.id}/parts/${path}`)).status).toBe(404)
    expect((await fetch(`${url()}/mails/nothing/parts/2`)).status).toBe(404)
  })
})

describe("the owner's own mails in Sent", () => {
  async function answered(serial: number): Promise<MessageRow> {
    const own = `<own${serial}@shop.example>`
    const words = `From: Shop <${address}>\r\nTo: customer${serial}@buyers.example\r\nSubject: Hours\r\nMessage-ID: ${own}\r\nDate: Thu, 26 Nov 2026 10:00:00 +0000\r\n\r\nWe close at noon on Saturday ${serial}.\r\n`
    await withClient(dovecot, address, (client) => client.append('Sent', words, ['\\Seen']))
    return ask(
      `References: ${own}\r\nIn-Reply-To: ${own}\r\n\r\nHello again,\r\n\r\nare you open on Sunday?\r\n`,
    )
  }

  test('mail that was written in another mail client is in the conversation', async () => {
    const row = await answered(serial + 1)
    const page = await opened(`/replies/${row.id}`)
    await page.waitForSelector('#thread .earlier.own >> text=We close at noon on Saturday')
    expect(await page.locator('#thread .earlier').count()).toBe(1)
    expect(await page.locator('#thread >> text=Look in Sent').count()).toBe(0)
    expect(page.url()).toContain(`/replies/${row.id}`)
    await page.context().close()
  })

  test('without JavaScript it is one link away, and nobody else sees what went to others', async () => {
    const row = await answered(serial + 1)
    const stranger = await ask(
      `References: <own${serial}@shop.example>\r\n\r\nHello,\r\n\r\nwhen are you open?\r\n`,
    )
    const page = await opened(`/replies/${row.id}`, { javaScriptEnabled: false })
    await Promise.all([
      page.waitForURL(/\/conversation$/),
      page.click('text=Show what you wrote in this conversation'),
    ])
    expect(await page.locator('.earlier.own').count()).toBe(1)
    await Promise.all([page.waitForURL(`${url()}/replies/${row.id}`), page.click('#back')])
    await page.goto(`${url()}/mails/${stranger.id}/conversation`)
    expect(await page.locator('h1').innerText()).toBe(stranger.subject)
    expect(await page.locator('.earlier.own').count()).toBe(0)
    await page.context().close()
  })
})

test('several mails are moved to Junk together and learned from, and nothing of it is left after the undo', async () => {
  const rows = [await ask(), await ask()]
  const page = await opened('/')
  for (const { id } of rows) await page.check(`[name=pick][value^="${id}."]`)
  await page.click('.bulk >> text=Junk')
  await page.waitForURL(/done=junk/)
  expect(await page.locator('.notice').textContent()).toContain('2 mails')
  const junk = await readMailbox(dovecot, address, 'Junk')
  for (const { id, messageId } of rows) {
    expect(await loadMessage(db(), id)).toMatchObject({ disposition: 'filed', reason: 'junked-by-owner' })
    expect(junk.find((mail) => mail.messageId === messageId)?.flags).toContain('$Junk')
  }
  await page.click('#undo')
  await page.waitForURL(/done=undo-junk/)
  for (const { id, messageId, fromAddress } of rows) {
    const row = await loadMessage(db(), id)
    expect(row).toMatchObject({ disposition: 'held', reason: 'junk-undone', junkMailbox: null })
    expect((await loadReply(db(), id))?.state).toBe('held')
    expect(await senderRule(db(), address, fromAddress ?? '')).toBeNull()
    expect(await ownersSpamFrom(db(), address, fromAddress ?? '')).toBe(0)
    const lying = (await readMailbox(dovecot, address, 'INBOX')).filter(
      (mail) => mail.messageId === messageId,
    )
    expect(lying.map(({ uid, flags }) => [uid, flags.includes('$NotJunk')])).toEqual([[row?.uid, true]])
  }
  await page.context().close()
})

test('one mail is moved to Junk by key or by touch, the next one opens, and it comes back', async () => {
  const rows = [await ask(), await ask()]
  const [first, second] = rows.map(({ id }) => id)
  const page = await opened(`/replies/${first}`)
  await page.keyboard.press('!')
  await page.waitForURL(new RegExp(`done=junk&id=${first}`))
  await page.keyboard.press('u')
  await page.waitForURL(/done=undo-junk/)
  expect(await openId(page)).toBe(first)
  expect((await loadMessage(db(), first ?? ''))?.disposition).toBe('held')
  await page.context().close()
  const phone = await opened(`/replies/${second}`, { viewport: { width: 390, height: 780 }, hasTouch: true })
  await phone.tap('#junk')
  await phone.waitForURL(new RegExp(`done=junk&id=${second}`))
  await phone.tap('#undo')
  await phone.waitForURL(/done=undo-junk/)
  expect((await loadMessage(db(), second ?? ''))?.disposition).toBe('held')
  await phone.context().close()
})

test('u takes one decision after the other back, the last one first, and says which', async () => {
  const [first, second] = [await ask(), await ask()]
  const page = await opened(`/replies/${first.id}`)
  await page.keyboard.press('r')
  await page.waitForURL(new RegExp(`done=reject&id=${first.id}`))
  await page.goto(`${url()}/replies/${second.id}`)
  await page.keyboard.press('!')
  await page.waitForURL(new RegExp(`done=junk&id=${second.id}`))
  await page.keyboard.press('u')
  await page.waitForURL(new RegExp(`done=undo-junk&id=${second.id}`))
  expect(await page.locator('.notice').textContent()).toContain(
    `Before that you rejected “${first.subject}”.`,
  )
  await page.keyboard.press('u')
  await page.waitForURL(new RegExp(`done=reopen&id=${first.id}`))
  for (const { id } of [first, second]) expect((await loadMessage(db(), id))?.disposition).toBe('held')
  await page.context().close()
})

test('what was typed is there again after a rejection and its undo', async () => {
  const row = await ask()
  const page = await opened(`/replies/${row.id}`)
  const before = await page.inputValue('#text')
  await page.keyboard.press('e')
  await page.keyboard.press('Control+End')
  await page.keyboard.type(' My own words.')
  await page.keyboard.press('Escape')
  await Promise.all([page.waitForURL(/done=reject/), page.keyboard.press('r')])
  await page.waitForSelector('#undo')
  await Promise.all([page.waitForURL(/done=reopen/), page.keyboard.press('u')])
  await page.goto(`${url()}/replies/${row.id}`)
  expect(await page.inputValue('#text')).toBe(`${before} My own words.`)
  // The copy is kept until the tab is closed if it was rejected, and removed at once if it was sent.
  const kept = () =>
    page.evaluate(
      "[localStorage, sessionStorage].map((kept) => Object.keys(kept).filter((key) => key.startsWith('typed ')).length)",
    )
  expect(await kept()).toEqual([0, 1])
  await page.keyboard.press('e')
  await page.keyboard.type('Last words. ')
  await Promise.all([page.waitForURL(/done=approve/), page.keyboard.press('Control+Enter')])
  await page.waitForSelector('.notice >> text=Approved')
  expect(await kept()).toEqual([0, 0])
  await page.context().close()
})

test('what was typed into one of several is not left out when they are sent together', async () => {
  const rows = [await ask(), await ask()]
  const [typed, other] = rows.map(({ id }) => id) as [string, string]
  const page = await opened(`/replies/${typed}`)
  await page.keyboard.press('e')
  await page.keyboard.type('My own words. ')
  await page.keyboard.press('Escape')
  for (const id of [typed, other]) await page.check(`input[name=pick][value^="${id}"]`)
  await page.click('#bulk >> text=Send')
  await page.waitForSelector('.notice >> text=text that you typed and did not save')
  expect(await page.isChecked(`input[name=pick][value^="${typed}"]`)).toBe(false)
  expect(await page.isChecked(`input[name=pick][value^="${other}"]`)).toBe(true)
  expect(await Promise.all(rows.map(async ({ id }) => (await loadMessage(db(), id))?.disposition))).toEqual([
    'held',
    'held',
  ])
  await page.context().close()
})

test('Enter in a field of the header saves the reply, and does not send it', async () => {
  const row = await ask()
  const page = await opened(`/replies/${row.id}`)
  await page.fill('#cc', 'tom@workshop.example')
  await Promise.all([page.waitForURL(/done=/), page.press('#cc', 'Enter')])
  expect(new URL(page.url()).searchParams.get('done')).toBe('edit')
  expect((await loadMessage(db(), row.id))?.disposition).toBe('held')
  await page.context().close()
})

describe('saved texts', () => {
  test('made on the page, inserted by keyboard at the cursor with the name filled in, taken back with Ctrl+Z', async () => {
    const row = await ask()
    const page = await opened('/snippets')
    await page.fill('#new-name', 'Parking')
    await page.fill('#new-text', 'Dear {name}, park behind the mill.')
    await Promise.all([page.waitForURL(/done=snippet/), page.click('text=Save it')])
    await page.goto(`${url()}/replies/${row.id}`)
    const before = await page.inputValue('#text')
    await page.keyboard.press('e')
    await page.keyboard.press('Control+End')
    await page.keyboard.press('Control+k')
    await page.waitForSelector('#palette[open]')
    await page.keyboard.type('park')
    expect(await page.locator('#commands b').allInnerTexts()).toEqual([
      'Parking',
      'Search all mail for “park”',
    ])
    await page.keyboard.press('Enter')
    expect(await page.inputValue('#text')).toBe(`${before}Dear Noor, park behind the mill.`)
    await page.keyboard.press('Control+z')
    expect(await page.inputValue('#text')).toBe(before)
    await page.context().close()
  })

  test('by touch, next to those of the configuration; a reply is kept as one, and one is removed', async () => {
    const row = await ask()
    const page = await opened(`/replies/${row.id}`, { viewport: { width: 390, height: 780 }, hasTouch: true })
    await page.tap('#insert')
    expect(await page.locator('#commands b').allInnerTexts()).toEqual(
      expect.arrayContaining(['Parking', 'Returns of the file']),
    )
    await page.tap('text=Returns of the file')
    expect(await page.inputValue('#text')).toContain('Send it back within 30 days.')
    await Promise.all([page.waitForURL(/snippets/), page.tap('#keep')])
    expect(await page.inputValue('#new-text')).toContain('Send it back within 30 days.')
    await page.tap('.snippet >> text=Parking')
    await Promise.all([page.waitForURL(/done=snippet-removed/), page.tap('text=Remove')])
    expect(await page.locator('.snippet >> text=Parking').count()).toBe(0)
    await page.context().close()
  })

  test('Ctrl+K does what the page offers, and goes where its menus lead', async () => {
    const row = await ask()
    const page = await opened(`/replies/${row.id}`)
    await page.keyboard.press('?')
    expect(await page.locator('#keys dd').allInnerTexts()).toContain(
      'skip to the next mail, back to the previous one',
    )
    await page.keyboard.press('Escape')
    // Each command names its object.
    const rejecting = async () => {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('reject')
      return page.locator('#commands li').first().innerText()
    }
    await page.check(`input[name=pick][value^="${row.id}"]`)
    expect(await rejecting()).toMatch(/^Reject\s+1 chosen/)
    await page.keyboard.press('Escape')
    await page.uncheck(`input[name=pick][value^="${row.id}"]`)
    expect(await rejecting()).toMatch(new RegExp(`^Reject\\s+${row.subject}`))
    await page.keyboard.press('Enter')
    await page.waitForURL(new RegExp(`done=reject&id=${row.id}`))
    await page.keyboard.press('Control+k')
    await page.keyboard.type('hist')
    await Promise.all([page.waitForURL(/\/history$/), page.keyboard.press('Enter')])
    await page.context().close()
  })
})

test('on a phone: one mail at a time, with a bar that says what it does', async () => {
  const row = await ask(
    `\r\nWhen are you open on Saturday?\r\n\r\n${'A line of the letter that is long enough.\r\n'.repeat(40)}`,
  )
  const isolated = `/?q=${encodeURIComponent(row.subject ?? '')}`
  const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }
  const page = await opened(isolated, phone)
  expect(await page.locator('#panes').isVisible()).toBe(false)
  await page.tap(`a.mail[data-id="${row.id}"]`)
  await page.waitForSelector(`#panes[data-id="${row.id}"]`)
  expect(await page.locator('.list').isVisible()).toBe(false)
  const height = () =>
    page.locator('.fold .letter').evaluate((letter) => letter.getBoundingClientRect().height)
  const folded = await height()
  await page.tap('text=Show all of it')
  expect(await height()).toBeGreaterThan(folded * 2)
  await page.tap('#edit')
  await page.waitForSelector('#text:focus')
  const bar = await page.locator('.decide').boundingBox()
  expect(bar && bar.y + bar.height).toBeCloseTo(780, 0)
  await page.tap('#reject')
  await page.waitForURL(/done=reject/)
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
  await page.tap('#undo')
  await page.waitForURL(/done=reopen/)
  expect((await loadMessage(db(), row.id))?.disposition).toBe('held')
  await page.context().close()
})
