/** Setup and its people in a real browser, with the daemon on real Dovecot. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { loadMessage, type MessageRow } from '../../src/store/messages.ts'
import { settingHistory } from '../../src/store/settings.ts'
import { run } from '../cli/run.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { axeFaultsInLightAndDark } from './axe.ts'
import { openBrowser, passing } from './browser.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

const address = 'setup@shop.example'
const password = 'correct horse battery'
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
    databaseUrl: await newDatabase(),
    roles: ['watch', 'work', 'web'],
    document: {
      web: { port: 0, password },
      replies: { signature: 'Kind regards' },
      categories: [{ name: 'Orders', description: 'Where is my order' }],
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
const live = () => {
  const account = running.daemon.context.accounts.get(address)
  if (account === undefined) throw new Error('the account is there')
  return account.settings
}
let serial = 0

async function ask(): Promise<MessageRow> {
  serial++
  const customer = `customer${serial}@buyers.example`
  const octets = `From: Noor <${customer}>\r\nTo: ${address}\r\nSubject: Question ${serial}\r\nMessage-ID: <s${serial}@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\nHello,\r\n\r\nwhen are you open on Saturday?\r\n\r\nRegards\r\nNoor\r\n`
  await deliverAll(dovecot, [{ user: address, octets, reversePath: customer }])
  return running.settledWith(({ fromAddress }) => fromAddress === customer)
}

async function loggedIn(
  path: string,
  {
    name = '',
    secret = password,
    ...options
  }: BrowserContextOptions & { name?: string; secret?: string } = {},
): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage()
  await page.goto(`${url()}/login`)
  if (name !== '') await page.fill('#name', name)
  await page.fill('#password', secret)
  await Promise.all([page.waitForURL(`${url()}/`), page.press('#password', 'Enter')])
  await page.goto(`${url()}${path}`)
  return page
}

function environmentOf({ daemon }: RunningDaemon): Record<string, string> {
  const path = join(daemon.context.config.state.directory, 'api.json')
  const { url, token } = JSON.parse(readFileSync(path, 'utf8')) as { url: string; token: string }
  return { REPLYD_URL: url, REPLYD_TOKEN: token }
}

const tokenOf = (page: Page) => page.locator('input[name=token]').first().inputValue()

/** What a form of that page would send. */
async function post(page: Page, path: string, fields: Record<string, string>, follow = false) {
  const form = { token: await tokenOf(page), ...fields }
  return page.request.post(`${url()}${path}`, { form, maxRedirects: follow ? 5 : 0, maxRetries: 3 })
}

