import { expect, test } from '@jest/globals'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { editShare, unifiedDiff } from '../../src/mail/text/edits.ts'
import { approvedOctets, obstacleOf } from '../../src/observe/approve.ts'

test.each([
  ['one two three four', 'one two three four', 0],
  ['one two three four', 'one  two\nthree four', 0],
  ['one two three four', 'one two three five', 0.25],
  ['one two', 'one two three four', 0.5],
  ['one', 'two', 1],
  ['', '', 0],
] as const)('%j to %j is %d', (before, after, expected) => {
  expect(editShare(before, after)).toBe(expected)
})

test('a diff shows the changed lines', () => {
  expect(unifiedDiff('a\nb', 'a\nc')).toContain('-b\n+c')
  expect(unifiedDiff('a', 'a')).toBe('')
})

const date = new Date('2026-11-24T07:00:00Z')
const added = { messageId: '<new@shop.example>', date }

test('the private fields of a client are not sent, everything else is, octet for octet', () => {
  const draft =
    'From: me@shop.example\nBcc: spy@x.example,\n other@x.example\nX-Responder-Source: <a@b>\nX-Mozilla-Draft-Info: x\n' +
    'Message-ID: <own@shop.example>\nDate: Tue, 24 Nov 2026 06:00:00 +0000\nBccx: kept\n\nBcc: body\n\xe9\n'
  const octets = approvedOctets(Buffer.from(draft, 'latin1'), added).toString('latin1')
  expect(octets).toBe(
    'From: me@shop.example\r\nMessage-ID: <own@shop.example>\r\nDate: Tue, 24 Nov 2026 06:00:00 +0000\r\nBccx: kept\r\n\r\nBcc: body\r\n\xe9\r\n',
  )
})

test('Message-ID and Date are added where they are missing', () => {
  const octets = approvedOctets(Buffer.from('From: me@shop.example\r\n\r\nHi\r\n'), added).toString()
  expect(octets).toContain(
    'Message-ID: <new@shop.example>\r\nDate: Tue, 24 Nov 2026 07:00:00 +0000\r\n\r\nHi',
  )
})

test.each([
  ['shop@harbor.example', null],
  ['Shop@Harbor.example', null],
  ['Sales@harbor.example', null],
  ['shop+news@harbor.example', 'draft-from-another-address'],
  ['other@harbor.example', 'draft-from-another-address'],
  ['shop@harbor.example, other@harbor.example', 'draft-from-another-address'],
])('a draft from %s: %s', (from, obstacle) => {
  const octets = Buffer.from(`From: ${from}\r\nTo: kim@loom.example\r\n\r\nYes.\r\n`)
  const owner = { address: 'shop@harbor.example', aliases: ['sales@harbor.example'] }
  expect(obstacleOf(parseOctets(octets), octets, owner)).toBe(obstacle)
})
