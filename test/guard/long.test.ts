import { describe, expect, jest, test } from '@jest/globals'
import { explainOctets } from '../../src/eval/explain.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { now, owner } from './letter.ts'

// So long that anything quadratic exceeds the time limit of the test.
const size = 60_000
const names = [
  ...[
    'From',
    'Reply-To',
    'Sender',
    'To',
    'Subject',
    'Return-Path',
    'Message-ID',
    'References',
    'In-Reply-To',
    'List-Id',
  ],
  ...['Auto-Submitted', 'X-Autoreply', 'Precedence', 'X-Loop', 'Delivered-To', 'X-Auto-Response-Suppress'],
  ...['X-Forefront-Antispam-Report', 'X-Spam-Flag', 'X-POST-MessageClass', 'Content-Class', 'Content-Type'],
]
const shapes = [
  'a',
  ' ',
  '(',
  '()',
  '"',
  '<',
  '<a@b.example>',
  'a=',
  'a=" ',
  '; ',
  ',',
  '=?',
  '=?utf-8?Q?=0D?= ',
  'Re: ',
  '@',
  '.',
  '[',
  '> ',
  '😀',
  'a@b.example, ',
  '\\',
  '\\"',
]

// Milliseconds; a busy machine needs a large part of this time.
jest.setTimeout(20_000)

describe('endless fields', () => {
  test.each(names)('%s', (name) => {
    for (const shape of shapes) {
      const value = shape.repeat(size / shape.length)
      const octets = Buffer.from(`X: y\r\n${name}: x ${value}x\r\nFrom: a@b.example\r\n\r\nHow much?`)
      expect(explainOctets('x', octets, owner, now).reason).not.toBe('guard-error')
    }
  })
  test('Authentication-Results of our own server', () => {
    for (const shape of shapes) {
      const value = shape.repeat(size / shape.length)
      const octets = Buffer.from(
        `Authentication-Results: mx.harbor.example; dkim=${value}x\r\nFrom: a@b.example\r\n\r\nx`,
      )
      expect(explainOctets('x', octets, owner, now).codes).not.toContain('guard-error')
    }
  })
  test.each(['Delivered-To: mara@harbor.example\r\n', 'X-Loop: a\r\n', 'From: a@b.example\r\n'])(
    'many of %j',
    (line) => {
      const message = Buffer.from(`${line.repeat(size / line.length)}\r\nx`)
      expect(parseOctets(message).fields.length).toBeGreaterThan(1000)
      expect(explainOctets('x', message, owner, now).codes).not.toContain('guard-error')
    },
  )
})
