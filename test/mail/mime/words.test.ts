import { expect, test } from '@jest/globals'
import { fieldKeyword, messageIds, stripComments } from '../../../src/mail/mime/keyword.ts'
import { decodeWords, plainLine } from '../../../src/mail/mime/words.ts'

test.each([
  ['=?utf-8?q?caf=C3=A9_au_lait?=', 'café au lait'],
  ['=?UTF-8?B?Y2Fmw6k=?=', 'café'],
  ['=?UTF-8?B?Y2Fmw6k?=', 'café'],
  ['=?UTF-8?B?Y2Fmw6k=IGF1?=', 'café au'],
  ['a =?utf-8?q?b?= c', 'a b c'],
  ['=?utf-8?q?a?= =?utf-8?q?b?=', 'ab'],
  ['=?utf-8?q?a?=\r\n =?utf-8?b?Yg==?=', 'ab'],
  ['=?utf-8?q?=C3?= =?utf-8?q?=A9?=', 'é'],
  ['=?utf-8*fr?q?=C3=A9?=', 'é'],
  ['=?iso-8859-1?q?a=E9?= =?utf-8?q?=C3=A9?=', 'aéé'],
  ['=?koi8-r?b?8NLJ18XU?=', 'Привет'],
  ['=?iso-2022-jp?b?GyRCJDMkcyRLJEEkTxsoQg==?=', 'こんにちは'],
  ['=?gb2312?b?xOO6ww==?=', '你好'],
  ['=?windows-1252?q?=80_=93x=94?=', '€ “x”'],
  ['=?nonsense?q?=C3=A9?=', 'é'],
  ['=?utf-8?q?a b?=', 'a b'],
  ['=?utf-8?q?unclosed', '=?utf-8?q?unclosed'],
  ['=?utf-8?q?one =?utf-8?q?two?=', '=?utf-8?q?one two'],
  ['=?utf-8?x?a?=', '=?utf-8?x?a?='],
  ['a=?=b', 'a=?=b'],
  ['=?utf-8?q?a=0D=0Ab=00?=', 'a\r\nb\0'],
])('%j decodes to %j', (value, text) => {
  expect(decodeWords(value)).toBe(text)
})

test.each([
  ['a\r\nBcc: b', 'a Bcc: b'],
  ['a\0b\tc', 'a b c'],
  ['a\u2028b\u2029c\u0085d', 'a b c d'],
  ['a\u202eb\u2066c\u200ed', 'a b c d'],
  ['a\u{e0041}b', 'a b'],
  ['a\ud800b', 'a b'],
  ['  a   b ', 'a b'],
  ['👩‍👩‍👧 é', '👩‍👩‍👧 é'],
])('%j on one line is %j', (value, line) => {
  expect(plainLine(value)).toBe(line)
})

test.each([
  ['auto-replied', 'auto-replied'],
  ['Auto-Replied (vacation)', 'auto-replied'],
  ['(a (nested) comment) auto-generated ; x="y"', 'auto-generated'],
  ['"no"', 'no'],
  ['no (\\) still a comment)', 'no'],
  ['no (unclosed', 'no (unclosed'],
  ['no\ufffd', 'no\ufffd'],
  ['nothing', 'nothing'],
  ['', ''],
])('the keyword of %j is %j', (value, keyword) => {
  expect(fieldKeyword(value)).toBe(keyword)
})

test.each([
  ['a(b)c', 'a c'],
  ['"a(b)c" (d)', '"a(b)c"  '],
  ['a\\(b', 'a\\(b'],
  ['a (b', 'a (b'],
  ['a "b (c)', 'a "b (c)'],
])('%j without comments is %j', (value, bare) => {
  expect(stripComments(value)).toBe(bare)
})

test.each([
  ['<a@b> <c@d>', ['<a@b>', '<c@d>']],
  ['<a@b>,<c@d>', ['<a@b>', '<c@d>']],
  ['=?utf-8?Q?=3Ca=40b=3E_=3Cc=40d=3E?=', ['<a@b>', '<c@d>']],
  ['=?utf-8?Q?=3Ca=40b=0D=0A=3E?= =?utf-8?Q?=3Cc=00=40d=3E?=', []],
  ['=?utf-8?Q?=3Ca=40b=3E?= <c@d>', ['<c@d>']],
  ['(<not@this>) <a@b>', ['<a@b>']],
  ['<a(1)@b>', ['<a(1)@b>']],
  ['<no-at> <a @b> <@b> <a@> x@y <a@b@c>', []],
  ['(unclosed <a@b>', ['<a@b>']],
  ['<a@b\u0000>', []],
])('%j holds the ids %j', (value, ids) => {
  expect(messageIds(value)).toEqual(ids)
})
