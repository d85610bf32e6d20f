import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { apiToken, isOwnHost, reviewerName, Sessions, writeAccess } from '../../src/web/access.ts'

const now = new Date('2026-11-24T08:00:00Z')
const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000)

describe('a session', () => {
  const sessions = new Sessions('token', null)
  const { cookie, session } = sessions.begin('Ada', now)

  test('is read again, with its name', () => expect(sessions.read(cookie, later(5))).toEqual(session))
  test('ends after thirty days', () => expect(sessions.read(cookie, later(31 * 1440))).toBeNull())
  test('ends with the password', () => expect(new Sessions('token', 'other').read(cookie, now)).toBeNull())

  test.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['another payload', `x${cookie}`],
    ['no signature', cookie.split('.')[0]],
    ['another signature', `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}x`],
  ])('is not %s', (_, forged) => expect(sessions.read(forged, now)).toBeNull())

  test('has forms whose token no other session has', () => {
    const other = sessions.begin('Ada', now).session
    expect(sessions.formToken(session)).not.toBe(sessions.formToken(other))
  })
})

test.each([
  ['localhost:4280', true],
  ['127.0.0.1:4280', true],
  ['[::1]:4280', true],
  ['127.0.0.1', true],
  ['evil.example:4280', false],
  ['localhost.evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['', false],
  [undefined, false],
])('Host %s is ours: %s', (host, expected) => expect(isOwnHost(host)).toBe(expected))

test.each([
  ['Ada', 'Ada'],
  ['  Ada  Löwe ', 'Ada Löwe'],
  ['Олена', 'Олена'],
  ['', 'reviewer'],
  ['replyd', null],
  ['Replyd ', null],
  ['r e p l y d', null],
  ['ｒｅｐｌｙｄ', null],
  ['rеplyd', null],
  ['owner', null],
  ['api Ada', null],
])('logged in as %j, a person decides as %j', (written, name) => expect(reviewerName(written)).toBe(name))

test("the API's token stays the same from start to start", () => {
  const directory = mkdtempSync(join(tmpdir(), 'replyd-access-'))
  const config = {
    web: { token: null },
    state: { directory },
  }
  const token = apiToken(config)
  writeAccess(directory, { url: 'http://127.0.0.1:1', token })
  expect(apiToken(config)).toBe(token)
  expect(apiToken({ ...config, web: { token: 'configured' } })).toBe('configured')
  rmSync(directory, { recursive: true })
})
