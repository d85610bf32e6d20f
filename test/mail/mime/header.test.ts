import { expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { headerBounds, parseFields, splitHeader } from '../../../src/mail/mime/header.ts'

const fields = (text: string | Buffer) =>
  parseFields(Buffer.from(text)).map(({ name, value }) => [name, value])

test.each([
  [
    'A: 1\r\nB: 2\r\n',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [
    'A: 1\nB: 2\n',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [
    'A: 1\rB: 2\r',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [
    'A: 1\r\r\nB: 2\r\r\n',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['A: 1\r\n folded\r\n\tmore\r\n', [['a', '1 folded\tmore']]],
  ['A:\r\n 1\r\n', [['a', '1']]],
  ['Auto-Submitted : x\r\n', [['auto-submitted', 'x']]],
  [
    'A: 1\r\na: 2\r\nA: 3\r\n',
    [
      ['a', '1'],
      ['a', '2'],
      ['a', '3'],
    ],
  ],
  ['From x@y Mon\r\nA: 1\r\n', [['a', '1']]],
  ['no field at all\r\nA: 1\r\n', [['a', '1']]],
  [': 1\r\nA B: 2\r\nÄ: 3\r\nC: 4\r\n', [['c', '4']]],
  ['A: b: c\r\n', [['a', 'b: c']]],
  [
    'C: 3\r\nA: 1\rB: 2\r\n',
    [
      ['c', '3'],
      ['a', '1\rB: 2'],
    ],
  ],
  ['A: n\0o\r\n', [['a', 'n\ufffdo']]],
  ['A: caf\u00e9\r\n', [['a', 'café']]],
] as const)('%j has the fields %j', (text, expected) => {
  expect(fields(text)).toEqual(expected)
})

test('octets that are not UTF-8 are read as windows-1252', () => {
  expect(fields(Buffer.from('A: \x80\xe9\r\n', 'latin1'))).toEqual([['a', '€é']])
})

const single = (charset: string) => `\r\nContent-Type: text/plain; charset=${charset}\r\n`

test.each([
  ['Заказ не пришёл', 'koi8-r', single('koi8-r')],
  ['Вопрос по счёту', 'windows-1251', single('"Windows-1251"')],
  ['Питання', 'windows-1251', single('cp1251')],
  ['订单查询', 'gbk', single('gb2312')],
  ['注文', 'shift_jis', single('Shift_JIS')],
  ['Zażółć', 'iso-8859-2', single('iso-8859-2')],
  // The body's charset does not help: guessed from the octets.
  ['Где мой заказ номер 4711?', 'koi8-r', '\r\n'],
  ['Вопрос по счёту за ноябрь', 'windows-1251', single('us-ascii')],
  ['您好，我的订单什么时候可以发货', 'gbk', single('utf-8')],
  ['Gdzie jest moja przesyłka? Dziękuję', 'iso-8859-2', '\r\n'],
  ['Größe der Lieferung', 'windows-1252', '\r\n'],
  ['Livraison retardée à Orléans', 'windows-1252', single('utf-8')],
  ['¿Cuándo llega mi pedido?', 'windows-1252', single('nonsense')],
  ['Øl til Åse', 'windows-1252', '\r\n'],
  // Valid UTF-8 is UTF-8, whatever the body's charset is.
  ['Größe', 'utf-8', single('koi8-r')],
])('a raw subject %j in %s', (subject, charset, rest) => {
  const octets = Buffer.concat([Buffer.from('Subject: '), iconv.encode(subject, charset), Buffer.from(rest)])
  expect(fields(octets)[0]).toEqual(['subject', subject])
})

const escaped = Buffer.from('\x1b$BCmJ8\x1b(B4711', 'latin1')

test.each([
  ['subject', single('iso-2022-jp')],
  ['subject', '\r\n'],
  ['comments', single('utf-8')],
])('ISO-2022-JP shows itself in a raw %s', (name, rest) => {
  expect(fields(Buffer.concat([Buffer.from(`${name}: `), escaped, Buffer.from(rest)]))[0]).toEqual([
    name,
    '注文4711',
  ])
})

test('a charset never changes the addresses of a field: what servers saw as an address stays one', () => {
  const value = '\x1b$B"<a@victim.example>\x1b(B <b@sender.example>'
  const swallowing = `From: ${value}${single('iso-2022-jp')}`
  expect(fields(Buffer.from(swallowing, 'latin1'))[0]?.[1]).toContain('<a@victim.example>')
  const japanese = Buffer.concat([
    Buffer.from('From: '),
    Buffer.from('\x1b$B@h@8\x1b(B', 'latin1'),
    Buffer.from(` <a@b.example>${single('iso-2022-jp')}`),
  ])
  expect(fields(japanese)[0]?.[1]).toBe('先生 <a@b.example>')
  const halved = Buffer.from(`From: x\x81<a@b.example>${single('gbk')}`, 'latin1')
  expect(fields(halved)[0]?.[1]).toContain('<a@b.example>')
  const named = Buffer.concat([
    Buffer.from('From: '),
    iconv.encode('Анна', 'koi8-r'),
    Buffer.from(` <a@b.example>${single('koi8-r')}`),
  ])
  expect(fields(named)[0]?.[1]).toBe('Анна <a@b.example>')
})

test.each([
  ['A: 1\r\n\r\nbody', 'A: 1\r\n', 'body'],
  ['A: 1\n\nbody', 'A: 1\n', 'body'],
  ['A: 1\r\rbody', 'A: 1\r', 'body'],
  ['A: 1\r\n\nbody', 'A: 1\r\n', 'body'],
  ['A: 1\r\n \r\nB: 2\r\n\r\nbody', 'A: 1\r\n \r\nB: 2\r\n', 'body'],
  ['A: 1\r\rB: 2\r\n', 'A: 1\r', 'B: 2\r\n'],
  ['A: 1\r\nB: x\r\rC: 2\r\n\r\nbody', 'A: 1\r\nB: x\r\rC: 2\r\n', 'body'],
  ['\r\nbody', '', 'body'],
  ['A: 1', 'A: 1', ''],
  ['', '', ''],
])('%j splits before %j', (text, header, body) => {
  const octets = Buffer.from(text)
  expect(splitHeader(octets).toString()).toBe(header)
  expect(octets.subarray(headerBounds(octets).body).toString()).toBe(body)
})

test('a header with very many fields is read up to a limit', () => {
  expect(parseFields(Buffer.from('a: b\r\n'.repeat(6_000)))).toHaveLength(5_000)
})
