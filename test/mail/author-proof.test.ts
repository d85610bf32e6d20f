import { beforeAll, describe, expect, test } from '@jest/globals'
import { proveAuthor } from '../../src/mail/author-proof.ts'
import { type Names, nameServer, type Signer, sealed, signed, signer } from './signed.ts'

const now = new Date('2026-11-24T08:00:00Z')
const names: Names = nameServer()
/** Keys by signing domain. */
const keys = new Map<string, Signer>()
const key = (domain: string) => {
  const found = keys.get(domain)
  if (!found) throw new Error(`no key for ${domain}`)
  return found
}

beforeAll(() => {
  for (const domain of [
    'shop.example',
    'mail.shop.example',
    'other.example',
    'lists.example',
    'strict.example',
    'mail.strict.example',
    'bare.example',
    'mail.bare.example',
  ])
    keys.set(domain, signer(names, domain))
  keys.set('ed.example', signer(names, 'ed.example', 'ed25519-sha256'))
  keys.set('old.example', signer(names, 'old.example', 'rsa-sha1'))
  keys.set('short.example', signer(names, 'short.example', 'rsa-sha256', 768))
  keys.set('gone.example', { ...signer(names, 'gone.example'), selector: 'none' })
  for (const domain of ['shop.example', 'ed.example', 'old.example', 'short.example', 'gone.example'])
    names.records.set(`_dmarc.${domain}`, 'v=DMARC1; p=reject')
  names.records.set('_dmarc.strict.example', 'v=DMARC1; p=reject; adkim=s')
  names.records.set('_dmarc.away.example', 'broken')
})

const mail = (from: string, date = 'Tue, 24 Nov 2026 07:59:00 +0000') =>
  [
    `From: Kim <${from}>`,
    'To: support@nordlicht.example',
    'Subject: Opening hours',
    'Message-ID: <k1@shop.example>',
    `Date: ${date}`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    'When are you open?',
    '',
  ].join('\r\n')

const prove = (octets: string, author: string, arcSealers: string[] = []) =>
  proveAuthor({ octets: Buffer.from(octets), author, resolveTxt: names.resolveTxt, arcSealers, now })
const provenOf = async (octets: string, author: string, arcSealers: string[] = []) =>
  (await prove(octets, author, arcSealers)).proven

