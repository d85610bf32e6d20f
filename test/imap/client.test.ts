/** The view of a selected mailbox, and when it is renewed. */
import { expect, test } from '@jest/globals'
import type { ImapFlow } from 'imapflow'
import { inMailbox, reading, writing } from '../../src/imap/client.ts'

test.each([
  ['renewed', reading('INBOX', '1'), 1e9, ['NOOP']],
  ['left as it is if the caller checks the result', { ...writing('INBOX', '1'), asSeen: true }, 1e9, []],
  ['of a mailbox that was selected long ago: it is selected again', reading('INBOX', '1'), 0, ['SELECT']],
  [
    'of one selected long ago, whatever the caller checks',
    { ...writing('INBOX', '1'), asSeen: true },
    0,
    ['SELECT'],
  ],
])('the view of a selected mailbox is %s', async (_, place, trustMs, commands) => {
  const asked: string[] = []
  const client = {
    mailbox: { path: 'INBOX', uidValidity: 1n, readOnly: false, exists: 1, uidNext: 2 },
    getMailboxLock: async () => ({ release: () => {} }),
    noop: async () => asked.push('NOOP'),
    mailboxOpen: async () => asked.push('SELECT'),
  }
  expect(await inMailbox(client as unknown as ImapFlow, place, trustMs, async () => 'used')).toBe('used')
  expect(asked).toEqual(commands)
})
