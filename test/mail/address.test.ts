import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { localWord, organisationalDomain, parseAddressList, withoutTag } from '../../src/mail/address.ts'

const addresses = (value: string) => parseAddressList(value).map(({ address }) => address)

const lists: [string, string[]][] = [
  ['ann@example.com', ['ann@example.com']],
  ['Ann <ann@example.com>, Bob <bob@example.com>', ['ann@example.com', 'bob@example.com']],
  ['Team: ann@example.com, Bob <bob@example.com>;', ['ann@example.com', 'bob@example.com']],
  ['Team: ann@example.com;, Other: bob@example.com;', ['ann@example.com', 'bob@example.com']],
  ['undisclosed-recipients:;', []],
  ['a(b(c)d)@example.com', ['a@example.com']],
  ['(ann@example.com) bob@example.com', ['bob@example.com']],
  ['"a b"@example.com', ['"a b"@example.com']],
  ['"ann"@example.com', ['ann@example.com']],
  ['"a\\"b" <x@example.com>', ['x@example.com']],
  ['<@relay.example,@other.example:joe@example.com>', ['joe@example.com']],
  ['a . b @ c . example', ['a.b@c.example']],
  ['Smith J. joe@example.com', ['joe@example.com']],
  ['x <a@example.com> <b@example.com>', ['a@example.com', 'b@example.com']],
  ['a@example.com b@example.com', ['a@example.com', 'b@example.com']],
  ['a@example.com; b@example.com', ['a@example.com', 'b@example.com']],
  ['Joe <joe@example.com', ['joe@example.com']],
  ['Joe <joe@example.com, Ann <ann@example.com>', ['joe@example.com', 'ann@example.com']],
  ['"Joe <joe@example.com>', ['joe@example.com']],
  ['<<joe@example.com>>', ['joe@example.com']],
  ['"<evil@example.net>" <good@example.com>', ['good@example.com']],
  ['victim@example.com <evil@example.net>', ['evil@example.net']],
  ['=?utf-8?q?boss=40example.com=2C_x=40example.com?= <evil@example.net>', ['evil@example.net']],
  ['=?utf-8?q?a=0D=0ABcc=3A_v=40example.com?= <joe@example.com>', ['joe@example.com']],
  ['Jörg <jörg@BÜCHER.example.>', ['jörg@xn--bcher-kva.example']],
  ['joe@日本。example', ['joe@xn--wgv71a.example']],
  ['Joe@EXAMPLE.com', ['Joe@example.com']],
  ['joe@[192.0.2.1]', ['joe@[192.0.2.1]']],
  ['foo..bar@example.com', ['"foo..bar"@example.com']],
  ['a@b@example.com', []],
  ['<a@b@example.com>', []],
  ['<joe smith@example.com>', []],
  ['joe@example..com', []],
  ['joe@exa%6dple.com', []],
  ['joe@example.com/path', []],
  ['joe@exam\u200bple.com', []],
  ['jo\u202ee@example.com', []],
  ['joe@[exam\u202eple]', []],
  ['joe@[]', []],
  ['"a\u0000b"@example.com', []],
  ['<>', []],
  ['@', []],
  ['', []],
]

test.each(lists)('%j names %j', (value, expected) => {
  expect(addresses(value)).toEqual(expected)
})

const names: [string, string][] = [
  ['Ann Lee <a@example.com>', 'Ann Lee'],
  ['"Lee, Ann" <a@example.com>', 'Lee, Ann'],
  ['a@example.com (Ann (the boss))', 'Ann (the boss)'],
  ['=?utf-8?B?SsO2cmc=?= =?utf-8?q?_M=2E?= <a@example.com>', 'Jörg M.'],
  ['"=?iso-8859-1?q?J=F6rg?=" <a@example.com>', 'Jörg'],
  ['=?utf-8?q?a=0D=0Ab?= <a@example.com>', 'a b'],
  ['Ann\u202e moc <a@example.com>', 'Ann moc'],
  ['a@example.com', ''],
]

test.each(names)('%j has the name %j', (value, name) => {
  expect(parseAddressList(value).map((mailbox) => mailbox.name)).toEqual([name])
})

test('parsing its own result gives the same address, whatever the value was', () => {
  const token = fc.constantFrom(
    ...'ab@.,;:<>()[]"\\ \t+=?',
    'ä',
    '日',
    '\0',
    '\u202e',
    '=?utf-8?q?',
    '?=',
    'x@y.z',
    '<a@b.c>',
  )
  fc.assert(
    fc.property(fc.array(token, { maxLength: 40 }), (tokens) => {
      for (const { address, name } of parseAddressList(tokens.join(''))) {
        expect(addresses(address)).toEqual([address])
        expect(name).not.toMatch(/[\r\n\0]/)
        expect(address).not.toMatch(/[\r\n\0\u202e]/)
      }
    }),
    { numRuns: 3000 },
  )
})

test.each([
  ['Joe.Smith+news@example.com', 'joe.smith'],
  ['"No Reply+x"@example.com', 'no reply'],
  ['+49170@example.com', '+49170'],
  ['joe', 'joe'],
])('the local word of %s is %s', (address, word) => {
  expect(localWord(address)).toBe(word)
})

test.each([
  ['Joe+news@example.com', 'Joe@example.com'],
  ['"a b+c"@example.com', '"a b"@example.com'],
  ['"joe+x"@example.com', 'joe@example.com'],
  ['joe@exam+ple.com', 'joe@exam+ple.com'],
])('%s without its tag is %s', (address, bare) => {
  expect(withoutTag(address)).toBe(bare)
})

test.each([
  ['a.shop.co.uk', 'shop.co.uk'],
  ['SHOP.co.uk.', 'shop.co.uk'],
  ['mail.xn--bcher-kva.de', 'xn--bcher-kva.de'],
  ['ann.github.io', 'ann.github.io'],
  ['co.uk', 'co.uk'],
  ['localhost', 'localhost'],
])('the organisation of %s is %s', (domain, organisation) => {
  expect(organisationalDomain(domain)).toBe(organisation)
})
