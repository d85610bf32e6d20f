/** The whole daemon on servers that lack a feature or deviate (docs/odd-servers.md, src/imap/behaviours.ts). */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type DemoMailbox, type MailboxOptions, type Plugin, startMailbox } from '../../src/demo/mailbox.ts'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { withClient } from './mailboxes.ts'

const address = 'support@replyd.test'
const password = 'secret'

let standIn: StandIn
/** Called when the model is asked about a mail, before it answers. */
let onAsked: () => Promise<void> = async () => {}

beforeAll(async () => {
  standIn = await startStandIn({
    behaviour: async () => {
      await onAsked()
      return undefined
    },
  })
})

afterAll(async () => {
  await standIn?.close()
})

const lacking =
  (...names: string[]) =>
  (usual: readonly Plugin[]) =>
    usual.filter((plugin) => typeof plugin !== 'string' || !names.includes(plugin))

const openMailbox = (options: Partial<MailboxOptions>) =>
  startMailbox({ user: address, password, now: () => new Date(), ...options })

async function start(mailbox: DemoMailbox, document: Record<string, unknown> = {}): Promise<RunningDaemon> {
  return startDaemon({
    address,
    imap: { ...mailbox.imap, user: address, password },
    smtp: mailbox.smtp,
    standIn,
    databaseUrl: await newDatabase(),
    account: { authservIds: ['mx.replyd.test'] },
    document,
  })
}

function letter(id: string, text = 'When will my order arrive?'): Buffer {
  const header = [
    'Return-Path: <kim@asks.example>',
    'Authentication-Results: mx.replyd.test; dmarc=pass header.from=asks.example',
    'From: Kim <kim@asks.example>',
    `To: ${address}`,
    'Subject: My order',
    `Message-ID: <${id}@asks.example>`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
  ]
  return Buffer.from(`${header.join('\r\n')}\r\n\r\nHello,\r\n\r\n${text}\r\n\r\nKim\r\n`)
}

const spam =
  'Your account has been limited. Verify your account and confirm your password immediately: http://login.example/v'

test('no MOVE and no UIDPLUS: spam is marked and stays, and nothing is deleted', async () => {
  await using mailbox = await openMailbox({ plugins: lacking('MOVE', 'UIDPLUS') })
  await using running = await start(mailbox)
  // Another client's mail: a plain EXPUNGE would remove it.
  await mailbox.deliver(letter('theirs'), ['\\Deleted', '\\Answered'])
  await mailbox.deliver(letter('spam', spam))
  const row = await running.settledWith(({ messageId }) => messageId === '<spam@asks.example>')
  expect(row.disposition).toBe('marked')
  const inbox = await mailbox.list('INBOX')
  expect(inbox.map(({ flags }) => flags.includes('$Junk'))).toEqual([false, true])
  expect(await mailbox.list('Junk')).toEqual([])
})

test('no MOVE, but UIDPLUS: spam is moved by COPY and UID EXPUNGE', async () => {
  await using mailbox = await openMailbox({ plugins: lacking('MOVE') })
  await using running = await start(mailbox)
  await mailbox.deliver(letter('theirs'), ['\\Deleted', '\\Answered'])
  await mailbox.deliver(letter('spam', spam))
  const row = await running.settledWith(({ messageId }) => messageId === '<spam@asks.example>')
  expect(row.disposition).toBe('filed')
  expect(await mailbox.list('INBOX')).toHaveLength(1)
  const [filed] = await mailbox.list('Junk')
  expect(filed?.flags).toContain('$Junk')
  expect(filed?.flags).not.toContain('\\Seen')
})

test('no IDLE: the poll finds what is new', async () => {
  await using mailbox = await openMailbox({ plugins: lacking('IDLE') })
  const imap = { ...mailbox.imap, user: address, password, secure: false, poll: '10s' }
  const smtp = { ...mailbox.smtp, user: address, password, secure: false }
  await using running = await start(mailbox, { accounts: [{ address, imap, smtp, since: 'all' }] })
  await mailbox.deliver(letter('first'))
  await running.settledWith(({ messageId }) => messageId === '<first@asks.example>')
  await mailbox.deliver(letter('later'))
  const row = await running.settledWith(({ messageId }) => messageId === '<later@asks.example>')
  expect(row.disposition).toBe('drafted')
})

test('no SPECIAL-USE: the draft goes where the name says, in the language of the owner', async () => {
  const folders = { 'Entw&APw-rfe': {}, Gesendet: {}, Papierkorb: {}, Spamverdacht: {} }
  await using mailbox = await openMailbox({ plugins: lacking('SPECIAL-USE'), folders })
  await using running = await start(mailbox)
  await mailbox.deliver(letter('german'))
  const row = await running.settledWith(({ messageId }) => messageId === '<german@asks.example>')
  expect(row.disposition).toBe('drafted')
  expect(await mailbox.list('Entw&APw-rfe')).toHaveLength(1)
  await expect(mailbox.list('Drafts')).rejects.toThrow('no mailbox')
})

const gmail: Partial<MailboxOptions> = {
  folders: {
    '[Gmail]': {
      flags: ['\\Noselect'],
      folders: {
        'All Mail': { 'special-use': '\\All' },
        Drafts: { 'special-use': '\\Drafts' },
        'Sent Mail': { 'special-use': '\\Sent' },
        Spam: { 'special-use': '\\Junk' },
        Trash: { 'special-use': '\\Trash' },
      },
    },
  },
  filesSentIn: '[Gmail]/Sent Mail',
}

test('like Gmail: the provider puts what was sent in \\Sent, once', async () => {
  await using mailbox = await openMailbox(gmail)
  const replies = { mode: 'send', undo: '0s', minConfidence: 0.3 }
  await using running = await start(mailbox, { replies })
  await mailbox.deliver(letter('sent', 'What are your opening hours on Saturday?'))
  const row = await running.settledWith(({ messageId }) => messageId === '<sent@asks.example>')
  expect([row.disposition, row.reason]).toEqual(['sent', 'all-clear'])
  expect(await mailbox.list('[Gmail]/Sent Mail')).toHaveLength(1)
  expect(mailbox.sent()).toHaveLength(1)
})

test('like Gmail: what the owner archives meanwhile is not deleted, and is answered', async () => {
  await using mailbox = await openMailbox(gmail)
  const { host, port } = mailbox.imap
  const archive = () =>
    withClient({ host, imapPort: port, password }, address, async (client) => {
      await client.mailboxOpen('INBOX')
      await client.messageMove('1', '[Gmail]/All Mail', { uid: true })
    })
  let archived: Promise<void> | null = null
  onAsked = async () => {
    archived ??= archive()
    await archived
  }
  await using running = await start(mailbox)
  await mailbox.deliver(letter('archived'))
  const row = await running.settledWith(({ messageId }) => messageId === '<archived@asks.example>')
  onAsked = async () => {}
  expect(row.disposition).toBe('drafted')
  expect(await mailbox.list('INBOX')).toEqual([])
  expect(await mailbox.list('[Gmail]/Drafts')).toHaveLength(1)
  expect(await mailbox.list('[Gmail]/All Mail')).toHaveLength(1)
})
