/**
 * Who wrote a mail, end to end: mails with real signatures, a receiving server that really checks DKIM, SPF and DMARC,
 * and what replyd concludes from its results or from its own check.
 */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { authenticate, type DNSResolver } from 'mailauth'
import { provenByServer } from '../../src/compose/author.ts'
import { proveAuthor } from '../../src/mail/author-proof.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { type Names, nameServer, sealed, signed, signer } from '../mail/signed.ts'

const now = new Date()
const mta = 'mx.nordlicht.example'
const names: Names = nameServer()
const resolver: DNSResolver = (name, type) =>
  type === 'TXT'
    ? names.resolveTxt(name)
    : Promise.reject(Object.assign(new Error(name), { code: 'ENODATA' }))

/** The address of all senders' servers, and that of a foreign server. */
const own = '192.0.2.1'
const other = '198.51.100.9'

const letter = (from: string) =>
  [
    `From: Kim <${from}>`,
    'To: support@nordlicht.example',
    'Subject: Opening hours',
    `Message-ID: <1.${from}>`,
    `Date: ${now.toUTCString().replace('GMT', '+0000')}`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    'When are you open?',
    '',
  ].join('\r\n')

/** The mail as stored in the mailbox, with the results of the server that received it. */
async function received(mail: string, from: string, ip: string): Promise<string> {
  const domain = from.slice(from.indexOf('@') + 1)
  const checked = await authenticate(mail, {
    ...{ ip, mta, resolver, sender: `bounces@${domain}`, helo: `mail.${domain}` },
    ...{ disableBimi: true },
  })
  return `${checked.headers}${mail}`
}

interface Found {
  byServer: string
  bySignature: string
}

async function found(mail: string, author: string, arcSealers: string[] = []): Promise<Found> {
  const octets = Buffer.from(mail)
  const settings = { owner: { authservIds: [mta] } } as never
  const said = provenByServer({ settings }, { row: { fromAddress: author }, message: parseOctets(octets) })
  const { resolveTxt } = names
  const own = await proveAuthor({ octets, author, resolveTxt, arcSealers, now })
  return { byServer: said?.detail ?? 'nothing', bySignature: own.detail }
}

const mails = new Map<string, string>()

beforeAll(async () => {
  for (const domain of ['rsa.example', 'ed.example', 'mail.ed.example', 'spf.example']) {
    names.records.set(domain, `v=spf1 ip4:${own} -all`)
    names.records.set(`_dmarc.${domain}`, 'v=DMARC1; p=reject')
  }
  const [rsa, ed] = [signer(names, 'rsa.example'), signer(names, 'ed.example', 'ed25519-sha256')]
  mails.set('kim@rsa.example', await signed(letter('kim@rsa.example'), rsa))
  mails.set('kim@mail.ed.example', await signed(letter('kim@mail.ed.example'), ed))
  mails.set('kim@spf.example', letter('kim@spf.example'))
})

describe.each([
  ['kim@rsa.example', 'DKIM signature of rsa.example', /is not valid/],
  ['kim@mail.ed.example', 'DKIM signature of ed.example', /is not valid/],
  ['kim@spf.example', 'the mail is not signed', /is not signed/],
])('a mail of %s', (author, byDkim, fault) => {
  const mail = () => mails.get(author) ?? ''
  const altered = () => mail().replace('When are', 'Where are')

  test('passes', async () => {
    const both = await found(await received(mail(), author, own), author)
    expect(both).toEqual({ byServer: 'your mail server: pass', bySignature: byDkim })
  })

  test('fails when it was altered on its way', async () => {
    const both = await found(await received(altered(), author, other), author)
    expect(both.byServer).toBe('your mail server: dmarc-fail')
    expect(both.bySignature).toMatch(fault)
  })
})

test('SPF of the envelope proves nothing about another author', async () => {
  const mail = letter('kim@rsa.example')
  const checked = await received(mail, 'eva@spf.example', own)
  expect(checked).toMatch(/spf=pass/)
  expect((await found(checked, 'kim@rsa.example')).byServer).toBe('your mail server: dmarc-fail')
})

test('the copy of a mailing list with a valid ARC chain is explained, and believed if the list is named', async () => {
  const author = 'kim@rsa.example'
  const arrived = await received(mails.get(author) ?? '', author, own)
  const results = /^Authentication-Results: [^;]+;([\s\S]*?)\r\n(?! )/m.exec(arrived)?.[1] ?? ''
  expect(results).toMatch(/dmarc=pass/)
  const changed = arrived
    .slice(arrived.indexOf('DKIM-Signature:'))
    .replace('Subject: ', 'Subject: [talk] ')
    .replace('open?', 'open?\r\n-- \r\nTalk list')
  const copy = await sealed(changed, signer(names, 'lists.example'), results.replace(/\s+/g, ' ').trim())
  const passedOn = await received(copy, 'talk@lists.example', other)
  expect(passedOn).toMatch(/arc=pass/)
  expect(await found(passedOn, author)).toEqual({
    byServer: 'your mail server: dmarc-fail',
    bySignature: 'only lists.example, which is not in arcSealers, says that its author was proven',
  })
  expect((await found(passedOn, author, ['lists.example'])).bySignature).toBe(
    'ARC seal of lists.example, which found its author proven',
  )
})
