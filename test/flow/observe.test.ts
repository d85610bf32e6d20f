/** The owner decides in their own mail client: a second IMAP client acts as their phone. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ImapFlow } from 'imapflow'
import type { Disposition } from '../../src/base/dispositions.ts'
import { TemporaryError } from '../../src/base/errors.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { sampleWorld } from '../../src/demo/world.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { Observer } from '../../src/observe/observe.ts'
import { loadMessage, type MessageRow } from '../../src/store/messages.ts'
import { loadReply, type ReplyRow } from '../../src/store/replies.ts'
import { senderRule } from '../../src/store/sender-rules.ts'
import { forceMail, forceReply } from '../live/force.ts'
import { type Dovecot, deliverAll, type Postfix, startDovecot, startPostfix } from '../live/servers/index.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { type Lying, readMailbox, withClient } from './mailboxes.ts'

const address = 'support@nordlicht.example'
let dovecot: Dovecot
let postfix: Postfix
let standIn: StandIn
let running: RunningDaemon
let observer: Observer
let rows: MessageRow[]
let samples: readonly { octets: Buffer }[]
const taken = new Set<string>()

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
  postfix = await startPostfix({
    deliverTo: dovecot,
    settings: {
      smtpd_recipient_restrictions:
        'check_recipient_access inline:{ { x@refused.invalid = 550 5.1.1 no such user } }',
    },
  })
  running = await startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: postfix.host, port: postfix.smtpPort },
    standIn,
    databaseUrl: await newDatabase(),
    observes: false,
    account: {
      authservIds: ['mail.nordlicht.example'],
      replies: { mode: 'draft', approve: 'flag' },
      sentCopy: true,
    },
  })
  samples = sampleWorld(new Date()).samples
  const deliveries = samples.map(({ octets }) => ({ user: address, octets }))
  // Several times, so that there are enough mails of each kind.
  const again = ['b-', 'c-'].flatMap((prefix) =>
    samples.map(({ octets }) => ({
      user: address,
      octets: Buffer.from(octets.toString('latin1').replace(/^(Message-ID: <)/im, `$1${prefix}`), 'latin1'),
    })),
  )
  await deliverAll(dovecot, [...deliveries, ...again])
  rows = await running.settled(deliveries.length + again.length)
  const { context, pipeline } = running.daemon
  const account = context.accounts.get(address)
  if (!account) throw new Error('no account')
  observer = new Observer(context, account, {
    onApproved: (id) => pipeline.advance(id, 'deliver'),
    mayLook: async () => true,
    graceMs: 0,
  })
  await look()
})

afterAll(async () => {
  await running?.stop()
  await Promise.all([postfix?.stop(), dovecot?.stop(), standIn?.close()])
})

/** A mail that matches and that no other test has taken. */
function take(matches: (row: MessageRow) => boolean): MessageRow {
  const row = rows.find((each) => matches(each) && !taken.has(each.id))
  if (!row) throw new Error('the samples have no such mail')
  taken.add(row.id)
  return row
}
const drafted = () => take(({ disposition }) => disposition === 'drafted')

const inMailbox = (path: string, work: (client: ImapFlow) => Promise<unknown>) =>
  withClient(dovecot, address, async (client) => {
    await client.mailboxOpen(path)
    await work(client)
  })

/** As the daemon does it: what a busy server did not answer in time is looked at again once it answers. */
async function look(): Promise<void> {
  for (;;) {
    try {
      return await observer.lookOnce()
    } catch (error) {
      if (!(error instanceof TemporaryError)) throw error
      await inMailbox('INBOX', (client) => client.noop())
    }
  }
}

async function replyOf(row: MessageRow): Promise<ReplyRow> {
  const reply = await loadReply(running.daemon.context.db, row.id)
  if (!reply) throw new Error('no reply')
  return reply
}

async function draftOf(reply: ReplyRow): Promise<Lying> {
  const draft = (await readMailbox(dovecot, address, 'Drafts')).find(({ uid }) => uid === reply.savedUid)
  if (!draft) throw new Error('no draft')
  return draft
}

const now = (row: MessageRow) => loadMessage(running.daemon.context.db, row.id)
async function answersTo(row: MessageRow, user: string) {
  await postfix.drained()
  return (await readMailbox(dovecot, user, 'INBOX')).filter(({ inReplyTo }) => inReplyTo === row.messageId)
}

