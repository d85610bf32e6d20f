/** A person asks for another reply, and the model gives none: on real Dovecot and Postfix. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { rewrite } from '../../src/review/rewrite.ts'
import { loadMessage } from '../../src/store/messages.ts'
import { loadReply } from '../../src/store/replies.ts'
import { run } from '../cli/run.ts'
import { type Dovecot, type Postfix, startDovecot, startPostfix } from '../live/servers/index.ts'
import { readMailbox } from './mailboxes.ts'
import { approveCurrentText, letter, startWalk } from './walk.ts'

let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn
let silent = false

const nothing = {
  text: '',
  language: 'en',
  answers: [],
  missing: ['the price of a bell'],
  confidence: 0.9,
  needs_person: false,
}

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([
    startDovecot(),
    startStandIn({
      behaviour: ({ question }) =>
        silent && question.task === 'compose' ? { content: JSON.stringify(nothing) } : undefined,
    }),
  ])
  postfix = await startPostfix({ deliverTo: dovecot })
})

afterAll(async () => {
  await Promise.all([postfix?.stop(), dovecot?.stop(), standIn?.close()])
})

const address = 'shop@rewrite.example'
const customer = 'kim@asks.example'

test('a rewrite without text says so, and keeps the earlier draft as the earlier one', async () => {
  await using walk = await startWalk({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: postfix.host, port: postfix.smtpPort },
    standIn,
    roles: ['web'],
    account: { authservIds: ['mx.replyd.test'], sentCopy: true, replies: { mode: 'review', undo: '0s' } },
  })
  const review = { context: walk.context, pipeline: walk.running.daemon.pipeline }
  const text = 'Hello,\n\nwhat are your opening hours on Saturday?\n\nKim'
  await dovecot.deliver(address, letter({ id: '<one@asks.example>', from: customer, to: address, text }))
  const { id } = await walk.handle()
  const before = await loadReply(walk.context.db, id)

  silent = true
  await rewrite(review, id, 'Ann', 'Name the price of a bell.')
  const { row } = await walk.walk(id)
  expect(row).toMatchObject({
    step: 'review',
    disposition: 'held',
    reason: 'rewrite-without-text',
    detail: 'missing: the price of a bell',
  })
  expect((await loadReply(walk.context.db, id))?.text).toBe(before?.text)
  const REPLYD_URL = walk.running.daemon.url ?? ''
  const pageOf = async () => (await fetch(new URL(`/replies/${id}`, REPLYD_URL))).text()
  const page = await pageOf()
  expect(page).toContain('No new text came back, so this is the earlier draft.')
  expect(page).toContain('missing: the price of a bell')
  const { out } = await run(['replies', 'show', id], { environment: { REPLYD_URL, REPLYD_TOKEN: 'none' } })
  expect(out).toContain('No new text came back, so this is the earlier draft.\nmissing: the price of a bell')

  // Asked again, it writes; nothing of the failed attempt is left.
  silent = false
  await rewrite(review, id, 'Ann', '')
  const again = (await walk.walk(id)).row
  expect(again).toMatchObject({ disposition: 'held', reason: 'rewritten', detail: null })
  expect(await pageOf()).not.toContain('earlier draft')

  // A later step that has nothing to add removes the words of an earlier one.
  await approveCurrentText(review, id)
  expect(await loadMessage(walk.context.db, id)).toMatchObject({ disposition: 'approved', detail: null })
  expect((await walk.walk(id)).row.disposition).toBe('sent')
  await postfix.drained()
  expect(await readMailbox(dovecot, customer, 'INBOX')).toHaveLength(1)
})
