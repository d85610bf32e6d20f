import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { ImapFlow } from 'imapflow'
import { OwnerActionError, PermanentError } from '../../src/base/errors.ts'
import {
  type Fetched,
  type ImapAccount,
  MessageVanished,
  openImapAccount,
  UidValidityChanged,
} from '../../src/imap/imap.ts'
import { accountOn, mail, quietOptions } from './imap-account.ts'
import { type Dovecot, startDovecot } from './servers/dovecot.ts'

const limits = { batch: 50, maxHeaderOctets: 65_536, maxTextOctets: 65_536 }
const when = new Date('2026-11-20T10:00:00Z')

let dovecot: Dovecot
let users = 0
beforeAll(async () => {
  dovecot = await startDovecot()
})
afterAll(async () => {
  await dovecot.stop()
})

/** On a busy machine a server may take long; its silence is not the subject here. */
const patient = { silentMs: 600_000 }
const account = (user = `user${users++}@replyd.test`) =>
  openImapAccount(accountOn(dovecot, user), { ...quietOptions, timing: patient })

async function all(batches: AsyncIterable<Fetched[]>): Promise<Fetched[]> {
  const mails: Fetched[] = []
  for await (const batch of batches) mails.push(...batch)
  return mails
}

async function stored(box: ImapAccount, mailbox: string, octets: Buffer): Promise<number> {
  const { uid } = await box.append(mailbox, octets, [], [], when)
  if (uid === null) throw new Error('Dovecot has UIDPLUS')
  return uid
}

describe('finding new mail', () => {
  test('an empty mailbox has none, and N:* names no old one', async () => {
    await using box = account()
    const { uidValidity } = await box.state('INBOX')
    expect(await box.uidsAfter('INBOX', uidValidity, 0)).toEqual([])
    await stored(box, 'INBOX', mail('1@x'))
    expect(await box.uidsAfter('INBOX', uidValidity, 0)).toEqual([1])
    expect(await box.uidsAfter('INBOX', uidValidity, 1)).toEqual([])
    expect(await box.uidsAfter('INBOX', uidValidity, 99)).toEqual([])
  })

  test('mail that came over another connection is seen at once, though the mailbox was selected before', async () => {
    const user = 'fresh@replyd.test'
    await using box = account(user)
    const { uidValidity } = await box.state('INBOX')
    for (const id of [1, 2, 3]) {
      await dovecot.deliver(user, mail(`${id}@x`))
      expect(await box.uidsAfter('INBOX', uidValidity, id - 1)).toEqual([id])
    }
  })

  test('uidsSince names what came on that day or later', async () => {
    await using box = account()
    await box.append('INBOX', mail('old@x'), [], [], new Date('2026-01-05T12:00:00Z'))
    await box.append('INBOX', mail('new@x'), [], [], when)
    expect(await box.uidsSince('INBOX', new Date('2026-11-20T00:00:00Z'))).toEqual([2])
    expect(await box.uidsSince('INBOX', new Date('2026-01-05T00:00:00Z'))).toEqual([1, 2])
  })

  test('another UIDVALIDITY is an error that names the new one', async () => {
    await using box = account()
    const { uidValidity } = await box.state('INBOX')
    const failure = await box.uidsAfter('INBOX', '1', 0).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(UidValidityChanged)
    expect((failure as UidValidityChanged).uidValidity).toBe(uidValidity)
  })

  test('a mailbox that does not exist is a permanent error', async () => {
    await using box = account()
    await expect(box.state('Nowhere')).rejects.toBeInstanceOf(PermanentError)
    await expect(box.uidsAfter('Nowhere', '1', 0)).rejects.toBeInstanceOf(PermanentError)
    await expect(box.append('Nowhere', mail('1@x'), [], [], when)).rejects.toBeInstanceOf(PermanentError)
  })
})

