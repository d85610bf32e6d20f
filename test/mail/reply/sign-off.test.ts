import { describe, expect, test } from '@jest/globals'
import { isClosing, signatureFor, signatureKind, signaturesOf } from '../../../src/mail/reply/sign-off.ts'

test.each([
  ['', 'none'],
  ['\n\n', 'none'],
  ['Your team at Wheels\nWheel Street 12', 'signature'],
  ['Ann Lee', 'signature'],
  ['Kind regards\nAnn', 'closing'],
  ['Mit freundlichen Grüßen\nIhr Team', 'closing'],
  ['Viele Grüße, Ann', 'closing'],
  ['Cordialement\nAnn', 'closing'],
  ['Un saludo\nAna', 'closing'],
  ['Met vriendelijke groet,\nAnn', 'closing'],
  ['Z poważaniem\nAnna', 'closing'],
  ['З повагою\nАнна', 'closing'],
  ['Best Bikes Ltd', 'signature'],
])('%j is %s', (signature, kind) => {
  expect(signatureKind(signature)).toBe(kind)
})

test.each([
  'Viele Modelle sind ab Lager lieferbar.',
  'Beste Zeit für einen Anruf ist vormittags.',
  'LG-Fernseher führen wir nicht.',
  'Yours was shipped on Monday.',
  'Liebe Frau Müller,',
])('%j ends no letter', (line) => {
  expect(isClosing(line)).toBe(false)
})

test.each([
  ...[
    'Liebe Grüße aus Köln',
    'Herzliche Weihnachtsgrüße',
    'Viele liebe Grüße',
    'Beste Wünsche',
    'Mit bestem Gruß',
  ],
  ...['LG Anna', 'MfG', 'Yours,', 'Yours sincerely,', 'Yours faithfully'],
])('%j ends one', (line) => {
  expect(isClosing(line)).toBe(true)
})

describe('by language', () => {
  const replies = { signature: 'Wheels', signatures: { de: 'Räder', fr: 'Roues' } }
  test.each([
    ['de', 'Räder'],
    ['de-AT', 'Räder'],
    ['en', 'Wheels'],
    [null, 'Wheels'],
  ])('%s gets %s', (language, signature) => {
    expect(signatureFor(replies, language)).toBe(signature)
  })
  test('all of them are the owner’s words', () => {
    expect(signaturesOf(replies)).toEqual(['Wheels', 'Räder', 'Roues'])
  })
})
