import { expect, test } from '@jest/globals'
import type { ImapFlow } from 'imapflow'
import { RecentIds } from '../../src/imap/recent-ids.ts'
import type { MailboxState } from '../../src/imap/types.ts'

/** A mailbox Sent; `commands` names what it was asked. */
function sentWith(headers: Record<number, string>, { uidNext }: { uidNext?: number } = {}) {
  const commands: string[] = []
  const uids = () => Object.keys(headers).map(Number)
  const next = () => uidNext ?? Math.max(0, ...uids()) + 1
  const client = {
    mailbox: { path: 'Sent', uidValidity: 1n, uidNext: 0, exists: 0 },
    search: async ({ uid }: { uid?: string }) => {
      commands.push('SEARCH')
      return uid?.endsWith(':*') || !uid ? uids() : uid.split(',').map(Number)
    },
    fetchAll: async (range: number[] | string) => {
      const from = Array.isArray(range) ? Math.min(...range) : Number.parseInt(range, 10)
      commands.push('FETCH')
      return uids()
        .filter((uid) => uid >= from)
        .map((uid) => ({ uid, headers: Buffer.from(`${headers[uid]}\r\n\r\n`) }))
    },
  }
  let failure: string | null = null
  const use = async <T>(work: (client: ImapFlow) => Promise<T>) => {
    if (failure !== null) throw new Error(failure)
    Object.assign(client.mailbox, { uidNext: next(), exists: uids().length })
    return work(client as unknown as ImapFlow)
  }
  const state = async (): Promise<MailboxState> => {
    commands.push('STATUS')
    return { path: 'Sent', uidValidity: '1', uidNext: next(), exists: uids().length, highestModseq: null }
  }
  return {
    ids: new RecentIds(use, state, new Date()),
    asked: () => commands.splice(0).join(' '),
    fail: (reason: string | null) => {
      failure = reason
    },
  }
}

/** STATUS without UIDNEXT. */
const unstated = { path: 'Sent', uidValidity: '1', uidNext: 1, highestModseq: null }

test('a server that does not state UIDNEXT is asked how many mails there are before their headers are read', async () => {
  const read: unknown[] = []
  const server = {
    mailbox: { path: 'Sent', uidValidity: 1n, uidNext: undefined, exists: 30_000 },
    // Nothing is recent.
    search: async ({ uid }: { uid?: string }) =>
      uid ? Array.from({ length: 30_000 }, (_, at) => at + 1) : [],
    fetchAll: async (range: unknown) => {
      read.push(range)
      return []
    },
  }
  const state = async () => ({ ...unstated, exists: 30_000 })
  const ids = new RecentIds((use) => use(server as unknown as ImapFlow), state, new Date())
  expect(await ids.find(['in-reply-to'], '<q@x>')).toEqual([])
  // Too many to keep.
  expect(await ids.find(['in-reply-to'], '<q@x>')).toBeNull()
  expect(read).toEqual([])
})

test('the last mail, which a server repeats at each look, is counted once', async () => {
  const server = {
    mailbox: { path: 'Sent', uidValidity: 1n, uidNext: 2, exists: 1 },
    search: async () => [1],
    fetchAll: async () => [{ uid: 1, headers: Buffer.from('Message-ID: <a@x>\r\n\r\n') }],
  }
  const state = async () => ({ ...unstated, exists: 1 })
  const ids = new RecentIds((use) => use(server as unknown as ImapFlow), state, new Date())
  for (let look = 0; look <= 20_000; look++) await ids.find(['message-id'], '<b@x>')
  expect(await ids.find(['message-id'], '<a@x>')).toEqual([1])
})

test('nothing is read while STATUS shows nothing new', async () => {
  const headers: Record<number, string> = { 1: 'Message-ID: <a@x>' }
  const { ids, asked } = sentWith(headers)
  await ids.find(['message-id'], '<none@x>')
  expect(asked()).toBe('SEARCH FETCH')
  await ids.find(['message-id'], '<none@x>')
  expect(asked()).toBe('STATUS')
  headers[2] = 'In-Reply-To: <q@x>'
  expect(await ids.find(['in-reply-to'], '<q@x>')).toEqual([2])
  expect(asked()).toBe('STATUS FETCH SEARCH')
})

test('questions of one turn share a look, and one that comes later waits for a look of its own', async () => {
  const headers: Record<number, string> = { 1: 'Message-ID: <a@x>' }
  const { ids, asked } = sentWith(headers)
  await ids.find(['message-id'], '<none@x>')
  asked()
  const first = [ids.find(['message-id'], '<c@x>'), ids.find(['message-id'], '<b@x>')]
  await new Promise(setImmediate)
  headers[2] = 'Message-ID: <b@x>'
  expect(await ids.find(['message-id'], '<b@x>')).toEqual([2])
  expect(await Promise.all(first)).toEqual([[], []])
  expect(asked()).toBe('STATUS STATUS FETCH SEARCH')
})

test('after a look that failed the mailbox is asked again', async () => {
  const { ids, asked, fail } = sentWith({ 1: 'Message-ID: <a@x>' })
  fail('gone')
  const failed = [ids.find(['message-id'], '<a@x>'), ids.find(['message-id'], '<b@x>')]
  for (const one of failed) await expect(one).rejects.toThrow('gone')
  fail(null)
  expect(await ids.find(['message-id'], '<a@x>')).toEqual([1])
  expect(asked()).toBe('SEARCH FETCH SEARCH')
})

test('an empty mailbox is read once its first mail is there', async () => {
  const headers: Record<number, string> = {}
  const { ids } = sentWith(headers)
  for (const _ of [1, 2]) expect(await ids.find(['message-id'], '<a@x>')).toEqual([])
  headers[1] = 'Message-ID: <a@x>'
  expect(await ids.find(['message-id'], '<a@x>')).toEqual([1])
})

test('a mail that this process has stored is not read back', async () => {
  const headers: Record<number, string> = { 1: 'Message-ID: <a@x>' }
  const { ids, asked } = sentWith(headers)
  await ids.find(['message-id'], '<none@x>')
  headers[2] = 'Message-ID: <b@x>'
  ids.appended({ uid: 2, uidValidity: '1' }, Buffer.from('Message-ID: <b@x>\r\n\r\nMessage-ID: <text@x>'))
  asked()
  expect(await ids.find(['message-id'], '<text@x>')).toEqual([])
  expect(asked()).toBe('STATUS')
  expect(await ids.find(['message-id'], '<b@x>')).toEqual([2])
})

test.each([
  ['another mail was stored before it', { uid: 3, uidValidity: '1' }],
  ['the mailbox is another one', { uid: 2, uidValidity: '2' }],
  ['the server does not say where it is', { uid: null, uidValidity: null }],
])('a stored mail is read back if %s', async (_, stored) => {
  const headers: Record<number, string> = { 1: 'Message-ID: <a@x>' }
  const { ids, asked } = sentWith(headers)
  await ids.find(['message-id'], '<none@x>')
  Object.assign(headers, { 2: 'In-Reply-To: <q@x>', 3: 'Message-ID: <b@x>' })
  ids.appended(stored, Buffer.from('Message-ID: <b@x>\r\n\r\n'))
  asked()
  expect(await ids.find(['in-reply-to'], '<q@x>')).toEqual([2])
  expect(asked()).toBe('STATUS FETCH SEARCH')
})