const multipart = mail(
  'multi@x',
  ['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b'],
  [
    '--b',
    'Content-Type: multipart/alternative; boundary=c',
    '',
    '--c',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'Gr=C3=BC=C3=9Fe',
    '--c',
    'Content-Type: text/html',
    '',
    '<p>Hi</p>',
    '--c--',
    '--b',
    'Content-Type: application/pdf',
    'Content-Disposition: attachment; filename="a/b.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    'A'.repeat(70_000),
    '--b',
    'Content-Type: message/rfc822',
    '',
    'Subject: inner',
    '',
    'stranger',
    '--b--',
    '',
  ].join('\r\n'),
)

describe('fetch', () => {
  test('gives header, structure and text parts, in UID order, and leaves \\Seen alone', async () => {
    await using box = account()
    await stored(box, 'INBOX', mail('1@x', [], 'plain\r\n'))
    await stored(box, 'INBOX', multipart)
    const { uidValidity } = await box.state('INBOX')
    const [plain, multi] = await all(box.fetch('INBOX', uidValidity, [2, 1, 2], limits))
    expect(plain).toMatchObject({
      uid: 1,
      messageId: '<1@x>',
      internalDate: when,
      vanished: false,
      fault: null,
    })
    expect(plain!.structure).toMatchObject({ path: '1', type: 'text/plain', children: [] })
    expect(plain!.texts).toEqual(new Map([['1', Buffer.from('plain\r\n')]]))
    expect(plain!.size).toBe(mail('1@x', [], 'plain\r\n').length)
    expect(multi!.header.toString()).toContain('Content-Type: multipart/mixed; boundary=b\r\n')
    expect([...multi!.texts].map(([path, octets]) => [path, octets.toString()])).toEqual([
      ['1.1', 'Gr=C3=BC=C3=9Fe'],
      ['1.2', '<p>Hi</p>'],
    ])
    const { structure } = multi!
    expect(structure).toMatchObject({ path: '', type: 'multipart/mixed' })
    expect(structure.children[1]).toMatchObject({ path: '2', disposition: 'attachment', encoding: 'base64' })
    expect(structure.children[2]).toMatchObject({ path: '3', type: 'message/rfc822', children: [] })
    expect(await box.flags('INBOX', uidValidity, 1)).not.toContain('\\Seen')
  })

  test('cuts headers and texts at their limits', async () => {
    await using box = account()
    await stored(box, 'INBOX', mail('1@x', [`X-Long: ${'a'.repeat(900)}`], 'b'.repeat(500)))
    const { uidValidity } = await box.state('INBOX')
    const short = { batch: 5, maxHeaderOctets: 100, maxTextOctets: 10 }
    const [fetched] = await all(box.fetch('INBOX', uidValidity, [1], short))
    expect(fetched!.header).toHaveLength(100)
    expect(fetched!.texts.get('1')).toEqual(Buffer.from('b'.repeat(10)))
  })

  test('what has just come is read as a batch would read it, whatever its parts', async () => {
    await using box = account()
    const long = mail('long@x', [], 'b'.repeat(9000))
    for (const octets of [mail('old@x'), mail('1@x', [], 'plain\r\n'), multipart, long, mail('no@x', [], '')])
      await stored(box, 'INBOX', octets)
    const { uidValidity } = await box.state('INBOX')
    const above = { last: 1, most: 4, expected: [2, 3] }
    const together = await box.fetchAbove('INBOX', uidValidity, above, limits)
    expect(together).toEqual(await all(box.fetch('INBOX', uidValidity, [2, 3, 4, 5], limits)))
    expect(together!.map(({ texts }) => [...texts.keys()])).toEqual([['1'], ['1.1', '1.2'], ['1'], ['1']])
    expect(together![2]!.texts.get('1')).toHaveLength(9000)
    const short = await box.fetchAbove('INBOX', uidValidity, above, { ...limits, maxTextOctets: 10 })
    expect(short![2]!.texts.get('1')).toEqual(Buffer.from('b'.repeat(10)))
    expect(await box.flags('INBOX', uidValidity, 2)).not.toContain('\\Seen')
  })

  test('new mails do not count as completely read when one is missing', async () => {
    await using box = account()
    for (const id of [1, 2, 3]) await stored(box, 'INBOX', mail(`${id}@x`))
    const { uidValidity } = await box.state('INBOX')
    const read = () => box.fetchAbove('INBOX', uidValidity, { last: 1, most: 4, expected: [2, 3] }, limits)
    expect((await read())!.map(({ uid }) => uid)).toEqual([2, 3])
    await box.removeExactly('INBOX', uidValidity, 2)
    expect(await read()).toBeNull()
  })

  test('a UID that is gone is reported as vanished, its neighbours as usual', async () => {
    await using box = account()
    for (const id of [1, 2, 3]) await stored(box, 'INBOX', mail(`${id}@x`))
    const { uidValidity } = await box.state('INBOX')
    await box.removeExactly('INBOX', uidValidity, 2)
    const fetched = await all(box.fetch('INBOX', uidValidity, [1, 2, 3, 77], limits))
    expect(fetched.map(({ uid, vanished }) => [uid, vanished])).toEqual([
      [1, false],
      [2, true],
      [3, false],
      [77, true],
    ])
  })

  test('batches hold no more than asked for', async () => {
    await using box = account()
    for (let id = 1; id <= 7; id++) await stored(box, 'INBOX', mail(`${id}@x`))
    const { uidValidity } = await box.state('INBOX')
    const sizes: number[] = []
    const uids = [1, 2, 3, 4, 5, 6, 7]
    for await (const batch of box.fetch('INBOX', uidValidity, uids, { ...limits, batch: 3 }))
      sizes.push(batch.length)
    expect(sizes).toEqual([3, 3, 1])
  })

  test('a mail without Message-ID, and one of hostile nesting, come through with their neighbours', async () => {
    await using box = account()
    const depth = 400
    const open = Array.from(
      { length: depth },
      (_, i) => `--b${i}\r\nContent-Type: multipart/mixed; boundary=b${i + 1}\r\n\r\n`,
    )
    const nested = mail('deep@x', ['Content-Type: multipart/mixed; boundary=b0'], open.join(''))
    await stored(box, 'INBOX', mail('1@x'))
    await stored(box, 'INBOX', nested)
    await stored(box, 'INBOX', Buffer.from('Subject: none\r\n\r\nbody\r\n'))
    const { uidValidity } = await box.state('INBOX')
    const fetched = await all(box.fetch('INBOX', uidValidity, [1, 2, 3], limits))
    expect(fetched.map(({ uid, messageId }) => [uid, messageId])).toEqual([
      [1, '<1@x>'],
      [2, '<deep@x>'],
      [3, null],
    ])
    expect(fetched[2]!.texts.get('1')?.toString()).toBe('body\r\n')
  })

  test('fetchSource gives the first octets, null for what is gone', async () => {
    await using box = account()
    await stored(box, 'INBOX', mail('1@x'))
    const { uidValidity } = await box.state('INBOX')
    expect(await box.fetchSource('INBOX', uidValidity, 1, 1_000_000)).toEqual(mail('1@x'))
    expect(await box.fetchSource('INBOX', uidValidity, 1, 11)).toEqual(mail('1@x').subarray(0, 11))
    expect(await box.fetchSource('INBOX', uidValidity, 9, 11)).toBeNull()
  })
})