test('the phone edits a draft and flags it: the customer gets the edited text, once', async () => {
  const row = drafted()
  const reply = await replyOf(row)
  const draft = await draftOf(reply)
  const text = draft.octets.toString('latin1')
  const edited = text.replace(/^Message-ID: .*$/im, 'Message-ID: <phone-1@nordlicht.example>\r\nBcc:')
  const words = 'A line that the owner wrote on the phone.'
  // The first part is the text.
  const at = edited.indexOf('\r\n\r\n', edited.search(/Content-Transfer-Encoding/i))
  const changed = `${edited.slice(0, at)}\r\n\r\n${words}\r\n${edited.slice(at + 4)}`
  await inMailbox('Drafts', async (client) => {
    await client.append('Drafts', Buffer.from(changed, 'latin1'), ['\\Draft', '\\Seen', '\\Flagged'])
    await client.messageDelete(String(draft.uid), { uid: true })
  })
  const sent = running.settledWith(({ id, disposition }) => id === row.id && disposition === 'sent')
  await look()
  await look()
  await sent
  await look()
  const got = await answersTo(row, reply.addressee)
  expect(got).toHaveLength(1)
  const octets = got[0]?.octets ?? Buffer.alloc(0)
  expect(parseOctets(octets).text).toContain(words)
  expect(got[0]?.messageId).toBe('<phone-1@nordlicht.example>')
  expect(got[0]?.autoSubmitted).toBeNull()
  expect(octets.toString('latin1')).not.toMatch(/^(X-Responder-Source|Bcc):/im)
  const drafts = await readMailbox(dovecot, address, 'Drafts')
  expect(drafts.filter(({ inReplyTo }) => inReplyTo === row.messageId)).toEqual([])
  const copies = await readMailbox(dovecot, address, 'Sent')
  expect(copies.filter(({ messageId }) => messageId === '<phone-1@nordlicht.example>')).toHaveLength(1)
  const original = (await readMailbox(dovecot, address, 'INBOX')).find(
    ({ messageId }) => messageId === row.messageId,
  )
  expect(original?.flags).toContain('\\Answered')
  expect((await replyOf(row)).text).toContain(words)
})

test.each([['Approved'], ['Team', 'approved']])(
  'a draft moved to %s %s goes out as it stands',
  async (...names) => {
    const row = drafted()
    const reply = await replyOf(row)
    let path = ''
    await inMailbox('Drafts', async (client) => {
      path = (await client.mailboxCreate(names.filter((name) => typeof name === 'string'))).path
      await client.messageMove(String(reply.savedUid), path, { uid: true })
    })
    const sent = running.settledWith(({ id, disposition }) => id === row.id && disposition === 'sent')
    await look()
    await sent
    expect(await answersTo(row, reply.addressee)).toHaveLength(1)
    expect(await readMailbox(dovecot, address, path)).toEqual([])
    await withClient(dovecot, address, (client) => client.mailboxDelete(path))
  },
)

/** The owner's client stores a new version, flagged, and removes the old one. */
async function replaceDraft(draft: Lying, change: (text: string) => string): Promise<void> {
  const octets = Buffer.from(change(draft.octets.toString('latin1')), 'latin1')
  await inMailbox('Drafts', async (client) => {
    await client.append('Drafts', octets, ['\\Draft', '\\Flagged'])
    await client.messageDelete(String(draft.uid), { uid: true })
  })
}

test('a flagged draft goes to everybody in To, Cc and Bcc, and nobody sees who is in Bcc', async () => {
  const row = drafted()
  const reply = await replyOf(row)
  const others = ['boss@nordlicht.example', 'archive@nordlicht.example']
  await replaceDraft(await draftOf(reply), (text) =>
    text.replace(/^To: /m, `Cc: Boss <${others[0]}>\r\nBcc: ${others[1]}\r\nTo: `),
  )
  const sent = running.settledWith(({ id, disposition }) => id === row.id && disposition === 'sent')
  await look()
  await sent
  for (const user of [reply.addressee, ...others]) {
    const got = await answersTo(row, user)
    expect([user, got.length]).toEqual([user, 1])
    expect(got[0]?.octets.toString('latin1')).not.toContain('archive@')
  }
  expect((await replyOf(row)).addressees).toEqual([reply.addressee, ...others])
})

