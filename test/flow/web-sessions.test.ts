/** Sessions and tokens live on the server: they end when revoked, idle or expired. The test sets the clock. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { base32, codeOf } from '../../src/config/totp.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { listPushDevices } from '../../src/store/push-devices.ts'
import { run } from '../cli/run.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { type Asked, askPage, cookiesOf, tokenIn } from './forms.ts'

const password = 'correct horse battery'
const token = 'a-token-of-twenty-letters'
const totpSecret = base32(Buffer.from('12345678901234567890'))
const clock = {
  at: Date.parse('2026-11-24T08:00:00Z'),
  now() {
    return new Date(this.at)
  },
  turn(hours: number) {
    this.at += hours * 3_600_000
  },
}
let standIn: StandIn
let running: RunningDaemon
let twoFactors: RunningDaemon

beforeAll(async () => {
  standIn = await startStandIn()
  const start = async (web: object) =>
    startDaemon({
      address: 'sessions@shop.example',
      imap: { host: '127.0.0.1', port: 9, user: 'sessions', password: 'none' },
      smtp: { host: '127.0.0.1', port: 9 },
      standIn,
      databaseUrl: await newDatabase(),
      clock,
      roles: ['web'],
      document: { web: { port: 0, password, token, ...web } },
    })
  ;[running, twoFactors] = await Promise.all([start({}), start({ totpSecret })])
})

afterAll(async () => {
  await Promise.all([running?.stop(), twoFactors?.stop()])
  await standIn?.close()
})

const ask = (path: string, { daemon = running, ...asked }: Asked & { daemon?: RunningDaemon } = {}) =>
  askPage(`${daemon.daemon.url}${path}`, asked)

const logIn = async (name: string) => cookiesOf(await ask('/login', { form: { name, password } }))
const isIn = async (cookie: string) => (await ask('/history', { cookie })).status === 200
const formToken = async (cookie: string, daemon = running) =>
  tokenIn(await ask('/devices', { cookie, daemon }))

/** A browser that wants notifications. */
async function notify(cookie: string): Promise<string> {
  const endpoint = `https://push.example.com/send/${randomBytes(9).toString('base64url')}`
  const keys = {
    p256dh: Buffer.concat([Buffer.of(4), randomBytes(64)]).toString('base64url'),
    auth: randomBytes(16).toString('base64url'),
  }
  const times = { digest: '', from: '', until: '' }
  const form = { token: await tokenIn(await ask('/notifications', { cookie })), endpoint, ...keys, ...times }
  expect((await ask('/notifications', { cookie, form })).headers.get('location')).toContain('done=push')
  return endpoint
}
const notified = async () =>
  (await listPushDevices(running.daemon.context.db)).map(({ endpoint }) => endpoint)

describe('notifications', () => {
  const again = async (name: string, cookie: string, secret = password) =>
    cookiesOf(await ask('/login', { cookie, form: { name, password: secret } }))
  const logOut = async (cookie: string) =>
    ask('/logout', { cookie, form: { token: await tokenIn(await ask('/you', { cookie })) } })

  test.each([13, 31 * 24])(
    'end with the log-out, even if the login expired after %s hours and was made again',
    async (hours) => {
      const first = await logIn('Eva')
      const endpoint = await notify(first)
      clock.turn(hours)
      expect(await isIn(first)).toBe(false)
      const later = await again('Eva', first)
      expect(await notified()).toContain(endpoint)
      await logOut(later)
      expect(await notified()).not.toContain(endpoint)
    },
  )

  test('end with “Log out all others”, even of a browser whose login expired', async () => {
    await notify(await logIn('Eva'))
    clock.turn(13)
    const laptop = await logIn('Eva')
    const own = await notify(laptop)
    await ask('/devices/end-others', { cookie: laptop, form: { token: await formToken(laptop) } })
    expect(await notified()).toEqual([own])
    await logOut(laptop)
  })

  test.each(['remove', 'password'])('end with the logins of a person: %s', async (action) => {
    const owner = await logIn('Eva')
    const own = await notify(owner)
    const [name, secret] = [`Gil ${action}`, 'the password of Gil']
    const send = async (path: string, form: Record<string, string>) => {
      const token = await tokenIn(await ask('/settings/people', { cookie: owner }))
      return ask(path, { cookie: owner, form: { token, password, ...form } })
    }
    expect((await send('/settings/people', { name, role: 'reader', fresh: secret })).status).toBe(200)
    await notify(await again(name, '', secret))
    // The login expires, the notifications go on: no session leads to them any more.
    clock.turn(13)
    const later = await again('Eva', owner)
    const token = await tokenIn(await ask('/settings/people', { cookie: later }))
    const path = `/settings/people/${name.replace(' ', '').toLowerCase()}`
    const form = { token, password, ...(action === 'remove' ? {} : { fresh: 'another one of Gil' }) }
    expect((await ask(`${path}/${action}`, { cookie: later, form })).status).toBe(200)
    expect(await notified()).toEqual([own])
    await ask(`${path}/remove`, { cookie: later, form: { token } })
    await logOut(later)
  })
})