describe('a signature', () => {
  test.each([
    ['kim@shop.example', 'shop.example', true],
    ['kim@ed.example', 'ed.example', true],
    ['kim@shop.example', 'mail.shop.example', true],
    ['kim@mail.shop.example', 'shop.example', true],
    ['kim@strict.example', 'strict.example', true],
    ['kim@strict.example', 'mail.strict.example', false],
    ['kim@bare.example', 'bare.example', true],
    ['kim@bare.example', 'mail.bare.example', false],
    ['kim@shop.example', 'other.example', false],
    ['kim@old.example', 'old.example', false],
    ['kim@short.example', 'short.example', false],
    ['kim@gone.example', 'gone.example', false],
  ])('of %s by %s proves it: %s', async (from, domain, proven) => {
    expect(await provenOf(await signed(mail(from), key(domain)), from)).toBe(proven)
  })

  test('of another one beside it does no harm', async () => {
    const twice = await signed(
      await signed(mail('kim@shop.example'), key('shop.example')),
      key('other.example'),
    )
    expect(await prove(twice, 'kim@shop.example')).toEqual({
      proven: true,
      detail: 'DKIM signature of shop.example',
    })
  })

  test.each<[string, (octets: string) => string]>([
    ['the body', (octets) => octets.replace('When are', 'Where are')],
    ['something below the body', (octets) => `${octets}See https://evil.example\r\n`],
    ['the subject', (octets) => octets.replace('Opening hours', 'Win a prize')],
    ['the author', (octets) => octets.replace('<kim@', '<eva@')],
    ['the addressee', (octets) => octets.replace('To: support', 'To: sales')],
    ['the day', (octets) => octets.replace('07:59:00', '07:58:00')],
    ['a second subject above', (octets) => `Subject: Win a prize\r\n${octets}`],
    ['a second author above', (octets) => `From: eva@shop.example\r\n${octets}`],
    ['a second content type', (octets) => `Content-Type: text/html\r\n${octets}`],
    ['its own domain', (octets) => octets.replace('d=shop.example', 'd=other.example')],
    ['its selector', (octets) => octets.replace(/ s=s\d+/, ' s=none')],
    [
      'the subject, with the signed one hidden in a first line that begins with a space',
      (octets) => ` Subject: Opening hours\r\n${octets.replace('Subject: Opening hours', 'Sub\0ject: Win')}`,
    ],
    [
      'all of it, above a CR alone that ends lines',
      (octets) =>
        `DKIM-Signature: x\r${mail('eva@shop.example').replaceAll('\r\n', '\r').replace('Opening', 'Closing').replace('<kim@', '<eva@')}\r\n${octets}`,
    ],
    ['the addressee, by a field of those who pass it on', (octets) => `Resent-To: me@x.example\r\n${octets}`],
    ['the encoding', (octets) => `Content-Transfer-Encoding: base64\r\n${octets}`],
    [
      'the encoding, which is given twice',
      (octets) => `Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n${octets}`,
    ],
    ['nothing, but it is cut out', (octets) => octets.slice(octets.indexOf('From:'))],
  ])('does not hold when somebody has changed %s', async (_, change) => {
    const original = await signed(mail('kim@shop.example'), key('shop.example'))
    expect(await provenOf(original, 'kim@shop.example')).toBe(true)
    const altered = change(original)
    expect(altered).not.toBe(original)
    const author = altered.includes('<eva@') ? 'eva@shop.example' : 'kim@shop.example'
    expect(await provenOf(altered, author)).toBe(false)
  })

  test('does not hold for another author than the mail was judged by', async () => {
    const octets = await signed(mail('kim@shop.example'), key('shop.example'))
    expect(await provenOf(octets, 'eva@shop.example')).toBe(false)
  })

  test.each([
    ['leaves out the author', { headerList: 'Subject:Date:To' }],
    ['leaves out the subject', { headerList: 'From:Date:To' }],
    ['leaves out the date', { headerList: 'From:Subject:To' }],
    ['leaves out the addressee', { headerList: 'From:Subject:Date' }],
    ['covers part of the body', { maxBodyLength: 4 }],
  ])('that %s proves nothing', async (_, more) => {
    expect(
      await provenOf(await signed(mail('kim@shop.example'), key('shop.example'), more), 'kim@shop.example'),
    ).toBe(false)
  })

  test.each([
    ['Sat, 21 Nov 2026 08:01:00 +0000', true],
    ['Fri, 20 Nov 2026 08:00:00 +0000', false],
    ['Tue, 24 Nov 2026 10:00:00 +0000', false],
    ['yesterday', false],
  ])('of a mail of %s counts: %s, since it could have been sent to others before', async (date, proven) => {
    expect(
      await provenOf(await signed(mail('kim@shop.example', date), key('shop.example')), 'kim@shop.example'),
    ).toBe(proven)
  })

  test('proves nothing while the policy can’t be read', async () => {
    keys.set('away.example', signer(names, 'away.example'))
    expect(
      await prove(await signed(mail('kim@away.example'), key('away.example')), 'kim@away.example'),
    ).toEqual({
      proven: false,
      detail: 'the DMARC policy of away.example could not be read',
    })
  })

  test('is not looked up when there is none, and not when there are too many', async () => {
    names.asked.length = 0
    expect(await prove(mail('kim@shop.example'), 'kim@shop.example')).toEqual({
      proven: false,
      detail: 'the mail is not signed',
    })
    const many = `${'DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from; bh=eA==; b=eA==\r\n'.repeat(9)}${mail('kim@shop.example')}`
    expect(await provenOf(many, 'kim@shop.example')).toBe(false)
    expect(names.asked).toEqual([])
  })
})

