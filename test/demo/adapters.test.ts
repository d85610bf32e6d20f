/** replyd's own adapters on the demo's mailbox: the daemon must work with it as with a real server. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import type { AccountSettings } from '../../src/config/settings.ts'
import { type DemoMailbox, startMailbox } from '../../src/demo/mailbox.ts'
import { demoOwner } from '../../src/demo/sample.ts'
import { sampleWorld } from '../../src/demo/world.ts'
import {
  type Fetched,
  type ImapAccount,
  type MailboxState,
  openImapAccount,
  watchMailbox,
} from '../../src/imap/imap.ts'
import { firstField } from '../../src/mail/message.ts'
import { messageFromParts, parseOctets } from '../../src/mail/mime/octets.ts'
import { visibleText } from '../../src/mail/text/visible.ts'
import { openSubmission } from '../../src/smtp/submission.ts'
import { accountOn, quietOptions } from '../live/imap-account.ts'

const now = new Date('2026-11-24T09:00:00Z')
const { samples, earlier } = sampleWorld(now)
const limits = { batch: 5, maxHeaderOctets: 65_536, maxTextOctets: 65_536 }

let mailbox: DemoMailbox
let settings: AccountSettings
let account: ImapAccount

beforeAll(async () => {
  mailbox = await startMailbox({ user: demoOwner.address, password: 'secret', now: () => now })
  for (const { mailbox: path, octets, flags } of earlier) await mailbox.deliver(octets, flags, path)
  for (const { octets } of samples) await mailbox.deliver(octets)
  const server = { host: mailbox.imap.host, imapPort: mailbox.imap.port, password: 'secret' }
  settings = accountOn(server, demoOwner.address)
  account = openImapAccount(settings, quietOptions)
})

afterAll(async () => {
  await account[Symbol.asyncDispose]()
  await mailbox.close()
})

/** Promise.withResolvers, which Node 20 does not have. */
function deferred<T>() {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<T>((settle, fail) => {
    resolve = settle
    reject = fail
  })
  return { promise, resolve, reject }
}

test('the special-use mailboxes are found', async () => {
  expect(await account.specialMailboxes()).toEqual({
    drafts: 'Drafts',
    sent: 'Sent',
    junk: 'Junk',
    trash: 'Trash',
    archive: 'Archive',
  })
})

test('every sample is fetched in parts, unseen, and reads as the whole mail does', async () => {
  const { uidValidity } = await account.state('INBOX')
  const uids = await account.uidsAfter('INBOX', uidValidity, 0)
  const all: Fetched[] = []
  for await (const batch of account.fetch('INBOX', uidValidity, uids, limits)) all.push(...batch)
  expect(all).toHaveLength(samples.length)
  for (const [at, { name, octets }] of samples.entries()) {
    const fetched = all[at]!
    const whole = parseOctets(octets)
    const parts = messageFromParts(fetched)
    expect({ name, fault: fetched.fault, size: fetched.size }).toEqual({
      name,
      fault: null,
      size: octets.length,
    })
    expect(fetched.messageId).toBe(firstField(whole, 'message-id'))
    expect(parts.fields).toEqual(whole.fields)
    expect(visibleText(parts)).toEqual(visibleText(whole))
    // A few kilobytes of a mail of seven megabytes.
    expect([...fetched.texts.values()].reduce((sum, text) => sum + text.length, 0)).toBeLessThan(3000)
  }
  expect((await mailbox.list('INBOX')).flatMap(({ flags }) => flags)).toEqual([])
})

describe('what the steps do to the mailbox', () => {
  test('a mail is found by its Message-ID, and the answers to it', async () => {
    const [sent] = earlier
    const id = firstField(parseOctets(sent!.octets), 'message-id') ?? ''
    expect(await account.findByMessageId('Sent', id)).toEqual([1])
    expect(await account.findRepliesTo('INBOX', id)).toHaveLength(1)
    expect(await account.findByMessageId('INBOX', '<nobody@client.example>')).toEqual([])
  })

  test('spam goes to Junk with its keyword, a draft into Drafts, and away again', async () => {
    const { uidValidity } = await account.state('INBOX')
    expect(await account.addFlags('INBOX', uidValidity, 2, ['$Junk'])).toBe(true)
    const { uid } = await account.move('INBOX', uidValidity, 2, 'Junk')
    expect(await mailbox.list('Junk')).toMatchObject([{ uid, flags: ['$Junk'] }])
    const draft = samples[0]!.octets
    const stored = await account.append('Drafts', draft, ['\\Draft', '\\Seen'], ['replyd'], now)
    expect(await mailbox.list('Drafts')).toEqual([
      { uid: 1, flags: ['\\Draft', '\\Seen', 'replyd'], octets: draft },
    ])
    await account.removeExactly('Drafts', stored.uidValidity ?? '', stored.uid ?? 0)
    expect(await mailbox.list('Drafts')).toEqual([])
  })

  test('the watcher hears of a delivery', async () => {
    const ended = new AbortController()
    const heard = deferred<MailboxState>()
    const known = (await account.state('INBOX')).exists
    const connected = deferred<void>()
    const watch = watchMailbox(settings, {
      ...quietOptions,
      onChange: (state) => (state.exists > known ? heard.resolve(state) : connected.resolve()),
      onStopped: (error) => heard.reject(error),
      signal: ended.signal,
    })
    await connected.promise
    await mailbox.deliver(samples[0]!.octets)
    expect((await heard.promise).exists).toBe(known + 1)
    ended.abort()
    await watch.done
  })

  test('a reply is submitted', async () => {
    const server = { ...settings.smtp, port: mailbox.smtp.port }
    await using submission = openSubmission(server, { log: silentLog })
    const octets = samples[0]!.octets
    const addressee = 'ann@client.example'
    const accepted = await submission.send({
      octets,
      reversePath: demoOwner.address,
      addressees: [addressee],
      smtpUtf8: false,
      automatic: true,
    })
    expect(accepted.replyCode).toBe(250)
    expect(mailbox.sent()).toEqual([{ reversePath: demoOwner.address, recipients: [addressee], octets }])
  })

  test('a wrong password stops the account', async () => {
    const wrong = openImapAccount(
      { ...settings, imap: { ...settings.imap, password: 'wrong' } },
      quietOptions,
    )
    await expect(wrong.state('INBOX')).rejects.toMatchObject({ name: 'OwnerActionError', scope: 'account' })
    await wrong[Symbol.asyncDispose]()
  })
})
