import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { decodeCharset } from '../../../src/mail/mime/charset.ts'
import { decodeBase64, decodeQuotedPrintable, decodeTransfer } from '../../../src/mail/mime/decode.ts'

test.each([
  ['a=3Db=\r\nc', 'a=bc'],
  ['a=3db', 'a=b'],
  ['a  \r\nb\t\n', 'a\r\nb\n'],
  ['a=20\r\nb', 'a \r\nb'],
  ['a= \t\r\nb', 'ab'],
  ['a=\nb=\rc', 'abc'],
  ['a=XYb=4', 'a=XYb=4'],
  ['end=', 'end'],
  ['', ''],
])('quoted-printable %j is %j', (encoded, text) => {
  expect(decodeQuotedPrintable(Buffer.from(encoded)).toString()).toBe(text)
})

test.each([
  ['SGVsbG8=', 'Hello'],
  ['SGVs\r\nbG8=\r\n', 'Hello'],
  ['SGVsbG8', 'Hello'],
  ['SGVsbG8=SGVsbG8=', 'HelloHello'],
  [
    'SGVsbG8gd29ybGQgYWdhaW4h\r\nSGVsbG8gd29ybGQgYWdhaW4h\r\n-- \r\nList footer, not encoded\r\n',
    'Hello world again!Hello world again!',
  ],
  ['This is not base64 at all, is it?', 'This is not base64 at all, is it?'],
  ['', ''],
])('base64 %j is %j', (encoded, text) => {
  expect(decodeBase64(Buffer.from(encoded)).toString()).toBe(text)
})

test('uuencode', () => {
  const octets = Buffer.from('begin 644 x.txt\n%2&5L;&\\\n`\nend\n')
  expect(decodeTransfer(octets, 'x-uuencode').toString()).toBe('Hello')
})

test('base64 of any octets comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      const encoded = Buffer.from(octets)
        .toString('base64')
        .replace(/.{1,76}/g, '$&\r\n')
      expect(decodeBase64(Buffer.from(encoded))).toEqual(Buffer.from(octets))
    }),
  )
})

const charsets: [string, Buffer, string][] = [
  ['windows-1252', Buffer.from('80939485', 'hex'), '€“”…'],
  ['iso-8859-1', Buffer.from('80e9', 'hex'), '€é'],
  ['ISO_8859-1', Buffer.from('e9', 'hex'), 'é'],
  ['cp1251', Buffer.from('cff0e8', 'hex'), 'При'],
  ['windows-1250', Buffer.from('9ce6', 'hex'), 'ść'],
  ['windows-1253', Buffer.from('e1e2', 'hex'), 'αβ'],
  ['koi8-r', Buffer.from('f0d2c9', 'hex'), 'При'],
  ['koi8-u', Buffer.from('a4a6', 'hex'), 'єі'],
  ['iso-8859-15', Buffer.from('a4', 'hex'), '€'],
  ['iso-2022-jp', Buffer.from('\x1b$B$3$s\x1b(B', 'latin1'), 'こん'],
  ['iso-2022-jp', Buffer.from('Grüße. Где заказ?'), 'Grüße. Где заказ?'],
  ['us-ascii', Buffer.from('\x1b$B$3$s\x1b(B', 'latin1'), 'こん'],
  ['utf-8', Buffer.from('\x1b$B$3$s\x1b(B', 'latin1'), 'こん'],
  // Two encoded words that were joined.
  ['iso-2022-jp', Buffer.from('\x1b$B$3\x1b(B\x1b$B$s\x1b(B', 'latin1'), 'こん'],
  ['iso-2022-kr', Buffer.from('\x1b$)CA: \x0e>H3g\x0f!', 'latin1'), 'A: 안녕!'],
  ['hz-gb-2312', Buffer.from('A~~: ~{Dc:C~}!'), 'A~: 你好!'],
  ['iso-8859-2', Buffer.from('9ce6', 'hex'), 'ść'],
  ['iso-8859-2', Buffer.from('b6e6', 'hex'), 'ść'],
  ['iso-8859-7', Buffer.from('93e193', 'hex'), '“α“'],
  ['iso-8859-1', Buffer.from('c4d6dc', 'hex'), 'ÄÖÜ'],
  // Another script under a Western label; near misses without a Latin letter.
  ...['Здравствуйте! Подскажите, пожалуйста, когда будет доставлен мой заказ?'].flatMap(
    (text): [string, Buffer, string][] =>
      ['iso-8859-1', 'windows-1252'].map((label) => [label, iconv.encode(text, 'windows-1251'), text]),
  ),
  [
    'iso-8859-1',
    iconv.encode('您好，我的包裹还没有收到，请帮我查一下。', 'gbk'),
    '您好，我的包裹还没有收到，请帮我查一下。',
  ],
  ['iso-8859-1', iconv.encode('ÄÖÜ ÄÖÜ ÄÖÜ ÄÖÜ ß', 'latin1'), 'ÄÖÜ ÄÖÜ ÄÖÜ ÄÖÜ ß'],
  ['windows-1252', Buffer.alloc(30, 0x97), '—'.repeat(30)],
  ['shift_jis', Buffer.from('82b182f1', 'hex'), 'こん'],
  ['euc-jp', Buffer.from('a4b3a4f3', 'hex'), 'こん'],
  ['gb2312', Buffer.from('c4e3bac3', 'hex'), '你好'],
  ['gb18030', Buffer.from('c4e3bac38139ee39', 'hex'), '你好㐀'],
  ['big5', Buffer.from('a741a66e', 'hex'), '你好'],
  ['ks_c_5601-1987', Buffer.from('bec8b3e7', 'hex'), '안녕'],
  ['utf-7', Buffer.from('Hi Mom -+Jjo--!'), 'Hi Mom -☺-!'],
  ['unicode-1-1-utf-7', Buffer.from('+AOk-'), 'é'],
  ['utf-16', Buffer.from('fffe4100e900', 'hex'), 'Aé'],
  ['macintosh', Buffer.from('8e', 'hex'), 'é'],
  ['ibm850', Buffer.from('82', 'hex'), 'é'],
  // Mislabelled: the octets are believed if they can't be in the labelled charset.
  ['iso-8859-1', Buffer.from('grüße 日本', 'utf8'), 'grüße 日本'],
  ['us-ascii', Buffer.from('grüße', 'utf8'), 'grüße'],
  ['us-ascii', Buffer.from('fc80', 'hex'), 'ü€'],
  ['utf-8', Buffer.from('6772fcdf65', 'hex'), 'grüße'],
  ['', Buffer.from('fc', 'hex'), 'ü'],
  [
    'utf-8',
    Buffer.concat([Buffer.from('日本語'.repeat(30)), Buffer.from('e6', 'hex')]),
    `${'日本語'.repeat(30)}\ufffd`,
  ],
]

