/** A person or the owner decides while the mail goes on, or while the store or the mailbox fails. */
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { TemporaryError } from '../../src/base/errors.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { Observer } from '../../src/observe/observe.ts'
import { table } from '../../src/pipeline/table.ts'
import { cancel } from '../../src/review/approve.ts'
import { edit } from '../../src/review/edit.ts'
import { junk } from '../../src/review/junk.ts'
import { reject, reopen } from '../../src/review/reject.ts'
import type { Review } from '../../src/review/review.ts'
import { rewrite } from '../../src/review/rewrite.ts'
import type { Database } from '../../src/store/database.ts'
import { loadMessage, type MessageRow } from '../../src/store/messages.ts'
import { move } from '../../src/store/moves.ts'
import { loadReply } from '../../src/store/replies.ts'
import { type Dovecot, startDovecot } from '../live/servers/index.ts'
import { ScriptedServer } from '../smtp/scripted-server.ts'
import { readMailbox, withClient } from './mailboxes.ts'
import { approveCurrentText, letter, startWalk, type Walk } from './walk.ts'

const graceMs = 90_000
let dovecot: Dovecot
let standIn: StandIn
let server: ScriptedServer

beforeAll(async () => {
  ;[dovecot, standIn, server] = await Promise.all([
    startDovecot(),
    startStandIn(),
    ScriptedServer.start(() => undefined),
  ])
})

afterEach(() => void jest.restoreAllMocks())

afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close(), server?.[Symbol.asyncDispose]()])
})

/** A mail that has just arrived, and an observer that knows the mailboxes from before. */
async function arrived(address: string, replies: Record<string, unknown>) {
  const walk = await startWalk({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: server.port },
    standIn,
    account: {
      authservIds: ['mx.replyd.test'],
      sentCopy: true,
      replies: { undo: '0s', minConfidence: 0, ...replies },
    },
  })
  const look = observe(walk)
  await look()
  const text = 'Hello,\n\nwhat are your opening hours on Saturday?\n\nKim'
  const mail = letter({ id: '<one@asks.example>', from: 'kim@asks.example', to: address, text })
  await dovecot.deliver(address, mail)
  const [row] = await walk.arrive()
  if (!row) throw new Error('the mail has not come')
  const review: Review = { context: walk.context, pipeline: walk.running.daemon.pipeline }
  return { walk, review, look, row, id: row.id }
}

function observe(walk: Walk): () => Promise<void> {
  const options = { mayLook: async () => true, onApproved: async () => undefined, graceMs }
  const observer = new Observer(walk.context, walk.account, options)
  // Dovecot ends a connection whose mailbox was deleted: the daemon looks again, too.
  return () =>
    observer.lookOnce().catch((error: unknown) => {
      if (!(error instanceof TemporaryError)) throw error
      return observer.lookOnce()
    })
}

const inMailbox = (address: string, path: string, work: Parameters<typeof withClient>[2]) =>
  withClient(dovecot, address, async (client) => {
    await client.mailboxOpen(path)
    await work(client)
  })

const moveToJunk = (address: string, { uid }: MessageRow) =>
  inMailbox(address, 'INBOX', (client) => client.messageMove(String(uid), 'Junk', { uid: true }))

const nowOf = ({ context }: Walk, id: string) => loadMessage(context.db, id)
const sentBy = (address: string) => server.mails.map(String).filter((mail) => mail.includes(address))

test('a mail goes on at the moment in which the owner moves it to Junk: it is filed, and gets no answer', async () => {
  const address = 'goes-on@lost.example'
  const { walk, look, row, id } = await arrived(address, { mode: 'send' })
  await using _ = walk
  await moveToJunk(address, row)
  const read = jest.spyOn(walk.account.imap, 'flags')
  read.mockImplementationOnce(async () => {
    await table.triage.run(walk.context, id, new AbortController().signal)
    return null
  })
  await look()
  expect(read).toHaveBeenCalled()
  await walk.walk(id)
  expect([sentBy(address), await nowOf(walk, id)]).toEqual([
    [],
    expect.objectContaining({ disposition: 'filed', reason: 'junked-by-owner' }),
  ])
})

