/** Until the final dot nothing has been sent: a person may change their mind while the server still takes the text. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { TemporaryError } from '../../src/base/errors.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { learnRestored, unlearnSpam } from '../../src/observe/learn.ts'
import { cancel } from '../../src/review/approve.ts'
import { edit } from '../../src/review/edit.ts'
import { junk, undoJunk } from '../../src/review/junk.ts'
import { reject, reopen } from '../../src/review/reject.ts'
import type { Review } from '../../src/review/review.ts'
import type { Database, Queryable } from '../../src/store/database.ts'
import { loadMessage } from '../../src/store/messages.ts'
import { move } from '../../src/store/moves.ts'
import { loadReply } from '../../src/store/replies.ts'
import { senderRule } from '../../src/store/sender-rules.ts'
import { type Dovecot, startDovecot } from '../live/servers/index.ts'
import { type Moment, ScriptedServer } from '../smtp/scripted-server.ts'
import { readMailbox } from './mailboxes.ts'
import { approveCurrentText, letter, startWalk, type Walk } from './walk.ts'

let dovecot: Dovecot
let standIn: StandIn

beforeAll(async () => {
  ;[dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
})

afterAll(async () => {
  await Promise.all([dovecot?.stop(), standIn?.close()])
})

const customer = 'kim@asks.example'

async function ownersExamples(db: Queryable, id: string): Promise<number> {
  const { rows } = await db.query(
    "select 1 from replyd.spam_example where message_id = $1 and source = 'owner'",
    [id],
  )
  return rows.length
}

type Mode = 'review' | 'draft' | 'send'

const walkWith = (server: ScriptedServer, address: string, mode: Mode) =>
  startWalk({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: server.port },
    standIn,
    account: {
      authservIds: ['mx.replyd.test'],
      sentCopy: true,
      replies: { mode, undo: '0s', minConfidence: 0 },
    },
  })

async function ask(address: string, id: string): Promise<void> {
  const text = 'Hello,\n\nwhat are your opening hours on Saturday?\n\nKim'
  await dovecot.deliver(address, letter({ id, from: customer, to: address, text }))
}

/** A mail that was answered. */
async function answered(server: ScriptedServer, address: string, mode: Mode = 'review') {
  const walk = await walkWith(server, address, mode)
  await ask(address, '<one@asks.example>')
  const row = await walk.handle()
  const review: Review = { context: walk.context, pipeline: walk.running.daemon.pipeline }
  return { walk, review, row }
}

/** A mail whose reply a person has just approved. */
async function aboutToSend(...settings: Parameters<typeof answered>) {
  const all = await answered(...settings)
  await approveCurrentText(all.review, all.row.id)
  return all
}

/** Runs while the server processes that command, or the final dot, for the first time. */
function during(wanted: Moment): {
  server: Promise<ScriptedServer>
  act: (what: () => Promise<unknown>) => void
} {
  let acts = async (): Promise<unknown> => undefined
  const server = ScriptedServer.start(async (moment) => {
    if (moment !== wanted) return undefined
    const now = acts
    acts = async () => undefined
    await now()
    return undefined
  })
  return {
    server,
    act: (what) => {
      acts = what
    },
  }
}

/**
 * Fails the first statement of that pattern: `before` the store has run it, or `after`, as when the connection is lost
 * with the answer.
 * @param then runs before the failure is known
 */
function failOnce(
  db: Database,
  pattern: RegExp,
  when: 'before' | 'after',
  then?: () => Promise<unknown>,
): void {
  const query = db.query.bind(db)
  const spied = jest.spyOn(db, 'query')
  spied.mockImplementation(async (text, params) => {
    if (!pattern.test(`${text} ${params}`)) return query(text, params)
    spied.mockRestore()
    if (when === 'after') await query(text, params)
    await then?.()
    throw new Error('read ECONNRESET')
  })
}

const stateOf = async (walk: Walk, id: string) => (await loadReply(walk.context.db, id))?.state

test('an approval that is taken back while the server reads the mail: nothing goes out', async () => {
  const { server: starting, act } = during('RCPT')
  await using server = await starting
  const { walk, review, row } = await aboutToSend(server, 'back@claim.example')
  await using _ = walk
  act(() => cancel(review, row.id, 'Ann'))
  await expect(walk.walk(row.id)).rejects.toThrow('another worker has this reply')
  expect(server.mails).toEqual([])
  expect(await loadMessage(walk.context.db, row.id)).toMatchObject({
    step: 'review',
    disposition: 'held',
    reason: 'cancelled',
  })
  // A later approval sends it, once.
  await approveCurrentText(review, row.id)
  expect((await walk.walk(row.id)).row.disposition).toBe('sent')
  expect(server.mails).toHaveLength(1)
})

