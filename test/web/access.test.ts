import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { reviewerName } from '../../src/review/people.ts'
import { apiToken, isOwnHost, writeAccess } from '../../src/web/access.ts'

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
  // Look-alikes in Latin letters and digits, and in one other script.
  ['repIyd', null],
  ['rep1yd', null],
  ['rep\u0142yd', null],
  ['\u0280eplyd', null],
  ['0wner', null],
  ['ovvner', null],
  ['ap1 Ada', null],
  ['daernon', null],
  ['\u0430\u0440\u0456', null],
  ['\u0430\u0440\u0456 2', null],
  ['Łukasz', 'Łukasz'],
  ['Øystein', 'Øystein'],
  ['Đorđe', 'Đorđe'],
  ['Αλίκη', 'Αλίκη'],
  ['Оксана', 'Оксана'],
  ['李明', '李明'],
  ['Aplin', 'Aplin'],
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
