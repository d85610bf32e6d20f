import { expect, test } from '@jest/globals'
import { ImapFlow as Client, type ImapFlow } from 'imapflow'
import { FairShare, fairShareOf, workOf } from '../../src/imap/fair-share.ts'
import { limitTalk } from '../../src/imap/talk-limits.ts'
import { FloodingServer } from './flooding-server.ts'

/** A clock that advances only while somebody waits. */
function stopwatch() {
  const watch = { at: 0, waited: [] as number[], now: () => watch.at, wait: async (ms: number) => pass(ms) }
  const pass = (ms: number) => {
    watch.at += ms
    watch.waited.push(Math.round(ms))
  }
  return watch
}

test('a second of work runs without a pause; further work gets only a share of the time', async () => {
  const clock = stopwatch()
  const share = new FairShare(clock)
  for (let piece = 0; piece < 10; piece++) await share.use(100)
  expect(clock.waited).toEqual([])
  for (let piece = 0; piece < 3; piece++) await share.use(15)
  expect(clock.waited).toEqual([100, 100, 100])
})

test('pieces too small for a pause are added up', async () => {
  const clock = stopwatch()
  const share = new FairShare(clock)
  await share.use(1000)
  for (let piece = 0; piece < 20; piece++) await share.use(0.3)
  expect(clock.waited).toEqual([6, 6, 6, 6, 6, 6])
})

test('the share recovers with time, up to a second of work', async () => {
  const clock = stopwatch()
  const share = new FairShare(clock)
  await share.use(1000)
  clock.at += 60_000
  await share.use(1000)
  expect(clock.waited).toEqual([])
  await share.use(15)
  expect(clock.waited).toEqual([100])
})

test('the connections of one server have a common share, and another server has a separate one', () => {
  const place = { host: 'imap.example', port: 993 }
  expect(fairShareOf(place)).toBe(fairShareOf({ ...place }))
  expect(fairShareOf(place)).not.toBe(fairShareOf({ ...place, port: 143 }))
})

test.each([
  ['a short response', '* 7 EXISTS', [], 0.0406],
  ['a long one', 'a'.repeat(1_000_000), [], 60.04],
  ['brackets', `* 1 FETCH (${'()'.repeat(100_000)})`, [], 211.85],
  ['a SEARCH that finds much', `* SEARCH${' 1'.repeat(100_000)}`, [], 12.04],
  ['a literal', '* 1 FETCH (BODY[] {1000000}', [1_000_000], 2.04],
])('%s is work', (_name, payload, literals, ms) => {
  const work = workOf({ payload: Buffer.from(payload), literals: literals.map((size) => Buffer.alloc(size)) })
  expect(work).toBeCloseTo(ms, 2)
})

test('while a server has used up its share nothing more is read from it', async () => {
  const most = 32 * 2 ** 20
  await using server = await FloodingServer.start({ at: 'greeting', text: '* OK still here\r\n', most })
  const clock = { now: () => 0, wait: () => new Promise<never>(() => {}) }
  const share = new FairShare(clock)
  let taken = 0
  const used = new Promise<void>((resolve) => {
    const use = share.use.bind(share)
    share.use = (workMs) => {
      taken++
      resolve()
      return use(workMs + 2000)
    }
  })
  const client: ImapFlow = new Client({
    ...{ host: '127.0.0.1', port: server.port, secure: false, auth: { user: 'u', pass: 'p' }, logger: false },
  })
  client.on('error', () => {})
  limitTalk(client, { commandMs: 60_000, idleMs: 60_000, share })
  const connecting = client.connect().catch((error: unknown) => error)
  await used
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(taken).toBe(1)
  client.close()
  await connecting
  expect(await server.cutOff).toBe(true)
})