const labels = [
  'gbk',
  'gb2312',
  'gb18030',
  'big5',
  'euc-kr',
  'euc-jp',
  'shift_jis',
  'koi8-r',
  'iso-8859-2',
  'tis-620',
  'ibm866',
]

test.each(labels)('UTF-8 under the label %s is UTF-8, and a sound text is not', (label) => {
  for (const text of [
    '您好，我的订单',
    '안녕하세요',
    'こんにちは',
    'Größe',
    'Où êtes-vous ?',
    'Где заказ?',
    '€',
    '👍',
  ])
    expect(decodeCharset(Buffer.from(text), label)).toEqual({ text, known: true })
  const samples: Record<string, string> = {
    gbk: '您好，我的订单什么时候可以发货？',
    gb2312: '哪里',
    gb18030: '哈哈',
    big5: '您好，我的訂單',
    'euc-kr': '안녕하세요 주문',
    'euc-jp': '注文はいつ',
    shift_jis: '注文はｲﾂ',
    'koi8-r': 'Здравствуйте, ещё',
    'iso-8859-2': 'Dzień dobry, już',
    'tis-620': 'สวัสดี',
    ibm866: 'Привет',
  }
  const text = samples[label] ?? ''
  expect(decodeCharset(iconv.encode(text, label), label)).toEqual({ text, known: true })
})

test('UTF-8 under a wrong label may be cut in the middle of a character', () => {
  const octets = Buffer.from('안녕하세요, 주문은')
  expect(decodeCharset(octets.subarray(0, -1), 'euc-kr').text).toBe('안녕하세요, 주문')
  expect(decodeCharset(Buffer.from('caf\xe9', 'latin1'), 'iso-8859-1').text).toBe('café')
})

test('text without a label is read as what it looks like', () => {
  const text = 'Здравствуйте, когда придёт счёт за ноябрь?'
  for (const charset of ['koi8-r', 'windows-1251']) {
    expect(decodeCharset(iconv.encode(text, charset), '').text).toBe(text)
    expect(decodeCharset(iconv.encode(text, charset), 'unknown-8bit').text).toBe(text)
  }
  expect(decodeCharset(iconv.encode('Schöne Grüße aus Köln', 'windows-1252'), '').text).toBe(
    'Schöne Grüße aus Köln',
  )
})

test('octets beyond seven bits under the label iso-2022-jp are another Japanese charset', () => {
  const text = '注文した商品がまだ届きません。いつ頃になりますか。よろしくお願いします。'
  for (const charset of ['shift_jis', 'euc-jp', 'utf-8'])
    expect(decodeCharset(iconv.encode(text, charset), 'ISO-2022-JP')).toEqual({ text, known: true })
})

test.each(charsets)('%s', (label, octets, text) => {
  expect(decodeCharset(octets, label)).toEqual({ text, known: true })
})

test('an unknown label is reported, and the text is still read', () => {
  expect(decodeCharset(Buffer.from('é'), 'nonsense')).toEqual({ text: 'é', known: false })
  expect(decodeCharset(Buffer.from('YQ=='), 'base64').text).toBe('YQ==')
})

test('no octets and no label make it throw', () => {
  const label = fc.oneof(
    fc.string(),
    fc.constantFrom(...charsets.map(([name]) => name), 'hex', 'utf-32', 'x-user-defined', 'replacement'),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), label, (octets, name) => {
      expect(typeof decodeCharset(Buffer.from(octets), name).text).toBe('string')
    }),
    { numRuns: 1000 },
  )
})
