import { describe, expect, test } from '@jest/globals'
import { letter, letterOf, textPart, verdict } from '../letter.ts'
import { check } from '../rows.ts'

describe('dsn, mdn, arf, report', () => {
  const report = (parameters: string) => `multipart/report${parameters}`
  const status = (type: string) => `Content-Type: ${type}\n\nFinal-Recipient: rfc822; a@b.example`
  test.each([
    [report('; report-type=delivery-status'), [textPart], 'never dsn'],
    [report('; Report-Type="Delivery-Status"'), [textPart], 'never dsn'],
    [report('; report-type=disposition-notification'), [textPart], 'never mdn'],
    [report('; report-type=feedback-report'), [textPart], 'never arf'],
    [report('; report-type=tlsrpt'), [textPart], 'never report'],
    [report(''), [textPart], 'never report'],
    [report(''), [textPart, status('message/delivery-status')], 'never dsn'],
    ['multipart/mixed', [textPart, status('message/delivery-status')], 'never dsn'],
    ['multipart/mixed', [textPart, status('Message/Global-Delivery-Status')], 'never dsn'],
    ['multipart/mixed', [textPart, status('message/disposition-notification')], 'never mdn'],
    ['multipart/mixed', [textPart, status('message/feedback-report')], 'never arf'],
    ['multipart/mixed', [textPart, status('text/rfc822-headers')], 'may ok'],
    ['multipart/mixed; report-type=delivery-status', [textPart], 'may ok'],
  ])('%s with %j gives %s', (type, parts, expected) => {
    expect(verdict(letterOf(type, parts))).toBe(expected)
  })
  // The type that Exchange uses, without the parts.
  check([
    ['Content-Class: urn:content-classes:dsn', 'never dsn'],
    ['Content-Class: URN:content-classes:MDN (x)', 'never mdn'],
    ['Content-Class: urn:content-classes:mdns', 'may ok'],
  ])
  test('a status part deep in the tree counts', () => {
    const inner = `Content-Type: multipart/mixed; boundary=b2\n\n--b2\n${status('message/delivery-status')}\n--b2--`
    expect(verdict(letterOf('multipart/mixed', [textPart, inner]))).toBe('never dsn')
  })
  test('a bounce that a person attached does not', () => {
    const inner = `From: MAILER-DAEMON@x.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b2\n\n--b2\n${status('message/delivery-status')}\n--b2--`
    expect(verdict(letterOf('multipart/mixed', [textPart, `Content-Type: message/rfc822\n\n${inner}`]))).toBe(
      'may ok',
    )
  })
  check([
    ['X-Failed-Recipients: a@b.example', 'never dsn'],
    ['X-Failed-Recipients:', 'never dsn'],
    [['From: postmaster@x.example', 'Subject: Undeliverable: Gravel'], 'never dsn'],
    [['From: Post_Master@x.example', 'Subject: FAILURE NOTICE'], 'never dsn'],
    [['From: postmaster@x.example', 'Subject: Warning: message g1 is delayed'], 'never dsn'],
    [['From: postmaster@x.example', 'Subject: Warning: disk full'], 'draft postmaster-sender'],
    [['From: postmaster@x.example', 'Subject: Your failure notice'], 'draft postmaster-sender'],
    ['Subject: Undeliverable: Gravel', 'may ok'],
    ['TLS-Report-Domain: x.example', 'never report'],
    ['Subject: Report Domain: x.example Submitter: y.example Report-ID: <1@y>', 'never report'],
    ['Subject: Report domain: x.example\n Submitter: y.example', 'never report'],
    ['Subject: [Preview] Report Domain: x.example Submitter: y.example', 'never report'],
    ['Subject: Re: Report Domain: x.example Submitter: y.example', 'may ok'],
    ['Subject: Report Domain: x.example', 'may ok'],
    ['Subject: What is "Report Domain: x Submitter: y"?', 'may ok'],
  ])
  test.each([
    'undeliverable',
    'Undelivered Mail Returned',
    'mail delivery failed',
    'Mail delivery failure',
    'Mail Delivery System',
    'Delivery Status Notification (Failure)',
    'delivery failure',
    'Delivery failed',
    'delivery has failed',
    'failure notice',
    'Returned mail: see transcript',
    'Mail System Error - x',
    'Message not delivered',
    'Non-delivery',
    'nondeliverable',
    'Warning: message delayed',
  ])('postmaster and "%s" is a bounce', (subject) => {
    expect(verdict(letter(['From: postmaster@x.example', `Subject: ${subject}`]))).toBe('never dsn')
  })
})

