import { describe, expect, test } from '@jest/globals'
import { letter, verdict } from '../letter.ts'
import { check } from '../rows.ts'

describe('an ordinary letter', () => {
  check([[[], 'may ok']])
})

describe('own-message', () => {
  test.each([
    [{ specialUse: '\\Sent' }, 'never own-message'],
    [{ specialUse: '\\Drafts' }, 'never own-message'],
    [{ specialUse: '\\sent' }, 'never own-message'],
    [{ specialUse: '\\Archive' }, 'may ok'],
    [{ specialUse: '\\Inbox' }, 'may ok'],
    [{ flags: ['\\Draft'] }, 'never own-message'],
    [{ flags: ['\\draft'] }, 'never own-message'],
    [{ flags: ['Draft'] }, 'may ok'],
    [{ sentMessageIds: new Set(['<g1@quarry.example>']) }, 'never own-message'],
    [{ sentMessageIds: new Set(['g1@quarry.example']) }, 'never own-message'],
    [{ sentMessageIds: new Set(['<g2@quarry.example>']) }, 'may ok'],
  ])('%j gives %s', (context, expected) => {
    expect(verdict(letter(), context)).toBe(expected)
  })
  test('a bare id is compared, too', () => {
    expect(
      verdict(letter(['Message-ID: g1@x.example']), { sentMessageIds: new Set(['<g1@x.example>']) }),
    ).toBe('never own-message')
  })
  test('every Message-ID field is compared', () => {
    const twice = letter(['Message-ID: <a@x.example>', 'Message-ID: <b@x.example>'])
    expect(verdict(twice, { sentMessageIds: new Set(['<b@x.example>']) })).toBe('never own-message')
  })
  test('a colleague at our domain is not us', () => {
    expect(verdict(letter(['Message-ID: <x1@harbor.example>']))).toBe('may ok')
  })
  check([
    ['X-Loop: mara@harbor.example', 'never own-message'],
    ['X-Loop: OFFICE@Harbor.Example', 'never own-message'],
    ['X-Loop: seen by <mara+tag@harbor.example> (again)', 'never own-message'],
    ['X-Loop: mara@harbor.example.evil.example', 'draft loop-marker'],
    ['X-Loop: xmara@harbor.example', 'draft loop-marker'],
    [['X-Loop: other@x.example', 'X-Loop: mara@harbor.example'], 'never own-message'],
  ])
})

describe('already-handled', () => {
  test.each([
    [{ specialUse: '\\Trash' }, 'never already-handled'],
    [{ flags: ['\\Answered'] }, 'never already-handled'],
    [{ flags: ['\\Seen', '\\DELETED'] }, 'never already-handled'],
    [{ flags: ['\\Seen', '\\Flagged', '$Forwarded'] }, 'may ok'],
    [{ answeredMessageIds: new Set(['<g1@quarry.example>']) }, 'never already-handled'],
    [{ answeredMessageIds: new Set(['<g11@quarry.example>']) }, 'may ok'],
  ])('%j gives %s', (context, expected) => {
    expect(verdict(letter(), context)).toBe(expected)
  })
})

describe('self-sent', () => {
  check([
    ['From: office@harbor.example', 'never self-sent'],
    ['From: Me <MARA@HARBOR.EXAMPLE>', 'never self-sent'],
    ['From: mara+todo@harbor.example', 'never self-sent'],
    ['From: "mara"@harbor.example', 'never self-sent'],
    ['From: mara@harbor.example.', 'never self-sent'],
    [['From: jonas@quarry.example, mara@harbor.example'], 'never self-sent'],
    ['From: mara@harbor.example.evil.example', 'may ok'],
    ['From: amara@harbor.example', 'may ok'],
    ['From: mara.l@harbor.example', 'may ok'],
    ['From: mara@sub.harbor.example', 'may ok'],
    ['Sender: office@harbor.example', 'draft contact-form'],
    ['Sender: desk@harbor.example', 'may ok'],
    ['Reply-To: mara@harbor.example', 'draft contact-form'],
    ['Reply-To: mara@harbor.example, office@harbor.example', 'draft contact-form'],
    ['Reply-To: mara@harbor.example, jonas@quarry.example', 'draft multiple-reply-to'],
    // Our own web form: the visitor is in Reply-To.
    [['From: office@harbor.example', 'Reply-To: selma@lakeside.example'], 'draft contact-form'],
    [['From: office@harbor.example', 'Reply-To: a@lakeside.example, b@lakeside.example'], 'never self-sent'],
    [
      ['From: office@harbor.example, mara@harbor.example', 'Reply-To: selma@lakeside.example'],
      'never self-sent',
    ],
    [['From: office@harbor.example', 'Reply-To: mara@harbor.example'], 'never self-sent'],
    [
      ['From: office@harbor.example', 'Reply-To: selma@lakeside.example, mara@harbor.example'],
      'draft contact-form',
    ],
    [['From: office@harbor.example', 'Sender: selma@lakeside.example'], 'draft contact-form'],
    // A colleague sends on behalf of the owner; a service sends the owner's newsletter.
    [['From: office@harbor.example', 'Sender: desk@harbor.example'], 'never self-sent'],
    [['From: office@harbor.example', 'Sender: bounces@service.example'], 'never self-sent'],
    [['From: office@harbor.example', 'Sender: newsletter@service.example'], 'never self-sent'],
    [['From: office@harbor.example', 'Sender: a@lake.example, b@lake.example'], 'never self-sent'],
    [['From: selma@lakeside.example', 'Sender: www-data@harbor.example'], 'may ok'],
    [
      ['From: selma@lakeside.example', 'Sender: mara@harbor.example', 'X-Loop: mara@harbor.example'],
      'never own-message',
    ],
    [
      ['From: office@harbor.example', 'Sender: office@harbor.example', 'Reply-To: s@lake.example'],
      'draft contact-form',
    ],
  ])
})