test('a text that is edited and approved while the server reads the old one: only the new one goes out', async () => {
  const { server: starting, act } = during('RCPT')
  await using server = await starting
  const { walk, review, row } = await aboutToSend(server, 'edited@claim.example')
  await using _ = walk
  act(async () => {
    await cancel(review, row.id, 'Ann')
    await edit(review, row.id, 'Ann', 'Hello Kim,\n\nwe are closed.\n')
    await approveCurrentText(review, row.id)
  })
  const { putOff } = await walk.walk(row.id)
  expect(putOff?.reason).toBe('changed-meanwhile')
  expect([server.mails.length, await stateOf(walk, row.id)]).toEqual([0, 'approved'])
  expect((await walk.walk(row.id)).row.disposition).toBe('sent')
  expect(server.mails.map(String)).toEqual([expect.stringContaining('we are closed.')])
})

test('another worker calls a reply uncertain before the server answers: the answer proves it was sent', async () => {
  const { server: starting, act } = during('dot')
  await using server = await starting
  const address = 'late@claim.example'
  const { walk, row } = await aboutToSend(server, address)
  await using _ = walk
  const { db, clock } = walk.context
  act(() => move(db, 'doubt', { id: row.id, at: 'deliver', reason: 'send-unconfirmed' }, clock.now()))
  expect((await walk.walk(row.id)).row).toMatchObject({ disposition: 'sent', reason: 'approved-by-person' })
  expect([server.mails.length, await stateOf(walk, row.id)]).toEqual([1, 'sent'])
  expect(await readMailbox(dovecot, address, 'Sent')).toHaveLength(1)
})

test.each([
  ['the store is lost with its answer to the claim', /"to":"sending"/, 'after'],
  ['the store can not be asked for the limits once the claim is made', /kind = 'send'/, 'before'],
] as const)('%s: nothing goes out, and the reply is sent later', async (_name, pattern, when) => {
  const { server: starting, act } = during('RCPT')
  await using server = await starting
  const address = `lost-${when}@claim.example`
  await using walk = await walkWith(server, address, 'send')
  await ask(address, '<one@asks.example>')
  const [arrived] = await walk.arrive()
  const id = arrived?.id ?? ''
  act(async () => failOnce(walk.context.db, pattern, when))
  await expect(walk.walk(id)).rejects.toThrow('read ECONNRESET')
  expect([server.mails.length, await loadReply(walk.context.db, id)]).toEqual([
    0,
    expect.objectContaining({ state: 'approved', claimedAt: null }),
  ])
  expect((await walk.walk(id)).row.disposition).toBe('sent')
  expect(server.mails).toHaveLength(1)
})

test('a claim whose answer is lost is not released if another worker has made the next one', async () => {
  const { server: starting, act } = during('RCPT')
  await using server = await starting
  const { walk, row } = await aboutToSend(server, 'other@claim.example')
  await using _ = walk
  const { db, clock } = walk.context
  const theirs = { id: row.id, reply: { claimedAt: new Date(clock.now().getTime() - 1000) } }
  const claimTheirs = () => db.transaction((session) => move(session, 'claim', theirs, clock.now()))
  act(async () => failOnce(db, /"to":"sending"/, 'before', claimTheirs))
  await expect(walk.walk(row.id)).rejects.toThrow('read ECONNRESET')
  expect(await loadReply(db, row.id)).toMatchObject({ state: 'sending', ...theirs.reply })
})

test('a release whose answer is lost is not repeated on the claim of another worker', async () => {
  let release = () => {}
  await using server = await ScriptedServer.start((moment) => {
    if (moment !== 'dot') return undefined
    release()
    return '451 4.3.0 try again later'
  })
  const { walk, row } = await aboutToSend(server, 'repeated@claim.example')
  await using _ = walk
  const { db, clock } = walk.context
  const theirs = { id: row.id, reply: { claimedAt: new Date(clock.now().getTime() - 1000) } }
  const claimTheirs = () => db.transaction((session) => move(session, 'claim', theirs, clock.now()))
  release = () => failOnce(db, /"to":"approved"/, 'after', claimTheirs)
  await expect(walk.walk(row.id)).rejects.toThrow('try again later')
  expect(await loadReply(db, row.id)).toMatchObject({ state: 'sending', ...theirs.reply })
})

