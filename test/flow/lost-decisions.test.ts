/** A person or the owner decides while the mail goes on, or while the store or the mailbox fails. */
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { Observer } from '../../src/observe/observe.ts'
import { table } from '../../src/pipeline/table.ts'
import type { Review } from '../../src/review/review.ts'
import { loadMessage, type MessageRow } from '../../src/store/messages.ts'
import { type Dovecot, startDovecot } from '../live/servers/index.ts'
import { ScriptedServer } from '../smtp/scripted-server.ts'
import { withClient } from './mailboxes.ts'
import { letter, startWalk, type Walk } from './walk.ts'

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
  return () => observer.lookOnce()
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
