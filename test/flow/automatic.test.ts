/** Mode `send` with a model that always answers: what is sent without a person, and to whom. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startMailbox } from '../../src/demo/mailbox.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { fieldValues } from '../../src/mail/message.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { type Names, nameServer, type Signer, signed, signer } from '../mail/signed.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

const owner = 'support@nordlicht.example'
const login = { user: 'support', password: 'automatic' }
let standIn: StandIn
let mailbox: Awaited<ReturnType<typeof startMailbox>>
let running: RunningDaemon
const names: Names = nameServer()
let shop: Signer

beforeAll(async () => {
  shop = signer(names, 'shop.example')
  names.records.set('_dmarc.shop.example', 'v=DMARC1; p=reject')
  names.records.set('_dmarc.gmail.com', 'v=DMARC1; p=none')
  ;[standIn, mailbox] = await Promise.all([startStandIn(), startMailbox({ ...login, now: () => new Date() })])
  running = await startDaemon({
    address: owner,
    imap: { ...mailbox.imap, ...login },
    smtp: mailbox.smtp,
    standIn,
    databaseUrl: await newDatabase(),
    resolveTxt: names.resolveTxt,
    account: { replies: { mode: 'send', undo: '0s', minConfidence: 0 } },
  })
})

afterAll(async () => {
  await running?.stop()
  await Promise.all([mailbox?.close(), standIn?.close()])
})

let serial = 0

function letter(
  from: string,
  fields: string[] = [],
  subject = 'Opening hours',
): { id: string; text: string } {
  serial++
  const id = `<a${serial}@shop.example>`
  const head = [
    `From: Kim Berg <${from}>`,
    ...fields,
    `To: ${owner}`,
    `Subject: ${subject}`,
    `Message-ID: ${id}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
  ]
  return {
    id,
    text: `${head.join('\r\n')}\r\n\r\nHello,\r\n\r\nwhen are you open on Saturday?\r\n\r\nKim\r\n`,
  }
}

async function outcome({ id, text }: { id: string; text: string }) {
  await mailbox.deliver(Buffer.from(text))
  return running.settledWith(({ messageId }) => messageId === id)
}

test('a mail with a valid signature is answered, only to its author and without the name that they chose', async () => {
  const mail = letter('kim@shop.example')
  const row = await outcome({ ...mail, text: await signed(mail.text, shop) })
  expect(row).toMatchObject({ disposition: 'sent' })
  const [sent, ...others] = mailbox.sent()
  expect(others).toEqual([])
  expect(sent?.recipients).toEqual(['kim@shop.example'])
  expect(fieldValues(parseOctets(sent?.octets ?? Buffer.alloc(0)), 'to')).toEqual(['kim@shop.example'])
})

test('a mail that lacks something gets a draft, and the page says why', async () => {
  const google = signer(names, 'gmail.com')
  const cases: [mail: { id: string; text: string }, by: Signer | null, reason: string, detail: string][] = [
    [letter('kim@shop.example'), null, 'unauthenticated', 'author: the mail is not signed'],
    [letter('kim@shop.example', ['Reply-To: eva@shop.example']), shop, 'reply-to-elsewhere', ''],
    [letter('kim@shop.example', [], 'Win at www.evil.example'), shop, 'contact-in-subject', ''],
    [letter('kim@shop.example', [], 'Call +49 30 1234567 now'), shop, 'contact-in-subject', ''],
    [letter('kim@gmail.com', ['Reply-To: eva@gmail.com']), google, 'guard-ceiling', ''],
  ]
  for (const [{ text }, by] of cases)
    await mailbox.deliver(Buffer.from(by === null ? text : await signed(text, by)))
  for (const [{ id }, , reason, detail] of cases) {
    const row = await running.settledWith(({ messageId }) => messageId === id)
    expect([id, row.disposition, row.reason]).toEqual([id, 'drafted', reason])
    expect(row.detail).toContain(detail)
  }
  expect(mailbox.sent()).toHaveLength(1)
  // Another mailbox at the same provider is a stranger, even with the provider's signature. No DNS look-up was made for
  // mail that would not be sent anyway.
  expect(names.asked.filter((name) => name.endsWith('gmail.com'))).toEqual([])
})
