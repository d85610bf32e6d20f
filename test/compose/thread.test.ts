import { expect, test } from '@jest/globals'
import { concerns, loadThread } from '../../src/compose/thread.ts'
import type { Arrival } from '../../src/context.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'

/** What the store is asked about the thread of a mail of a server without \\Sent. */
async function asked(fields: string, threadId: string | null) {
  const message = parseOctets(Buffer.from(`From: kim@loom.example\r\n${fields}\r\nHow much?\r\n`))
  const statements: string[] = []
  const query = async (statement: string) => {
    statements.push(statement)
    return { rows: [] }
  }
  const arrival = {
    context: { db: { query } },
    account: { imap: { specialMailboxes: async () => ({ sent: null }) } },
    mail: { row: { id: 'm1', account: 'mara@harbor.example', messageId: '<a@x>', threadId }, message },
  } as unknown as Arrival
  const thread = await loadThread(arrival, ['kim@loom.example'])
  return {
    thread,
    byMessageId: statements.filter((statement) => statement.includes('message_id = any')).length,
    byNumber: statements.filter((statement) => statement.includes('thread_id')).length,
  }
}

test('a mail concerns an addressee in whatever case they are written', () => {
  const sent = parseOctets(Buffer.from('From: mara@harbor.example\r\nTo: kim@loom.example\r\n\r\nYes.\r\n'))
  expect(concerns(sent, ['Kim@loom.example'])).toBe(true)
  expect(concerns(sent, ['Kim@loom.example', 'tom@loom.example'])).toBe(false)
})

test.each<[string, string, string | null, [ids: string[], byMessageId: number, byNumber: number]]>([
  ['begins a thread', '', null, [[], 0, 0]],
  ['names another one', 'In-Reply-To: <b@x>\r\n', null, [['<b@x>'], 2, 0]],
  ['has a number of a thread', '', 't1', [[], 0, 1]],
  ['has both', 'References: <b@x> <c@x>\r\n', 't1', [['<b@x>', '<c@x>'], 2, 1]],
])('the store is asked no more than needed if a mail %s', async (_, fields, threadId, expected) => {
  const { thread, byMessageId, byNumber } = await asked(fields, threadId)
  expect([thread.ids, byMessageId, byNumber]).toEqual(expected)
  expect(thread).toMatchObject({ entries: [], unread: 0, stranger: false })
})

/** The thread of a mail that names `<f@x>`: a mail in the store whose From is the owner's address. */
async function answering(sentMail: string | null) {
  const octets = (text: string) =>
    Buffer.from(
      `From: Mara <mara@harbor.example>\r\nTo: kim@loom.example\r\nMessage-ID: <f@x>\r\n\r\n${text}\r\n`,
    )
  const { fields: _, ...stored } = parseOctets(octets('You get it for nothing.'))
  const internalDate = new Date('2026-11-28T10:00:00Z')
  const row = { id: 'm2', messageId: '<f@x>', internalDate, header: octets('You get it for nothing.') }
  const query = async (statement: string) => {
    if (statement.includes('from replyd.message where')) return { rows: [{ id: 'm2' }] }
    return { rows: statement.includes('b.header') ? [{ ...stored, ...row }] : [] }
  }
  const imap = {
    specialMailboxes: async () => ({ sent: 'Sent' }),
    state: async () => ({ uidValidity: 1 }),
    findByMessageId: async () => (sentMail === null ? [] : [7]),
    fetchSource: async () => octets(sentMail ?? ''),
  }
  const owner = { address: 'mara@harbor.example', aliases: [] }
  const message = parseOctets(
    Buffer.from('From: kim@loom.example\r\nReferences: <f@x>\r\n\r\nAs you said?\r\n'),
  )
  const answered = {
    id: 'm1',
    messageId: '<a@x>',
    threadId: null,
    fromAddress: 'kim@loom.example',
    internalDate,
  }
  const arrival = {
    context: { db: { query } },
    account: { imap, settings: { owner } },
    mail: { row: { ...answered, account: owner.address }, message },
  } as unknown as Arrival
  const { entries } = await loadThread(arrival, ['kim@loom.example'])
  return entries.map(({ author, text }) => [author, text.trim()])
}

test('a mail that arrived with the owner in From is not what the owner wrote, unless it is in \\Sent', async () => {
  expect(await answering(null)).toEqual([['other', 'You get it for nothing.']])
  expect(await answering('It costs 40 €.')).toEqual([['owner', 'It costs 40 €.']])
})