describe('settings', () => {
  test('without JavaScript: changed, tried on a mail, undone', async () => {
    const page = await loggedIn('/settings/replies', { javaScriptEnabled: false })
    expect(await ask()).toMatchObject({ disposition: 'drafted' })
    await page.selectOption('#replies_mode-value', 'review')
    await page.click('.save-bar .primary')
    expect(await page.locator('#saved').innerText()).toContain(
      'What happens to a reply: Keep it here until somebody decides',
    )
    expect(await page.locator('#replies_mode .origin').innerText()).toMatch(
      /^Set here by reviewer, \d+ \w+ \d{4}/,
    )
    expect(await ask()).toMatchObject({ disposition: 'held' })
    await page.click('#saved button')
    expect(await page.locator('#saved').innerText()).toMatch(/^Undone\./)
    expect(await page.locator('#replies_mode .origin').count()).toBe(0)
    expect(await page.locator('#replies_mode option').first().innerText()).toMatch(/^Default: /)
    expect(await ask()).toMatchObject({ disposition: 'drafted' })
    await page.context().close()
  })

  test('by keyboard alone, and each applies at once', async () => {
    const page = await loggedIn('/settings/replies')
    await page.focus('#replies_mode-value')
    await page.keyboard.press('Tab')
    await page.keyboard.type('5 minutes')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#saved >> text=Time to undo: 5 minutes')
    expect(live().replies.undoMs).toBe(300_000)
    await page.goto(`${url()}/settings/instructions`)
    await page.focus('#instructions-value')
    await page.keyboard.type('Never promise a date.')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#saved')
    expect(live().instructions).toBe('Never promise a date.')
    await page.goto(`${url()}/settings/senders`)
    await page.fill('#spam_allow-value', 'partner.example\nann@friend.example')
    await page.focus('.save-bar .primary')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#saved')
    expect(live().spam.allow).toEqual(['partner.example', 'ann@friend.example'])
    await page.goto(`${url()}/settings/budget`)
    await page.fill('#budget_perday-value', '2.5')
    await page.press('#budget_perday-value', 'Enter')
    await page.waitForSelector('#saved')
    expect(running.daemon.context.config.budget.perDay).toBe(2.5)
    // Nothing would be judged any more, so the page asks first.
    await page.fill('#budget_perday-value', '0')
    await page.press('#budget_perday-value', 'Enter')
    await page.waitForSelector('h1 >> text=A budget of $0?')
    // The harmless answer is the highlighted one.
    expect(await page.locator('#confirm-sending .primary').innerText()).toBe('Cancel: change nothing')
    await page.click('text=Cancel: change nothing')
    expect(running.daemon.context.config.budget.perDay).toBe(2.5)
    await page.goto(`${url()}/settings/changes`)
    expect(await page.locator('.changes li').count()).toBeGreaterThanOrEqual(5)
    const budget = page.locator('.changes li', { hasText: 'US dollars a day' }).first()
    expect(await budget.locator('.change').innerText()).toBe('$1.00 (default) → $2.50')
    await budget.getByRole('button').focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('#saved >> text=Undone. US dollars a day: $1.00 (default)')
    expect(running.daemon.context.config.budget.perDay).toBe(1)
    await page.context().close()
  })

  test('what does not fit is refused in words, beside the field, with what was typed', async () => {
    const page = await loggedIn('/settings/replies')
    await page.fill('#replies_businesshours-value', 'nine to five')
    await page.press('#replies_businesshours-value', 'Enter')
    const fault = await page.locator('#replies_businesshours .fault').innerText()
    expect(fault).toMatch(/^“nine” is not a day of the week\. Type days and hours, such as Mon-Fri 9-17/)
    // Next to the button, the page says what to correct.
    expect(await page.locator('.save-bar .fault a').innerText()).toBe('Business hours')
    expect(await page.inputValue('#replies_businesshours-value')).toBe('nine to five')
    expect(await page.getAttribute('#replies_businesshours-value', 'aria-invalid')).toBe('true')
    expect(live().replies.businessHours).toBeNull()
    // The answer has the address of the page, so that it can be reloaded.
    expect(new URL(page.url()).pathname).toBe('/settings/replies')
    await page.fill('#replies_businesshours-value', 'Mon–Fri 9-17, Saturday 10-13:30')
    await page.press('#replies_businesshours-value', 'Enter')
    await page.waitForSelector('#saved >> text=Business hours: Mon-Fri 09:00-17:00, Sat 10:00-13:30')
    await page.click('#saved button')
    await page.waitForSelector('#saved >> text=Undone')
    await page.context().close()
  })

  test('several are saved together and undone together; if one is not valid, none is saved and all typed values stay', async () => {
    const page = await loggedIn('/settings/replies')
    expect(await page.isDisabled('.save-bar >> text=Nothing to save')).toBe(true)
    await page.fill('#replies_undo-value', '2 minutes')
    await page.fill('#replies_minconfidence-value', 'very')
    expect(await page.locator('.save-bar .primary').innerText()).toBe('Save 2 changes')
    await page.click('.save-bar .primary')
    await page.waitForSelector('#replies_minconfidence .fault')
    expect(await page.inputValue('#replies_undo-value')).toBe('2 minutes')
    expect(await page.locator('#replies_undo .fault').count()).toBe(0)
    expect(live().replies.undoMs).toBe(300_000)
    await page.fill('#replies_minconfidence-value', '75 %')
    await page.click('.save-bar .primary')
    await page.waitForSelector('#saved >> text=75 %')
    expect(live().replies).toMatchObject({ undoMs: 120_000, minConfidence: 0.75 })
    await page.click('#saved button')
    await page.waitForSelector('#saved >> text=Undone')
    expect(live().replies).toMatchObject({ undoMs: 300_000, minConfidence: 0.7 })
    await page.context().close()
  })

  test('automatic sending is confirmed first, without JavaScript, and on the way back as well', async () => {
    const page = await loggedIn('/settings/replies', { javaScriptEnabled: false })
    const chooseSend = async () => {
      await page.selectOption('#replies_mode-value', 'send')
      await page.click('.save-bar .primary')
      expect(await page.locator('h1').innerText()).toBe('Let replyd send automatically?')
    }
    await chooseSend()
    const said = await page.locator('.setup-body').innerText()
    expect(said).toContain('From now on replyd sends replies automatically. Nobody reads them first.')
    expect(said).toMatch(/Of the last \d+ replies of this kind, /)
    expect(said).toContain('You can take each one back for 5 minutes')
    await page.click('text=Cancel: change nothing')
    expect(live().replies.mode).toBe('draft')
    await chooseSend()
    await page.click('text=Yes, send automatically')
    expect(await page.locator('#saved').innerText()).toContain(
      'What happens to a reply: Send it if every rule allows',
    )
    expect(live().replies.mode).toBe('send')
    await page.selectOption('#replies_mode-value', 'review')
    await page.click('.save-bar .primary')
    await page.click('#saved button')
    await page.click('text=Yes, send automatically')
    expect(live().replies.mode).toBe('send')
    await page.selectOption('#replies_mode-value', '')
    await page.click('.save-bar .primary')
    expect(live().replies.mode).toBe('draft')
    await page.context().close()
  })

  test('a setting in the file is shown with its line, and the server refuses to change it', async () => {
    const page = await loggedIn('/settings/replies')
    expect(await page.locator('#replies_signature').innerText()).toMatch(
      /Kind regards[\s\S]*Set in replyd\.yaml line \d+/,
    )
    expect(await page.locator('#replies_signature [name^=value]').count()).toBe(0)
    const before = (await settingHistory(db(), { before: null, limit: 1 }))[0]?.id
    for (const [path, value] of [
      ['["replies","signature"]', 'Mine'],
      ['["categories"]', 'x'],
      [`["accounts","${address}","replies","signature"]`, 'Mine'],
      ['["accounts","nobody@shop.example","replies","mode"]', 'send'],
      ['["web","password"]', 'another password'],
      ['["model","apiKey"]', 'stolen'],
      [`["accounts","${address}","imap","password"]`, 'stolen'],
      ['["replies","__proto__"]', 'x'],
      ['[]', 'x'],
      ['not a path', 'x'],
    ] as const) {
      const fields = { 'path-0': path, 'follows-0': '0', 'was-0': '', 'value-0': value }
      const answer = await post(page, '/settings/replies', fields)
      const { status, location } = { status: answer.status(), location: answer.headers().location ?? '' }
      expect([
        path,
        status === 303 ? /refused=(setting-locked|unknown-setting)/.test(location) : status >= 400,
      ]).toEqual([path, true])
    }
    expect((await settingHistory(db(), { before: null, limit: 1 }))[0]?.id).toBe(before)
    expect(live().replies.signature).toBe('Kind regards')
    await page.context().close()
  })

  test('a category of the file takes a mode from the page', async () => {
    const page = await loggedIn('/settings/categories')
    await page.selectOption('#categories_orders_mode-value', 'review')
    await page.click('.save-bar .primary')
    await page.waitForSelector('#saved')
    expect(live().categories).toEqual([expect.objectContaining({ name: 'Orders', mode: 'review' })])
    await page.click('#saved button')
    await page.waitForSelector('#saved >> text=Undone')
    expect(live().categories[0]?.mode ?? null).toBeNull()
    await page.context().close()
  })

  test('if two people change the same setting, the second is told', async () => {
    const [one, other] = [await loggedIn('/settings/replies'), await loggedIn('/settings/replies')]
    await one.fill('#replies_minconfidence-value', '0.8')
    await one.press('#replies_minconfidence-value', 'Enter')
    await one.waitForSelector('#saved')
    await other.fill('#replies_minconfidence-value', '0.2')
    await other.press('#replies_minconfidence-value', 'Enter')
    await other.waitForSelector(
      '#replies_minconfidence .fault >> text=Somebody else has changed this setting',
    )
    expect(await other.locator('#replies_minconfidence .fault').innerText()).toContain('It is now: 80 %.')
    expect(await other.inputValue('#replies_minconfidence-value')).toBe('0.2')
    expect(live().replies.minConfidence).toBe(0.8)
    await Promise.all([one, other].map((page) => page.context().close()))
  })

  test('the connection is tested from the page', async () => {
    const page = await loggedIn('/settings', { javaScriptEnabled: false })
    await page.click('text=Test the connection')
    const found = await page.locator('#tested').innerText()
    expect(found).toContain('The connection does not work.')
    expect(found).toMatch(/imap: Fine/)
    expect(found).toMatch(/smtp: Does not work/)
    expect(found).not.toContain(dovecot.password)
    await page.context().close()
  })
})

