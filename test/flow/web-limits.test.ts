/** Limits on what a stranger who can reach the port may send before being identified. */
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { storeIngested } from '../../src/store/ingested.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

const token = 'a-token-of-twenty-letters'
let standIn: StandIn
let open: RunningDaemon
let closed: RunningDaemon

beforeAll(async () => {
  standIn = await startStandIn()
  const settings = {
    address: 'limits@shop.example',
    imap: { host: '127.0.0.1', port: 9, user: 'limits', password: 'none' },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    roles: ['web'] as const,
  }
  const start = async (web: object) =>
    startDaemon({
      ...settings,
      databaseUrl: await newDatabase(),
      roles: ['web'],
      document: { web: { port: 0, token, ...web } },
    })
  ;[open, closed] = await Promise.all([start({}), start({ password: 'correct horse battery' })])
})

afterAll(async () => {
  await Promise.all([open?.stop(), closed?.stop()])
  await standIn?.close()
})

const urlOf = (running: RunningDaemon) => running.daemon.url ?? ''
const json = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }

/** Sends chunks until the other side ends the connection; returns its answer, and how many octets it read. */
function flood(
  running: RunningDaemon,
  head: string,
  most: number,
): Promise<{ status: number; sent: number }> {
  const { hostname, port } = new URL(urlOf(running))
  const chunk = Buffer.alloc(64 * 1024, 'a')
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let sent = 0
    let answer = ''
    const more = () => {
      while (sent < most && !socket.destroyed) {
        sent += chunk.length
        if (!socket.write(Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]))) return
      }
    }
    const end = () => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0), sent })
    socket.on('connect', () => {
      socket.write(`${head}\r\nHost: ${hostname}:${port}\r\nTransfer-Encoding: chunked\r\n\r\n`)
      more()
    })
    socket.on('drain', more)
    socket.on('data', (octets) => {
      answer += octets.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.on('close', end)
  })
}

