import { describe, expect, test } from '@jest/globals'
import { codes, letter, letterOf, now, textPart, verdict } from '../letter.ts'
import { check } from '../rows.ts'

describe('not-addressed, cc-only', () => {
  check([
    ['To: undisclosed-recipients:;', 'draft not-addressed'],
    ['-To', 'draft not-addressed'],
    [
      ['To: x@quarry.example', 'Delivered-To: mara@harbor.example', 'X-Original-To: mara@harbor.example'],
      'draft not-addressed',
    ],
    [
      ['To: x@quarry.example', 'Envelope-To: mara@harbor.example', 'X-Forwarded-To: mara@harbor.example'],
      'draft not-addressed',
    ],
    ...['Bcc', 'Resent-To', 'Resent-Cc', 'Resent-Bcc'].map(
      (name) => [['To: x@quarry.example', `${name}: Mara <MARA+x@harbor.example>`], 'may ok'] as const,
    ),
    [['To: x@quarry.example', 'Cc: office@harbor.example'], 'draft cc-only'],
    [['To: office@harbor.example', 'Cc: mara@harbor.example'], 'may ok'],
    [['To: x@quarry.example', 'Cc: mara@harbor.example', 'Resent-To: mara@harbor.example'], 'may ok'],
    ['To: "Yard, all": x@quarry.example, mara@harbor.example;', 'may ok'],
    ['To: mara@harbor.example.evil.example', 'draft not-addressed'],
    ['To: mara@harbor.example <x@quarry.example>', 'draft not-addressed'],
    [['To: x@quarry.example', 'To: mara@harbor.example'], 'may ok'],
  ])
})

describe('passed on by a ticket system or a notifier', () => {
  check([
    ['X-OTRS-Loop: yes', 'draft loop-marker'],
    ['X-OTRS-Loop: support@quarry.example', 'draft loop-marker'],
    ['X-OTRS-Loop: no', 'may ok'],
    ['X-OTRS-Priority: 3', 'may ok'],
    ['X-RT-Loop-Prevention: quarry.example', 'draft loop-marker'],
    ['X-JIRA-FingerPrint: 4a', 'draft loop-marker'],
    ['X-GitHub-Reason: mention', 'draft loop-marker'],
    ['X-Facebook-Notify: page', 'draft loop-marker'],
    ['X-MS-Exchange-Inbox-Rules-Loop: info@harbor.example', 'draft loop-marker'],
    [
      ['X-MS-Exchange-Inbox-Rules-Loop: info@harbor.example', 'X-Auto-Response-Suppress: All'],
      'draft auto-response-suppress',
    ],
    ['X-MS-Exchange-Inbox-Rules-Loop: 1', 'never auto-reply-header'],
    ['X-MS-Exchange-Inbox-Rules-Loop:', 'never auto-reply-header'],
  ])
  // docs/rules.md, 3.2: the words of the body are no mark, because people quote and forward such notices.
  test.each([
    'I got this: "This is an automated message, please do not reply." What is it?',
    'Please do not reply to this message, call me.',
  ])('%s is no mark', (text) => {
    expect(verdict(letter([], `${text}\r\n`))).toBe('may ok')
  })
})

describe('many-recipients', () => {
  const crowd = (count: number) =>
    Array.from({ length: count }, (_, at) => `p${at}@quarry.example`).join(', ')
  check([
    [[`To: mara@harbor.example, ${crowd(9)}`], 'may ok'],
    [[`To: mara@harbor.example, ${crowd(10)}`], 'draft many-recipients'],
    [['To: mara@harbor.example', `Cc: ${crowd(10)}`], 'draft many-recipients'],
    [[`To: mara@harbor.example, ${crowd(9)}, P1@quarry.example`, `Cc: ${crowd(9)}`], 'may ok'],
  ])
})

describe('auto-response-suppress', () => {
  check([
    ...['All', 'OOF', 'AutoReply', 'DR, oof', 'dr,AUTOREPLY,nrn', 'NRN,\n  ALL'].map(
      (value) => [`X-Auto-Response-Suppress: ${value}`, 'draft auto-response-suppress'] as const,
    ),
    ...['DR, NDR, RN, NRN', 'None', '', 'AllOfIt', 'x-oof'].map(
      (value) => [`X-Auto-Response-Suppress: ${value}`, 'may ok'] as const,
    ),
    [['X-Auto-Response-Suppress: DR', 'X-Auto-Response-Suppress: OOF'], 'draft auto-response-suppress'],
  ])
})