describe('people', () => {
  const secrets = { Ann: 'annas own password', Ben: 'the password of Ben', Cem: 'cems long password' }
  const as = (name: keyof typeof secrets, path: string, options: BrowserContextOptions = {}) =>
    loggedIn(path, { name, secret: secrets[name], ...options })

  test('are added on the page, with the password once more, and log in with their own', async () => {
    const page = await loggedIn('/settings/people', { name: 'Robin', javaScriptEnabled: false })
    const add = async (name: keyof typeof secrets, role: string, confirmation: string) => {
      await page.fill('#add-name', name)
      await page.selectOption('#add-role', role)
      await page.fill('#add-new', secrets[name])
      await page.fill('#add-password', confirmation)
      await page.click('text="Add"')
    }
    await add('Ann', 'reviewer', 'a guess at it')
    expect(await page.locator('.fault').innerText()).toContain('Nothing was done.')
    expect([await page.inputValue('#add-name'), await page.inputValue('#add-role')]).toEqual([
      'Ann',
      'reviewer',
    ])
    for (const [name, role] of [
      ['Ann', 'reviewer'],
      ['Ben', 'reviewer'],
      ['Cem', 'reader'],
    ] as const) {
      await add(name, role, password)
      const own =
        name === 'Ann'
          ? ' From now on you are “owner” here, not “Robin”: add yourself to keep that name.'
          : ''
      expect(await page.locator('#notice').textContent()).toBe(`${name} can log in now.${own}`)
    }
    await add('Ann', 'owner', password)
    expect(await page.locator('.fault').innerText()).toBe('There is already somebody with that name.')
    await page.fill('#add-name', 'rеplyd')
    await page.fill('#add-new', 'long enough')
    await page.fill('#add-password', password)
    await page.click('text="Add"')
    expect(await page.locator('.fault').innerText()).toContain("This name can't be used")
    expect(await page.locator('.people li').count()).toBe(3)
    const { rows } = await db().query<{ hash: string }>('select password_hash as hash from replyd.person')
    expect(rows.every(({ hash }) => hash.startsWith('scrypt$'))).toBe(true)
    await page.context().close()
  })

  test.each([
    ['the password of the page under a name', 'Ann', password],
    ['the password of another', 'Ann', 'the password of Ben'],
    ['no name', '', 'annas own password'],
  ])('do not get in with %s', async (_, name, secret) => {
    const answer = await fetch(`${url()}/login`, {
      method: 'POST',
      body: new URLSearchParams({ name, password: secret }),
      redirect: 'manual',
    })
    expect([answer.status, (await answer.text()).includes('The name or the password is wrong.')]).toEqual([
      401,
      true,
    ])
  })

  test('the shared password still works beside any other name, and the history then says owner', async () => {
    for (const name of ['Eve', '']) {
      const body = new URLSearchParams({ name, password })
      const answer = await fetch(`${url()}/login`, { method: 'POST', body, redirect: 'manual' })
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
    }
    const { rows } = await db().query<{ actor: string }>(
      'select distinct actor from replyd.session where person is null',
    )
    expect(rows.map(({ actor }) => actor)).toContain('owner')
    expect(rows.map(({ actor }) => actor)).not.toContain('Eve')
  })

  test('a reader reads, and the server refuses the rest', async () => {
    const row = await ask()
    const page = await as('Cem', `/replies/${row.id}`)
    expect(await page.locator('h1.subject').innerText()).toBe(row.subject)
    expect(await page.locator('#approve, #reject, #save, .rewrite').count()).toBe(0)
    await page.goto(`${url()}/settings/replies`)
    expect(await page.locator('main form').count()).toBe(0)
    expect(await page.locator('#replies_businesshours .fixed').innerText()).toBe('At any time')
    const owner = await loggedIn('/teach/knowledge')
    expect(await owner.locator('main form[method=post]').count()).toBeGreaterThan(0)
    await owner.context().close()
    for (const path of ['/teach', '/teach/knowledge', '/teach/learned']) {
      await page.goto(`${url()}${path}`)
      expect([path, await page.locator('main form[method=post]').count()]).toEqual([path, 0])
      expect(await page.locator('nav a[href^="/teach/playground"]').count()).toBe(0)
    }
    await page.goto(`${url()}/notifications`)
    expect(await page.locator('.setup-menu [aria-current]').innerText()).toBe('Notifications')
    expect(await page.getByText('Only an owner').count()).toBe(0)
    for (const [path, fields] of [
      ['/settings/replies', { 'path-0': '["replies","mode"]', 'follows-0': '0', 'value-0': 'send' }],
      [`/replies/${row.id}/approve`, { seen: 'x' }],
      [`/accounts/${address}/pause`, {}],
      ['/devices/end', {}],
    ] as const)
      expect([path, (await post(page, path, fields)).status()]).toEqual([path, 403])
    expect((await page.request.get(`${url()}/devices`, { maxRetries: 3 })).status()).toBe(403)
    expect((await loadMessage(db(), row.id))?.disposition).toBe(row.disposition)
    await page.context().close()
  })

  test('two reviewers on one reply: one decision counts, the other is told, and the history says whose', async () => {
    const row = await ask()
    const [ann, ben] = [await as('Ann', `/replies/${row.id}`), await as('Ben', `/replies/${row.id}`)]
    await ann.waitForSelector('#looking >> text=Ben is looking at this')
    await ben.waitForSelector('#looking >> text=Ann is looking at this')
    await ben.waitForSelector(`a.mail[data-id="${row.id}"] .looker >> text=Ann`)
    const another = await ask()
    await ann.waitForSelector(`a.mail[data-id="${another.id}"]`)
    await ann.click(`a.mail[data-id="${another.id}"]`)
    await ben.waitForSelector('#looking', { state: 'hidden' })
    await ben.waitForSelector(`a.mail[data-id="${another.id}"] .looker >> text=Ann`)
    await ann.goBack()
    await ann.waitForSelector(`#panes[data-id="${row.id}"]`)
    await ben.waitForSelector('#looking >> text=Ann is looking at this')
    const approve = async (page: Page) => {
      await page.click('#approve')
      await page.waitForURL(/done=approve|refused=/)
      return new URL(page.url()).searchParams
    }
    const found = await Promise.all([approve(ann), approve(ben)])
    expect(found.map((each) => each.get('done') ?? 'refused').sort()).toEqual(['approve', 'refused'])
    const { rows } = await db().query<{ actor: string }>(
      "select actor from replyd.reply_change where reply_id = $1 and to_state = 'approved'",
      [row.id],
    )
    expect(rows).toHaveLength(1)
    expect(['Ann', 'Ben']).toContain(rows[0]?.actor)
    await Promise.all([ann, ben].map((page) => page.context().close()))
  })

  test('a changed role applies at once; a new password and a removal end the sessions', async () => {
    const [owner, ann, cem] = [await loggedIn('/settings/people'), await as('Ann', '/'), await as('Cem', '/')]
    const row = owner.locator('.people li', { hasText: 'Cem' })
    await row.locator('summary').click()
    await row.locator('select').selectOption('owner')
    await row.locator('form[action$="/role"] input[type=password]').fill(password)
    await row.locator('text=Change the role').click()
    await owner.waitForSelector('text=Cem is an owner now.', passing)
    expect((await cem.request.get(`${url()}/devices`, { maxRetries: 3 })).status()).toBe(200)
    await ann.goto(`${url()}/you`)
    await ann.fill('#password', secrets.Ann)
    await ann.fill('#fresh', 'a better one of Ann')
    await ann.click('text=Change password')
    await ann.waitForURL(/\/login/)
    secrets.Ann = 'a better one of Ann'
    const again = await as('Ann', '/history')
    expect(again.url()).toContain('/history')
    await owner.locator('.people li', { hasText: 'Ann' }).locator('summary').click()
    await owner.locator('text=Remove Ann').click()
    await owner.waitForSelector("text=Ann can't log in any more.", passing)
    await again.goto(`${url()}/history`)
    expect(again.url()).toContain('/login')
    await Promise.all([owner, ann, cem, again].map((page) => page.context().close()))
  })
})