describe('an endless body', () => {
  const form = 'content-type: application/x-www-form-urlencoded'
  const asAssistant = 'content-type: application/json\r\naccept: application/json, text/event-stream'
  test.each([
    ['the login', `POST /login HTTP/1.1\r\n${form}`, 413],
    ['a form without a session', `POST /replies/x/approve HTTP/1.1\r\n${form}`, 303],
    ['the API without its token', 'POST /api/forget HTTP/1.1\r\ncontent-type: application/json', 401],
    ['the API with its token', `POST /api/forget HTTP/1.1\r\nauthorization: Bearer ${token}`, 413],
    ['the assistants without a token', `POST /mcp HTTP/1.1\r\n${asAssistant}`, 401],
    [
      'the assistants with a token',
      `POST /mcp HTTP/1.1\r\n${asAssistant}\r\nauthorization: Bearer ${token}`,
      413,
    ],
    ['a page that takes none', `POST /healthz HTTP/1.1\r\n${form}`, 405],
  ])('to %s is cut off', async (_, head, status) => {
    const most = 200 << 20
    const result = await flood(closed, head, most)
    expect(result.status).toBe(status)
    // The contents of both sockets' buffers, and what is discarded before the connection ends.
    expect(result.sent).toBeLessThan(most / 2)
  })

  test.each([
    ['/login', 64 * 1024 + 1],
    ['/api/forget', 1024 * 1024 + 1],
  ])('to %s is refused by its declared length alone', async (path, length) => {
    const { hostname, port } = new URL(urlOf(closed))
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`),
      )
      socket.once('data', (octets) => {
        resolve(octets.toString('latin1'))
        socket.destroy()
      })
      socket.once('error', reject)
    })
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('a header block over 16 KB is refused', async () => {
    const answer = await fetch(`${urlOf(closed)}/healthz`, { headers: { 'x-long': 'a'.repeat(20_000) } })
    expect(answer.status).toBe(431)
  })
})

describe('an API body that is not what it should be', () => {
  const post = (path: string, body: string, more = {}) =>
    fetch(`${urlOf(open)}/api${path}`, { method: 'POST', body, headers: { ...json, ...more } })

  beforeAll(async () => {
    const now = new Date()
    const message = {
      ...{ id: 'm1', account: 'limits@shop.example', mailbox: 'INBOX', uidValidity: '1', uid: 1, size: 1 },
      ...{ messageId: '<m1@x.example>', threadId: null, emailId: null, flags: [], fromName: null },
      ...{ fromAddress: 'a@x.example', subject: 's', internalDate: now },
      ...({ step: 'review', disposition: 'held', reason: 'mode-review' } as const),
    }
    await storeIngested(open.daemon.context.db, { messages: [message] }, now)
  })

  test.each([
    ['cut off', '{"seen":"deadbeef'],
    ['no object', '["seen"]'],
    ['null', 'null'],
    ['without what was seen', '{}'],
    ['empty', ''],
    ['with nothing seen', '{"seen":""}'],
    ['with an unknown key', '{"seen":"deadbeef","force":true}'],
    ['of the wrong kind', '{"seen":1}'],
    ['with a NUL', '{"seen":"dead\\u0000beef"}'],
  ])('%s: 400, and nothing is approved', async (_, body) => {
    expect((await post('/replies/m1/approve', body)).status).toBe(400)
  })

  test.each([
    ['/accounts/limits@shop.example/pause', '{"x":1}'],
    ['/forget', '{"address":"a@x.example","all":true}'],
    ['/audit', '{"x":1}'],
  ])('%s with an unknown key: 400', async (path, body) => {
    expect((await post(path, body)).status).toBe(400)
  })

  test.each([
    '/api/replies/a%00b',
    '/api/mails?q=%00',
    '/api/usage?by=day&since=%00',
    '/mails/%00',
    '/?q=a%00b',
  ])('%s holds a NUL: 400', async (path) => {
    expect((await fetch(`${urlOf(open)}${path}`, { headers: json })).status).toBe(400)
  })

  test('an audit, which queries the mail servers, cannot be requested with GET', async () => {
    expect((await fetch(`${urlOf(open)}/api/audit`, { headers: json })).status).toBe(405)
  })
})

describe('another web site', () => {
  const from = (site: string, mode: string, dest: string) => ({
    'sec-fetch-site': site,
    'sec-fetch-mode': mode,
    'sec-fetch-dest': dest,
  })
  test.each<[string, string, Record<string, string>, number, string?]>([
    ['an image', '/', from('cross-site', 'no-cors', 'image'), 403],
    ['a frame', '/?q=salary', from('cross-site', 'navigate', 'iframe'), 403],
    ['a script', '/events', from('same-site', 'no-cors', 'script'), 403],
    ['a script for the API', '/api/mails?q=x', from('cross-site', 'cors', 'empty'), 403],
    ['a link to a search', '/history?q=salary', from('cross-site', 'navigate', 'document'), 303],
    [
      'a link to what asks the mail server',
      '/mails/m1/conversation',
      from('cross-site', 'navigate', 'document'),
      303,
      '/replies/m1',
    ],
    [
      'a link through us to itself',
      '//evil.example/?q=x',
      from('cross-site', 'navigate', 'document'),
      303,
      '/evil.example/',
    ],
    ['a link to a page', '/history', from('cross-site', 'navigate', 'document'), 200],
    ['the same page', '/?q=salary', from('same-origin', 'navigate', 'document'), 200],
    ['an address typed in', '/?q=salary', from('none', 'navigate', 'document'), 200],
    ["a mail's frame for its style", '/assets/mail.css', from('cross-site', 'no-cors', 'style'), 200],
  ])('asks for %s', async (_, path, headers, status, location = '/history') => {
    // Not with fetch, which sets Sec-Fetch-Mode itself.
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${urlOf(open)}${path}`, { headers }, resolve).once('error', reject)
    })
    answer.resume()
    expect(answer.statusCode).toBe(status)
    if (status === 303) expect(answer.headers.location).toBe(location)
  })

  test('can neither embed an answer nor keep hold of the window', async () => {
    const { headers } = await fetch(`${urlOf(open)}/`)
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
  })
})
