/** Strangers guess the password while the owner wants to log in. The test controls the clock. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

const password = 'correct horse battery'
const clock = {
  at: Date.parse('2026-11-24T08:00:00Z'),
  now() {
    return new Date(this.at)
  },
  turn(seconds: number) {
    this.at += seconds * 1000
  },
}
let standIn: StandIn
let running: RunningDaemon

beforeAll(async () => {
  standIn = await startStandIn()
  running = await startDaemon({
    address: 'login@shop.example',
    imap: { host: '127.0.0.1', port: 9, user: 'login', password: 'none' },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    databaseUrl: await newDatabase(),
    clock,
    roles: ['web'],
    document: { web: { port: 0, password, trustedProxies: ['127.0.0.1'] } },
  })
})

afterAll(async () => {
  await running?.stop()
  await standIn?.close()
})

interface Login {
  text: string
  /** Address that the proxy names. */
  from: string
  cookie?: string
  tls?: boolean
}

const login = ({ text, from, cookie = '', tls }: Login) =>
  fetch(`${running.daemon.url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ password: text }),
    headers: { 'x-forwarded-for': from, cookie, ...(tls ? { 'x-forwarded-proto': 'https' } : {}) },
    redirect: 'manual',
  })

const cookiesOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .filter((pair) => !pair.endsWith('='))
    .join('; ')

test('twenty guesses at once from one address: five are looked at, the others wait, and so does the right one', async () => {
  const guesses = Array.from({ length: 20 }, (_, at) => login({ text: `guess ${at}`, from: '192.0.2.1' }))
  const statuses = (await Promise.all(guesses)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 401)).toHaveLength(5)
  expect(statuses.filter((status) => status === 429)).toHaveLength(15)
  const late = await login({ text: password, from: '192.0.2.1' })
  expect([late.status, late.headers.get('retry-after')]).toEqual([429, '15'])
  expect(await late.text()).toContain('Try again in 15 seconds.')
  // The neighbour does not wait at all, and the same address does not wait for ever.
  expect((await login({ text: password, from: '192.0.2.2' })).status).toBe(303)
  clock.turn(15)
  expect((await login({ text: password, from: '192.0.2.1' })).status).toBe(303)
})

test('the bodies of many guesses at once are held back until all have begun: five are looked at', async () => {
  const { port } = new URL(running.daemon.url ?? '')
  const begun = Array.from({ length: 12 }, () => {
    const headers = {
      ...{ 'x-forwarded-for': '192.0.2.9', expect: '100-continue', 'transfer-encoding': 'chunked' },
      'content-type': 'application/x-www-form-urlencoded',
    }
    const asked = request({ host: '127.0.0.1', port, method: 'POST', path: '/login', headers })
    const answer = once(asked, 'response') as Promise<[IncomingMessage]>
    asked.flushHeaders()
    return { asked, answer, begins: once(asked, 'continue') }
  })
  await Promise.all(begun.map(({ begins, answer }) => Promise.race([begins, answer])))
  for (const { asked } of begun) asked.end('password=guess')
  const answers = await Promise.all(begun.map(({ answer }) => answer))
  const statuses = answers.map(([{ statusCode }]) => statusCode)
  for (const [answer] of answers) answer.resume()
  expect(statuses.filter((status) => status === 401)).toHaveLength(5)
  expect(statuses.filter((status) => status === 429)).toHaveLength(7)
})

test('guesses from everywhere slow strangers down, but not a device that has been here', async () => {
  const cookie = cookiesOf(await login({ text: password, from: '192.0.2.3' }))
  expect(cookie).toContain('replyd_device=')
  for (let at = 0; at < 60; at++) {
    await login({ text: 'guess', from: `198.51.100.${at}` })
    clock.turn(1)
  }
  const stranger = await login({ text: password, from: '203.0.113.1' })
  expect([stranger.status, Number(stranger.headers.get('retry-after')) <= 30]).toEqual([429, true])
  expect((await login({ text: password, from: '198.51.100.1', cookie })).status).toBe(303)
  const invented = cookie.replace(/replyd_device=[^.]*/, 'replyd_device=another')
  expect((await login({ text: password, from: '203.0.113.1', cookie: invented })).status).toBe(429)
  clock.turn(30)
  expect((await login({ text: password, from: '203.0.113.1' })).status).toBe(303)
})

test('a stolen cookie of a device gives no more guesses than an address', async () => {
  const cookie = cookiesOf(await login({ text: password, from: '192.0.2.4' }))
  const statuses: number[] = []
  for (let at = 0; at < 7; at++) {
    const from = `203.0.113.${at + 10}`
    statuses.push((await login({ text: 'guess', from, cookie })).status)
  }
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
})

test('behind TLS every cookie is bound to this host alone', async () => {
  const answer = await login({ text: password, from: '192.0.2.5', tls: true })
  const set = answer.headers.getSetCookie()
  expect(set.map((line) => line.split('=')[0]).sort()).toEqual([
    '__Host-replyd_device',
    '__Host-replyd_session',
    '__Host-replyd_wanted',
  ])
  for (const line of set) {
    expect(line).toMatch(/; Path=\/;/)
    expect(line).toMatch(/; HttpOnly; Secure; SameSite=Lax/)
    expect(line).not.toMatch(/domain/i)
  }
  // A cookie with the plain name, which a page without TLS could have set, is ignored.
  const plain = cookiesOf(answer).replaceAll('__Host-', '')
  const page = await fetch(`${running.daemon.url}/`, {
    headers: { cookie: plain, 'x-forwarded-proto': 'https' },
    redirect: 'manual',
  })
  expect([page.status, page.headers.get('location')]).toEqual([303, '/login'])
})

test.each([
  ['a page', '/history?q=boots', '/history?q=boots'],
  ['a reply', '/replies/01abc', '/replies/01abc'],
  ['the start', '/', '/'],
  ['a filtered list', '/?show=ready&q=boots', '/?show=ready&q=boots'],
  ['a path that looks like another host', '//evil.example/', '/'],
])('the login leads to %s that was asked for', async (_, path, expected) => {
  const asked = await fetch(`${running.daemon.url}${path}`, { redirect: 'manual' })
  expect([asked.status, asked.headers.get('location')]).toEqual([303, '/login'])
  const answer = await login({ text: password, from: '192.0.2.6', cookie: cookiesOf(asked) })
  expect([answer.status, answer.headers.get('location')]).toEqual([303, expected])
})

test.each(['//evil.example', '/%5Cevil', 'https://evil.example', '/\\evil.example', 'x'])(
  'a planted cookie leads to no other site: %s',
  async (planted) => {
    const cookie = `replyd_wanted=${encodeURIComponent(planted)}`
    const answer = await login({ text: password, from: '192.0.2.7', cookie })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
  },
)