describe('no-text', () => {
  test.each([
    ['', 'draft no-text'],
    [' \r\n\t\r\n', 'draft no-text'],
    ['x', 'may ok'],
  ])('a body of %j gives %s', (body, expected) => {
    expect(verdict(letter([], body))).toBe(expected)
  })
  test.each([
    [['Content-Type: application/pdf\n\nx'], 'draft no-text'],
    [['Content-Type: text/plain\nContent-Disposition: attachment\n\nHello'], 'draft no-text'],
    [['Content-Type: text/plain\n\n', 'Content-Type: text/html\n\n<p>Hello</p>'], 'may ok'],
    [['Content-Type: text/html\n\n<p>Hello</p>'], 'may ok'],
    [['Content-Type: text/html\n\n<p> </p>'], 'draft no-text'],
    [['Content-Type: text/calendar\n\nBEGIN:VCALENDAR'], 'draft no-text'],
    [['Content-Type: text/plain\nContent-Disposition: inline\n\nHello'], 'may ok'],
  ])('parts %j give %s', (parts, expected) => {
    expect(verdict(letterOf('multipart/mixed', parts))).toBe(expected)
  })
  test('the text of an attached message is not the author’s', () => {
    const attached = 'Content-Type: message/rfc822\n\nFrom: a@b.example\n\nHello'
    expect(verdict(letterOf('multipart/mixed', [attached]))).toBe('draft no-text')
    expect(verdict(letterOf('multipart/mixed', [textPart, attached]))).toBe('may ok')
  })
})

describe('stale', () => {
  const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000)
  test.each([
    [0, 'may ok'],
    [72, 'may ok'],
    [72.01, 'draft stale'],
    [168, 'draft stale'],
  ])('%d hours after its arrival: %s', (hours, expected) => {
    expect(verdict(letter(), { arrivedAt: hoursAgo(hours) })).toBe(expected)
  })
  test('the Date field is not looked at', () => {
    expect(verdict(letter(['Date: Mon, 1 Jan 2001 00:00:00 +0000']))).toBe('may ok')
  })
})

describe('unreadable', () => {
  const nested = (depth: number): string =>
    depth === 0
      ? textPart
      : `Content-Type: multipart/mixed; boundary=n${depth}\n\n--n${depth}\n${nested(depth - 1)}\n--n${depth}--`
  test.each([
    ['two types', letter(['Content-Type: text/plain', 'Content-Type: multipart/report; boundary=x'])],
    [
      'a header without end',
      letter(Array.from({ length: 40_000 }, (_, at) => `X-Filler-${at}: ${'x'.repeat(200)}`)),
    ],
    [
      'parts beyond counting',
      letterOf('multipart/mixed', [textPart, ...Array.from({ length: 600 }, () => textPart)]),
    ],
    ['parts beyond descending', letterOf('multipart/mixed', [textPart, nested(40)])],
  ])('%s may hide a mark', (_, message) => {
    expect(codes(message)).toContain('unreadable')
  })
  test('a few levels are ordinary', () => {
    expect(verdict(letterOf('multipart/mixed', [textPart, nested(5)]))).toBe('may ok')
  })
})

describe('addresses outside the message are read like those in it', () => {
  const thread = letter(['From: info@möbel.example', 'In-Reply-To: <a@b.example>'])
  test('participants', () => {
    expect(verdict(thread, { threadParticipants: ['Info@MÖBEL.example'] })).toBe('may ok')
    expect(verdict(thread, { threadParticipants: ['Info <info@xn--mbel-5qa.example>'] })).toBe('may ok')
  })
  test('own addresses', () => {
    const aliases = ['Verkauf@MÖBEL.example']
    expect(verdict(letter(['To: verkauf+x@xn--mbel-5qa.example.']), {}, { aliases })).toBe('may ok')
    expect(
      verdict(letter(['Return-Path: <verkauf@möbel.example>', 'To: verkauf@möbel.example']), {}, { aliases }),
    ).toBe('draft contact-form')
    expect(verdict(letter(['X-Loop: verkauf@möbel.example']), {}, { aliases })).toBe('never own-message')
  })
  test('addresses that were answered', () => {
    const autoSent = Array.from({ length: 3 }, () => ({
      to: 'info@Möbel.example',
      at: now,
      messageId: null,
      hash: null,
    }))
    expect(verdict(letter(['From: info@xn--mbel-5qa.example']), { autoSent })).toBe('draft sender-throttled')
  })
})

test('another mail under the same Message-ID', () => {
  expect(verdict(letter(), { reusedMessageId: true })).toBe('draft reused-message-id')
})