test('a mail that the owner moves to Junk while its draft is being saved is filed afterwards', async () => {
  const address = 'saving@lost.example'
  const { walk, look, row, id } = await arrived(address, { mode: 'draft' })
  await using _ = walk
  await moveToJunk(address, row)
  const { imap } = walk.account
  const append = imap.append.bind(imap)
  jest.spyOn(imap, 'append').mockImplementationOnce(async (...draft) => {
    // A connection may not know yet that the original is gone (RFC 3501 section 7.4.1), so the observer looks again.
    await look()
    await look()
    return append(...draft)
  })
  expect((await walk.walk(id)).row.disposition).toBe('drafted')
  // Even after a restart.
  await observe(walk)()
  expect(await nowOf(walk, id)).toMatchObject({ disposition: 'filed', reason: 'junked-by-owner' })
})

/** A mail whose reply is a draft in Drafts. */
async function drafted(address: string, replies: Record<string, unknown> = {}) {
  const all = await arrived(address, { mode: 'draft', ...replies })
  expect((await all.walk.walk(all.id)).row.disposition).toBe('drafted')
  return all
}

const draftsOf = async (address: string, path = 'Drafts') =>
  (await readMailbox(dovecot, address, path)).map(({ octets }) => octets.toString())
const replyOf = async ({ context }: Walk, id: string) => {
  const reply = await loadReply(context.db, id)
  if (!reply) throw new Error('no reply')
  return reply
}

/** As when the draft is missing for so long that it counts as deleted. */
async function lookTwice(walk: Walk, look: () => Promise<void>): Promise<void> {
  await look()
  walk.ahead += graceMs
  await look()
}

const decision = /"mailVersion"/

/** The store makes the next decision, and its answer is lost with the connection. */
function loseAnswer(db: Database): void {
  const query = db.query.bind(db)
  const spied = jest.spyOn(db, 'query')
  spied.mockImplementation(async (text, params) => {
    const answer = await query(text, params)
    if (!decision.test(text)) return answer
    spied.mockRestore()
    throw new Error('read ECONNRESET')
  })
}

/** The store is away from the next decision on. @returns brings it back */
function loseStore(db: Database): () => void {
  const query = db.query.bind(db)
  const spied = jest.spyOn(db, 'query')
  let away = false
  spied.mockImplementation(async (text, params) => {
    away ||= decision.test(text)
    if (away) throw new Error('connect ECONNREFUSED')
    return query(text, params)
  })
  return () => spied.mockRestore()
}

const closed = 'Hello Kim,\n\nwe are closed.'

test('the answer to an edit is lost: the person\u2019s text and its draft stay, and the old draft goes', async () => {
  const address = 'edit@lost.example'
  const { walk, review, look, id } = await drafted(address)
  await using _ = walk
  loseAnswer(walk.context.db)
  expect(await edit(review, id, 'Ann', closed)).toMatchObject({ text: closed })
  await look()
  expect(await replyOf(walk, id)).toMatchObject({ state: 'saved', text: closed })
  expect(await draftsOf(address)).toEqual([expect.stringContaining('we are closed.')])
})

test('the answer to an undone rejection is lost: the mail waits, with its draft', async () => {
  const address = 'reopen@lost.example'
  const { walk, review, look, id } = await drafted(address)
  await using _ = walk
  await reject(review, id, 'Ann')
  loseAnswer(walk.context.db)
  expect(await reopen(review, id, 'Ann')).toMatchObject({ state: 'saved' })
  await lookTwice(walk, look)
  expect((await nowOf(walk, id))?.disposition).toBe('drafted')
  expect(await draftsOf(address)).toHaveLength(1)
})

test('if nobody knows whether an edit was stored, no draft is removed', async () => {
  const address = 'away@lost.example'
  const { walk, review, look, id } = await drafted(address)
  await using _ = walk
  const before = await replyOf(walk, id)
  const bringBack = loseStore(walk.context.db)
  await expect(edit(review, id, 'Ann', closed)).rejects.toThrow('connect ECONNREFUSED')
  bringBack()
  await lookTwice(walk, look)
  expect(await replyOf(walk, id)).toMatchObject({ state: 'saved', text: before.text })
  expect(await draftsOf(address)).toEqual([
    before.octets.toString(),
    expect.stringContaining('we are closed.'),
  ])
})

test('a decision that is made while the observer reads another version of the draft is not overwritten', async () => {
  const address = 'meanwhile@lost.example'
  const { walk, look, id } = await drafted(address)
  await using _ = walk
  const { imap } = walk.account
  const { octets, savedUid } = await replyOf(walk, id)
  await inMailbox(address, 'Drafts', async (client) => {
    await client.append('Drafts', Buffer.concat([octets, Buffer.from('One more line.\r\n')]), ['\\Draft'])
    await client.messageDelete(String(savedUid), { uid: true })
  })
  const fetchSource = imap.fetchSource.bind(imap)
  jest.spyOn(imap, 'fetchSource').mockImplementationOnce(async (...which) => {
    const edited = { id, at: 'done', actor: 'Ann', reason: 'edited', reply: { text: closed } } as const
    await move(walk.context.db, 'editDraft', edited, walk.context.clock.now())
    return fetchSource(...which)
  })
  await look()
  expect((await replyOf(walk, id)).text).toBe(closed)
})

