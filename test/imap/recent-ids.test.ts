import { expect, test } from '@jest/globals'
import type { ImapFlow } from 'imapflow'
import { RecentIds } from '../../src/imap/recent-ids.ts'

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
  const ids = new RecentIds((use) => use(server as unknown as ImapFlow), new Date())
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
  const ids = new RecentIds((use) => use(server as unknown as ImapFlow), new Date())
  for (let look = 0; look <= 20_000; look++) await ids.find(['message-id'], '<b@x>')
  expect(await ids.find(['message-id'], '<a@x>')).toEqual([1])
})