describe('finding by Message-ID', () => {
  test('matches the whole id only', async () => {
    await using box = account()
    for (const id of ['a1@x', 'a1@x.example', 'xa1@x', 'other@x']) await stored(box, 'Sent', mail(id))
    await stored(box, 'Sent', mail('quoting@x', ['X-Other: <a1@x>']))
    expect(await box.findByMessageId('Sent', '<a1@x>')).toEqual([1])
    expect(await box.findByMessageId('Sent', 'a1@x')).toEqual([1])
    expect(await box.findByMessageId('Sent', '<a1@x.exam>')).toEqual([])
    expect(await box.findByMessageId('Sent', '')).toEqual([])
    expect(await box.findByMessageId('Sent', '<>')).toEqual([])
  })

  test.each(['we"ird\\q@x', 'ünï@x', '{5}@x', 'a%b*c@x'])('takes %s literally', async (id) => {
    await using box = account()
    await stored(box, 'Sent', mail(id))
    await stored(box, 'Sent', mail('near@x'))
    expect(await box.findByMessageId('Sent', `<${id}>`)).toEqual([1])
  })

  test('findRepliesTo reads In-Reply-To and References, folded or not', async () => {
    await using box = account()
    await stored(box, 'Sent', mail('r1@x', ['In-Reply-To: <q@x>']))
    await stored(box, 'Sent', mail('r2@x', ['References: <p@x>', ' <q@x>\r\n\t<z@x>']))
    await stored(box, 'Sent', mail('r3@x', ['References: <qq@x> <q@x.example>']))
    await stored(box, 'Sent', mail('q@x'))
    expect(await box.findRepliesTo('Sent', '<q@x>')).toEqual([1, 2])
    expect(await box.findRepliesTo('Sent', '<none@x>')).toEqual([])
  })

  test('since leaves older mail out', async () => {
    await using box = account()
    await box.append('Sent', mail('same@x'), [], [], new Date('2026-01-05T12:00:00Z'))
    await box.append('Sent', mail('same@x'), [], [], when)
    expect(await box.findByMessageId('Sent', '<same@x>', new Date('2026-11-19T00:00:00Z'))).toEqual([2])
  })
})