/** The fields that say how to read the body are not signed, as at large providers. */
describe('a signature that leaves out the type', () => {
  const inner = '--inner\r\n\r\nSend the money.\r\n--inner--\r\n'
  const part = (type: string, text: string) => `--outer\r\nContent-Type: ${type}\r\n\r\n${text}\r\n`
  const plain = part('text/plain', 'Hello')
  const html = part('text/html', '<p>Hello</p>')
  const file = part('text/html\r\nContent-Disposition: attachment', '<p>Send the money.</p>')
  test.each<[string, string, string, boolean]>([
    ['text/plain; charset=utf-8', 'as written', `Hello\r\n\r\n${inner}`, true],
    ['text/plain; charset=utf-7', 'as another script', 'Hello +AD4-\r\n', false],
    ['text/plain', 'as the source of parts', plain, false],
    ['text/plain\r\nContent-Transfer-Encoding: quoted-printable', 'as written', 'Hello=20\r\n', true],
    ['text/plain\r\nContent-Transfer-Encoding: base64', 'as written', 'SGVsbG8=\r\n', true],
    ['text/plain\r\nContent-Transfer-Encoding: base64', 'as another text', 'Hello!\r\nSGVsbG8=\r\n', false],
    ['text/html', 'as written', '<p>Hello</p>\r\n', true],
    ['text/html', 'as markup', 'Hello\r\n<p>Hello</p>\r\n', false],
    ['multipart/mixed; boundary=inner', 'from a quotation on', `Hello\r\n\r\n${inner}`, false],
    ['multipart/mixed; boundary=outer', 'as written', `${plain}${file}--outer--\r\n`, true],
    ['multipart/alternative; boundary=outer', 'as written', `${plain}${html}--outer--\r\n`, true],
    [
      'multipart/alternative; boundary=outer',
      'with a file for the text',
      `${plain}${file}--outer--\r\n`,
      false,
    ],
    [
      'multipart/related; boundary=outer; start="<x>"',
      'from another part',
      `${plain}${html}--outer--\r\n`,
      false,
    ],
    ['multipart/digest; boundary=outer', 'as mails', `${plain}--outer--\r\n`, false],
  ])('%s, read %s', async (type, _, body, proven) => {
    const written = mail('kim@shop.example').replace('text/plain; charset=utf-8', type)
    const octets = written.replace('When are you open?\r\n', body)
    const bySigner = { headerList: 'From:To:Subject:Date:Message-ID' }
    expect(await provenOf(await signed(octets, key('shop.example'), bySigner), 'kim@shop.example')).toBe(
      proven,
    )
  })
})

/** The owner of evil.example publishes keys below that domain. */
describe('a key in the zone of somebody else', () => {
  test.each([
    ['shop.example/.evil.example', 's'],
    ['shop.example?.evil.example', 's'],
    ['shop.example', 's._domainkey.evil.example\0'],
    ['shop.example', 's._domainkey.evil.example\\'],
  ])('is not found for d=%j s=%j', async (domain, selector) => {
    const { privateKey, selector: known } = signer(names, 'evil.example')
    const record = names.records.get(`${known}._domainkey.evil.example`) ?? ''
    const by: Signer = { domain, selector, privateKey, algorithm: 'rsa-sha256' }
    names.records.set(`${selector}._domainkey.${domain}`, record)
    const octets = await signed(mail('kim@shop.example'), by)
    names.asked.length = 0
    expect(await provenOf(octets, 'kim@shop.example')).toBe(false)
    expect(names.asked.filter((name) => name.includes('evil'))).toEqual([])
  })
})

describe('a policy', () => {
  test.each(['adkim=s', 'adkim = s', 'adkim=S', 'p=reject; adkim= s ;'])('with %s is strict', async (tag) => {
    names.records.set('_dmarc.strict.example', `v=DMARC1; p=reject; ${tag}`)
    const octets = await signed(mail('kim@strict.example'), key('mail.strict.example'))
    expect(await provenOf(octets, 'kim@strict.example')).toBe(false)
  })
})

describe('a list that changed the subject', () => {
  const passed = 'dmarc=pass header.from=shop.example'
  const listed = async (found: string, by = 'lists.example') => {
    const original = await signed(mail('kim@shop.example'), key('shop.example'))
    return sealed(original.replace('\r\nSubject: ', '\r\nSubject: [shop] '), key(by), found)
  }
  const author = 'kim@shop.example'

  test('is believed when the owner names it', async () => {
    expect(await prove(await listed(passed), author, ['lists.example'])).toEqual({
      proven: true,
      detail: 'ARC seal of lists.example, which found its author proven',
    })
  })
  test('is explained when not', async () => {
    expect(await prove(await listed(passed), author, ['shop.example'])).toEqual({
      proven: false,
      detail: 'only lists.example, which is not in arcSealers, says that its author was proven',
    })
  })
  test.each<[string, (octets: string) => string]>([
    ['the subject was changed after it', (octets) => octets.replace('[shop]', '[sale]')],
    ['the body was changed after it', (octets) => octets.replace('When are', 'Where are')],
    [
      'its finding was changed',
      (octets) =>
        octets.replace(/(ARC-Authentication-Results:[\s\S]*?)header\.from=shop/, '$1header.from=shap'),
    ],
    ['its seal is another one', (octets) => octets.replace(/(ARC-Seal:[\s\S]*?b=)..../, '$1AAAA')],
  ])('is not believed when %s', async (_, change) => {
    const original = await listed(passed)
    const altered = change(original)
    expect(altered).not.toBe(original)
    expect(await provenOf(altered, author, ['lists.example'])).toBe(false)
  })
  test.each(['dmarc=fail header.from=shop.example', 'dmarc=pass header.from=other.example', 'spf=none'])(
    'that found %s proves nothing',
    async (found) => expect(await provenOf(await listed(found), author, ['lists.example'])).toBe(false),
  )
})
