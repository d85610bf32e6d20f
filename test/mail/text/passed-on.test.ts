import { expect, test } from '@jest/globals'
import { parseOctets } from '../../../src/mail/mime/octets.ts'
import { passedOn } from '../../../src/mail/text/passed-on.ts'

const isOwn = (address: string) => address === 'shop@wheels.example'
const mail = (subject: string, body: string, more = '') =>
  parseOctets(
    Buffer.from(
      `From: Kim <kim@client.example>\r\nTo: shop@wheels.example\r\nSubject: ${subject}\r\n${more}\r\n${body.replaceAll('\n', '\r\n')}`,
    ),
  )
const quoteOf = (from: string) =>
  `Can you help?\n\nOn 8 Dec 2026 at 10:00, ${from} wrote:\n> What does a bike cost?\n`

test.each([
  ['a forward by its subject', mail('Fwd: Bike', quoteOf('Ann <ann@other.example>')), 'FORWARDED'],
  ['a forward by its subject in German', mail('WG: Rad', quoteOf('Ann <ann@other.example>')), 'FORWARDED'],
  [
    'somebody else’s mail in one that answers nothing',
    mail('Bike', quoteOf('Ann <ann@other.example>')),
    'FORWARDED',
  ],
  ['the owner’s own mail', mail('Re: Bike', quoteOf('Shop <shop@wheels.example>')), 'QUOTED'],
  [
    'an answer',
    mail('Re: Bike', quoteOf('Ann <ann@other.example>'), 'In-Reply-To: <a@other.example>\r\n'),
    'QUOTED',
  ],
  ['no quotation', mail('Bike', 'What does a bike cost?'), undefined],
])('%s', (_name, message, kind) => {
  expect(passedOn(message, isOwn)?.kind).toBe(kind)
})