describe('finding recent mail by Message-ID', () => {
  const since = new Date('2026-11-19T00:00:00Z')
  const clock = { now: () => new Date('2026-11-24T10:00:00Z') }
  const recent = (user: string, timing = {}) =>
    openImapAccount(accountOn(dovecot, user), { ...quietOptions, clock, timing: { ...patient, ...timing } })

  test('sees what others add, and no longer what they remove', async () => {
    const user = 'recent1@replyd.test'
    await using box = recent(user)
    await using phone = account(user)
    expect(await box.findRepliesTo('Sent', '<q@x>', since)).toEqual([])
    for (const id of [1, 2]) {
      await phone.append('Sent', mail(`r${id}@x`, ['References: <p@x> <q@x>']), [], [], when)
      expect(await box.findRepliesTo('Sent', '<q@x>', since)).toHaveLength(id)
      expect(await box.findByMessageId('Sent', `<r${id}@x>`, since)).toEqual([id])
    }
    expect(await box.findRepliesTo('Sent', '<r1@x>', since)).toEqual([])
    const { uidValidity } = await phone.state('Sent')
    await phone.removeExactly('Sent', uidValidity, 1)
    expect(await box.findRepliesTo('Sent', '<q@x>', since)).toEqual([2])
    expect(await box.findByMessageId('Sent', '<r1@x>', since)).toEqual([])
  })

  test('many at once each see what was there when they asked', async () => {
    const user = 'recent2@replyd.test'
    await using box = recent(user)
    const answered = async (i: number) => {
      await box.append('Sent', mail(`a${i}@x`, [`In-Reply-To: <q${i}@x>`]), [], [], when)
      return box.findRepliesTo('Sent', `<q${i}@x>`, since)
    }
    const found = await Promise.all(Array.from({ length: 40 }, (_, i) => answered(i)))
    expect(found.map((uids) => uids.length)).toEqual(found.map(() => 1))
    expect(new Set(found.flat()).size).toBe(40)
  })

  test('mail that is older than the part in memory is found as well', async () => {
    const user = 'recent3@replyd.test'
    await using box = recent(user)
    await box.append('Sent', mail('old@x'), [], [], new Date('2026-09-10T10:00:00Z'))
    expect(await box.findByMessageId('Sent', '<old@x>', new Date('2026-09-01T00:00:00Z'))).toEqual([1])
    expect(await box.findByMessageId('Sent', '<old@x>')).toEqual([1])
    expect(await box.findByMessageId('Sent', '<old@x>', since)).toEqual([])
  })

  test('reads each header once: neither the mail from before its time, nor what an import brings in one command', async () => {
    const user = 'recent5@replyd.test'
    await using box = recent(user)
    await using phone = account(user)
    const old = new Date('2026-01-05T12:00:00Z')
    for (const id of ['o1@x', 'o2@x'])
      await phone.append('Sent', mail(id, ['In-Reply-To: <q@x>']), [], [], old)
    const fetched = jest.spyOn(ImapFlow.prototype, 'fetchAll')
    const ranges = () =>
      fetched.mock.calls.splice(0).map(([range]) => (Array.isArray(range) ? range.length : range))
    expect(await box.findRepliesTo('Sent', '<q@x>', since)).toEqual([])
    expect(ranges()).toEqual([])
    await phone.append('Sent', mail('n1@x', ['In-Reply-To: <q@x>']), [], [], when)
    expect(await box.findRepliesTo('Sent', '<q@x>', since)).toEqual([3])
    expect(ranges()).toEqual(['3:*'])
    const imported = Array.from({ length: 501 }, (_, i) => mail(`i${i}@x`, [`In-Reply-To: <i@x>`]))
    await Promise.all(imported.map((octets) => phone.append('Sent', octets, [], [], when)))
    expect(await box.findRepliesTo('Sent', '<i@x>', since)).toHaveLength(501)
    expect(ranges()).toEqual([500, 1])
    expect(await box.findRepliesTo('Sent', '<i@x>', since)).toHaveLength(501)
    expect(ranges()).toEqual(['505:*'])
  })

  test('a mailbox that was deleted and created again is read again', async () => {
    const user = 'recent4@replyd.test'
    await using box = recent(user, { trustMs: 0 })
    await box.append('Sent', mail('first@x'), [], [], when)
    expect(await box.findByMessageId('Sent', '<first@x>', since)).toEqual([1])
    const phone = new ImapFlow({
      host: dovecot.host,
      port: dovecot.imapPort,
      doSTARTTLS: false,
      auth: { user, pass: dovecot.password },
      logger: false,
    })
    await phone.connect()
    await phone.mailboxDelete('Sent')
    await phone.mailboxCreate('Sent')
    await phone.append('Sent', mail('second@x'), [], when)
    await phone.logout()
    expect(await box.findByMessageId('Sent', '<second@x>', since)).toEqual([1])
    expect(await box.findByMessageId('Sent', '<first@x>', since)).toEqual([])
  })
})