test('a reply that the server refuses becomes a draft, even if the store is lost meanwhile', async () => {
  let refused = () => {}
  await using server = await ScriptedServer.start((moment) => {
    if (moment !== 'RCPT') return undefined
    refused()
    return '550 5.1.1 no such mailbox'
  })
  const address = 'refused@claim.example'
  const { walk, row } = await aboutToSend(server, address)
  await using _ = walk
  refused = () => failOnce(walk.context.db, /"to":"saving"/, 'before')
  expect((await walk.walk(row.id)).row).toMatchObject({ disposition: 'drafted', reason: 'smtp-rejected' })
  expect(await readMailbox(dovecot, address, 'Drafts')).toHaveLength(1)
})

test('a reply that was changed while the server refused it is tried again as it is now', async () => {
  let meanwhile = async (): Promise<unknown> => undefined
  await using server = await ScriptedServer.start(async (moment) => {
    if (moment !== 'RCPT') return undefined
    await meanwhile()
    return '550 5.1.1 no such mailbox'
  })
  const { walk, review, row } = await aboutToSend(server, 'corrected@claim.example')
  await using _ = walk
  meanwhile = async () => {
    await cancel(review, row.id, 'Ann')
    await edit(review, row.id, 'Ann', 'Hello Kim,\n\nwe are closed.\n')
    await approveCurrentText(review, row.id)
  }
  expect((await walk.walk(row.id)).putOff?.reason).toBe('changed-meanwhile')
  expect(await stateOf(walk, row.id)).toBe('approved')
})

test('a refused login claims nothing: the server has not been told of the reply', async () => {
  await using server = await ScriptedServer.start((moment) =>
    moment === 'AUTH' ? '535 5.7.8 wrong password' : undefined,
  )
  const { walk, row } = await aboutToSend(server, 'login@claim.example')
  await using _ = walk
  await expect(walk.walk(row.id)).rejects.toThrow('wrong password')
  const { rows } = await walk.context.db.query("select 1 from replyd.reply_change where to_state = 'sending'")
  expect([rows, await stateOf(walk, row.id)]).toEqual([[], 'approved'])
})

test('a mail that is marked as spam after the approval gets no reply; its flags are read once', async () => {
  await using server = await ScriptedServer.start(() => undefined)
  const { walk, row } = await aboutToSend(server, 'marked@claim.example')
  await using _ = walk
  const { imap } = walk.account
  await imap.addFlags(row.mailbox, row.uidValidity, row.uid, ['$Junk'])
  const read = jest.spyOn(imap, 'flags')
  expect((await walk.walk(row.id)).row).toMatchObject({ step: 'done', disposition: 'superseded' })
  expect([server.mails, read.mock.calls.length]).toEqual([[], 1])
})

test('an approved draft that is cancelled is a draft again, and can be approved again', async () => {
  await using server = await ScriptedServer.start(() => undefined)
  const address = 'draft@claim.example'
  const { walk, review, row } = await aboutToSend(server, address, 'draft')
  await using _ = walk
  expect(await cancel(review, row.id, 'Ann')).toMatchObject({ state: 'saved', sendAfter: null })
  const { db } = walk.context
  expect(await loadMessage(db, row.id)).toMatchObject({
    step: 'done',
    disposition: 'drafted',
    reason: 'cancelled',
  })
  expect(await readMailbox(dovecot, address, 'Drafts')).toHaveLength(1)
  await approveCurrentText(review, row.id)
  expect((await walk.walk(row.id)).row.disposition).toBe('sent')
  expect([server.mails.length, await readMailbox(dovecot, address, 'Drafts')]).toEqual([1, []])
})

test('an edit replaces the draft in Drafts; a rejection that is undone brings it back', async () => {
  await using server = await ScriptedServer.start(() => undefined)
  const address = 'edits@claim.example'
  const { walk, review, row } = await answered(server, address, 'draft')
  await using _ = walk
  await edit(review, row.id, 'Ann', 'Hello Kim,\n\nwe are closed.\n')
  const drafts = async () =>
    (await readMailbox(dovecot, address, 'Drafts')).map(({ octets }) => octets.toString())
  expect(await drafts()).toEqual([expect.stringContaining('we are closed.')])
  await approveCurrentText(review, row.id)
  expect(await cancel(review, row.id, 'Ann')).toMatchObject({ state: 'saved' })
  await reject(review, row.id, 'Ann')
  expect(await drafts()).toEqual([])
  expect(await reopen(review, row.id, 'Ann')).toMatchObject({ state: 'saved' })
  await approveCurrentText(review, row.id)
  expect((await walk.walk(row.id)).row.disposition).toBe('sent')
  expect([server.mails.map(String), await drafts()]).toEqual([
    [expect.stringContaining('we are closed.')],
    [],
  ])
})