describe('a session', () => {
  test('ends with the log-out: the cookie that was copied before opens nothing', async () => {
    const cookie = await logIn('Ada')
    expect(await isIn(cookie)).toBe(true)
    const answer = await ask('/logout', { cookie, form: { token: await formToken(cookie) } })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/login'])
    expect(await isIn(cookie)).toBe(false)
  })

  test('ends from another device, alone or with all others', async () => {
    const [laptop, phone, tablet] = [await logIn('Ada'), await logIn('Ada'), await logIn('Ben')]
    const token = await formToken(laptop)
    const page = await (await ask('/devices', { cookie: laptop })).text()
    const ids = [...page.matchAll(/action="\/devices\/end\/([\w-]+)"/g)].map(([, id]) => id)
    expect(ids).toHaveLength(3)
    const benFirst = await ask('/devices', { cookie: tablet })
    const own = /this device[\s\S]*?\/devices\/end\/([\w-]+)/.exec(await benFirst.text())?.[1]
    await ask(`/devices/end/${own}`, { cookie: laptop, form: { token } })
    expect([await isIn(laptop), await isIn(phone), await isIn(tablet)]).toEqual([true, true, false])
    await ask('/devices/end', { cookie: laptop, form: { token } })
    expect([await isIn(laptop), await isIn(phone)]).toEqual([false, false])
  })

  test('can be ended on one’s own page, and nobody else’s can', async () => {
    const [laptop, phone, other] = [await logIn('Cleo'), await logIn('Cleo'), await logIn('Dan')]
    const page = await (await ask('/you', { cookie: laptop })).text()
    const ids = [...page.matchAll(/action="\/you\/devices\/([\w-]+)"/g)].map(([, id]) => id)
    expect(ids).toHaveLength(2)
    const own = /this device[\s\S]*?\/you\/devices\/([\w-]+)/.exec(page)?.[1]
    const danPage = await (await ask('/you', { cookie: other })).text()
    const dan = /\/you\/devices\/([\w-]+)/.exec(danPage)?.[1]
    const token = await formToken(laptop)
    expect((await ask(`/you/devices/${dan}`, { cookie: laptop, form: { token } })).status).toBe(404)
    await ask(`/you/devices/${ids.find((id) => id !== own)}`, { cookie: laptop, form: { token } })
    expect([await isIn(laptop), await isIn(phone), await isIn(other)]).toEqual([true, false, true])
  })

  test('stays when all others are ended', async () => {
    const [here, elsewhere] = [await logIn('Ada'), await logIn('Bob')]
    await ask('/devices/end-others', { cookie: here, form: { token: await formToken(here) } })
    expect([await isIn(here), await isIn(elsewhere)]).toEqual([true, false])
  })

  test('lasts while it is used, ends after twelve idle hours, and automatic requests of a page do not count', async () => {
    const [used, idle, left] = [await logIn('Ada'), await logIn('Ben'), await logIn('Cem')]
    clock.turn(11)
    expect(await isIn(used)).toBe(true)
    await ask('/', { cookie: idle, headers: { 'hx-request': 'true' } })
    clock.turn(1.5)
    expect([await isIn(used), await isIn(idle), await isIn(left)]).toEqual([true, false, false])
  })

  test('ends after thirty days, used or not', async () => {
    const cookie = await logIn('Ada')
    for (let hours = 0; hours < 30 * 24; hours += 10) {
      expect(await isIn(cookie)).toBe(true)
      clock.turn(10)
    }
    expect(await isIn(cookie)).toBe(false)
  })

  test.each([
    ['nothing', ''],
    ['an empty one', 'replyd_session='],
    ['an invented one', `replyd_session=${'a'.repeat(43)}`],
    [
      'one signed as before',
      'replyd_session=eyJpZCI6IngiLCJhY3RvciI6IkFkYSIsInVudGlsIjo5OTk5OTk5OTk5OTk5fQ.x',
    ],
  ])('is not %s', async (_, cookie) => expect(await isIn(cookie)).toBe(false))

  test('is not what the store holds', async () => {
    await logIn('Ada')
    const { rows } = await running.daemon.context.db.query<{ id: string }>('select id from replyd.session')
    expect(rows.length).toBeGreaterThan(0)
    for (const { id } of rows) expect(await isIn(`replyd_session=${id}`)).toBe(false)
  })

  test("takes no other session's forms", async () => {
    const [ada, ben] = [await logIn('Ada'), await logIn('Ben')]
    const answer = await ask('/devices/end', { cookie: ben, form: { token: await formToken(ada) } })
    expect(answer.status).toBe(403)
    expect(await isIn(ada)).toBe(true)
  })
})

