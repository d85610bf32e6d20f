import { describe, expect, test } from '@jest/globals'
import { TemporaryError } from '../../src/base/errors.ts'
import { connectClient, defaultTiming } from '../../src/imap/client.ts'
import { type Flood, FloodingServer } from './flooding-server.ts'

const megabyte = 2 ** 20
const settings = (port: number) => ({
  host: '127.0.0.1',
  port,
  secure: false,
  user: 'u',
  password: 'p',
  oauth2: null,
  allowPlaintext: false,
  pollMs: 60_000,
})

/** Logs in, opens INBOX and idles, as far as the server allows. */
async function talkTo(server: FloodingServer, timing = defaultTiming): Promise<void> {
  const { signal } = new AbortController()
  const client = await connectClient(settings(server.port), { timing, signal })
  try {
    await client.mailboxOpen('INBOX', { readOnly: true })
    await client.idle()
    await client.noop()
  } finally {
    client.close()
  }
}

const untagged = '* 7 EXISTS\r\n'
const whole: Omit<Flood, 'at' | 'text'> = { most: 192 * megabyte }

describe('a server that never stops talking is cut off', () => {
  test.each<[string, Flood]>([
    ['before its greeting is over', { ...whole, at: 'greeting', text: '* NOTHING\r\n' }],
    ['instead of its capabilities', { ...whole, at: 'CAPABILITY', text: untagged }],
    ['while it is asked to select', { ...whole, at: 'EXAMINE', text: untagged }],
    ['while the client idles', { ...whole, at: 'IDLE', text: untagged }],
    ['in one line', { ...whole, at: 'EXAMINE', text: 'a' }],
    [
      'in brackets',
      { ...whole, at: 'EXAMINE', text: `* 1 FETCH (BODYSTRUCTURE (${'()'.repeat(300_000)}))\r\n` },
    ],
    ['in long lines', { ...whole, at: 'EXAMINE', text: `* OK ${'a'.repeat(100_000)}\r\n` }],
    [
      'in literals',
      { ...whole, at: 'EXAMINE', text: `* 1 FETCH (BODY[] {65500}\r\n${'a'.repeat(65_500)})\r\n` },
    ],
  ])('%s', async (_name, flood) => {
    await using server = await FloodingServer.start(flood)
    await talkTo(server).catch((error: unknown) => error)
    expect(await server.cutOff).toBe(true)
    expect(server.flooded).toBeLessThan(100 * megabyte)
  })
})

test('a command that is answered an octet at a time ends at its deadline', async () => {
  await using server = await FloodingServer.start({ at: 'CAPABILITY', text: 'x', everyMs: 5, most: 100_000 })
  const talk = talkTo(server, { ...defaultTiming, commandMs: 300 })
  await expect(talk).rejects.toBeInstanceOf(TemporaryError)
  expect(await server.cutOff).toBe(true)
})