test('the command line does the same, through the running daemon', async () => {
  const environment = environmentOf(running)
  const people = (args: string[], input?: string) =>
    run(['people', ...args], { environment, ...(input === undefined ? {} : { input }) })
  const added = await people(['add', 'Dora', '--role', 'reader'], 'the words of Dora\n')
  expect([added.status, added.out]).toEqual([0, 'Dora can log in now, as reader.\n'])
  expect((await people(['list'])).out).toMatch(/^Dora +reader +added \d{4}-\d\d-\d\d by /m)
  const again = await people(['add', 'dora'], 'the words of Dora\n')
  expect([again.status, again.err]).toEqual([1, expect.stringContaining('already somebody with that name')])
  expect(await people(['role', 'DORA', 'owner'])).toMatchObject({ status: 0 })
  expect(JSON.parse((await people(['list', '--json'])).out)).toContainEqual(
    expect.objectContaining({ name: 'Dora', role: 'owner' }),
  )
  expect((await people(['password', 'Dora'], 'short\n')).status).toBe(2)
  expect(await people(['password', 'Dora'], 'a longer one\n')).toMatchObject({ status: 0 })
  const page = await loggedIn('/', { name: 'Dora', secret: 'a longer one' })
  await page.context().close()
  expect(await people(['remove', 'Dora'])).toMatchObject({ status: 0 })
  expect((await people(['remove', 'Dora'])).err).toContain('There is nobody with that name.')
})

test('axe finds nothing on the Setup pages, light and dark, and nothing is wider than a phone', async () => {
  const page = await loggedIn('/settings', { bypassCSP: true })
  for (const path of [
    '/settings',
    '/settings/replies',
    '/settings/instructions',
    '/settings/categories',
    '/settings/senders',
    '/settings/budget',
    '/settings/people',
    '/settings/changes',
    '/devices',
    '/assistants',
    '/notifications',
    '/you',
    '/nothing-here',
  ]) {
    await page.setViewportSize({ width: 390, height: 800 })
    await page.goto(`${url()}${path}`)
    expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 390])
    await page.setViewportSize({ width: 1440, height: 900 })
    expect([path, await axeFaultsInLightAndDark(page)]).toEqual([path, []])
  }
  await page.context().close()
})
