import { describe, expect, test } from '@jest/globals'
import { codes, letter, verdict } from '../letter.ts'
import { check } from '../rows.ts'

describe('contact-form', () => {
  check([
    [['From: mara@harbor.example', 'Reply-To: selma@lakeside.example'], 'draft contact-form'],
    [['From: mara+web@harbor.example', 'Reply-To: selma@lakeside.example'], 'draft contact-form'],
    ['Return-Path: <office@harbor.example>', 'draft contact-form'],
    ['Return-Path: <Office@Harbor.example>', 'draft contact-form'],
    // A forwarder's envelope address is not exactly our own.
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
    [['From: a@gmail.com', 'Reply-To: b@gmail.com'], 'draft reply-to-mismatch'],
    [['From: a@web.de', 'Reply-To: b@mail.web.de'], 'draft reply-to-mismatch'],
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

describe('malformed-from', () => {
  check([
    ['From: jonas@quarry.example(jonas@quarry.example', 'draft malformed-from'],
    ['From: "Jonas <jonas@quarry.example>', 'draft malformed-from'],
    ['From: Jonas <jonas@quarry.example', 'draft malformed-from'],
    ['From: Jo\u0001nas <jonas@quarry.example>', 'draft malformed-from'],
    ['From: =?utf-8?Q?Jonas=00?= <jonas@quarry.example>', 'draft malformed-from'],
    ['From: =?utf-8?Q?ceo=40harbor.example?=@quarry.example', 'draft malformed-from'],
    ['From: Jonas\n\t<jonas@quarry.example>', 'may ok'],
    ['From: "Ek, Jonas (Sales)" <jonas@quarry.example>', 'may ok'],
    ['From: Jonas (who (really) writes) <jonas@quarry.example>', 'may ok'],
    ['From: =?utf-8?Q?J=C3=B6nas_=28x=29?= <jonas@quarry.example>', 'may ok'],
    ['From: "Jonas \\"Jo\\" Ek" <jonas@quarry.example>', 'may ok'],
    ['From: jonas@quarry.example <jonas@quarry.example>', 'may ok'],
  ])
})