test('one addressee that the server refuses: nobody gets it, the draft stays, and another version may go out', async () => {
  const row = drafted()
  const reply = await replyOf(row)
  const original = await draftOf(reply)
  await replaceDraft(original, (text) => text.replace(/^To: /m, 'Cc: x@refused.invalid\r\nTo: '))
  const held = running.settledWith(({ id, disposition }) => id === row.id && disposition === 'held')
  await look()
  expect(await held).toMatchObject({ reason: 'addressee-refused' })
  expect((await now(row))?.detail).toMatch(/1 of 2 recipients was refused.*x@refused\.invalid/)
  await look()
  expect(await answersTo(row, reply.addressee)).toEqual([])
  const draft = (await readMailbox(dovecot, address, 'Drafts')).find((one) => one.inReplyTo === row.messageId)
  expect(draft?.octets.toString('latin1')).toContain('x@refused.invalid')
  const sent = running.settledWith(({ id, disposition }) => id === row.id && disposition === 'sent')
  if (draft) await replaceDraft(draft, (text) => text.replace('x@refused.invalid', 'boss@nordlicht.example'))
  await look()
  await sent
  expect(await answersTo(row, reply.addressee)).toHaveLength(1)
  expect(await answersTo(row, 'boss@nordlicht.example')).toHaveLength(1)
})

test('a deleted draft counts as rejected and is not made again', async () => {
  const row = drafted()
  const reply = await replyOf(row)
  await inMailbox('Drafts', (client) => client.messageDelete(String(reply.savedUid), { uid: true }))
  await look()
  expect(await now(row)).toMatchObject({ disposition: 'rejected', reason: 'draft-deleted' })
  const drafts = await readMailbox(dovecot, address, 'Drafts')
  expect(drafts.filter(({ inReplyTo }) => inReplyTo === row.messageId)).toEqual([])
})

test('a draft that the owner’s client only marks as deleted counts as deleted, or as edited', async () => {
  const [gone, edited] = [drafted(), drafted()]
  const [reply, other] = [await replyOf(gone), await replyOf(edited)]
  const text = (await draftOf(other)).octets.toString('latin1')
  const words = 'Written with a client that expunges later.'
  await inMailbox('Drafts', async (client) => {
    const uids = `${reply.savedUid},${other.savedUid}`
    await client.messageFlagsAdd(uids, ['\\Deleted'], { uid: true })
    const head = text.slice(0, text.indexOf('\r\n\r\n')).replace(/^Content-[^\n]*\n(?:[ \t][^\n]*\n)*/gim, '')
    await client.append('Drafts', Buffer.from(`${head}\r\n\r\n${words}\r\n`, 'latin1'), ['\\Draft'])
  })
  await look()
  expect(await now(gone)).toMatchObject({ disposition: 'rejected', reason: 'draft-deleted' })
  expect(await now(edited)).toMatchObject({ disposition: 'drafted' })
  expect(await replyOf(edited)).toMatchObject({ text: words })
})

test('a draft that the owner sent from their own client is known as such, with how much they changed', async () => {
  const row = drafted()
  const reply = await replyOf(row)
  const mail = [
    `From: ${address}`,
    `To: ${reply.addressee}`,
    'Subject: Re: yours',
    'Message-ID: <laptop-1@nordlicht.example>',
    `In-Reply-To: ${row.messageId}`,
    '',
    'Quite another text.',
    '',
  ].join('\r\n')
  await inMailbox('Drafts', async (client) => {
    // It was sent, although the owner does not keep the copy.
    await client.append('Sent', Buffer.from(mail), ['\\Seen', '\\Deleted'])
    await client.messageDelete(String(reply.savedUid), { uid: true })
  })
  await look()
  expect(await now(row)).toMatchObject({
    disposition: 'sent-by-owner',
    detail: expect.stringMatching(/^edited \d+%$/),
  })
  expect(await replyOf(row)).toMatchObject({ state: 'sent', actor: 'owner', text: 'Quite another text.' })
})

