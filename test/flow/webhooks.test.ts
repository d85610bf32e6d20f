/** A subscriber receives the events, even if it was down the first time. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { loadWebhook } from '../../src/store/webhooks.ts'
import { signatureOf, Webhooks } from '../../src/web/webhooks.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { startDaemon } from './daemon.ts'

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

test('a held reply is told, signed, again after a failure, and under the same id', async () => {
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
      roles: ['watch', 'work', 'web'],
      account: { replies: { mode: 'review' } },
      document: { webhooks: [{ url, secret, events: ['reply.held'] }] },
    })
    const octets = `From: Noor <noor@buyers.example>\r\nTo: ${address}\r\nSubject: Hours\r\nMessage-ID: <w1@buyers.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\nHello, when are you open on Saturday?\r\n`
    // Its position in the events: later events are reported.
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

test('that the budget is reached is told once a day, with the cap', async () => {
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
    // The cap is still reached at the next looks, and that is no news.
    await hooks.deliver()
    await hooks.deliver()
  }
  expect(told).toHaveLength(1)
  receiver.closeAllConnections()
  await new Promise((resolve) => receiver.close(resolve))
})
