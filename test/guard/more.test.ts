import { describe, expect, test } from '@jest/globals'
import type { Part } from '../../src/mail/message.ts'
import { codes, letter, letterOf, textPart, verdict } from './letter.ts'

// All codes that fire, because the deciding code alone would hide a rule that fires too often or too seldom.
describe('all codes of', () => {
  test.each([
    [['From: jonas@quarry.example', 'From:'], ['multiple-from']],
    [['Reply-To: mara@harbor.example, office@harbor.example'], ['contact-form']],
    [['List-Id: <other.example>'], ['list-mail']],
    [['From: noreply@x.example'], ['no-reply-address']],
    [
      ['From: jonas@quarry.example, mara@harbor.example', 'Return-Path: <mara@harbor.example>'],
      ['self-sent', 'multiple-from'],
    ],
    [['-From', 'Sender: mara@harbor.example'], ['no-sender']],
    [['-From', 'Return-Path: <mara@harbor.example>'], ['no-sender']],
    [
      ['From: a@quarry.example, b@quarry.example', 'Reply-To: b@quarry.example', 'Cc: b@quarry.example'],
      ['multiple-from'],
    ],
    [
      ['From: a@quarry.example, postmaster@quarry.example', 'Subject: Undeliverable: x'],
      ['dsn', 'multiple-from'],
    ],
    [['From: postmaster@quarry.example', 'Subject: x', 'Subject: Undeliverable: x'], ['dsn']],
    [['Subject: Gravel', 'Subject: [SPAM] Gravel'], ['spam-flagged']],
    [['Subject: Gravel', 'Subject: Report Domain: a Submitter: b'], ['report']],
    [['Subject: Gravel', 'Subject: Automatic reply: x'], ['auto-reply-subject']],
    [
      ['Subject: Gravel', 'Subject: Automatic reply: x', 'In-Reply-To: <a@b.example>'],
      ['auto-reply-subject'],
    ],
    [['From: noreply@x.example', 'Reply-To: noreply@x.example'], ['no-reply-address']],
  ])('%j', (fields, expected) => {
    expect(codes(letter(fields))).toEqual(expected)
  })
  test.each(['delivery-status', 'disposition-notification', 'feedback-report'])(
    'a report of type %s',
    (type) => {
      expect(codes(letterOf(`multipart/report; report-type=${type}`, [textPart]))).toHaveLength(1)
    },
  )
  test('a thread with two authors of whom one is known', () => {
    const message = letter(['From: a@quarry.example, jonas@quarry.example', 'In-Reply-To: <a@b.example>'])
    expect(codes(message, { threadParticipants: ['jonas@quarry.example'] })).toEqual(['multiple-from'])
  })
})