describe('changing the mailbox', () => {
  test('append keeps flags, keywords and the date, and returns the UID', async () => {
    await using box = account()
    const { uid, uidValidity } = await box.append(
      'Drafts',
      mail('d@x'),
      ['\\Draft', '\\Seen'],
      ['replyd'],
      when,
    )
    expect(uid).toBe(1)
    expect((await box.flags('Drafts', uidValidity!, 1))!.sort()).toEqual(
      ['\\Draft', '\\Seen', 'replyd'].sort(),
    )
    const [draft] = await all(box.fetch('Drafts', uidValidity!, [1], limits))
    expect(draft!.internalDate).toEqual(when)
  })

  test('a move is proven by the new UID; the second time, the mail has vanished', async () => {
    await using box = account()
    await stored(box, 'Junk', mail('before@x'))
    await stored(box, 'INBOX', mail('spam@x'))
    const { uidValidity } = await box.state('INBOX')
    expect(await box.move('INBOX', uidValidity, 1, 'Junk')).toEqual({ uid: 2 })
    await expect(box.move('INBOX', uidValidity, 1, 'Junk')).rejects.toBeInstanceOf(MessageVanished)
    expect(await box.findByMessageId('Junk', '<spam@x>')).toEqual([2])
    expect(await box.uidsAfter('INBOX', uidValidity, 0)).toEqual([])
  })

  test('a move to a mailbox that does not exist leaves the mail where it is', async () => {
    await using box = account()
    await stored(box, 'INBOX', mail('spam@x'))
    const { uidValidity } = await box.state('INBOX')
    await expect(box.move('INBOX', uidValidity, 1, 'Nowhere')).rejects.toBeInstanceOf(PermanentError)
    expect(await box.flags('INBOX', uidValidity, 1)).not.toBeNull()
  })

  test('flags are added and removed; a mail that is gone is reported as such', async () => {
    await using box = account()
    await stored(box, 'INBOX', mail('1@x'))
    const { uidValidity } = await box.state('INBOX')
    expect(await box.addFlags('INBOX', uidValidity, 1, ['\\Answered', '$Junk'])).toBe(true)
    expect((await box.flags('INBOX', uidValidity, 1))!.sort()).toEqual(['$Junk', '\\Answered'])
    expect(await box.removeFlags('INBOX', uidValidity, 1, ['$Junk'])).toBe(true)
    expect(await box.flags('INBOX', uidValidity, 1)).toEqual(['\\Answered'])
    await expect(box.addFlags('INBOX', uidValidity, 9, ['\\Answered'])).rejects.toBeInstanceOf(
      MessageVanished,
    )
    expect(await box.flags('INBOX', uidValidity, 9)).toBeNull()
  })

  test('the state is the present one on the connection that has the mailbox open', async () => {
    await using box = account()
    await using phone = account(box.address)
    await stored(box, 'INBOX', mail('1@x'))
    const { uidValidity } = await box.state('INBOX')
    await box.flags('INBOX', uidValidity, 1)
    await stored(phone, 'INBOX', mail('2@x'))
    expect(await box.state('INBOX')).toMatchObject({ exists: 2, uidNext: 3 })
  })

  test('a mailbox that was selected for writing is read without selecting it again', async () => {
    await using box = account()
    await stored(box, 'INBOX', mail('1@x'))
    const { uidValidity } = await box.state('INBOX')
    await box.addFlags('INBOX', uidValidity, 1, ['\\Answered'])
    const opened = jest.spyOn(ImapFlow.prototype, 'mailboxOpen')
    // Without \Recent, which the selection for writing has.
    expect(await box.flags('INBOX', uidValidity, 1)).toEqual(['\\Answered'])
    expect(opened).not.toHaveBeenCalled()
    opened.mockRestore()
  })

  test('removeExactly leaves what somebody else marked as deleted', async () => {
    await using box = account()
    for (const id of [1, 2]) await stored(box, 'Drafts', mail(`${id}@x`))
    const { uidValidity } = await box.state('Drafts')
    await box.addFlags('Drafts', uidValidity, 1, ['\\Deleted'])
    await box.removeExactly('Drafts', uidValidity, 2)
    await box.removeExactly('Drafts', uidValidity, 2)
    expect(await box.uidsAfter('Drafts', uidValidity, 0)).toEqual([1])
  })
})