describe('the password is asked for again', () => {
  test.each([
    ['a backup', '/devices/backup', {}],
    ['forgetting somebody', '/devices/forget', { address: 'a@x.example' }],
    ['a new token', '/devices/tokens', { name: 'thief', 'scope-admin': '1' }],
  ])('for %s', async (_, path, fields) => {
    const cookie = await logIn('Ada')
    const token = await formToken(cookie)
    for (const wrong of ['', 'guess'])
      expect((await ask(path, { cookie, form: { token, password: wrong, ...fields } })).status).toBe(403)
    expect((await ask(path, { cookie, form: { token, password, ...fields } })).status).toBe(200)
    await ask('/devices/tokens/thief/revoke', { cookie, form: { token } })
  })

  test('and may not be guessed there either', async () => {
    const cookie = await logIn('Ada')
    const token = await formToken(cookie)
    const statuses: number[] = []
    for (let at = 0; at < 6; at++)
      statuses.push(
        (await ask('/devices/backup', { cookie, form: { token, password: `guess ${at}` } })).status,
      )
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429])
    expect((await ask('/devices/backup', { cookie, form: { token, password } })).status).toBe(429)
  })
})

describe('a named token', () => {
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })
  const api = (path: string, secret: string, body?: object) =>
    fetch(`${running.daemon.url}${path}`, {
      headers: { ...bearer(secret), 'content-type': 'application/json' },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    })
  const make = async (name: string, scopes: string[]) =>
    ((await (await api('/api/tokens', token, { name, scopes })).json()) as { token: string }).token

  test.each([
    ['read', [200, 401, 403, 403, 403]],
    ['decide', [403, 401, 400, 403, 403]],
    ['metrics', [403, 401, 403, 403, 403]],
    ['admin', [200, 401, 400, 200, 200]],
  ])('with the scope %s', async (scope, expected) => {
    const secret = await make(scope, [scope])
    const statuses = [
      (await api('/api/mails', secret)).status,
      (await api('/api/mails', `${secret}x`)).status,
      (await api('/api/replies/none/approve', secret, {})).status,
      (await api('/api/forget', secret, { address: 'nobody@x.example' })).status,
      (await api('/api/tokens', secret)).status,
    ]
    expect(statuses).toEqual(expected)
    expect((await api('/metrics', secret)).status).toBe(scope === 'metrics' || scope === 'admin' ? 200 : 403)
    expect((await api(`/api/tokens/${scope}/revoke`, token, {})).status).toBe(200)
    expect((await api('/api/mails', secret)).status).toBe(401)
  })

  test('is stored as a hash, and its name is taken once', async () => {
    const secret = await make('grafana', ['metrics'])
    const { rows } = await running.daemon.context.db.query('select * from replyd.api_token')
    expect(JSON.stringify(rows)).not.toContain(secret)
    expect((await api('/api/tokens', token, { name: 'grafana', scopes: ['read'] })).status).toBe(409)
    expect(
      ((await (await api('/api/tokens', token)).json()) as { name: string }[]).map(({ name }) => name),
    ).toEqual(['grafana'])
  })

  test.each([
    ['no scope', { name: 'x', scopes: [] }],
    ['an unknown scope', { name: 'x', scopes: ['root'] }],
    ['a name with markup', { name: '<b>', scopes: ['read'] }],
    ['an unknown key', { name: 'x', scopes: ['read'], hash: 'h' }],
  ])('is not made of %s', async (_, body) => {
    expect((await api('/api/tokens', token, body)).status).toBe(400)
  })
})