test('spam that goes to Trash teaches nothing', async () => {
  const row = take(({ disposition, fromAddress }) => disposition === 'filed' && fromAddress !== null)
  await inMailbox('Junk', async (client) => {
    await client.mailboxCreate('Trash')
    await client.messageMove(String(row.junkUid), 'Trash', { uid: true })
  })
  await look()
  expect(await now(row)).toMatchObject({ disposition: 'filed' })
  expect(await senderRule(running.daemon.context.db, address, row.fromAddress ?? '')).toBeNull()
})

test('mail that the owner takes out of Junk is restored, and its sender trusted', async () => {
  const row = take(({ disposition, fromAddress }) => disposition === 'filed' && fromAddress !== null)
  const { db } = running.daemon.context
  await inMailbox('Junk', (client) => client.messageMove(String(row.junkUid), 'INBOX', { uid: true }))
  await look()
  expect(await now(row)).toMatchObject({ disposition: 'restored', reason: 'moved-back-by-owner' })
  const back = (await readMailbox(dovecot, address, 'INBOX')).find(
    ({ messageId }) => messageId === row.messageId,
  )
  expect(back?.flags).not.toContain('$Junk')
  expect(await senderRule(db, address, row.fromAddress ?? '')).toMatchObject({
    rule: 'allow',
    source: 'restored',
  })
})

describe('a second copy of a mail is not mistaken for a move', () => {
  const octetsIn = async (path: string, uid: number | null) => {
    const found = (await readMailbox(dovecot, address, path)).find((each) => each.uid === uid)
    if (!found) throw new Error(`${path} has no ${uid}`)
    return found.octets
  }

  /** A mail like one with that outcome, but from somebody who has not written before. */
  async function fresh(disposition: Disposition, local: string) {
    const ended = rows.filter((row) => row.disposition === disposition && row.mailbox === 'INBOX')
    const model = samples.find(({ octets }) =>
      ended.some(({ messageId }) => messageId !== null && octets.includes(messageId)),
    )
    if (!model) throw new Error(`the samples have no mail that is ${disposition}`)
    const id = `<${local}@new.example>`
    const octets = String(model.octets)
      .replace(/^From: .*$/im, `From: ${local}@new.example`)
      .replace(/^Message-ID: .*$/im, `Message-ID: ${id}`)
    const settled = running.settledWith((row) => row.messageId === id)
    await deliverAll(dovecot, [{ user: address, octets: Buffer.from(octets) }])
    const row = await settled
    expect(row.disposition).toBe(disposition)
    return row
  }

  /** A duplicate runs no step, so it counts as stored once a mail that arrived after it has been declined. */
  async function storeCopy(row: MessageRow, laterMs: number, flags: string[] = []) {
    const octets = await octetsIn('Junk', row.junkUid)
    const arrived = new Date(row.internalDate.getTime() + laterMs)
    const last = `<behind-${row.id}@news.example>`
    const news = `From: news@news.example\r\nList-Id: <news.example>\r\nMessage-ID: ${last}\r\n\r\nNews.\r\n`
    const behind = running.settledWith(({ messageId }) => messageId === last)
    await inMailbox('INBOX', async (client) => {
      await client.append('INBOX', octets, flags, arrived)
      await client.append('INBOX', Buffer.from(news))
    })
    await behind
    const { rows: copies } = await running.daemon.context.db.query<{ id: string; disposition: string }>(
      'select id, disposition from replyd.message where message_id = $1 and id <> $2',
      [row.messageId, row.id],
    )
    expect(copies).toEqual([expect.objectContaining({ disposition: 'duplicate' })])
    return copies[0]?.id
  }

  async function emptyJunk(row: MessageRow) {
    await inMailbox('Junk', (client) => client.messageDelete(String(row.junkUid), { uid: true }))
    await look()
    const rule = await senderRule(running.daemon.context.db, address, row.fromAddress ?? '')
    return { disposition: (await now(row))?.disposition, rule: rule?.rule ?? null }
  }

  test('spam of which a copy arrives later stays filed when Junk is emptied', async () => {
    const row = await fresh('filed', 'later')
    await storeCopy(row, 2000)
    expect(await emptyJunk(row)).toEqual({ disposition: 'filed', rule: null })
  })

  test('so does spam if a copy from the same second was there before it was filed', async () => {
    const row = await fresh('filed', 'before')
    const id = await storeCopy(row, 0)
    const { db } = running.daemon.context
    await db.query('update replyd.message set ingested_at = $2 where id = $1', [id, row.ingestedAt])
    expect(await emptyJunk(row)).toEqual({ disposition: 'filed', rule: null })
  })

  test.each([
    ['is not recognised', 'unmarked', [], { disposition: 'filed', rule: null }],
    [
      'is recognised if it is marked as wanted',
      'wanted',
      ['NonJunk'],
      { disposition: 'restored', rule: 'allow' },
    ],
  ])('a rescue that changes the time of arrival %s', async (_name, local, flags, expected) => {
    const row = await fresh('filed', local)
    await storeCopy(row, 60_000, flags)
    expect(await emptyJunk(row)).toEqual(expected)
  })

  test.each([
    ['at another second', 'another', 2000],
    ['in the same second', 'same', 0],
  ])('a copy of wanted mail that a filter puts into Junk %s adds no rule', async (_name, local, laterMs) => {
    const { db } = running.daemon.context
    const row = await fresh('no-reply-needed', local)
    const octets = await octetsIn('INBOX', row.uid)
    const at = new Date(row.internalDate.getTime() + laterMs)
    await inMailbox('INBOX', (client) => client.append('Junk', octets, [], at))
    await look()
    await look()
    expect(await now(row)).toMatchObject({ disposition: 'no-reply-needed' })
    expect(await senderRule(db, address, row.fromAddress ?? '')).toBeNull()
  })

  test.each([
    [
      'is marked as deleted',
      'marked',
      (client: ImapFlow, uid: string) => client.messageFlagsAdd(uid, ['\\Deleted'], { uid: true }),
    ],
    ['is removed', 'removed', (client: ImapFlow, uid: string) => client.messageDelete(uid, { uid: true })],
  ])('a mail that a client copies to Junk is moved once its original %s', async (_name, local, remove) => {
    const row = await fresh('no-reply-needed', local)
    await inMailbox('INBOX', async (client) => {
      await client.messageCopy(String(row.uid), 'Junk', { uid: true })
      await look()
      expect(await now(row)).toMatchObject({ disposition: 'no-reply-needed' })
      await remove(client, String(row.uid))
    })
    await look()
    await look()
    expect(await now(row)).toMatchObject({ disposition: 'filed', reason: 'junked-by-owner' })
  })
})

