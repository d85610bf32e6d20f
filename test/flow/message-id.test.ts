/** Anybody can write any Message-ID: a mail with a known one is judged, unless it is the same mail again. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { ScriptedServer } from '../smtp/scripted-server.ts'
import { readMailbox } from './mailboxes.ts'
import { startWalk, type Walk } from './walk.ts'

const address = 'support@harbor.example'
let dovecot: Dovecot
let standIn: StandIn
let smtp: ScriptedServer
let walk: Walk

beforeAll(async () => {
  ;[dovecot, standIn, smtp] = await Promise.all([startDovecot(), startStandIn(), ScriptedServer.start()])
  walk = await startWalk({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: smtp.port },
    standIn,
    account: { authservIds: ['mx.harbor.example'], replies: { mode: 'send', undo: '0s' } },
  })
})

afterAll(async () => {
  await walk?.[Symbol.asyncDispose]()
  await Promise.all([dovecot?.stop(), standIn?.close(), smtp?.[Symbol.asyncDispose]()])
})

interface Letter {
  from: string
  subject: string
  id: string
  text: string
  date?: string
  /** Trace fields above all other fields. */
  trace?: string
}

/** The mail's row when it is settled. */
async function receive({ from, subject, id, text, date, trace }: Letter) {
  const domain = from.slice(from.indexOf('@') + 1)
  const lines = [
    ...(trace ? [trace] : []),
    `Authentication-Results: mx.harbor.example; dmarc=pass header.from=${domain}`,
    `From: ${from}`,
    `To: ${address}`,
    `Subject: ${subject}`,
    `Date: ${date ?? 'Fri, 27 Nov 2026 11:30:00 +0100'}`,
    `Message-ID: ${id}`,
    '',
    text,
  ]
  await deliverAll(dovecot, [{ user: address, octets: `${lines.join('\r\n')}\r\n`, reversePath: from }])
  await walk.arrive()
  const { rows } = await walk.context.db.query<{ id: string }>(
    'select id from replyd.message order by id desc limit 1',
  )
  return (await walk.walk(rows[0]?.id ?? '')).row
}

const question = 'Hello, when are you open on Saturday?'

test('another mail under a known Message-ID is answered, as a draft', async () => {
  const id = '<3klmoZ1mRr8MHpDmsEMpr71782370995962@mct.carrier.example>'
  const from = 'desk@carrier.example'
  const first = await receive({
    ...{ from, id, subject: 'Shipment 1001', date: 'Thu, 26 Nov 2026 09:00:00 +0100' },
    text: 'Hello, at what time are you open on Saturday? We want to collect shipment 1001.',
  })
  const second = await receive({
    ...{ from, id, subject: 'Shipment 2002' },
    text: 'Hello, what is the delivery time to Denmark? This is about shipment 2002.',
  })
  expect(first.disposition).not.toBe('duplicate')
  expect(second).toMatchObject({ disposition: 'drafted', ceiling: 'draft' })
  expect(second.codes).toContain('reused-message-id')
  const drafts = await readMailbox(dovecot, address, 'Drafts')
  expect(new Set(drafts.map(({ messageId }) => messageId)).size).toBe(drafts.length)
})

test('a mail that is sent first under the id of a later mail does not silence that mail', async () => {
  const id = '<invoice-77@kunde.example>'
  await receive({ from: 'mallory@evil.example', id, subject: 'Hi', text: question })
  const real = await receive({ from: 'anna.berg@kunde.example', id, subject: 'Invoice 77', text: question })
  expect(real).toMatchObject({ disposition: 'drafted', ceiling: 'draft' })
})

test('the same mail by a second route, with one more trace field, is a duplicate', async () => {
  const mail = {
    from: 'carl@kunde.example',
    id: '<h3-copy@kunde.example>',
    subject: 'Order 4711',
    text: question,
  }
  expect((await receive(mail)).disposition).not.toBe('duplicate')
  expect(await receive({ ...mail, trace: 'X-Delivered-Via: alias' })).toMatchObject({
    disposition: 'duplicate',
    reason: 'same-mail',
  })
})
