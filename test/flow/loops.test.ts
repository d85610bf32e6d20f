/**
 * Two responders answer each other: every conversation ends on its own, within the limits of docs/rules.md section 7.
 */
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { type Dovecot, type Postfix, startDovecot, startPostfix } from '../live/servers/index.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { readMailbox } from './mailboxes.ts'

/**
 * A site's border server and a colleague's out-of-office notice: each delivered mail gets a verdict on its sender's
 * domain, and kim@ answers by Sieve (RFC 5230), even to a mail sent a moment ago.
 */
const sieve = `require ["editheader", "variables", "envelope", "vacation-seconds"];
if address :matches :domain "from" "*" {
  addheader "Authentication-Results" "mx.replyd.test; dmarc=pass header.from=\${1}";
}
if envelope :localpart :is "to" "kim" {
  vacation :seconds 0 :addresses ["kim@away.example"] "I am away until Monday.";
}
`

let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn
let forwarder: Server

/** Dovecot sends its notices through Postfix, which starts later: this port is open from the start. */
async function startForwarder(): Promise<number> {
  forwarder = createServer((socket) => {
    const onward = connect(postfix.smtpPort, postfix.host)
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
    socket.pipe(onward).pipe(socket)
  })
  await new Promise<void>((resolve) => forwarder.listen(0, '127.0.0.1', resolve))
  return (forwarder.address() as AddressInfo).port
}

beforeAll(async () => {
  const extraConfig = `submission_host = 127.0.0.1:${await startForwarder()}
plugin {
  sieve_extensions = +editheader +vacation-seconds
  sieve_vacation_min_period = 0
}`
  ;[dovecot, standIn] = await Promise.all([startDovecot({ sieve, extraConfig }), startStandIn()])
  postfix = await startPostfix({ deliverTo: dovecot })
})

afterAll(async () => {
  await Promise.all([postfix?.stop(), dovecot?.stop(), standIn?.close()])
  forwarder.close()
})

async function startOn(address: string): Promise<RunningDaemon> {
  return startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: postfix.host, port: postfix.smtpPort },
    standIn,
    databaseUrl: await newDatabase(),
    account: { authservIds: ['mx.replyd.test'], sentCopy: true },
    document: { replies: { mode: 'send', undo: '0s', minConfidence: 0.3 } },
  })
}

function question(from: string, to: string, id: string): string {
  return [
    `From: A Customer <${from}>`,
    `To: ${to}`,
    `Subject: Opening hours`,
    `Message-ID: <${id}@asks.example>`,
    `Date: ${new Date().toUTCString()}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Hello,',
    '',
    'what are your opening hours on Saturday?',
    '',
    'Kim',
    '',
  ].join('\r\n')
}

test('of two replyd that write to each other, the second does not answer the first', async () => {
  await using one = await startOn('one@first.example')
  await using other = await startOn('other@second.example')
  await dovecot.deliver(
    'one@first.example',
    question('other@second.example', 'one@first.example', 'start'),
    'other@second.example',
  )
  const answered = await one.settledWith(({ messageId }) => messageId === '<start@asks.example>')
  expect([answered.disposition, answered.reason]).toEqual(['sent', 'all-clear'])
  const received = await other.settledWith(() => true)
  expect([received.disposition, received.reason]).toEqual(['declined', 'auto-submitted'])
  await postfix.drained()
  expect(await readMailbox(dovecot, 'one@first.example', 'INBOX')).toHaveLength(1)
})

test('a vacation notice is not answered, and does not answer what replyd sends', async () => {
  const address = 'shop@sales.example'
  await using running = await startOn(address)
  await dovecot.deliver(address, question('kim@away.example', address, 'away'), 'kim@away.example')
  const answered = await running.settledWith(({ messageId }) => messageId === '<away@asks.example>')
  expect(answered.disposition).toBe('sent')
  // The owner writes a mail by hand: Pigeonhole answers it, and its notice comes back.
  await dovecot.deliver('kim@away.example', question(address, 'kim@away.example', 'by-hand'), address)
  const notice = await running.settledWith(
    ({ fromAddress, id }) => fromAddress === 'kim@away.example' && id !== answered.id,
  )
  expect(notice.disposition).toBe('declined')
  expect(notice.codes).toEqual(expect.arrayContaining(['null-return-path', 'auto-submitted']))
  await postfix.drained()
  expect(await readMailbox(dovecot, address, 'INBOX')).toHaveLength(2)
})

test('a responder without any mark gets at most three answers a day, whatever threads it starts', async () => {
  const address = 'desk@help.example'
  await using running = await startOn(address)
  const outcomes: string[] = []
  for (let round = 1; round <= 6; round++) {
    await dovecot.deliver(
      address,
      question('orders@echo.example', address, `round-${round}`),
      'orders@echo.example',
    )
    const row = await running.settledWith(({ messageId }) => messageId === `<round-${round}@asks.example>`)
    outcomes.push(row.disposition)
    if (row.disposition !== 'sent')
      expect(row.reason).toMatch(/^(sender-throttled|same-reply|thread-throttled|guard-ceiling|throttled)$/)
  }
  expect(outcomes.filter((outcome) => outcome === 'sent').length).toBeLessThanOrEqual(3)
  expect(outcomes[0]).toBe('sent')
  expect(outcomes.at(-1)).not.toBe('sent')
  await postfix.drained()
  expect(await readMailbox(dovecot, 'orders@echo.example', 'INBOX')).toHaveLength(
    outcomes.filter((outcome) => outcome === 'sent').length,
  )
})

test('of ten mails that one sender sends at once, one gets the answer that all would get', async () => {
  const address = 'burst@help.example'
  const ids = Array.from({ length: 10 }, (_, n) => `burst-${n}`)
  for (const id of ids)
    await dovecot.deliver(
      address,
      question('orders@burst.example', address, id).replace('on Saturday', `in ${id}`),
      'orders@burst.example',
    )
  await using running = await startOn(address)
  const rows = await running.settled(ids.length)
  const outcomes = rows.map(({ disposition, reason }) => `${disposition} ${reason}`)
  expect(outcomes.filter((outcome) => outcome.startsWith('sent')).length).toBeLessThanOrEqual(3)
  await postfix.drained()
  expect((await readMailbox(dovecot, 'orders@burst.example', 'INBOX')).length).toBeLessThanOrEqual(3)
})

test('a mail in PGP armour waits for a person, and no model is asked about it', async () => {
  const address = 'secret@help.example'
  await using running = await startOn(address)
  const armour = '-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA0t\r\n=AbCd\r\n-----END PGP MESSAGE-----'
  const asked = standIn.counters().requests
  const octets = question('kim@closed.example', address, 'armour').replace(
    'what are your opening hours on Saturday?',
    armour,
  )
  await dovecot.deliver(address, octets, 'kim@closed.example')
  const row = await running.settledWith(() => true)
  expect([row.disposition, row.reason]).toEqual(['held', 'encrypted'])
  expect(standIn.counters().requests).toBe(asked)
})
