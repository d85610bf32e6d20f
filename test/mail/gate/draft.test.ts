import { describe, expect, test } from '@jest/globals'
import { codes, letter, letterOf, now, textPart, verdict } from './letter.ts'

type Rows = readonly (readonly [fields: string | readonly string[], expected: string])[]

function check(rows: Rows): void {
  test.each(rows.map(([fields, expected]) => [[fields].flat(), expected] as const))(
    '%j gives %s',
    (fields, expected) => {
      expect(verdict(letter(fields))).toBe(expected)
    },
  )
}

describe('contact-form', () => {
  check([
    [['From: mara@harbor.example', 'Reply-To: selma@lakeside.example'], 'draft contact-form'],
    [['From: mara+web@harbor.example', 'Reply-To: selma@lakeside.example'], 'draft contact-form'],
    ['Return-Path: <office@harbor.example>', 'draft contact-form'],
    ['Return-Path: <Office@Harbor.example>', 'draft contact-form'],
    // The envelope of a forwarder is not literally ours.
    ['Return-Path: <office+caf_=mara=harbor.example@harbor.example>', 'may ok'],
    ['Return-Path: <desk@harbor.example>', 'may ok'],
  ])
  test('a form has no reply-to-mismatch', () => {
    const form = letter(['Return-Path: <office@harbor.example>', 'Reply-To: selma@lakeside.example'])
    expect(codes(form)).toEqual(['contact-form'])
    expect(codes(letter(['From: mara@harbor.example', 'Reply-To: selma@lakeside.example']))).toEqual([
      'contact-form',
    ])
  })
})

describe('thread-stranger', () => {
  const thread = ['In-Reply-To: <m@harbor.example>']
  test.each([
    [thread, ['mara@harbor.example', 'JONAS@quarry.example'], 'may ok'],
    [thread, ['mara@harbor.example', 'jonas@quarry-group.example'], 'draft thread-stranger'],
    [thread, [], 'draft thread-stranger'],
    [thread, null, 'may ok'],
    [[], ['mara@harbor.example'], 'may ok'],
    [['References: <m@harbor.example>'], ['mara@harbor.example'], 'draft thread-stranger'],
  ])('%j with participants %j gives %s', (fields, threadParticipants, expected) => {
    expect(verdict(letter(fields), { threadParticipants })).toBe(expected)
  })
})

describe('multiple-from, multiple-reply-to', () => {
  check([
    ['From: a@quarry.example, b@quarry.example', 'draft multiple-from'],
    ['From: Team: a@quarry.example, b@quarry.example;', 'draft multiple-from'],
    [['From: jonas@quarry.example', 'From: jonas@quarry.example'], 'draft multiple-from'],
    ['From: "Ek, Jonas" <jonas@quarry.example>', 'may ok'],
    ['Reply-To: a@quarry.example, b@quarry.example', 'draft multiple-reply-to'],
    [['Reply-To: a@quarry.example', 'Reply-To: b@quarry.example'], 'draft multiple-reply-to'],
    ['Reply-To: a@quarry.example', 'may ok'],
    ['Reply-To: a@quarry.example, mara@harbor.example', 'draft multiple-reply-to'],
  ])
})

describe('reply-to-list, reply-to-mismatch', () => {
  check([
    [['Reply-To: team@hall.example', 'Cc: team@hall.example'], 'draft reply-to-list'],
    [['Reply-To: TEAM@hall.example', 'To: mara@harbor.example, team@Hall.example'], 'draft reply-to-list'],
    [['Reply-To: team@quarry.example', 'Cc: team@quarry.example'], 'draft reply-to-list'],
    [['Reply-To: jonas@quarry.example', 'Cc: jonas@quarry.example'], 'may ok'],
    ['Reply-To: jonas@hall.example', 'draft reply-to-mismatch'],
    ['Reply-To: jonas@mail.quarry.example', 'may ok'],
    ['Reply-To: JONAS@QUARRY.EXAMPLE', 'may ok'],
    [['From: a@shop.co.uk', 'Reply-To: a@sales.shop.co.uk'], 'may ok'],
    [['From: a@shop.co.uk', 'Reply-To: a@other.co.uk'], 'draft reply-to-mismatch'],
    [['From: a@möbel.example', 'Reply-To: b@xn--mbel-5qa.example'], 'may ok'],
  ])
  test('several authors: the organisation of one of them is enough', () => {
    expect(codes(letter(['From: a@quarry.example, b@hall.example', 'Reply-To: c@hall.example']))).toEqual([
      'multiple-from',
    ])
  })
  test('a list is not reported as a mismatch, too', () => {
    expect(codes(letter(['Reply-To: team@hall.example', 'Cc: team@hall.example']))).toEqual(['reply-to-list'])
  })
})

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

describe('loop-marker', () => {
  check([
    ['X-Loop: bugs@x.example', 'draft loop-marker'],
    [['Delivered-To: mara@harbor.example', 'Delivered-To: MARA@harbor.example'], 'draft loop-marker'],
    [
      [
        'Delivered-To: <mara@harbor.example>',
        'Delivered-To: x@y.example',
        'Delivered-To: mara@harbor.example',
      ],
      'draft loop-marker',
    ],
    [['Delivered-To: mara@harbor.example', 'Delivered-To: office@harbor.example'], 'may ok'],
    [['Delivered-To: x@y.example', 'Delivered-To: x@y.example'], 'may ok'],
  ])
})

describe('postmaster-sender, robot-address', () => {
  check([
    ...['postmaster', 'Post-Master', 'post_master', 'post.master', 'postmaster+x'].map(
      (local) => [`From: ${local}@x.example`, 'draft postmaster-sender'] as const,
    ),
    ['From: postmasters@x.example', 'may ok'],
    ['From: the-postmaster@x.example', 'may ok'],
    ...[
      'notification',
      'notifications',
      'notify',
      'alert',
      'alerts',
      'newsletter',
      'newsletters',
      'news',
      'mailer',
      'mailing',
      'mailings',
      'automailer',
      'automated',
      'auto-confirm',
      'autoconfirm',
      'robot',
      'bot',
      'digest',
      'updates',
      'marketing',
      'promo',
      'promotions',
      'server',
      'notifications-x',
      'alert.x',
      'newsletter_x',
      'notification-x',
      'Bot+x',
    ].map((local) => [`From: ${local}@x.example`, 'draft robot-address'] as const),
    ['Reply-To: alerts@quarry.example', 'draft robot-address'],
    ...[
      'info',
      'support',
      'sales',
      'office',
      'contact',
      'billing',
      'account',
      'abbot',
      'newsroom',
      'the.bot',
      'alertsy',
      'update',
    ].map((local) => [`From: ${local}@x.example`, 'may ok'] as const),
    ['Return-Path: <bot@quarry.example>', 'may ok'],
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
