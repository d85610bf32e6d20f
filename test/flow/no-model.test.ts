/** Bulk mail that the guard declines and the owner's filter already knows: no call to the model, no money. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import type { Database } from '../../src/store/database.ts'
import { type Ingested, storeIngested } from '../../src/store/ingested.ts'
import { saveSpamExample } from '../../src/store/spam-examples.ts'
import { spamTokens } from '../../src/triage/spam-tokens.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { startDaemon } from './daemon.ts'

const address = 'calm@shop.example'
/** Examples per class; the filter gives verdicts from 200 on. */
const taught = 300

let dovecot: Dovecot
let standIn: StandIn

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
})

afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

function letter(kind: 'newsletter' | 'spam', n: number, authenticated = true): string {
  const [sender, subject, text] =
    kind === 'newsletter'
      ? [
          'news@gardeners.example',
          `Gardening letter ${n}`,
          'Plant tulips and roses now, and water the beds at dusk.',
        ]
      : [
          'win@lottery.example',
          `You have won ${n}`,
          'Claim your lottery prize today, casino bonus without deposit.',
        ]
  const header = [
    `Authentication-Results: mx.replyd.test; dmarc=${authenticated ? 'pass' : 'none'} header.from=${sender.replace(/.*@/, '')}`,
    `From: ${sender}`,
    `To: ${address}`,
    `Subject: ${subject}`,
    `Message-ID: <${kind}-${n}@bulk.example>`,
    'Date: Tue, 24 Nov 2026 10:00:00 +0000',
    `List-Id: <${kind}.bulk.example>`,
    'List-Unsubscribe: <https://bulk.example/off>',
    'Precedence: bulk',
  ]
  return `${header.join('\r\n')}\r\n\r\n${text} Number ${n}.\r\n`
}

/** The examples that the owner has taught the filter over the years. */
async function teach(db: Database): Promise<void> {
  const at = new Date('2026-11-01T00:00:00Z')
  for (const [first, kind] of [
    [0, 'newsletter'],
    [taught, 'spam'],
  ] as const) {
    const numbers = Array.from({ length: taught }, (_, n) => first + n)
    const rows = numbers.map((n) => ({
      ...{
        id: `old-${n}`,
        account: address,
        mailbox: 'Old',
        uidValidity: '1',
        uid: n + 1,
        messageId: `<old-${n}@x>`,
      },
      ...{
        emailId: null,
        threadId: null,
        size: 1,
        internalDate: at,
        flags: [],
        fromName: null,
        subject: null,
      },
      ...{ fromAddress: null, step: 'done', disposition: 'declined', reason: 'list' },
    }))
    await storeIngested(db, { messages: rows as Ingested['messages'] }, at)
    for (const n of numbers) {
      const tokens = spamTokens(parseOctets(Buffer.from(letter(kind, 1000 + n))))
      const example = { messageId: `old-${n}`, account: address, spam: kind === 'spam', tokens }
      await saveSpamExample(db, { ...example, source: 'owner' }, at)
    }
  }
}

test('ten mails of lists, of which five are spam, cost nothing', async () => {
  await using running = await startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    account: { authservIds: ['mx.replyd.test'] },
  })
  const { db } = running.daemon.context
  await teach(db)
  const kinds = ['newsletter', 'spam'] as const
  const letters = kinds.flatMap((kind) => [1, 2, 3, 4, 5].map((n) => letter(kind, n)))
  await deliverAll(
    dovecot,
    letters.map((octets) => ({ user: address, octets, reversePath: 'bounce@bulk.example' })),
  )
  const rows = await running.settled(letters.length)
  expect(rows.map(({ subject, disposition }) => [subject?.split(' ')[0], disposition]).sort()).toEqual([
    ...Array.from({ length: 5 }, () => ['Gardening', 'declined']),
    ...Array.from({ length: 5 }, () => ['You', 'filed']),
  ])
  expect(standIn.counters().requests).toBe(0)
  expect((await db.query('select 1 from replyd.model_call')).rows).toEqual([])
  // The filter calls this mail wanted, too. But its sender is new and not authenticated, so the model is asked.
  const stranger = letter('newsletter', 6, false).replace('news@gardeners.example', 'news@gardens.example')
  await dovecot.deliver(address, stranger)
  await running.settled(letters.length + 1)
  expect(standIn.counters().requests).toBe(1)
})
