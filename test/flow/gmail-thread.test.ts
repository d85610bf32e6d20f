/** Gmail's own threads (X-GM-THRID): a mail that names nothing still belongs to a conversation. */
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import hoodiecrow, { type ImapServer, type StoredMessage } from 'hoodiecrow-imap'
import { hoodiecrowPatches } from '../../src/demo/hoodiecrow-patches.ts'
import { startStandIn } from '../../src/demo/stand-in.ts'
import { letter, startWalk } from './walk.ts'

type Search = (connection: unknown, message: StoredMessage, index: number, threadId: string) => boolean

/**
 * What the package's X-GM-EXT-1 lacks: its name among the capabilities, and the thread id, here taken from the mail's
 * field `X-Thread`.
 */
function threads(
  server: ImapServer & {
    searchHandlers?: Record<string, Search>
    registerCapability?: (name: string) => void
  },
): void {
  server.registerCapability?.('X-GM-EXT-1')
  const threadOf = ({ raw }: StoredMessage) => /^X-Thread: (\d+)/m.exec(raw)?.[1] ?? '1'
  server.fetchHandlers['X-GM-THRID'] = (_connection, message) => ({ type: 'ATOM', value: threadOf(message) })
  const found: Search = (_connection, message, _index, threadId) => threadOf(message) === String(threadId)
  Object.assign(server.searchHandlers ?? {}, { 'X-GM-THRID': found })
}

const address = 'ann@gmail.example'
const password = 'secret'

async function startGmail() {
  const plugins = [
    'SASL-IR',
    'ID',
    'IDLE',
    'LITERALPLUS',
    'MOVE',
    'SPECIAL-USE',
    'UIDPLUS',
    'X-GM-EXT-1',
    threads,
    hoodiecrowPatches,
  ]
  const special = ['Drafts', 'Sent', 'Junk'].map((name) => [name, { 'special-use': `\\${name}` }])
  const server = hoodiecrow({
    credentials: {},
    plugins: ['AUTH-PLAIN', ...plugins],
    users: { [address]: { password } },
    storage: { INBOX: {}, '': { separator: '/', folders: Object.fromEntries(special) } },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

test('the owner’s mail and the customer’s first one are found by the thread alone, and nothing of another thread', async () => {
  const server = await startGmail()
  let prompt = ''
  await using standIn = await startStandIn({
    behaviour: ({ question, body }) => {
      if (question.task === 'compose') prompt = body.messages.at(-1)?.content ?? ''
      return undefined
    },
  })
  const port = (server.server.address() as AddressInfo).port
  const walk = await startWalk({
    address,
    imap: { host: '127.0.0.1', port, user: address, password },
    smtp: { host: '127.0.0.1', port: 1 },
    standIn,
    account: { authservIds: ['mx.replyd.test'] },
  })
  try {
    const customer = 'kim@asks.example'
    const put = (mailbox: string, mail: Parameters<typeof letter>[0], thread: number, at: Date) =>
      server.appendMessage(mailbox, [], at, letter({ ...mail, headers: [`X-Thread: ${thread}`] }))
    const hour = (ago: number) => new Date(Date.now() - ago * 3_600_000)
    put(
      'INBOX',
      { id: '<g1@asks.example>', from: customer, to: address, text: 'Hello,\n\nis the red one there?' },
      77,
      hour(3),
    )
    put(
      'Sent',
      { id: '<g2@gmail.example>', from: address, to: customer, text: 'It comes on Friday.' },
      77,
      hour(2),
    )
    put(
      'Sent',
      { id: '<g3@gmail.example>', from: address, to: customer, text: 'Another matter.' },
      78,
      hour(2),
    )
    put(
      'Sent',
      { id: '<g4@gmail.example>', from: address, to: 'lou@asks.example', text: 'Between us.' },
      77,
      hour(2),
    )
    put(
      'INBOX',
      {
        id: '<g5@asks.example>',
        from: customer,
        to: address,
        text: 'Hello,\n\nwhat are your opening hours on Saturday?',
      },
      77,
      hour(1),
    )
    const rows = await walk.arrive()
    const last = rows.find(({ messageId }) => messageId === '<g5@asks.example>')
    expect(last?.threadId).toBe('77')
    await walk.walk(last?.id ?? '')
    const thread = /<<<THREAD:\w+\n(.*?)\nTHREAD:/s.exec(prompt)?.[1] ?? ''
    expect(thread).toMatch(/^sender, .*is the red one there\?\n\nowner, .*It comes on Friday\.$/s)
    expect(prompt).not.toMatch(/Another matter|Between us/)
  } finally {
    await walk[Symbol.asyncDispose]()
    await new Promise((resolve) => server.server.close(resolve))
  }
})