describe('null-return-path', () => {
  check([
    ['Return-Path: <>', 'never null-return-path'],
    ['Return-Path:', 'never null-return-path'],
    ['Return-Path: < >', 'never null-return-path'],
    ['Return-Path:\n (local) <\n >', 'never null-return-path'],
    ['Return-Path: <#@[]>', 'never null-return-path'],
    ['Return-Path: <> (a@b.example)', 'never null-return-path'],
    ['Return-Path: <mailbox>', 'never null-return-path'],
    [['Return-Path: <jonas@quarry.example>', 'Return-Path: <>'], 'never null-return-path'],
    ['-Return-Path', 'may ok'],
    ['Return-Path: jonas@quarry.example', 'may ok'],
    ['Return-Path: <bounces+123@mail.quarry.example>', 'may ok'],
    ['X-Return-Path: <>', 'may ok'],
  ])
})

describe('list-mail', () => {
  check([
    ...[
      'List-Id',
      'List-Post',
      'List-Owner',
      'List-Subscribe',
      'List-Help',
      'List-Archive',
      'Mailing-List',
      'X-Mailing-List',
      'X-ML-Name',
      'X-BeenThere',
      'X-Mailman-Version',
      'X-Google-Group-Id',
    ].flatMap(
      (name) =>
        [
          [`${name}: x`, 'never list-mail'],
          [`${name.toUpperCase()}:`, 'never list-mail'],
        ] as const,
    ),
    ['List-Post: NO', 'never list-mail'],
    ['X-List-Id-Like: x', 'may ok'],
    ['List-Unsubscribe: <mailto:off@x.example>', 'draft list-unsubscribe'],
    ['List-Id: Sales <sales.harbor.example>', 'draft own-list'],
    ['List-Id: <SALES.Harbor.example>', 'draft own-list'],
    ['List-Id: sales.harbor.example', 'draft own-list'],
    ['List-Id: a < b <sales.harbor.example> (group)', 'draft own-list'],
    ['List-Id: <sales.harbor.example.evil.example>', 'never list-mail'],
    ['List-Id: <x.sales.harbor.example>', 'never list-mail'],
    [['List-Id: <sales.harbor.example>', 'List-Id: <other.example>'], 'never list-mail'],
    [['List-Id: <sales.harbor.example>', 'X-Google-Group-Id: 1', 'Precedence: list'], 'draft own-list'],
    [['X-Google-Group-Id: 1', 'X-BeenThere: sales@harbor.example'], 'never list-mail'],
  ])
})

describe('bulk-mail', () => {
  const unsubscribe = 'List-Unsubscribe: <https://x.example/off>'
  check([
    ...['Feedback-ID', 'X-Campaign', 'X-CampaignID', 'X-Campaign-ID', 'X-CSA-Complaints'].flatMap((name) => [
      [[unsubscribe, `${name}: x`], 'never bulk-mail'] as const,
      [[`${name}: x`], 'draft bulk-hint'] as const,
    ]),
    [unsubscribe, 'draft list-unsubscribe'],
    [[unsubscribe, 'Feedback-ID: x', 'List-Id: <sales.harbor.example>'], 'draft own-list'],
    ['X-Campaigner: x', 'may ok'],
  ])
})

describe('loop-marker', () => {
  check([
    ['X-Loop: yes', 'never loop-marker'],
    ['X-Loop: TRUE (x)', 'never loop-marker'],
    ['X-Loop: no', 'draft loop-marker'],
    ['X-Loop:', 'draft loop-marker'],
    [['X-Loop: yes', 'X-Loop: a@b.example'], 'never loop-marker'],
  ])
})