test('mail that the owner moves to Junk becomes an example of spam, and its unknown sender is denied', async () => {
  const row = take(({ disposition, mailbox }) => disposition === 'no-reply-needed' && mailbox === 'INBOX')
  await inMailbox('INBOX', (client) => client.messageMove(String(row.uid), 'Junk', { uid: true }))
  await look()
  // A connection may not know yet that the original is gone (RFC 3501 section 7.4.1), so the observer looks again.
  await look()
  expect(await now(row)).toMatchObject({ disposition: 'filed', reason: 'junked-by-owner' })
  const { rows: examples } = await running.daemon.context.db.query(
    'select spam, source from replyd.spam_example where message_id = $1',
    [row.id],
  )
  expect(examples).toEqual([{ spam: true, source: 'owner' }])
})

test.each([
  ['$Junk', { disposition: 'marked', reason: 'marked-junk-by-owner' }],
  ['Junk', { disposition: 'marked', reason: 'marked-junk-by-owner' }],
])(
  'mail that the owner marks %s in INBOX becomes an example of spam and stays where it is',
  async (keyword, expected) => {
    const row = take(({ disposition, mailbox }) => disposition === 'no-reply-needed' && mailbox === 'INBOX')
    await inMailbox('INBOX', (client) => client.messageFlagsAdd(String(row.uid), [keyword], { uid: true }))
    await look()
    expect(await now(row)).toMatchObject(expected)
    const { rows: examples } = await running.daemon.context.db.query(
      'select spam, source from replyd.spam_example where message_id = $1',
      [row.id],
    )
    expect(examples).toEqual([{ spam: true, source: 'owner' }])
    const lying = (await readMailbox(dovecot, address, 'INBOX')).find(({ uid }) => uid === row.uid)
    expect(lying?.messageId).toBe(row.messageId)
    // Moved back: a mistake of the filter, so it is restored.
    await inMailbox('INBOX', async (client) => {
      await client.messageFlagsRemove(String(row.uid), [keyword], { uid: true })
      await client.messageFlagsAdd(String(row.uid), ['$NotJunk'], { uid: true })
    })
    await look()
    expect(await now(row)).toMatchObject({ disposition: 'restored', reason: 'marked-not-junk' })
  },
)

