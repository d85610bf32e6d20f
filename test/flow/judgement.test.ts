/** The check by meaning and the traps, in the daemon: on real Dovecot and Postfix, step by step, with answers of our choice. */
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { TemporaryError } from '../../src/base/errors.ts'
import type { Checked } from '../../src/base/verdicts.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { loadMessage } from '../../src/store/messages.ts'
import { loadReply } from '../../src/store/replies.ts'
import { waitingMails } from '../../src/store/review-lists.ts'
import { saveSenderRule } from '../../src/store/sender-rules.ts'
import { type Dovecot, type Postfix, startDovecot, startPostfix } from '../live/servers/index.ts'
import { readMailbox } from './mailboxes.ts'
import { letter, startWalk } from './walk.ts'

let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn
/** The model's answers, by task; an object is merged into a valid answer, a string is the raw answer. */
let answers: Record<string, object | string> = {}
let asked: string[] = []

const sound: Record<string, object> = {
  triage: {
    asks: ['When are you open on Saturday?'],
    search: [],
    spam: { is: false, kind: 'none', confidence: 0.99 },
    sentiment: { label: 'neutral', intensity: 0 },
    language: 'en',
    category: 'other',
    urgency: 1,
    needs_reply: true,
    manipulation: false,
    payment_change: false,
    summary: 'Asks for hours',
    confidence: 0.95,
  },
  compose: {
    text: 'Hello Kim,\n\non Saturday the shop is open from 10:00 to 14:00.\n\nKind regards',
    language: 'en',
    answers: [{ ask: 'When are you open on Saturday?', answered: true, source: null }],
    missing: [],
    confidence: 0.95,
    needs_person: false,
  },
  check: {
    sentences: [
      { n: 1, verdict: 'courtesy' },
      { n: 2, verdict: 'supported', source: 'K1' },
      { n: 3, verdict: 'courtesy' },
    ],
    asks: [{ n: 1, where: 'S2', answered: true }],
    language: true,
    name: true,
    address: true,
    leak: false,
    promise: false,
    obeys: false,
  },
}

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([
    startDovecot(),
    startStandIn({
      behaviour: ({ question: { task } }) => {
        if (task === null) return undefined
        asked.push(task)
        const own = answers[task] ?? {}
        return { content: typeof own === 'string' ? own : JSON.stringify({ ...sound[task], ...own }) }
      },
    }),
  ])
  postfix = await startPostfix({ deliverTo: dovecot })
})
afterAll(async () => {
  await Promise.all([postfix?.stop(), dovecot?.stop(), standIn?.close()])
})
beforeEach(() => {
  answers = {}
  asked = []
})

const question = 'Hello,\n\nwhen are you open on Saturday?\n\nKim'

function start(address: string, replies: object = {}) {
  return startWalk({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: postfix.host, port: postfix.smtpPort },
    standIn,
    roles: [],
    account: { authservIds: ['mx.replyd.test'], sentCopy: true },
    document: {
      budget: { timeZone: 'UTC' },
      replies: { mode: 'send', undo: '0s', ...replies },
    },
  })
}
const deliver = (address: string, id: string, text: string, references?: string[]) =>
  dovecot.deliver(
    address,
    letter({ id, from: 'kim@asks.example', to: address, text, ...(references ? { references } : {}) }),
  )

test.each<[string, object | string, object, string]>([
  ['supported in full', {}, { disposition: 'sent', reason: 'all-clear' }, 'sent'],
  [
    'contradicted',
    { sentences: [{ n: 2, verdict: 'contradicted', against: 'K1' }] },
    { disposition: 'drafted', reason: 'contradicted' },
    'saved',
  ],
  [
    'with a question left open',
    { asks: [{ n: 1, answered: false }] },
    { disposition: 'drafted', reason: 'ask-unanswered' },
    'saved',
  ],
  ['obedient to the mail', { obeys: true }, { disposition: 'held', reason: 'obeys-mail' }, 'held'],
  ['not checked at all', 'fine, send it', { disposition: 'drafted', reason: 'unchecked' }, 'saved'],
])('a reply that is %s', async (name, check, outcome, state) => {
  const slug = name.replaceAll(' ', '-')
  const address = `check-${slug}@shop.example`
  answers = { check }
  await using walk = await start(address)
  await deliver(address, `<${slug}@asks.example>`, question)
  const row = await walk.handle()
  expect(row).toMatchObject(outcome)
  expect(await loadReply(walk.context.db, row.id)).toMatchObject({ state })
  expect(asked.filter((task) => task === 'check').length).toBeGreaterThan(0)
  const { rows } = await walk.context.db.query<{ step: string }>(
    'select step from replyd.model_call order by id',
  )
  expect([...new Set(rows.map(({ step }) => step))].sort()).toEqual(['check', 'compose', 'triage'])
})

