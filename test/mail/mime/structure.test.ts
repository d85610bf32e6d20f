import { expect, test } from '@jest/globals'
import type { Part } from '../../../src/mail/message.ts'
import { parseParameters, safeFilename } from '../../../src/mail/mime/parameters.ts'
import { textPartsOf } from '../../../src/mail/mime/structure.ts'
import { messageOf } from '../messages.ts'

function outline(part: Part): string {
  const children = part.children.map(outline)
  return `${part.path || '-'} ${part.type}${children.length > 0 ? `(${children.join(', ')})` : ''}`
}

const mixed = 'Content-Type: multipart/mixed; boundary="b"'
const alternative = 'Content-Type: multipart/alternative; boundary=b'
const plain = ['--b', '', 'plain']
const html = ['--b', 'Content-Type: text/html', '', '<p>html']

const structures: [string, string[], string, string[]][] = [
  ['a message without MIME', ['', 'Hello'], '1 text/plain', ['1']],
  [
    'two parts',
    [mixed, '', ...plain, ...html, '--b--'],
    '- multipart/mixed(1 text/plain, 2 text/html)',
    ['1', '2'],
  ],
  ['no closing line', [mixed, '', ...plain], '- multipart/mixed(1 text/plain)', ['1']],
  [
    'spaces behind the boundary',
    [mixed, '', '--b \t', '', 'x', '--b-- '],
    '- multipart/mixed(1 text/plain)',
    ['1'],
  ],
  ['a longer boundary', [mixed, '', ...plain, '--bb', 'still'], '- multipart/mixed(1 text/plain)', ['1']],
  [
    'a nested multipart',
    [
      mixed,
      '',
      '--b',
      'Content-Type: multipart/alternative; boundary=c',
      '',
      '--c',
      '',
      'x',
      '--c--',
      ...html,
      '--b--',
    ],
    '- multipart/mixed(1 multipart/alternative(1.1 text/plain), 2 text/html)',
    ['1.1', '2'],
  ],
  [
    'an attached message, a leaf',
    [
      mixed,
      '',
      ...plain,
      '--b',
      'Content-Type: message/rfc822',
      '',
      'Content-Type: text/html',
      '',
      'x',
      '--b--',
    ],
    '- multipart/mixed(1 text/plain, 2 message/rfc822)',
    ['1'],
  ],
  ['a message as root', ['Content-Type: message/rfc822', '', 'A: b', '', 'x'], '1 message/rfc822', []],
  [
    'a digest',
    ['Content-Type: multipart/digest; boundary=b', '', ...plain, '--b--'],
    '- multipart/digest(1 message/rfc822)',
    [],
  ],
  [
    'an attachment with text',
    [mixed, '', ...plain, '--b', 'Content-Disposition: attachment', '', 'x', '--b--'],
    '- multipart/mixed(1 text/plain, 2 text/plain)',
    ['1'],
  ],
  [
    'an inline file with text behind the text',
    [mixed, '', ...plain, '--b', 'Content-Disposition: inline; filename=x.txt', '', 'x', '--b--'],
    '- multipart/mixed(1 text/plain, 2 text/plain)',
    ['1'],
  ],
  [
    'a signed message',
    [
      'Content-Type: multipart/signed; boundary=b',
      '',
      ...plain,
      '--b',
      'Content-Type: application/pgp-signature',
      '',
      'x',
    ],
    '- multipart/signed(1 text/plain, 2 application/pgp-signature)',
    ['1'],
  ],
  [
    'an encrypted message',
    ['Content-Type: multipart/encrypted; boundary=b', '', ...plain, '--b--'],
    '- multipart/encrypted(1 text/plain)',
    [],
  ],
  [
    'related parts',
    [
      'Content-Type: multipart/related; boundary=b',
      '',
      ...html,
      '--b',
      'Content-Type: image/png',
      '',
      'x',
      ...plain,
      '--b--',
    ],
    '- multipart/related(1 text/html, 2 image/png, 3 text/plain)',
    ['1'],
  ],
  [
    'both sides of an alternative',
    [alternative, '', ...plain, ...html, '--b--'],
    '- multipart/alternative(1 text/plain, 2 text/html)',
    ['1', '2'],
  ],
  ['no boundary', ['Content-Type: multipart/mixed', '', 'Hello'], '- multipart/mixed(1 text/plain)', ['1']],
  [
    'another boundary than the header says',
    [alternative, '', '--c', 'Content-Type: text/html', '', 'x', '--c--'],
    '- multipart/alternative(1 text/html)',
    ['1'],
  ],
  [
    'a part without header',
    [mixed, '', '--b', 'Just text', '--b--'],
    '- multipart/mixed(1 text/plain)',
    ['1'],
  ],
  ['a broken media type', ['Content-Type: text', '', 'Hello'], '1 text/plain', ['1']],
  ['TNEF', ['Content-Type: application/ms-tnef; name=winmail.dat', '', 'x'], '1 application/ms-tnef', []],
]

