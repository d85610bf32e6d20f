import { expect, test } from '@jest/globals'
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
