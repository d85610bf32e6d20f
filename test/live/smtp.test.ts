import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { OwnerActionError, PermanentError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import type { Server } from '../../src/config/settings.ts'
import { openImapAccount } from '../../src/imap/imap.ts'
import { openSubmission } from '../../src/smtp/submission.ts'
import { accountOn, mail, quietOptions } from './imap-account.ts'
import { type Dovecot, startDovecot } from './servers/dovecot.ts'
import { type Postfix, startPostfix } from './servers/postfix.ts'

let dovecot: Dovecot
let postfix: Postfix
beforeAll(async () => {
  dovecot = await startDovecot()
  postfix = await startPostfix({
    deliverTo: dovecot,
    auth: 'required',
    settings: { message_size_limit: '100000' },
  })
})
afterAll(async () => {
  await postfix?.stop()
  await dovecot?.stop()
})

const user = 'me@replyd.test'
const server = (password = dovecot.password): Server => ({
  ...accountOn({ ...dovecot, password }, user).smtp,
  port: postfix.smtpPort,
})

const outgoing = (octets: Buffer, addressee = 'ann@replyd.test') => ({
  octets,
  reversePath: user,
  addressees: [addressee],
  smtpUtf8: false,
  automatic: true,
})

/** Octets of the mail with this Message-ID, once it is in the mailbox. */
async function delivered(addressee: string, messageId: string): Promise<Buffer> {
  await using box = openImapAccount(accountOn(dovecot, addressee), quietOptions)
  for (;;) {
    const [uid] = await box.findByMessageId('INBOX', messageId)
    if (uid === undefined) continue
    const { uidValidity } = await box.state('INBOX')
    const source = await box.fetchSource('INBOX', uidValidity, uid, 1_000_000)
    if (source) return source
  }
}

test('a mail arrives octet for octet below the fields that the servers put above it', async () => {
  await using submission = openSubmission(server(), { log: silentLog })
  const octets = mail(
    'live1@replyd.test',
    ['Date: Fri, 20 Nov 2026 10:00:00 +0000'],
    '.\r\n..dots\r\nGrüße\r\n',
  )
  const accepted = await submission.send(outgoing(octets))
  expect(accepted).toMatchObject({ replyCode: 250, messageId: null })
  expect(accepted.reply).toMatch(/^250 2\.0\.0 Ok: queued/)
  const source = await delivered('ann@replyd.test', '<live1@replyd.test>')
  expect(source.subarray(source.length - octets.length)).toEqual(octets)
})

test('many mails at once all arrive, over a few connections', async () => {
  await using submission = openSubmission(server(), { log: silentLog })
  const ids = Array.from({ length: 40 }, (_, i) => `burst${i}@replyd.test`)
  await Promise.all(ids.map((id) => submission.send(outgoing(mail(id), 'burst@replyd.test'))))
  for (const id of ids) await delivered('burst@replyd.test', `<${id}>`)
})

test('a wrong password has to be fixed by the owner, and verify says the same', async () => {
  await using submission = openSubmission(server('wrong'), { log: silentLog })
  await expect(submission.verify()).rejects.toBeInstanceOf(OwnerActionError)
  await expect(submission.send(outgoing(mail('never@replyd.test')))).rejects.toBeInstanceOf(OwnerActionError)
})

test('a mail that is too large and an impossible recipient fail permanently; the next mail goes out', async () => {
  await using submission = openSubmission(server(), { log: silentLog })
  const large = mail('large@replyd.test', [], `${'x'.repeat(76)}\r\n`.repeat(2000))
  await expect(submission.send(outgoing(large))).rejects.toBeInstanceOf(PermanentError)
  await expect(submission.send(outgoing(mail('bad@replyd.test'), 'two..dots@'))).rejects.toBeInstanceOf(
    PermanentError,
  )
  await submission.send(outgoing(mail('after@replyd.test')))
  await delivered('ann@replyd.test', '<after@replyd.test>')
})