describe('the account', () => {
  test('special mailboxes come from the server, configured ones win', async () => {
    await using box = account()
    expect(await box.specialMailboxes()).toEqual({
      drafts: 'Drafts',
      sent: 'Sent',
      junk: 'Junk',
      trash: 'Trash',
      archive: 'Archive',
    })
    const settings = accountOn(dovecot, 'configured@replyd.test', {
      mailboxes: { drafts: 'Entwürfe', sent: null, junk: null },
    })
    await using configured = openImapAccount(settings, quietOptions)
    expect((await configured.specialMailboxes()).drafts).toBe('Entwürfe')
  })

  test('a wrong password stops the account and names it', async () => {
    const settings = accountOn({ ...dovecot, password: 'wrong' }, 'nobody@replyd.test')
    await using box = openImapAccount(settings, quietOptions)
    const failure = await box.state('INBOX').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(OwnerActionError)
    expect((failure as Error).message).toContain(`nobody@replyd.test at ${dovecot.host}`)
    expect((failure as Error).message).not.toContain('wrong')
    expect(box.health()).toMatchObject({ state: 'stopped' })
    await expect(box.flags('INBOX', '1', 1)).rejects.toBe(failure)
  })

  test('many commands at once all get their own answer', async () => {
    await using box = account()
    const ids = Array.from({ length: 30 }, (_, i) => `many${i}@x`)
    const stores = await Promise.all(ids.map((id) => box.append('Drafts', mail(id), ['\\Draft'], [], when)))
    expect(new Set(stores.map(({ uid }) => uid)).size).toBe(ids.length)
    const found = await Promise.all(ids.map((id) => box.findByMessageId('Drafts', `<${id}>`)))
    expect(found.flat()).toEqual(stores.map(({ uid }) => uid))
  })
})