test('spam that the owner marks $NotJunk in Junk is restored without a move', async () => {
  const row = take(({ disposition, fromAddress }) => disposition === 'filed' && fromAddress !== null)
  await inMailbox('Junk', (client) =>
    client.messageFlagsAdd(String(row.junkUid), ['$NotJunk'], { uid: true }),
  )
  await look()
  expect(await now(row)).toMatchObject({ disposition: 'restored', reason: 'marked-not-junk' })
  expect(await senderRule(running.daemon.context.db, address, row.fromAddress ?? '')).toMatchObject({
    rule: 'allow',
  })
})

describe('the owner answers from their own client', () => {
  const answer = (id: string, fields: string) =>
    Buffer.from(
      `From: ${address}\r\nTo: a@b.example\r\nSubject: Re: yours\r\nMessage-ID: ${id}\r\n${fields}\r\n\r\nDone.\r\n`,
    )
  const putIntoSent = (octets: Buffer) =>
    withClient(dovecot, address, (client) => client.append('Sent', octets, ['\\Seen']))
  const holdIt = async (state: 'held' | 'uncertain') => {
    const row = drafted()
    const { db, clock } = running.daemon.context
    await inMailbox('Drafts', async (client) => {
      await client.messageDelete(String((await replyOf(row)).savedUid), { uid: true })
    })
    const at = clock.now()
    await forceReply(db, { id: row.id, from: ['saved'], to: state, actor: 'test', saved: null }, at)
    await forceMail(db, { id: row.id, from: 'done', to: 'review', disposition: state, reason: 'edited' }, at)
    return row
  }

  test.each(['held', 'uncertain'] as const)('what is %s: nothing is left to decide', async (state) => {
    const row = await holdIt(state)
    await look()
    expect(await now(row)).toMatchObject({ disposition: state })
    await putIntoSent(answer(`<own-${state}@nordlicht.example>`, `In-Reply-To: ${row.messageId}`))
    await look()
    expect(await now(row)).toMatchObject({
      step: 'done',
      disposition: 'superseded',
      reason: 'answered-by-owner',
    })
    expect((await replyOf(row)).state).toBe('superseded')
  })

  test('an answer to another mail changes nothing', async () => {
    const row = await holdIt('held')
    await putIntoSent(answer('<other@nordlicht.example>', 'In-Reply-To: <never@heard.example>'))
    await look()
    expect(await now(row)).toMatchObject({ disposition: 'held' })
  })

  test('an uncertain reply that later appears in Sent counts as sent', async () => {
    const row = await holdIt('uncertain')
    const reply = await replyOf(row)
    await putIntoSent(reply.octets)
    const sent = running.settledWith(({ id, disposition }) => id === row.id && disposition === 'sent')
    await look()
    await sent
    expect((await replyOf(row)).state).toBe('sent')
    const copies = await readMailbox(dovecot, address, 'Sent')
    expect(copies.filter(({ messageId }) => messageId === reply.replyMessageId)).toHaveLength(1)
    expect(await answersTo(row, reply.addressee)).toEqual([])
  })

  test('with the draft of a reply that was held again: it is recognised as the owner’s', async () => {
    const row = drafted()
    const { db, clock } = running.daemon.context
    const at = clock.now()
    await forceReply(db, { id: row.id, from: ['saved'], to: 'held', actor: 'test' }, at)
    await forceMail(db, { id: row.id, from: 'done', to: 'review', disposition: 'held', reason: 'edited' }, at)
    const reply = await replyOf(row)
    await inMailbox('Drafts', (client) => client.messageMove(String(reply.savedUid), 'Sent', { uid: true }))
    await look()
    expect(await now(row)).toMatchObject({ disposition: 'sent-by-owner', detail: 'edited 0%' })
  })
})
