/** Earned autonomy by mail: what a customer writes back to an automatic reply counts at once. On real Dovecot and Postfix. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { neededVerdict } from '../../src/base/verdicts.ts'
import { autonomyByCategory } from '../../src/decide/autonomy-record.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { saveAutonomyGrant } from '../../src/store/autonomy.ts'
import type { MessageRow } from '../../src/store/messages.ts'
import { type Dovecot, type Postfix, startDovecot, startPostfix } from '../live/servers/index.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { readMailbox } from './mailboxes.ts'
import { letter } from './walk.ts'

let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
  postfix = await startPostfix({ deliverTo: dovecot })
})

afterAll(async () => {
  await Promise.all([postfix?.stop(), dovecot?.stop(), standIn?.close()])
})

const question = 'Hello,\n\nwhat are your opening hours on Saturday?\n\nKim'

/** A category in which replies are sent automatically, because the owner granted it. */
async function granted(address: string, running: RunningDaemon): Promise<string> {
  const { db, clock } = running.daemon.context
  const row = await written(running, address, '<first@asks.example>', 'lou@asks.example', question)
  expect(row).toMatchObject({ disposition: 'held', reason: 'mode-review' })
  const { category } = neededVerdict(row.verdict)
  await saveAutonomyGrant(db, address, { category, grantedAt: clock.now(), grantedBy: 'Ann' })
  return category
}

async function written(
  running: RunningDaemon,
  address: string,
  id: string,
  from: string,
  text: string,
  references: string[] = [],
): Promise<MessageRow> {
  const more = references.length > 0 ? { references } : {}
  await dovecot.deliver(address, letter({ id, from, to: address, text, ...more }), from)
  return running.settledWith(({ messageId }) => messageId === id)
}

test.each([
  [
    'an angry',
    'This is terrible and unacceptable, I am very angry: the shop was closed, your answer is wrong!',
    'held',
  ],
  ['a thankful', 'Thank you very much, that was a wonderful and perfect answer!', 'sent'],
])('%s answer to an automatic reply is recorded and affects the next one', async (mood, answer, next) => {
  const address = `${mood.replace(/ /g, '-')}@trust.example`
  const customer = `kim-${mood.replace(/ /g, '-')}@asks.example`
  await using running = await startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: postfix.host, port: postfix.smtpPort },
    standIn,
    databaseUrl: await newDatabase(),
    account: { authservIds: ['mx.replyd.test'] },
    document: { replies: { mode: 'review', undo: '0s', minConfidence: 0.3 } },
  })
  const category = await granted(address, running)
  const asked = await written(running, address, '<asked@asks.example>', customer, question)
  expect(asked).toMatchObject({ disposition: 'sent', reason: 'all-clear' })
  await postfix.drained()
  const [reply] = await readMailbox(dovecot, customer, 'INBOX')
  expect(reply?.autoSubmitted).toBe('auto-replied')

  const thread = ['<asked@asks.example>', reply?.messageId ?? '']
  await written(running, address, '<answer@asks.example>', customer, answer, thread)
  const [entry] = (await autonomyByCategory(running.daemon.context.db, address)).filter(
    (each) => each.category === category,
  )
  expect(entry).toMatchObject(
    next === 'sent'
      ? { granted: true, takenBack: null }
      : { granted: false, takenBack: { reason: 'negative-answer', id: asked.id } },
  )
  const later = await written(running, address, '<later@asks.example>', 'noor@asks.example', question)
  expect(later.disposition).toBe(next)
})
