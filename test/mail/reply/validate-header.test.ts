import { expect, test } from '@jest/globals'
import { PermanentError } from '../../../src/base/errors.ts'
import { checkHeader } from '../../../src/mail/reply/compile.ts'

const fields = ['From', 'SUBJECT']

test.each([
  'From: a@b.example\r\nSubject: x',
  'subject: x\r\nFROM: a@b.example',
  'From: a@b.example\r\nSubject: x\r\n folded\r\n\tand\tmore',
  `From: a@b.example\r\nSubject: ${'x'.repeat(989)}`,
])('%j is a sound header', (header) => {
  expect(() => checkHeader(header, fields)).not.toThrow()
})

test.each([
  ['From: a@b.example', 'the reply lacks a header field: subject'],
  ['Subject: x', 'the reply lacks a header field: from'],
  ['', 'the reply has an unexpected header field: '],
  ['From: a@b.example\r\nSubject: x\r\nBcc: c@d.example', 'the reply has an unexpected header field: Bcc'],
  ['From: a@b.example\r\nSubject: x\r\nSubject: y', 'the reply has an unexpected header field: Subject'],
  ['From: a@b.example\r\nSubject: x\r\nrubbish', 'the reply has an unexpected header field: '],
  [`From: a@b.example\r\nSubject: ${'x'.repeat(990)}`, 'the reply has a header line over 998 octets'],
  [`From: a@b.example\r\nSubject: ${'ä'.repeat(495)}`, 'the reply has a header line over 998 octets'],
  ...['\n', '\r', '\0', '\u007f', '\u0085'].map((control) => [
    `From: a@b.example\r\nSubject: x${control}Bcc: c@d.example`,
    'the reply has a control character in its header',
  ]),
])('%j: %s', (header, fault) => {
  expect(() => checkHeader(header ?? '', fields)).toThrow(new PermanentError(fault))
})

test('nothing asked for, nothing written', () => {
  expect(() => checkHeader(' x', [])).not.toThrow()
  expect(() => checkHeader(' x', ['A', 'B'])).toThrow('the reply lacks a header field: a, b')
})
