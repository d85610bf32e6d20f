/** The first password is set on the page itself: who may set it, and what it protects from then on. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { addPerson } from '../../src/store/people.ts'
import { addPushDevice, listPushDevices } from '../../src/store/push-devices.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { askPage, cookiesOf, tokenIn } from './forms.ts'

const [first, second, configured] = ['correct horse battery', 'staple of the battery', 'written in the file']
let standIn: StandIn
let databaseUrl: string
const running: RunningDaemon[] = []

const start = async (web: object = {}) => {
  const started = await startDaemon({
    address: 'lock@shop.example',
    imap: { host: '127.0.0.1', port: 9, user: 'lock', password: 'none' },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    databaseUrl,
    roles: ['web'],
    // The same token for all processes of an installation: it signs the sessions.
    document: { web: { port: 0, token: 'a-token-of-twenty-letters', ...web } },
  })
  running.push(started)
  return started.daemon.url ?? ''
}

let page: string
let neighbour: string
beforeAll(async () => {
  standIn = await startStandIn()
  databaseUrl = await newDatabase()
  page = await start()
  neighbour = await start()
})

afterAll(async () => {
  for (const each of running) await each.stop()
  await standIn?.close()
})

/** An open browser: its cookie, and the token of its forms. */
async function browser(url = page, cookie = '') {
  const answer = await askPage(`${url}/you`, { cookie })
  return { cookie: cookie || cookiesOf(answer), token: await tokenIn(answer) }
}

const set = (
  { cookie, token }: { cookie: string; token: string },
  typed: Record<string, string>,
  url = page,
) => askPage(`${url}/you`, { cookie, form: { token, ...typed } })
const both = (password: string) => ({ fresh: password, again: password })
const whereTo = (answer: Response) => [answer.status, answer.headers.get('location')]
/** Notifications that were turned on from a login that has expired since. */
const deviceOf = (actor: string) => ({
  ...{ id: actor, endpoint: `https://push.example/${actor}`, keys: { p256dh: '', auth: '' } },
  ...{ actor, device: 'Firefox', session: 'expired', addedAt: new Date() },
})
const logIn = (password: string, url = page) => askPage(`${url}/login`, { form: { password } })

test('another site, and a form without its token or of another browser, set nothing', async () => {
  const { cookie, token } = await browser()
  const form = { token, ...both(first) }
  const site = await askPage(`${page}/you`, { cookie, form, headers: { 'sec-fetch-site': 'cross-site' } })
  expect(site.status).toBe(403)
  expect((await askPage(`${page}/you`, { cookie, form: both(first) })).status).toBe(403)
  expect((await askPage(`${page}/you`, { form })).status).toBe(403)
  expect((await askPage(`${page}/history`)).status).toBe(200)
})

test.each([
  ['too short', { fresh: 'seven77', again: 'seven77' }, 'must have 8 to 200'],
  ['too long', both('x'.repeat(201)), 'must have 8 to 200'],
  ['typed in two ways', { fresh: first, again: second }, 'do not match'],
  ['typed once', { fresh: first }, 'do not match'],
])('a password that is %s is not set', async (_what, typed, words) => {
  const answer = await set(await browser(), typed)
  expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining(words)])
  expect((await askPage(`${page}/history`)).status).toBe(200)
})

test('if two people set the first password at once, one succeeds; from then on every process asks for it', async () => {
  const [one, other] = [await browser(page), await browser(neighbour)]
  expect((await askPage(`${neighbour}/api/mails`)).status).toBe(200)
  const answers = [await set(one, both(first)), await set(other, both(second), neighbour)]
  expect(answers.map(whereTo)).toEqual([
    [303, '/you?done=password-set'],
    [303, '/login'],
  ])
  const [mine] = answers.map(cookiesOf)
  expect((await askPage(`${page}/history`, { cookie: mine ?? '' })).status).toBe(200)
  // The session counts in the other process, too; the cookies from before count nowhere.
  expect((await askPage(`${neighbour}/history`, { cookie: mine ?? '' })).status).toBe(200)
  for (const url of [page, neighbour])
    expect(whereTo(await askPage(`${url}/history`, { cookie: one.cookie }))).toEqual([303, '/login'])
  expect((await askPage(`${neighbour}/api/mails`)).status).toBe(401)
  expect((await logIn(second)).status).toBe(401)
  expect(whereTo(await logIn(first, neighbour))).toEqual([303, '/'])
})

test('it is changed only by somebody who knows it; every other session ends', async () => {
  const [mine, theirs] = [cookiesOf(await logIn(first)), cookiesOf(await logIn(first))]
  const at = await browser(page, mine)
  const wrong = await set(at, { password: second, ...both(second) })
  expect([wrong.status, await wrong.text()]).toEqual([403, expect.stringContaining('wrong')])
  const { db } = (running[0] as RunningDaemon).daemon.context
  const gil = { id: 'gil', name: 'Gil', role: 'reader', addedBy: 'Owner', addedAt: new Date() } as const
  await addPerson(db, { ...gil, passwordHash: 'x' })
  for (const actor of ['Owner', 'Gil']) await addPushDevice(db, deviceOf(actor), 9)
  const right = await set(at, { password: first, ...both(second) })
  // Logins with the old password end, and with them their notifications. People have passwords of their own.
  expect((await listPushDevices(db)).map(({ actor }) => actor)).toEqual(['Gil'])
  expect(whereTo(right)).toEqual([303, '/you?done=password-changed'])
  expect((await askPage(`${page}/history`, { cookie: cookiesOf(right) })).status).toBe(200)
  expect(whereTo(await askPage(`${page}/history`, { cookie: theirs }))).toEqual([303, '/login'])
  expect((await logIn(first)).status).toBe(401)
  expect(whereTo(await logIn(second))).toEqual([303, '/'])
})

test('with it, people can be added', async () => {
  const { cookie, token } = await browser(page, cookiesOf(await logIn(second)))
  const form = { token, name: 'Ann', role: 'reviewer', fresh: 'the password of ann', password: second }
  const answer = await askPage(`${page}/settings/people`, { cookie, form })
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Ann can log in now')])
})

test('a password in the configuration takes precedence, and is not changed on the page', async () => {
  const url = await start({ password: configured })
  expect((await logIn(second, url)).status).toBe(401)
  const answer = await logIn(configured, url)
  expect(whereTo(answer)).toEqual([303, '/'])
  const cookie = cookiesOf(answer)
  const token = await tokenIn(await askPage(`${url}/devices`, { cookie }))
  const refused = await set({ cookie, token }, { password: configured, ...both(first) }, url)
  expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('replyd.yaml')])
  expect(whereTo(await logIn(second))).toEqual([303, '/'])
})
