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