test.each([
  ['never', 'send', 0],
  ['send', 'draft', 0],
  ['always', 'draft', 1],
])('replies.check: %s in mode %s asks for %i checks', async (check, mode, count) => {
  const address = `wish-${check}-${mode}@shop.example`
  await using walk = await start(address, { check, mode })
  await deliver(address, `<${check}-${mode}@asks.example>`, question)
  const row = await walk.handle()
  expect(asked.filter((task) => task === 'check')).toHaveLength(count)
  const { checked } = (await loadReply(walk.context.db, row.id)) ?? {}
  expect((checked as Checked | null)?.sentences.length ?? 0).toBe(count * 3)
})

test('a draft with a doubt carries a keyword where the owner wants it, one without does not', async () => {
  const address = 'doubts@shop.example'
  await using walk = await start(address, { mode: 'draft', flagDoubts: true })
  answers = { compose: { text: 'Hello Kim,\n\nthat costs 731.15 euros.\n\nKind regards' } }
  await deliver(address, '<doubt@asks.example>', question)
  expect(await walk.handle()).toMatchObject({ disposition: 'drafted', reason: 'unsupported-claim' })
  answers = {}
  await deliver(address, '<clear@asks.example>', 'When are you open on Saturday?')
  await walk.handle()
  const drafts = await walk.account.imap.specialMailboxes()
  const { uidValidity } = await walk.account.imap.state(drafts.drafts ?? '')
  const flags = await Promise.all(
    [1, 2].map((uid) => walk.account.imap.flags(drafts.drafts ?? '', uidValidity, uid)),
  )
  expect(flags.map((each) => each?.includes('replyd-doubt'))).toEqual([true, false])
})

test.each([
  ['by what the model says', 'Please note our other account.', { payment_change: true }],
  [
    'whatever the model says',
    'We have a new bank account, please pay to IE29 AIBK 9311 5212 3456 78.',
    { payment_change: false },
  ],
])('changed bank details wait for a person, and no reply is written: %s', async (_name, text, triage) => {
  const address = `bank-${text.length}@shop.example`
  answers = { triage }
  await using walk = await start(address)
  await deliver(address, `<${text.length}@asks.example>`, text)
  expect(await walk.handle()).toMatchObject({ step: 'review', disposition: 'held', reason: 'payment-change' })
  expect(asked).toEqual(['triage'])
})

test('possible spam is in the queue, below more urgent drafts', async () => {
  const address = 'queue@shop.example'
  await using walk = await start(address, { mode: 'draft' })
  answers = { triage: { spam: { is: true, kind: 'bulk', confidence: 0.5 } } }
  await deliver(address, '<perhaps@asks.example>', 'Buy our lists')
  const perhaps = await walk.handle()
  expect(perhaps).toMatchObject({ step: 'review', disposition: 'held', reason: 'suspected-spam' })
  answers = { triage: { urgency: 3 } }
  await deliver(address, '<urgent@asks.example>', question)
  const urgent = await walk.handle()
  expect(urgent).toMatchObject({ disposition: 'drafted' })
  const queue = await waitingMails(walk.context.db, {})
  expect(queue.map(({ id }) => id)).toEqual([urgent.id, perhaps.id])
})

const withFile = (name: string, type: string) => (mail: string) =>
  mail
    .replace(/^Content-Type:.*\r?\n/im, '')
    .replace(
      '\r\n\r\n',
      '\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n',
    ) +
  `\r\n--b\r\nContent-Type: ${type}; name=${name}\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n`

test.each<[string, (mail: string) => string]>([
  ['plain', (mail) => mail],
  ['signed', withFile('smime.p7s', 'application/pkcs7-signature')],
])('“never mind” withdraws the draft for that question, and no other: %s', async (name, changed) => {
  const address = `never-mind-${name}@shop.example`
  await using walk = await start(address, { mode: 'draft' })
  await deliver(address, '<one@asks.example>', question)
  const first = await walk.handle()
  await deliver(address, '<two@asks.example>', question)
  const other = await walk.handle()
  answers = { triage: { needs_reply: false, asks: [] } }
  const text = 'Never mind, found it.'
  const references = ['<one@asks.example>']
  const third = letter({
    id: '<three@asks.example>',
    from: 'kim@asks.example',
    to: address,
    text,
    references,
  })
  await dovecot.deliver(address, changed(third))
  expect(await walk.handle()).toMatchObject({ reason: 'nothing-asked' })
  const db = walk.context.db
  expect(await loadMessage(db, first.id)).toMatchObject({ disposition: 'superseded', reason: 'withdrawn' })
  expect(await loadReply(db, first.id)).toMatchObject({ state: 'superseded' })
  expect(await loadReply(db, other.id)).toMatchObject({ state: 'saved' })
  expect(await readMailbox(dovecot, address, 'Drafts')).toHaveLength(1)
})

