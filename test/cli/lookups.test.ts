import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { run } from './run.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-lookups-'))
const config = join(directory, 'replyd.yaml')
const shop = createServer((request, response) => {
  const found = request.url === '/AB-12345'
  const body = { email: 'kim@a.example', state: 'shipped\u001b[31m', note: 'x'.repeat(200) }
  response.writeHead(found ? 200 : request.url === '/AB-50000' ? 500 : 404).end(JSON.stringify(body))
})

beforeAll(async () => {
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/{match}`
  writeFileSync(
    config,
    `accounts:
  - address: support@example.com
    imap: { host: imap.example.com, password: x }
    smtp: { host: smtp.example.com }
model: { apiKey: sk-secret }
lookups:
  - { name: order, when: { match: 'AB-\\d{5}' }, http: { url: "${url}" }, ownedBy: $.email, fields: { owner: $.email.none, has: $.count } }
  - { name: state, when: { match: 'AB-\\d{5}' }, http: { url: "${url}" }, ownedBy: $.email, fields: { state: $.state } }
  - { name: who, when: { match: 'AB-\\d{5}' }, http: { url: "${url}" }, public: true, fields: { letters: "$[?@ == 'kim@a.example']" } }
  - { name: plain, when: { match: 'AB-\\d{5}' }, http: { url: "${url}" }, ownedBy: $.email, fields: { length: $.note } }
`,
  )
})

afterAll(async () => {
  await new Promise((resolve) => shop.close(resolve))
  rmSync(directory, { recursive: true })
})

test.each<[string, string, string[], number, string]>([
  ['without values', 'order', ['--as', 'kim@a.example'], 0, 'order AB-12345: not found\n'],
  ['unproven', 'state', [], 0, 'state AB-12345: not read: the author is not proven (see --as)\n'],
  [
    'somebody else’s',
    'state',
    ['--as', 'eva@a.example'],
    0,
    'state AB-12345: belongs to another address: the reply says the same as for "not found"\n',
  ],
  [
    'with control characters',
    'state',
    ['--as', 'kim@a.example'],
    0,
    'state AB-12345: read, but a person has to look: state has control characters or markers\n',
  ],
  [
    'public, with an address',
    'who',
    [],
    0,
    'who AB-12345: read, but a person has to look: letters has a link, an address or a telephone number\n',
  ],
  [
    'with prose',
    'plain',
    ['--as', 'kim@a.example'],
    0,
    'plain AB-12345: read, but a person has to look: length is too long\n',
  ],
])('a record %s', async (_, name, more, status, out) => {
  expect(await run(['lookups', 'try', name, 'Where is ab-12345?', '-c', config, ...more])).toMatchObject({
    status,
    out,
    err: '',
  })
})

test('what can’t be read ends with status 1', async () => {
  const { status, out } = await run([
    'lookups',
    'try',
    'state',
    'AB-50000',
    '--as',
    'kim@a.example',
    '-c',
    config,
    '--json',
  ])
  expect([status, JSON.parse(out)]).toMatchObject([
    1,
    { outcome: 'failed', detail: 'the answer was HTTP 500', facts: {} },
  ])
})

test.each([
  [['none', 'x'], /^replyd: lookups try: no lookup "none" is configured \(known: order, state, who, plain\)/],
  [['state', 'x', '--as', 'Kim'], /^replyd: lookups try: "Kim" is not a bare address/],
])('%p is wrong usage', async (argv, message) => {
  const { status, err } = await run(['lookups', 'try', ...argv, '-c', config])
  expect([status, err]).toEqual([2, expect.stringMatching(message)])
})