describe('near misses', () => {
  test.each([
    ['From: xmailer-daemon@x.example', 'may ok'],
    ['From: xmicrosoftexchange329e71ec88ae4615bbc36ab6ce41109e@x.example', 'may ok'],
    ['From: microsoftexchange329e71ec88ae4615bbc36ab6ce41109ex@x.example', 'never system-sender'],
    ['From: my-alerts-box@x.example', 'may ok'],
    ['From: " mailer-daemon " <jonas@quarry.example>', 'never system-sender'],
    ['Sender: <mailer-daemon>', 'never system-sender'],
    ['Sender: (x) root ', 'never system-sender'],
    ['X-Loop: @', 'draft loop-marker'],
    ['Subject: **spam* Gravel', 'may ok'],
    ['Subject: ** SPAM ** Gravel', 'never spam-flagged'],
    ['Subject: [x]report domain:a submitter:b', 'never report'],
    ['Subject: report domain: a submitter: ', 'may ok'],
    ['Subject: DMARC aggregate report domain: a submitter: b', 'never report'],
    ['List-Id: < sales.harbor.example >', 'draft own-list'],
    ['List-Id: sales.harbor.example <', 'never list-mail'],
    ['List-Id: > <sales.harbor.example>', 'draft own-list'],
    ['List-Id: >sales.harbor.example', 'never list-mail'],
    ['X-Spam-Flag: xyes', 'may ok'],
  ])('%s gives %s', (field, expected) => {
    expect(verdict(letter([field]))).toBe(expected)
  })
  test.each([
    ['Subject: about auto: x', 'may ok'],
    ['Subject: AUTO:Jane Doe is out of the office', 'never auto-reply-subject'],
  ])('%s in a thread gives %s', (field, expected) => {
    expect(verdict(letter([field, 'In-Reply-To: <a@b.example>']))).toBe(expected)
  })
  test('own lists are compared in any case', () => {
    const message = letter(['List-Id: <sales.harbor.example>'])
    expect(verdict(message, {}, { ownLists: ['<Sales.HARBOR.example>'] })).toBe('draft own-list')
    expect(verdict(message, {}, { ownLists: ['sales'] })).toBe('never list-mail')
  })
  test.each([
    ['<a@b.example> c', '<c@b.example>', 'may ok'],
    ['a b@c.example', '<a b@c.example>', 'may ok'],
    ['b@c.example d', '<b@c.example d>', 'may ok'],
  ])('the Message-ID %j is not %j', (value, id, expected) => {
    expect(verdict(letter([`Message-ID: ${value}`]), { sentMessageIds: new Set([id]) })).toBe(expected)
  })
  test('another type with the same ending is not encrypted', () => {
    expect(
      verdict(letterOf('multipart/mixed', [textPart, 'Content-Type: xapplication/pkcs7-mime\n\nx'])),
    ).toBe('may ok')
  })
  test('text in another format is no text', () => {
    expect(verdict(letter(['Content-Type: text/enriched'], 'Hello'))).toBe('draft no-text')
  })
})

describe('Authentication-Results', () => {
  const fail = 'dmarc=fail header.from=quarry.example'
  test.each([
    [`mx.harbor.example 12; ${fail}`, 'draft dmarc-fail'],
    [`mx.harbor.example 1 x; ${fail}`, 'may ok'],
    [`"mx.harbor.example" x; ${fail}`, 'may ok'],
    [`x "mx.harbor.example"; ${fail}`, 'may ok'],
    [`mx.harbor.example   1 ; ${fail}`, 'draft dmarc-fail'],
    ['mx.harbor.example; dkim= pass header.d =quarry.example', 'may ok'],
    ['mx.harbor.example; arc=pass smtp.mailfrom=quarry.example', 'draft unauthenticated'],
    // RFC 8601 section 2.2: the local part may be quoted.
    ['mx.harbor.example; spf=pass smtp.mailfrom="a b"@quarry.example', 'may ok'],
    ['mx.harbor.example; dkim=pass header.d=.', 'draft unauthenticated'],
    ['mx.harbor.example; dkim=pass header.d=xquarry.example', 'draft unauthenticated'],
    [`mx.harbor.example; dkim=fail reason="never closed; ${fail}`, 'draft unauthenticated'],
  ])('%s gives %s', (value, expected) => {
    expect(verdict(letter([`Authentication-Results: ${value}`]))).toBe(expected)
  })
})

describe('a structure that IMAP described', () => {
  const part = (type: string, children: Part[] = []): Part => ({
    path: '1',
    type,
    parameters: {},
    disposition: null,
    filename: null,
    encoding: '7bit',
    size: 1,
    children,
  })
  const status = part('message/delivery-status')
  test.each([
    [part('multipart/mixed', [part('text/plain'), status]), 'never dsn'],
    [part('multipart/mixed', [part('text/plain'), part('message/rfc822', [status])]), 'may ok'],
    [
      part('multipart/mixed', [
        part('text/plain'),
        part('message/rfc822'),
        part('multipart/mixed', [status]),
      ]),
      'never dsn',
    ],
  ])('what is inside an attached message is content (%#)', (structure, expected) => {
    expect(verdict({ ...letter(), structure })).toBe(expected)
  })
})
