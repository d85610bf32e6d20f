/** Where notifications may go, when, and what they say. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { isPublicAddress } from '../../../src/base/public-address.ts'
import type { StepContext } from '../../../src/context.ts'
import type { TellableEvent } from '../../../src/store/webhooks.ts'
import { isQuiet, pushMessage, troubleMessage } from '../../../src/web/push/message.ts'
import { subscriptionOf } from '../../../src/web/push/routes.tsx'
import { Patience, troublesOf } from '../../../src/web/push/troubles.ts'
import { vapidKeys } from '../../../src/web/push/vapid.ts'
import type { Health } from '../../../src/web/web-context.ts'

test.each([
  ['8.8.8.8', true],
  ['172.15.255.255', true],
  ['172.32.0.0', true],
  ['2606:4700::1111', true],
  ['0.0.0.0', false],
  ['10.1.2.3', false],
  ['100.64.0.1', false],
  ['127.0.0.1', false],
  ['169.254.169.254', false],
  ['172.16.0.1', false],
  ['172.31.255.255', false],
  ['192.168.1.1', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:8.8.8.8', false],
  ['64:ff9b::7f00:1', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['2001:db8::1', false],
  ['2002:7f00:1::', false],
  ['ff02::1', false],
  ['example.org', false],
])('%s is a public address: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected)
})

const p256dh = Buffer.concat([Buffer.of(4), Buffer.alloc(64, 7)]).toString('base64url')
const auth = Buffer.alloc(16, 9).toString('base64url')
const good = { endpoint: 'https://push.example.com/send/abc', p256dh, auth }

test('a subscription of a public push service is taken', () => {
  expect(subscriptionOf(good)).toEqual({ endpoint: good.endpoint, keys: { p256dh, auth } })
})

test.each([
  ['http', { endpoint: 'http://push.example.com/a' }],
  ['another port', { endpoint: 'https://push.example.com:8443/a' }],
  ['a user', { endpoint: 'https://me@push.example.com/a' }],
  ['an address', { endpoint: 'https://127.0.0.1/a' }],
  ['an address as one number', { endpoint: 'https://2130706433/a' }],
  ['an address in hexadecimal', { endpoint: 'https://0x7f.1/a' }],
  ['an IPv6 address', { endpoint: 'https://[::1]/a' }],
  ['a public address', { endpoint: 'https://8.8.8.8/a' }],
  ['this machine', { endpoint: 'https://localhost/a' }],
  ['a name of the network', { endpoint: 'https://printer.local/a' }],
  ['a name without a dot', { endpoint: 'https://redis/a' }],
  ['another scheme', { endpoint: 'file:///etc/passwd' }],
  ['no URL', { endpoint: 'push.example.com' }],
  ['a URL that is too long', { endpoint: `https://push.example.com/${'a'.repeat(1100)}` }],
  ['a short key', { p256dh: Buffer.alloc(64, 4).toString('base64url') }],
  ['a compressed key', { p256dh: Buffer.alloc(65, 2).toString('base64url') }],
  ['a short secret', { auth: Buffer.alloc(15).toString('base64url') }],
])('a subscription with %s is not', (_, changed) => {
  expect(subscriptionOf({ ...good, ...changed })).toBeNull()
})

const night = { from: '22:00', until: '07:30' }
const noon = { from: '12:00', until: '13:00' }
test.each([
  // Zurich is an hour ahead of UTC in winter, two in summer.
  ['2026-01-10T20:59:00Z', night, false],
  ['2026-01-10T21:00:00Z', night, true],
  ['2026-01-11T06:29:00Z', night, true],
  ['2026-01-11T06:30:00Z', night, false],
  ['2026-07-10T20:00:00Z', night, true],
  ['2026-01-10T11:00:00Z', noon, true],
  ['2026-01-10T12:00:00Z', noon, false],
  ['2026-01-10T11:00:00Z', { from: null, until: null }, false],
  ['2026-01-10T11:00:00Z', { from: '12:00', until: '12:00' }, false],
])('at %s, quiet hours %j: %s', (at, hours, expected) => {
  expect(isQuiet(hours, new Date(at), 'Europe/Zurich')).toBe(expected)
})

const event = (messageId: string, changed: Partial<TellableEvent> = {}): TellableEvent => ({
  ...{ id: 1, at: new Date(0), step: 'compose', disposition: 'held', reason: 'mode-review', messageId },
  ...{ account: 'me@shop.example', fromAddress: 'ann@x.example', subject: 'Bells\r\nand more' },
  ...{ summary: 'Asks for the price of bells.', detail: null, missing: null },
  ...changed,
})

test.each([
  [[event('a')], false, { title: 'A reply waits for you', body: '', path: '/replies/a' }],
  [[event('a'), event('a')], false, { title: 'A reply waits for you', body: '', path: '/replies/a' }],
  [[event('a'), event('b')], true, { title: '2 replies wait for you', body: '', path: '/' }],
  [[event('a', { disposition: 'sent' })], true, null],
  [[], true, null],
])('of %j, in detail: %s', (events, detailed, expected) => {
  expect(pushMessage(events, detailed)).toEqual(expected)
})

test('sender and subject are said only on request, in one line', () => {
  expect(JSON.stringify(pushMessage([event('a')], false))).not.toMatch(/Bells|ann/)
  const { title, body } = pushMessage([event('a')], true) ?? {}
  expect(title).toContain('Bells')
  expect(title).not.toMatch(/[\r\n]/)
  expect(body).toContain('ann@x.example')
})

test('the keys stay the same for the same directory, and differ between two', () => {
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'replyd-vapid-')))
  const [one, again, other] = [folders[0], folders[0], folders[1]].map((each) => vapidKeys(each ?? '', null))
  for (const folder of folders) rmSync(folder, { recursive: true })
  expect(one).toEqual(again)
  expect(one?.privateKey).not.toBe(other?.privateKey)
  expect(Buffer.from(one?.publicKey ?? '', 'base64url')).toHaveLength(65)
})

describe('something is wrong', () => {
  const address = 'me@shop.example'
  const noon = new Date('2026-03-10T12:00:00Z')
  const at = (minutes: number) => new Date(noon.getTime() + minutes * 60_000)
  // Not the budget: its query is tested with a real store (test/live/push.test.ts).
  const context = (stopped: string | null = null) =>
    ({
      db: { query: async () => ({ rows: [{ account: address, paused: false, stopped }] }) },
      accounts: new Map([[address, {}]]),
      config: { budget: { perDay: 0, timeZone: 'UTC' } },
    }) as unknown as StepContext
  const healthWith = (parts: Record<string, string>): Health => ({
    ok: true,
    parts: { store: 'ok', queue: 'ok', model: 'ok', [`watch ${address}`]: 'connected', ...parts },
  })

  test.each([
    [
      'a lost connection',
      { [`watch ${address}`]: 'waiting' },
      'The connection to a mail server is lost',
      `${address} has no`,
    ],
    ['a model that is down', { model: 'HTTP 503' }, 'The AI model does not answer', 'HTTP 503'],
    [
      'a queue that is down',
      { queue: 'does not answer' },
      'The queue does not answer',
      'The queue does not answer',
    ],
  ])('%s is reported once it has lasted for five minutes', async (_, parts, brief, words) => {
    const patience = new Patience()
    const look = async (minutes: number, of: Record<string, string>) =>
      patience.lasting(await troublesOf(context(), healthWith(of), noon), at(minutes))
    expect(await look(0, parts)).toEqual([])
    expect(await look(4.9, parts)).toEqual([])
    const lasting = await look(5, parts)
    expect(troubleMessage(lasting, false)).toMatchObject({ body: brief, path: '/settings' })
    expect(troubleMessage(lasting, true).body).toContain(words)
    // It recovered in between, so the time starts again.
    expect(await look(6, {})).toEqual([])
    expect(await look(7, parts)).toEqual([])
  })

  test('an account that stopped is told at once, without its name unless the person wants it', async () => {
    const found = new Patience().lasting(await troublesOf(context('the password is wrong'), null, noon), noon)
    expect(troubleMessage(found, false).body).toBe('An account has stopped')
    expect(troubleMessage(found, true).body).toBe(`${address} has stopped: the password is wrong`)
  })

  test.each(['connected', 'connecting', 'standby', 'stopped'])(
    'a mailbox that is %s is no lost connection',
    async (state) => {
      expect(await troublesOf(context(), healthWith({ [`watch ${address}`]: state }), noon)).toEqual([])
    },
  )
})