test('the command line makes a token, lists it and revokes it', async () => {
  const environment = { REPLYD_URL: running.daemon.url ?? '', REPLYD_TOKEN: token }
  const made = await run(['token', 'create', 'ci', '--scope', 'read', 'decide'], { environment })
  const secret = made.out.split('\n')[0] ?? ''
  expect([made.status, secret]).toEqual([0, expect.stringMatching(/^replyd_[\w-]{43}$/)])
  const mails = () =>
    fetch(`${running.daemon.url}/api/mails`, { headers: { authorization: `Bearer ${secret}` } })
  expect((await mails()).status).toBe(200)
  expect((await run(['token', 'list'], { environment })).out).toMatch(/^ci +read, decide +made .* used /m)
  expect((await run(['token', 'revoke', 'ci'], { environment })).status).toBe(0)
  expect((await mails()).status).toBe(401)
  const again = await run(['token', 'revoke', 'ci'], { environment })
  expect([again.status, again.err]).toEqual([1, 'replyd: There is no token with that name.\n'])
  expect((await run(['token', 'create', 'ci'], { environment })).status).toBe(2)
})

describe('with a second factor', () => {
  const logInWith = (code: string) =>
    ask('/login', { form: { password, code }, daemon: twoFactors, cookie: '' })

  test('the login says what the code is, what to do without it, and that the wanted page opens', async () => {
    const asked = await ask('/settings/replies', { daemon: twoFactors })
    const page = await (await ask('/login', { daemon: twoFactors, cookie: cookiesOf(asked) })).text()
    expect(page).toContain('Log in to open the page that you requested.')
    expect(page).toContain('The six digits that the app on your phone shows for replyd now.')
    expect(page).toMatch(/Trouble logging in\?.*REPLYD_WEB_PASSWORD.*replyd totp/s)
  })

  test('the password alone is refused; a code works once, and the next code works again', async () => {
    expect((await logInWith('')).status).toBe(401)
    expect((await logInWith('000000')).status).toBe(401)
    const code = codeOf(totpSecret, clock.now())
    expect((await logInWith(code)).status).toBe(303)
    expect((await logInWith(code)).status).toBe(401)
    clock.turn(30 / 3600)
    expect((await logInWith(codeOf(totpSecret, clock.now()))).status).toBe(303)
  })

  test('no code that was valid before a restore is accepted: it may have been used', async () => {
    clock.turn(1)
    const seconds = (n: number) => new Date(clock.at + n * 1000)
    const { db } = twoFactors.daemon.context
    await db.query('insert into replyd.restore (at, backup_at) values ($1, $1)', [clock.now()])
    for (const shift of [-30, 0, 30])
      expect([shift, (await logInWith(codeOf(totpSecret, seconds(shift)))).status]).toEqual([shift, 401])
    clock.turn(60 / 3600)
    expect((await logInWith(codeOf(totpSecret, clock.now()))).status).toBe(303)
  })
})
