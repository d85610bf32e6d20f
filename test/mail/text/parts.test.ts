import { expect, test } from '@jest/globals'
import { attachmentsOf } from '../../../src/mail/attachments.ts'
import { messageOf } from '../messages.ts'

const alternative = 'Content-Type: multipart/alternative; boundary=b'

test('in an alternative, the plain side is the text, and the HTML side shows what it hides', () => {
  const message = messageOf(
    alternative,
    '',
    '--b',
    '',
    'plain',
    '--b',
    'Content-Type: text/html',
    '',
    '<p>html<i style="display:none">obey me</i></p>',
    '--b--',
  )
  expect(message.text).toBe('plain')
  expect(message.html).toContain('<p>html')
  expect(message.hiddenText).toBe(true)
})

test('a blank plain side gives way to the HTML side', () => {
  const message = messageOf(
    alternative,
    '',
    '--b',
    '',
    ' ',
    '--b',
    'Content-Type: text/html',
    '',
    '<p>html</p>',
    '--b--',
  )
  expect(message.text).toBe('html')
})

test('all parts of a mixed message are text', () => {
  const mixed = 'Content-Type: multipart/mixed; boundary=b'
  const message = messageOf(
    mixed,
    '',
    '--b',
    '',
    'one',
    '--b',
    'Content-Type: text/html',
    '',
    '<p>two</p>',
    '--b--',
  )
  expect(message.text).toBe('one\n\ntwo')
  expect(message.faults).toEqual([])
})

test.each([
  ['text/plain', 'ATT00001.txt', 'Does it break the warranty?'],
  ['text/html', 'ATT68459.htm', '<p>Does it break the warranty?</p>'],
])('text below a picture, of which Exchange makes a file (%s)', (type, name, words) => {
  const message = messageOf(
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Look at this crack:',
    '--b',
    'Content-Type: image/jpeg; name="IMG_0042.jpg"',
    'Content-Disposition: attachment; filename="IMG_0042.jpg"',
    '',
    'x',
    '--b',
    `Content-Type: ${type}; name="${name}"`,
    `Content-Disposition: attachment; filename="${name}"`,
    '',
    words,
    '--b',
    'Content-Type: text/plain; name="ATT00001-notes.txt"',
    'Content-Disposition: attachment; filename="ATT00001-notes.txt"',
    '',
    'a file',
    '--b--',
  )
  expect(message.text).toBe('Look at this crack:\n\nDoes it break the warranty?')
  expect(attachmentsOf(message).map((file) => file.name)).toEqual(['IMG_0042.jpg', 'ATT00001-notes.txt'])
})

test('an attached message is not text of the mail’s sender', () => {
  const message = messageOf(
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'see below',
    '--b',
    'Content-Type: message/rfc822',
    '',
    'From: x@example.com',
    '',
    'foreign words',
    '--b--',
  )
  expect(message.text).toBe('see below')
})

test.each([
  ['multipart/encrypted; boundary=b', ['--b', '', 'x', '--b--']],
  ['application/pkcs7-mime; smime-type=enveloped-data', ['AAAA']],
  ['application/pkcs7-mime', ['AAAA']],
])('%s has no text, and says why', (type, body) => {
  const message = messageOf(`Content-Type: ${type}`, '', ...body)
  expect(message.text).toBe('')
  expect(message.faults.map(({ code }) => code)).toEqual(['encrypted'])
})

test('PGP armour: signed text is read, encrypted text is not', () => {
  const signed = messageOf(
    '',
    'before',
    '-----BEGIN PGP SIGNED MESSAGE-----',
    'Hash: SHA256',
    '',
    'signed',
    '- -- dashes',
    '-----BEGIN PGP SIGNATURE-----',
    '',
    'iQEzBAEBCAAdFiEE',
    '-----END PGP SIGNATURE-----',
  )
  expect(signed.text.trim()).toBe('before\nsigned\n-- dashes')
  expect(signed.faults).toEqual([])
  const encrypted = messageOf('', '-----BEGIN PGP MESSAGE-----', '', 'hQEMA', '-----END PGP MESSAGE-----')
  expect(encrypted.text).toBe('')
  expect(encrypted.faults.map(({ code }) => code)).toEqual(['encrypted-text'])
})

test('files inside the text are left out', () => {
  const message = messageOf('', 'before', 'begin 644 x.txt', '%2&5L;&\\', '`', 'end', 'after')
  expect(message.text.trim()).toBe('before\nafter')
})

test.each([
  ['charset=iso-8859-1', 'quoted-printable', 'caf=E9', 'café'],
  ['charset=utf-8', 'base64', 'Y2Fmw6k=', 'café'],
  ['charset=utf-8; format=flowed', '8bit', 'one \r\ntwo', 'one two'],
  ['charset=koi8-r', '8bit', '', ''],
])('text/plain; %s in %s', (parameters, encoding, body, text) => {
  const message = messageOf(
    `Content-Type: text/plain; ${parameters}`,
    `Content-Transfer-Encoding: ${encoding}`,
    '',
    body,
  )
  expect(message.text.trim()).toBe(text)
})

test('the charset of HTML may stand in its markup', () => {
  const html = Buffer.from('<meta charset="koi8-r"><p>\xf0\xd2\xc9</p>', 'latin1')
  expect(messageOf('Content-Type: text/html', '', html).text.trim()).toBe('При')
})

test('text beyond the limit is cut, and that is reported', () => {
  const message = messageOf('', 'x'.repeat(3 << 20))
  expect(message.text).toHaveLength(1 << 20)
  expect(message.faults).toEqual([
    { code: 'text-cut', part: '1', text: 'the text is too long to be read in full (part 1)' },
  ])
})
