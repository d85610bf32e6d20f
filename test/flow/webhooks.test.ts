/** A subscriber receives the events, even if it was down the first time. */

import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { webhookEvents } from '../../src/config/schema.ts'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { loadWebhook } from '../../src/store/webhooks.ts'
import { signatureOf, Webhooks } from '../../src/web/webhooks.ts'
import { listening } from '../listening.ts'
import { forceMail } from '../live/force.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

const address = 'hooks@shop.example'
const secret = 'only-for-this-test'

let dovecot: Dovecot
let standIn: StandIn

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
})

afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

interface Told {
  headers: IncomingHttpHeaders
  body: string
}

test('a held reply is announced, signed, repeated after a failure, and keeps its id', async () => {
  const told: Told[] = []
  let onSecond: () => void = () => undefined
  const second = new Promise<void>((resolve) => {
    onSecond = resolve
  })
  const receiver = createServer((request, response) => {
    void text(request).then((body) => {
      told.push({ headers: request.headers, body })
      response.writeHead(told.length === 1 ? 503 : 204).end()
      if (told.length === 2) onSecond()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  {
    await using running = await startDaemon({
      address,
      imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
      smtp: { host: '127.0.0.1', port: 9 },
      standIn,
      databaseUrl: await newDatabase(),
      roles: ['watch', 'work', 'web'],
      account: { replies: { mode: 'review' } },
      document: { webhooks: [{ url, secret, events: ['reply.held'] }] },
    })
    const octets = `From: Noor <noor@buyers.example>\r\nTo: ${address}\r\nSubject: Hours\r\nMessage-ID: <w1@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\nHello, when are you open on Saturday?\r\n`
    // Sets its position in the events, so that later events are reported.
    await loadWebhook(running.daemon.context.db, url, new Date())
    await deliverAll(dovecot, [{ user: address, octets, reversePath: 'noor@buyers.example' }])
    const row = await running.settledWith(({ disposition }) => disposition === 'held')
    await second
    for (const { headers, body } of told) {
      const id = String(headers['webhook-id'])
      const signature = signatureOf(secret, id, Number(headers['webhook-timestamp']), body)
      expect(headers['webhook-signature']).toBe(signature)
      expect(JSON.parse(body)).toMatchObject({ type: 'reply.held', mail: { id: row.id, subject: 'Hours' } })
    }
    expect(new Set(told.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  }
  receiver.closeAllConnections()
  await new Promise((resolve) => receiver.close(resolve))
})

test('reaching the budget is announced once a day, with the cap', async () => {
  const told: string[] = []
  let onTold: () => void = () => undefined
  const first = new Promise<void>((resolve) => {
    onTold = resolve
  })
  const receiver = createServer((request, response) => {
    void text(request).then((body) => {
      told.push(body)
      response.writeHead(204).end()
      onTold()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  const user = 'budget@shop.example'
  {
    await using running = await startDaemon({
      address: user,
      imap: { host: dovecot.host, port: dovecot.imapPort, user, password: dovecot.password },
      smtp: { host: '127.0.0.1', port: 9 },
      standIn,
      databaseUrl: await newDatabase(),
      roles: ['watch', 'work'],
      account: { replies: { mode: 'review' } },
      document: {
        webhooks: [{ url, secret, events: ['budget.reached'] }],
        budget: { perDay: 0.000_001 },
        model: {
          name: standInModel,
          baseUrl: standIn.baseUrl,
          apiKey: 'none',
          price: { input: 1, output: 1 },
        },
      },
    })
    await using hooks = new Webhooks(running.daemon.context)
    const mail = (at: number) =>
      `From: Noor <noor${at}@buyers.example>\r\nTo: ${user}\r\nSubject: Hours ${at}\r\nMessage-ID: <b${at}@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\nHello, when are you open on Saturday?\r\n`
    await deliverAll(
      dovecot,
      [1, 2].map((at) => ({ user, octets: mail(at), reversePath: `noor${at}@buyers.example` })),
    )
    await first
    expect(JSON.parse(told[0] ?? '')).toMatchObject({ type: 'budget.reached', perDay: 0.000_001 })
    const example = examples.find(({ type }) => type === 'budget.reached')
    expect(shapeOf(JSON.parse(told[0] ?? ''))).toEqual(shapeOf(example))
    // At the next checks the budget is still used up, which is not reported again.
    await hooks.deliver()
    await hooks.deliver()
  }
  expect(told).toHaveLength(1)
  receiver.closeAllConnections()
  await new Promise((resolve) => receiver.close(resolve))
})

/** Receives events until each of these types came; `late` is refused the first time. */
async function receiver(types: readonly string[], late: string) {
  const told: Record<string, unknown>[] = []
  const tries: string[] = []
  let onAll: () => void = () => undefined
  const all = new Promise<void>((resolve) => {
    onAll = resolve
  })
  const server = await listening((request, response) => {
    void text(request).then((body) => {
      const id = String(request.headers['webhook-id'])
      const signature = signatureOf(secret, id, Number(request.headers['webhook-timestamp']), body)
      const event = JSON.parse(body)
      if (event.type === late) tries.push(`${id} ${body}`)
      const isRefused = event.type === late && tries.length === 1
      response
        .writeHead(request.headers['webhook-signature'] !== signature ? 401 : isRefused ? 503 : 204)
        .end()
      if (!isRefused) told.push(event)
      if (types.every((type) => told.some((each) => each.type === type))) onAll()
    })
  })
  return { url: server.url, told, tries, all, close: () => server[Symbol.asyncDispose]() }
}

/** Names and kinds of all fields; a text may be null. */
function shapeOf(value: unknown): unknown {
  if (value === null || typeof value === 'string') return 'text'
  if (Array.isArray(value)) return [...new Set(value.map(shapeOf))]
  if (typeof value !== 'object') return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shapeOf(each)]))
}

const page = readFileSync(fileURLToPath(new URL('../../docs/webhooks.md', import.meta.url)), 'utf8')
const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json))

test('every event is as docs/webhooks.md shows it', async () => {
  expect(examples.map(({ type }) => type).sort()).toEqual([...webhookEvents].sort())
  const live = webhookEvents.filter((type) => type !== 'budget.reached')
  const hook = await receiver(live, 'account.stopped')
  const [user, stopped] = ['examples@shop.example', 'locked@shop.example']
  const imap = { host: dovecot.host, port: dovecot.imapPort, secure: false, password: dovecot.password }
  const smtp = { host: '127.0.0.1', port: 9, secure: false, user, password: 'x' }
  {
    await using running = await startDaemon({
      address: user,
      imap: { ...imap, user },
      smtp,
      standIn,
      databaseUrl: await newDatabase(),
      roles: ['watch', 'work', 'web'],
      document: {
        accounts: [
          { address: user, imap: { ...imap, user }, smtp, since: 'all' },
          { address: stopped, imap: { ...imap, user: stopped, password: 'wrong' }, smtp },
        ],
        webhooks: [{ url: hook.url, secret }],
      },
    })
    const { db } = running.daemon.context
    await loadWebhook(db, hook.url, new Date())
    const mail = (n: number, subject: string, body: string) =>
      `From: Noor <noor${n}@buyers.example>\r\nTo: ${user}\r\nSubject: ${subject}\r\nMessage-ID: <e${n}@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\n${body}\r\n`
    const octets = [
      mail(1, 'Hours', 'Hello, when are you open on Saturday?'),
      mail(2, 'Shipping', 'Hello, what does a zeppelin to Norway cost?'),
      mail(3, 'You have won', 'Congratulations winner! Claim your free casino bonus prize now, click here.'),
    ]
    await deliverAll(
      dovecot,
      octets.map((each, n) => ({ user, octets: each, reversePath: `noor${n + 1}@buyers.example` })),
    )
    const at = (subject: string) =>
      running.settledWith((row) => row.subject === subject && row.disposition === 'drafted')
    const [drafted, other] = [await at('Hours'), await at('Shipping')]
    const held = { id: other.id, disposition: 'held', reason: 'mode-review' } as const
    await forceMail(db, { ...held, from: 'done', to: 'review' }, new Date())
    // The owner sends the draft.
    const sent = { id: drafted.id, disposition: 'sent-by-owner', reason: 'sent-by-owner' } as const
    await forceMail(db, { ...sent, from: 'done', to: 'done' }, new Date())
    await hook.all
  }
  await hook.close()
  const shapes = new Map(examples.map((each) => [each.type, shapeOf(each)]))
  for (const each of hook.told) expect(shapeOf(each)).toEqual(shapes.get(String(each.type)))
  expect(hook.told.find(({ type }) => type === 'account.stopped')).toMatchObject({ account: stopped })
  expect(hook.told.filter(({ type }) => type === 'account.stopped')).toHaveLength(1)
  // The second try has the same id and time as the first.
  expect(hook.tries).toHaveLength(2)
  expect(new Set(hook.tries).size).toBe(1)
  const [missing] = hook.told.filter(({ type }) => type === 'teach.missing')
  expect(missing).toMatchObject({
    missing: [expect.stringContaining('zeppelin')],
    mail: { subject: 'Shipping' },
  })
})
