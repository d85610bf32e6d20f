/** The answers to failed requests from a person, a part of a page, and a program. No store is needed. */
import { describe, expect, test } from '@jest/globals'
import { Hono } from 'hono'
import { TemporaryError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { answerOf } from '../../src/web/failures.tsx'
import { buildApp, type WebContext } from '../../src/web/server.tsx'

const secret = 'the words of a customer'
const web = {
  context: {
    log: silentLog,
    clock: { now: () => new Date('2026-11-28T10:00:00Z') },
    db: {
      query: async (sql: string) => {
        // The page has no password.
        if (/from replyd\.page_password/.test(sql)) return { rows: [], rowCount: 0 }
        throw new Error(`connection lost at ${secret}`)
      },
    },
    config: { web: { passwordHash: null, totpSecret: null, trustedProxies: [] } },
  },
} as unknown as WebContext
const app = buildApp(web, 'a-token-of-twenty-letters')

async function ask(path: string, headers: Record<string, string>, method = 'GET') {
  const answer = await app.request(`http://127.0.0.1${path}`, {
    method,
    headers: { host: '127.0.0.1', ...headers },
  })
  const body = await answer.text()
  return { status: answer.status, type: answer.headers.get('content-type')?.split(';')[0], body, answer }
}

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const cases: [string, string, Record<string, string>, string, number][] = [
  ['no such page', '/nothing-of-that-name', {}, 'GET', 404],
  ['no such action', '/nothing-of-that-name', { 'content-length': '70000' }, 'POST', 413],
  ['a form of yesterday', '/accounts/a/pause', {}, 'POST', 403],
  ['a link from another site', '/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }, 'GET', 403],
  ['a NUL in the address', '/history?q=%00', {}, 'GET', 400],
  ['another name', '/', { host: 'evil.example' }, 'GET', 421],
  ['a store that does not answer', '/replies/01JD00000000000000000000AA', {}, 'GET', 500],
]

describe.each(cases)('%s', (_what, path, headers, method, status) => {
  test('is a page that says what to do next, and no stack', async () => {
    const { answer, body, ...told } = await ask(path, { ...browser, ...headers }, method)
    expect(told).toEqual({ status, type: 'text/html' })
    expect(body).toMatch(/<h1>[^<]+<\/h1><p role="alert">[^<]+<\/p><p>[^<]/)
    expect(body).toContain('href="/"')
    expect(body).not.toContain(secret)
    expect(body).not.toMatch(/\bat .*\.tsx?:/)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  test('is a line for a part of a page', async () => {
    const {
      answer: _answer,
      body,
      ...told
    } = await ask(path, { accept: '*/*', 'hx-request': 'true', ...headers }, method)
    expect(told).toEqual({ status, type: 'text/html' })
    expect(body).toMatch(/^<p class="fault" role="alert" data-status="\d{3}">[^<]+<\/p>$/)
  })

  test('is plain text for a program', async () => {
    const { answer: _answer, body, ...told } = await ask(path, { accept: '*/*', ...headers }, method)
    expect(told).toEqual({ status, type: 'text/plain' })
    expect(body).not.toContain('<')
  })
})

test.each([
  ['/a', 'text/html', /<h1>No answer<\/h1>/],
  ['/api/a', 'application/json', /"error":"unavailable"/],
])('a request that may succeed later is no fault of replyd: %s', async (path, accept, expected) => {
  const unreached = new Hono().get(path, () => {
    throw new TemporaryError(`no answer to ${secret}`)
  })
  unreached.onError(answerOf(silentLog))
  const answer = await unreached.request(path, { headers: { accept } })
  const body = await answer.text()
  expect([answer.status, body]).toEqual([503, expect.stringMatching(expected)])
  expect(body).not.toContain(secret)
})
