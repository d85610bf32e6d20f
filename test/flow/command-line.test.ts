/** What the commands print while a daemon holds mails: it fits the terminal, and --json is one object or a list. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { widthOf } from '../../src/base/columns.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { run } from '../cli/run.ts'
import { type Dovecot, deliverAll, type Postfix, startDovecot, startPostfix } from '../live/servers/index.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'

const address = 'desk@shop.example'
const longSubject =
  'Do you open on the Saturday after the long weekend, and may I bring the tandem of my sister along?'
let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn
let running: RunningDaemon
let environment: Record<string, string>
let ids: string[]

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
  postfix = await startPostfix({ deliverTo: dovecot })
  running = await startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: postfix.host, port: postfix.smtpPort },
    standIn,
    roles: ['watch', 'work', 'web'],
    account: { replies: { mode: 'review', undo: '1h' } },
  })
  const { directory } = running.daemon.context.config.state
  const { url, token } = JSON.parse(readFileSync(join(directory, 'api.json'), 'utf8'))
  environment = { REPLYD_URL: url, REPLYD_TOKEN: token }
  const senders = ['noor', 'a-customer-with-a-very-long-local-part-indeed', '佐藤']
  const octets = (name: string, at: number) =>
    Buffer.from(
      `From: ${name} <customer${at}@buyers.example>\r\nTo: ${address}\r\nSubject: ${longSubject}\r\nMessage-ID: <q${at}@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\nHello,\r\n\r\nwhen are you open on Saturday?\r\n`,
    )
  await deliverAll(
    dovecot,
    senders.map((name, at) => ({ user: address, octets: octets(name, at) })),
  )
  ids = (await running.settled(senders.length)).map(({ id }) => id)
})

afterAll(async () => {
  await running?.stop()
  await Promise.all([postfix?.stop(), dovecot?.stop(), standIn?.close()])
})

const reading = [
  'replies list',
  'replies list --search nothing-has-this',
  'replies show ID',
  'mails list',
  'mails explain ID',
  'junk list',
  'autonomy list',
  'usage',
  'usage --by step',
  'status',
  'teach',
  'teach --taught',
  'teach --offers',
  'token list',
  'people list',
  'mcp facts',
  'open',
]
const escapeCharacter = '\u001b'
const colours = new RegExp(`${escapeCharacter}\\[\\d+m`, 'g')
const argvOf = (line: string, id = ids[0] ?? '') => line.split(' ').map((word) => (word === 'ID' ? id : word))

test.each(reading)('%s fits the terminal, and is plain elsewhere', async (line) => {
  for (const columns of [80, 120]) {
    const { out, status } = await run(argvOf(line), { environment, columns })
    expect(status).toBe(0)
    const lines = out.replace(colours, '').split('\n')
    expect(lines.filter((each) => widthOf(each) > columns)).toEqual([])
    const plain = await run(argvOf(line), { environment: { ...environment, NO_COLOR: '1' }, columns })
    expect(plain.out).not.toContain(escapeCharacter)
  }
  const piped = await run(argvOf(line), { environment })
  expect(piped.out).toMatch(/.\n$/)
  expect(piped.out).not.toContain(escapeCharacter)
  expect(piped.out).not.toMatch(/\(none\)|undefined|null|inputTokens/)
})

test('no outcome is cut at 80 columns', async () => {
  const { out } = await run(['replies', 'list'], { environment, columns: 80 })
  expect(out.match(/ waiting for you$/gm)).toHaveLength(3)
})

test.each(reading)('%s --json is JSON', async (line) => {
  const { out } = await run([...argvOf(line), '--json'], { environment, columns: 80 })
  expect(typeof JSON.parse(out)).toBe('object')
})

/** In this order: each command works on the result of the one before. */
const decisions: [line: string, words: RegExp, json: object][] = [
  [
    'replies approve ID',
    /^To .*:\n\n {2}[\s\S]*\nApproved\. It goes out at \d\d:\d\d:\d\d\./,
    { ok: true, sendsAt: /T/ },
  ],
  ['replies cancel ID', /^Cancelled: nothing was sent\.$/m, { ok: true }],
  ['replies reject ID', /^Rejected: nothing is sent\./, { ok: true }],
  ['replies reopen ID', /^It waits for you again\.$/m, { ok: true }],
]

test('a decision is reported in words, or as one object with the whole id', async () => {
  const [first = '', second = ''] = ids
  for (const [line, words, json] of decisions) {
    const plain = await run(argvOf(line, first), { environment, columns: 80 })
    expect(plain.out).toMatch(words)
    const { out } = await run([...argvOf(line, second), '--json'], { environment })
    const wanted = Object.entries(json).map(([key, value]) => [
      key,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ])
    expect(JSON.parse(out)).toEqual({ id: second, ...Object.fromEntries(wanted) })
  }
})

test('other commands answer with one object, too', async () => {
  const json = async (argv: string[], more: Record<string, string> = {}) =>
    JSON.parse((await run([...argv, '--json'], { environment: { ...environment, ...more } })).out)
  const id = ids[2] ?? ''
  expect(await json(['replies', 'edit', id], { EDITOR: 'true' })).toMatchObject({ id, changed: false })
  expect(await json(['replies', 'edit', id], { EDITOR: 'echo Yes. >' })).toMatchObject({ id, changed: true })
  expect(await json(['pause'])).toEqual({ accounts: [address], paused: true })
  expect(await json(['replies', 'approve', id])).toEqual({ id, ok: true, sendsAt: null })
  expect(await json(['resume'])).toEqual({ accounts: [address], paused: false })
  const taught = await json(['teach', 'What does a bell cost?', '--fact', 'A bell costs 9 euros.'])
  expect(taught).toMatchObject({ fact: { question: 'What does a bell cost?' } })
  expect(await json(['teach', '--undo', taught.fact.id])).toMatchObject({ fact: { id: taught.fact.id } })
  expect(await json(['token', 'create', 'one', '--scope', 'read'])).toMatchObject({ scopes: ['read'] })
  expect(await json(['token', 'revoke', 'one'])).toEqual({ ok: true })
})

test.each([
  [['mails', 'list', '--since', 'yesterday'], /^replyd: since must be a day such as/],
  [['mails', 'list', '--disposition', 'x'], /^replyd: disposition must be one of pending, /],
])('bad input names what is wrong, with status 2: %p', async (argv, words) => {
  const { err, status } = await run(argv, { environment })
  expect(err).toMatch(words)
  expect(status).toBe(2)
})