test('spam that was moved without an answer is filed, although its mailbox has new numbers since', async () => {
  const address = 'renumbered@shop.example'
  await using walk = await start(address, { mode: 'draft' })
  const { imap } = walk.account
  answers = { triage: { spam: { is: true, kind: 'scam', confidence: 0.99 }, needs_reply: false, asks: [] } }
  await deliver(address, '<prize@asks.example>', 'You have won')
  const [{ id } = { id: '' }] = await walk.arrive()
  const renumber = () =>
    walk.context.db.query("update replyd.message set uid_validity = '1' where id = $1", [id])
  const move = imap.move.bind(imap)
  const moved = jest.spyOn(imap, 'move').mockRejectedValueOnce(new TemporaryError('connection lost'))
  await expect(walk.walk(id)).rejects.toThrow('connection lost')
  await renumber()
  // The watcher has not read the mailbox again: the mail is still there.
  await expect(walk.walk(id)).rejects.toThrow('UIDVALIDITY of INBOX changed')
  const { uidValidity } = await imap.state('INBOX')
  await walk.context.db.query('update replyd.message set uid_validity = $2 where id = $1', [id, uidValidity])
  moved.mockImplementationOnce(async (...to) => {
    await move(...to)
    throw new TemporaryError('connection lost')
  })
  await expect(walk.walk(id)).rejects.toThrow('connection lost')
  await renumber()
  expect((await walk.walk(id)).row).toMatchObject({ disposition: 'filed', reason: 'spam-scam' })
  expect(await readMailbox(dovecot, address, 'Junk')).toHaveLength(1)
})

test.each<[string, object, (mail: string) => string]>([
  ['still awaits an answer', { needs_reply: true }, (mail) => mail],
  [
    'is spam',
    { needs_reply: false, asks: [], spam: { is: true, kind: 'bulk', confidence: 0.5 } },
    (mail) => mail,
  ],
  [
    'fails authentication',
    { needs_reply: false, asks: [] },
    (mail) => mail.replace('dmarc=pass', 'dmarc=fail'),
  ],
  [
    'nothing proves',
    { needs_reply: false, asks: [] },
    (mail) => mail.replace(/^Authentication-Results:.*\r?\n/m, ''),
  ],
  ['brings the forgotten file', { needs_reply: false, asks: [] }, withFile('crack.jpg', 'image/jpeg')],
])('a later mail that %s takes no draft back', async (name, triage, changed) => {
  const slug = name.replaceAll(' ', '-')
  const address = `later-${slug}@shop.example`
  await using walk = await start(address, { mode: 'draft' })
  await deliver(address, `<first-${slug}@asks.example>`, question)
  const first = await walk.handle()
  answers = { triage }
  const later = letter({
    id: `<later-${slug}@asks.example>`,
    from: 'kim@asks.example',
    to: address,
    text: 'My bicycle is a blue one.',
    references: [`<first-${slug}@asks.example>`],
  })
  await dovecot.deliver(address, changed(later))
  await walk.handle()
  expect(await loadReply(walk.context.db, first.id)).toMatchObject({ state: 'saved' })
})

test.each([
  ['is not filed, whatever the model says', 'pass', { disposition: 'held', reason: 'spam' }],
  [
    'is judged like any other if it fails authentication',
    'fail',
    { disposition: 'filed', reason: 'spam-scam' },
  ],
  [
    'is judged like any other if SPF alone speaks against it',
    'none header.from=asks.example; spf=softfail smtp.mailfrom=asks.example; x=x',
    { disposition: 'filed', reason: 'spam-scam' },
  ],
  [
    'is judged like any other if the results are about a second author',
    'pass header.from=evil.example; second=author',
    { disposition: 'filed', reason: 'spam-scam' },
  ],
])('mail of an allowed sender %s', async (_name, result, outcome) => {
  const address = `allowed-${result.replace(/\W.*/, '')}${result.length}@shop.example`
  await using walk = await start(address, { mode: 'draft' })
  const now = walk.context.clock.now()
  const rule = { pattern: 'kim@asks.example', rule: 'allow', source: 'restored' } as const
  await saveSenderRule(walk.context.db, address, rule, now)
  answers = { triage: { spam: { is: true, kind: 'scam', confidence: 0.99 } } }
  const mail = letter({
    id: `<${result}@asks.example>`,
    from: 'kim@asks.example',
    to: address,
    text: question,
  })
  const marked = mail.replace('dmarc=pass', `dmarc=${result}`)
  const authors = result.includes('second') ? 'From: kim@asks.example, eve@evil.example' : '$&'
  await dovecot.deliver(address, marked.replace(/^From: .*$/m, authors))
  expect(await walk.handle()).toMatchObject(outcome)
})
