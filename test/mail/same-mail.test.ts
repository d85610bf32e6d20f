import { describe, expect, test } from '@jest/globals'
import { earlierDigest, isEarlierDigest, mailDigest } from '../../src/mail/same-mail.ts'
import { messageOf } from './messages.ts'

const mail = [
  'From: Anna Berg <anna@kunde.example>',
  'Subject: Order 4711',
  'Date: Fri, 27 Nov 2026 11:30:00 +0100',
  'Message-ID: <a@kunde.example>',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
  '',
  'Grüße, when are you open?',
]
const digest = mailDigest(messageOf(...mail))
const instead = (from: string, to: string) => messageOf(...mail.map((line) => (line === from ? to : line)))

describe('the same mail', () => {
  test.each([
    ['a trace field more', ['Received: from a by b; Fri, 27 Nov 2026 11:31:00 +0100', ...mail]],
    ['its text wrapped', mail.map((line) => line.replace('when are', 'when\r\nare'))],
    [
      'its text spaced',
      mail.map((line) => line.replace('when are', 'when  are').replace('you open', 'you\topen')),
    ],
    ['its subject folded', mail.map((line) => line.replace('Order 4711', 'Order\r\n 4711'))],
    [
      'its name left out',
      mail.map((line) => line.replace('Anna Berg <anna@kunde.example>', 'anna@kunde.example')),
    ],
    [
      'another transfer encoding',
      mail.map((line) => line.replace('8bit', 'quoted-printable').replace('Grüße', 'Gr=C3=BC=C3=9Fe')),
    ],
    ['one more empty line at its end', [...mail, '']],
  ])('%s', (_name, lines) => {
    expect(mailDigest(messageOf(...lines))).toBe(digest)
  })
})

describe('another mail', () => {
  test.each([
    ['author', mail[0], 'From: Anna Berg <anna@evil.example>'],
    ['second author', mail[0], 'From: anna@kunde.example, bob@kunde.example'],
    ['subject', mail[1], 'Subject: Order 4712'],
    ['date', mail[2], 'Date: Fri, 27 Nov 2026 11:30:01 +0100'],
    ['text', mail[7], 'Grüße, when do you open?'],
    ['type', mail[4], 'Content-Type: text/html; charset=utf-8'],
  ])('%s', (_name, from = '', to = '') => {
    expect(mailDigest(instead(from, to))).not.toBe(digest)
  })
})

const files = [
  'From: anna@kunde.example',
  'Reply-To: anna@home.example',
  'Message-ID: <b@kunde.example>',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  '',
  'Here is the invoice.',
  '--b',
  'Content-Type: application/pdf; name=invoice.pdf',
  'Content-Transfer-Encoding: base64',
  '',
  'JVBERi0xLjQK',
  '--b--',
]

test.each([
  ['where its answer goes', 1, 'Reply-To: eve@evil.example'],
  ['where its answer goes, without a field', 1, 'X-Other: field'],
  ['a file of the same name', 12, 'JVBERi0xLjQKJVBERi0xLjQK'],
])('another mail: %s', (_name, at, line) => {
  const other = files.map((each, index) => (index === at ? line : each))
  expect(mailDigest(messageOf(...other))).not.toBe(mailDigest(messageOf(...files)))
})

test('the form of earlier versions is recognised', () => {
  const message = messageOf(...files)
  expect(isEarlierDigest(earlierDigest(message))).toBe(true)
  expect(isEarlierDigest(mailDigest(message))).toBe(false)
})
