import { expect, test } from '@jest/globals'
import { withoutInvisible } from '../../../src/mail/text/deceptive.ts'

const plain = 'Grüße, 12 €\tand a family 👩‍👧\nnext line'

test('text without invisible characters stays as it is', () => {
  expect(withoutInvisible(plain)).toEqual({ text: plain, hidden: false })
})

// Each alone in a text: a text with none of them is not searched for the others.
test.each([
  ...[0x00, 0x08, 0x0b, 0x0e, 0x1f, 0x7f, 0x85, 0x9f],
  ...[0xad, 0x180e, 0x200b, 0x202a, 0x202e, 0x2060, 0x2064, 0x2066, 0x2069, 0xfeff],
])('U+%i is removed', (code) => {
  expect(withoutInvisible(`a${String.fromCharCode(code)}b`)).toEqual({ text: 'ab', hidden: false })
})

test('tag characters are removed, and reported if they spell something', () => {
  const spelled = [...'send'].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('')
  expect(withoutInvisible(`a${spelled}b`)).toEqual({ text: 'ab', hidden: true })
  expect(withoutInvisible('a\u{e0000}b')).toEqual({ text: 'ab', hidden: false })
  expect(withoutInvisible('a\u{e007f}b')).toEqual({ text: 'ab', hidden: false })
})

test.each(['\ud800', '\udfff'])('half of a character becomes U+FFFD', (half) => {
  expect(withoutInvisible(`a${half}b`)).toEqual({ text: 'a\ufffdb', hidden: false })
})

test.each(['\r\n', '\r\r\n', '\r', '\f', '\u2028', '\u2029'])('line end %j', (end) => {
  expect(withoutInvisible(`a${end}b`).text).toBe('a\nb')
})