test.each(structures)('%s', (_, lines, tree, texts) => {
  const { structure } = messageOf(...lines)
  expect(outline(structure)).toBe(tree)
  expect(textPartsOf(structure).map((part) => part.path)).toEqual(texts)
})

test('nesting and part count have a limit, which is a fault and not an error', () => {
  const nested = Array.from({ length: 60 }, (_, depth) => [
    `Content-Type: multipart/mixed; boundary=x${depth}`,
    '',
    `--x${depth}`,
  ])
  expect(messageOf(...nested.flat(), '', 'deep').faults.map(({ code }) => code)).toEqual(['nested-too-deep'])
  const many = messageOf(mixed, '', ...Array.from({ length: 3000 }, () => ['--b', '', 'x']).flat())
  expect(many.structure.children).toHaveLength(499)
  expect(many.faults.map(({ code }) => code)).toEqual(['too-many-parts'])
})

test.each([
  ['text/plain; charset=utf-8', { charset: 'utf-8' }],
  ['TEXT/Plain; Charset="UTF-8" (comment)', { charset: 'UTF-8' }],
  ['text/plain; charset=utf-8 ; ; format=flowed;', { charset: 'utf-8', format: 'flowed' }],
  ['text/plain; charset = "a;b"; x="a\\"b"', { charset: 'a;b', x: 'a"b' }],
  ['a/b; charset=one; charset=two', { charset: 'one' }],
  ['a/b; name=My file.pdf; x=y', { name: 'My file.pdf', x: 'y' }],
  ['a/b; name="=?utf-8?q?=C3=A9.txt?="', { name: 'é.txt' }],
  ["a/b; name*=utf-8'en'%C3%A9%20x.txt", { name: 'é x.txt' }],
  ["a/b; name*0*=utf-8''%C3; name*1*=%A9; name*2=.txt", { name: 'é.txt' }],
  ['a/b; name*1=b; name*0=a', { name: 'ab' }],
  ["a/b; name=plain.txt; name*=utf-8''%C3%A9.txt", { name: 'é.txt' }],
  ['a/b; name*=%C3%A9.txt', { name: 'é.txt' }],
  ['a/b; name="unclosed', { name: 'unclosed' }],
  ['a/b; flag; x=y', { x: 'y' }],
  ['a/b; __proto__=x', JSON.parse('{"__proto__":"x"}')],
])('%s', (value, parameters) => {
  expect(parseParameters(value).parameters).toEqual(parameters)
})

test.each([
  ['../../etc/passwd', 'etc passwd'],
  ['C:\\Users\\x.exe', 'C: Users x.exe'],
  ['a\r\nb\u202egpj.exe', 'a b gpj.exe'],
  ['...', null],
  [undefined, null],
])('the file name %j becomes %j', (written, name) => {
  expect(safeFilename(written)).toBe(name)
})
