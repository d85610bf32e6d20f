/** A saved reply goes out in the owner's words: the model judges and checks, but does not write. On Dovecot and Postfix. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { loadReply } from '../../src/store/replies.ts'
import { explainMail } from '../../src/store/review-lists.ts'
import { type Dovecot, type Postfix, startDovecot, startPostfix } from '../live/servers/index.ts'
import { readMailbox } from './mailboxes.ts'
import { letter, startWalk, type Walk } from './walk.ts'

let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn
let walk: Walk

const address = 'shop@saved.example'

/** Triage's verdict on a mail: its lines with a question mark are its questions. */
function verdict(mail: string) {
  const asks = mail.match(/[A-Z][^?.\n]*\?/g) ?? []
  return {
    ...{ asks, search: [], spam: { is: false, kind: 'none', confidence: 0.99 } },
    ...{
      sentiment: { label: 'neutral', intensity: 0.1 },
      language: 'en',
      category: /sizes/.test(mail) ? 'sizes' : 'opening hours',
      urgency: 1,
    },
    ...{ needs_reply: true, manipulation: false, payment_change: false, summary: 'Asks.', confidence: 0.99 },
  }
}

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([
    startDovecot(),
    startStandIn({
      behaviour: ({ question }) =>
        question.task === 'triage' ? { content: JSON.stringify(verdict(question.mail)) } : undefined,
    }),
  ])
  postfix = await startPostfix({ deliverTo: dovecot })
  walk = await startWalk({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: postfix.host, port: postfix.smtpPort },
    standIn,
    roles: ['web'],
    account: {
      ...{ authservIds: ['mx.replyd.test'], sentCopy: true, name: 'Lantern Shop' },
      replies: { mode: 'send', undo: '0s', signature: 'Lantern Shop, Main Road' },
      categories: [
        { name: 'opening hours', description: 'Asks when the shop is open' },
        { name: 'sizes', description: 'Asks for sizes', mode: 'review' },
      ],
      answers: [
        {
          ...{ name: 'hours', category: 'opening hours', when: { words: ['open', 'opening hours'] } },
          text: 'Hello {name},\n\nthe shop is open from Monday to Friday, from 7:15 to 16:45.\n\nBest regards',
        },
        {
          ...{ name: 'all sizes', category: 'sizes', when: { match: 'sizes?\\b' } },
          text: 'Hello,\n\nwe have all of the sizes that are made.',
        },
      ],
    },
  })
})

afterAll(async () => {
  await walk?.[Symbol.asyncDispose]()
  await Promise.all([postfix?.stop(), dovecot?.stop(), standIn?.close()])
})

async function handled(name: string, text: string) {
  const before = standIn.counters()
  const from = `${name} Berg <${name.toLowerCase()}@${name.toLowerCase()}.example>`
  await dovecot.deliver(address, letter({ id: `<${name}@asks.example>`, from, to: address, text }))
  const row = await walk.handle()
  const { triage, compose, check } = standIn.counters()
  const calls = {
    triage: triage - before.triage,
    compose: compose - before.compose,
    check: check - before.check,
  }
  return { row, calls, reply: await loadReply(walk.context.db, row.id) }
}

test('it is sent without a call for its text, checked, disclosed and signed', async () => {
  const { row, calls, reply } = await handled('Kim', 'Hello,\n\nWhen do you open?\n\nThanks\nKim')
  expect([row.reason, reply?.holdReasons, calls]).toEqual([
    'all-clear',
    ['all-clear'],
    { triage: 1, compose: 0, check: 1 },
  ])
  expect(row.disposition).toBe('sent')
  expect(reply?.sources).toEqual([expect.objectContaining({ file: 'saved reply hours' })])
  expect(reply?.checked).toMatchObject({ sentences: expect.any(Array) })
  const { events } = await explainMail(walk.context.db, row.id)
  expect(events.map(({ detail }) => detail)).toContain('saved reply hours')
  await postfix.drained()
  const [sent] = await readMailbox(dovecot, 'kim@kim.example', 'INBOX')
  const text = String(sent?.octets)
  expect(text).toContain('Hello Kim Berg,')
  expect(text).toContain('from 7:15 to 16:45')
  expect(text).toContain('Lantern Shop, Main Road')
  expect(text).toMatch(/AI system/)
})

test('one that waits is named in the review', async () => {
  const { row, calls } = await handled('Max', 'Which sizes do you have?')
  expect([row.reason, calls.compose]).toEqual(['mode-review', 0])
  const page = await (await fetch(new URL(`/replies/${row.id}`, walk.running.daemon.url ?? ''))).text()
  expect(page).toContain('saved reply all sizes')
})

test('a second question is for the model', async () => {
  const { calls, reply } = await handled('Lee', 'Hello,\n\nWhen do you open?\nDo you sell bells?\n\nLee')
  expect(calls.compose).toBe(1)
  expect(reply?.text).not.toContain('7:15')
})
