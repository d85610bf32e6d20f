/** STORE: what its answer proves, and what has to be looked up. */
import { EventEmitter } from 'node:events'
import { expect, test } from '@jest/globals'
import type { ImapFlow } from 'imapflow'
import { storeFlags } from '../../src/imap/flags.ts'

/** A selected mailbox. `seen` are the mails of its view, which NOOP renews; `reports` says whether STORE names flags. */
function mailboxWith(
  mails: Map<number, Set<string>>,
  { seen, reports = true, refused = 0 }: { seen?: number[]; reports?: boolean; refused?: number } = {},
) {
  const commands: string[] = []
  const client = new EventEmitter()
  let view = seen ?? [...mails.keys()]
  let refusals = refused
  const store =
    (change: (mail: Set<string>, flag: string) => unknown) => async (range: string, flags: string[]) => {
      commands.push(`STORE ${range}`)
      if (refusals-- > 0) return false
      for (const uid of range.split(',').map(Number)) {
        const mail = view.includes(uid) ? mails.get(uid) : undefined
        if (!mail) continue
        for (const flag of flags) change(mail, flag.toLowerCase())
        if (reports) client.emit('flags', { uid, flags: new Set(mail) })
      }
      return true
    }
  Object.assign(client, {
    mailbox: { permanentFlags: new Set(['\\Answered', '\\Flagged']) },
    messageFlagsAdd: store((mail, flag) => mail.add(flag)),
    messageFlagsRemove: store((mail, flag) => mail.delete(flag)),
    noop: async () => {
      commands.push('NOOP')
      view = [...mails.keys()]
    },
    fetchAll: async (uids: number[]) => {
      commands.push(`FETCH ${uids}`)
      return uids.filter((uid) => mails.has(uid)).map((uid) => ({ uid, flags: mails.get(uid) }))
    },
  })
  return { client: client as unknown as ImapFlow, listeners: () => client.listenerCount('flags'), commands }
}

const plain = (...uids: number[]) => new Map(uids.map((uid) => [uid, new Set<string>()]))

test('an answer that names the flags of all mails is enough', async () => {
  const box = mailboxWith(plain(1, 2))
  expect(await storeFlags(box.client, [1, 2], 'add', ['\\answered'])).toEqual([true, true])
  expect(await storeFlags(box.client, [2], 'remove', ['\\Answered'])).toEqual([true])
  expect(box.commands).toEqual(['STORE 1,2', 'STORE 2'])
  expect(box.listeners()).toBe(0)
})

test('the flags of a mail that the answer does not name are set again in a fresh view, and read', async () => {
  const box = mailboxWith(plain(1, 2), { seen: [1] })
  expect(await storeFlags(box.client, [1, 2, 3], 'add', ['\\Answered'])).toEqual([true, true, null])
  expect(box.commands).toEqual(['STORE 1,2,3', 'NOOP', 'STORE 2,3', 'FETCH 2,3'])
})

test('a silent answer proves nothing', async () => {
  const box = mailboxWith(plain(1), { reports: false })
  expect(await storeFlags(box.client, [1], 'add', ['\\Answered'])).toEqual([true])
  expect(box.commands).toEqual(['STORE 1', 'NOOP', 'STORE 1', 'FETCH 1'])
})

test('a flag that the mailbox does not keep is not set', async () => {
  const box = mailboxWith(plain(1))
  expect(await storeFlags(box.client, [1], 'add', ['\\Answered', '$Mine'])).toEqual([false])
})

test('the last flags that are named count', async () => {
  const mails = plain(1)
  const box = mailboxWith(mails)
  const { client } = box
  const add = client.messageFlagsAdd.bind(client)
  client.messageFlagsAdd = async (...asked) => {
    const stored = await add(...asked)
    mails.get(1)?.clear()
    client.emit('flags', { path: 'INBOX', seq: 1, uid: 1, flags: new Set<string>() })
    return stored
  }
  expect(await storeFlags(client, [1], 'add', ['\\Answered'])).toEqual([false])
})

test('a refusal counts only in a fresh view', async () => {
  expect(await storeFlags(mailboxWith(plain(1), { refused: 1 }).client, [1], 'add', ['\\Answered'])).toEqual([
    true,
  ])
  const box = mailboxWith(plain(1), { refused: 2 })
  await expect(storeFlags(box.client, [1], 'add', ['\\Answered'])).rejects.toThrow('STORE was refused')
})