test('undoing a rejection puts the draft back into Drafts', async () => {
  await using server = await ScriptedServer.start(() => undefined)
  const address = 'mistake@claim.example'
  const { walk, review, row } = await answered(server, address, 'draft')
  await using _ = walk
  await reject(review, row.id, 'Ann')
  expect(await readMailbox(dovecot, address, 'Drafts')).toEqual([])
  expect(await reopen(review, row.id, 'Ann')).toMatchObject({ state: 'saved' })
  expect(await readMailbox(dovecot, address, 'Drafts')).toHaveLength(1)
  // It is still replyd's own draft, so it can be decided on here.
  await reject(review, row.id, 'Ann')
  expect(await readMailbox(dovecot, address, 'Drafts')).toEqual([])
})

test('if the mailbox does not answer, mail that was called spam waits as before', async () => {
  await using server = await ScriptedServer.start(() => undefined)
  const { walk, review, row } = await answered(server, 'spam@claim.example')
  await using _ = walk
  const { imap } = walk.account
  const move = imap.move.bind(imap)
  imap.move = () => Promise.reject(new TemporaryError('the connection was closed'))
  await expect(junk(review, row.id, 'Ann')).rejects.toThrow('the connection was closed')
  expect(await loadMessage(walk.context.db, row.id)).toMatchObject({ step: 'review', disposition: 'held' })
  imap.move = move
  await junk(review, row.id, 'Ann')
  expect((await loadMessage(walk.context.db, row.id))?.disposition).toBe('filed')
})

test.each(['first', 'last'] as const)(
  'undoing Junk unlearns everything, whether the observer looks first or last: %s',
  async (observer) => {
    await using server = await ScriptedServer.start(() => undefined)
    const address = `undo-${observer}@claim.example`
    const { walk, review, row } = await answered(server, address)
    await using _ = walk
    const { db } = walk.context
    await junk(review, row.id, 'Ann')
    const filed = await loadMessage(db, row.id)
    if (filed === null) throw new Error('the mail is gone')
    const observe = () => learnRestored(walk.context, walk.account, filed, 'moved-back-by-owner')
    if (observer === 'first') {
      await observe()
      expect((await loadMessage(db, row.id))?.disposition).toBe('restored')
      expect(await senderRule(db, address, customer)).toMatchObject({ rule: 'allow' })
    }
    // The page had read the row before the observer changed it.
    await (observer === 'first' ? unlearnSpam(walk.context, filed, 'Ann') : undoJunk(review, row.id, 'Ann'))
    if (observer === 'last') await observe()
    expect(await loadMessage(db, row.id)).toMatchObject({ disposition: 'held', reason: 'junk-undone' })
    expect((await loadReply(db, row.id))?.state).toBe('held')
    expect(await senderRule(db, address, customer)).toBeNull()
    expect(await ownersExamples(db, row.id)).toBe(0)
  },
)

test('undoing Junk leaves the trust that another mail of the sender earned', async () => {
  await using server = await ScriptedServer.start(() => undefined)
  const address = 'trust@claim.example'
  const { walk, review, row } = await answered(server, address)
  await using _ = walk
  const { db } = walk.context
  await ask(address, '<two@asks.example>')
  const [other] = await walk.arrive()
  if (other === undefined) throw new Error('the second mail has not come')
  await walk.walk(other.id)
  const filed = []
  for (const { id } of [other, row]) {
    await junk(review, id, 'Ann')
    filed.push(await loadMessage(db, id))
  }
  const [theirs, mine] = filed
  if (!theirs || !mine) throw new Error('a mail is gone')
  await learnRestored(walk.context, walk.account, theirs, 'moved-back-by-owner')
  await unlearnSpam(walk.context, mine, 'Ann')
  expect(await senderRule(db, address, customer)).toMatchObject({ rule: 'allow', source: 'restored' })
})

test('of two identical automatic replies sent at the same moment, only one goes out', async () => {
  const { server: starting, act } = during('RCPT')
  await using server = await starting
  const address = 'twice@claim.example'
  await using walk = await walkWith(server, address, 'send')
  await ask(address, '<one@asks.example>')
  await ask(address, '<two@asks.example>')
  const [one, two] = await walk.arrive()
  act(() => walk.walk(two?.id ?? ''))
  const { putOff } = await walk.walk(one?.id ?? '')
  expect([putOff?.reason, server.mails.length]).toEqual(['limits-changed', 1])
  expect(await stateOf(walk, one?.id ?? '')).toBe('approved')
  expect(await stateOf(walk, two?.id ?? '')).toBe('sent')
  expect((await walk.walk(one?.id ?? '')).row.disposition).toBe('drafted')
  expect(server.mails).toHaveLength(1)
})