test('a reply that was approved by a flag and cancelled is not approved again by the same flag', async () => {
  const address = 'flag@lost.example'
  const { walk, review, look, id } = await drafted(address, { approve: 'flag' })
  await using _ = walk
  await inMailbox(address, 'Drafts', (client) => client.messageFlagsAdd('1:*', ['\\Flagged']))
  await look()
  expect(await nowOf(walk, id)).toMatchObject({ disposition: 'approved', reason: 'approved-by-flag' })
  await cancel(review, id, 'Ann')
  await look()
  await walk.walk(id)
  expect([sentBy(address), (await nowOf(walk, id))?.disposition]).toEqual([[], 'held'])
  // The owner takes the draft away: the decision is left to the page.
  await inMailbox(address, 'Drafts', (client) => client.messageDelete('1:*'))
  await lookTwice(walk, look)
  await approveCurrentText(review, id)
  expect((await walk.walk(id)).row.disposition).toBe('sent')
  expect(sentBy(address)).toHaveLength(1)
})

const lost = () => Promise.reject(new TemporaryError('the connection was closed'))

test('if the mailbox is gone when a mail with a draft is called spam, the mail waits', async () => {
  const address = 'spam@lost.example'
  const { walk, review, id } = await drafted(address)
  await using _ = walk
  const { imap } = walk.account
  for (const command of ['removeExactly', 'move', 'append'] as const)
    jest.spyOn(imap, command).mockImplementation(lost)
  await expect(junk(review, id, 'Ann')).rejects.toThrow('the connection was closed')
  expect(await nowOf(walk, id)).toMatchObject({ step: 'review', disposition: 'held', reason: 'reopened' })
  jest.restoreAllMocks()
  await junk(review, id, 'Ann')
  expect((await nowOf(walk, id))?.disposition).toBe('filed')
})

test.each([
  ['rejected', 'rejected', (review: Review, id: string) => reject(review, id, 'Ann')],
  ['edited', 'drafted', (review: Review, id: string) => edit(review, id, 'Ann', closed)],
  ['rewritten', 'pending', (review: Review, id: string) => rewrite(review, id, 'Ann', 'shorter')],
])(
  'a draft that can not be removed once its mail is %s: the decision stands',
  async (name, expected, act) => {
    const { walk, review, id } = await drafted(`${name}@lost.example`)
    await using _ = walk
    jest.spyOn(walk.account.imap, 'removeExactly').mockImplementationOnce(lost)
    const advance = jest.spyOn(review.pipeline, 'advance')
    await act(review, id)
    expect((await nowOf(walk, id))?.disposition).toBe(expected)
    if (expected === 'pending') expect(advance).toHaveBeenCalledWith(id, 'compose')
  },
)

test.each([
  ['stays there', 'stays', 'drafted', async () => undefined],
  [
    'is deleted there',
    'deleted',
    'rejected',
    (address: string) => inMailbox(address, 'Drafts', (client) => client.messageDelete('1:*')),
  ],
  [
    'is flagged there',
    'flagged',
    'approved',
    (address: string) =>
      inMailbox(address, 'Drafts', (client) => client.messageFlagsAdd('1:*', ['\\Flagged'])),
  ],
  ['was in a mailbox that is gone', 'gone', 'rejected', removeDrafts],
])('after a change of the Drafts mailbox, a draft that %s', async (_name, local, expected, act) => {
  const address = `${local}@lost.example`
  const { walk, look, id } = await drafted(address, { approve: 'flag' })
  await using _ = walk
  await withClient(dovecot, address, (client) => client.mailboxCreate('Entwuerfe'))
  const { imap } = walk.account
  const special = await imap.specialMailboxes()
  jest.spyOn(imap, 'specialMailboxes').mockResolvedValue({ ...special, drafts: 'Entwuerfe' })
  await act(address)
  await lookTwice(walk, look)
  expect((await nowOf(walk, id))?.disposition).toBe(expected)
})

function removeDrafts(address: string) {
  return withClient(dovecot, address, (client) => client.mailboxDelete('Drafts'))
}
