import { describe, expect, test } from '@jest/globals'
import { codes, letter, verdict } from '../guard/letter.ts'

const field = (value: string) => `Authentication-Results: ${value}`
const own = (results: string) => field(`mx.harbor.example; ${results}`)
const received = 'Received: from x.example by mx.harbor.example; Tue, 10 Mar 2026 09:15:22 +0100'
const foreign = 'Received: from y.example by mx.evil.example; Tue, 10 Mar 2026 09:15:20 +0100'
const fail = 'dmarc=fail header.from=quarry.example'
const pass = 'dmarc=pass header.from=quarry.example'

describe('results of our own server', () => {
  test.each([
    [own(pass), 'may ok'],
    [own('dmarc=bestguesspass header.from=quarry.example'), 'may ok'],
    [own('DMARC=Pass header.From=Mail.Quarry.Example'), 'may ok'],
    [own('dmarc=pass header.from=evil.example'), 'draft unauthenticated'],
    [own('dmarc=pass'), 'draft unauthenticated'],
    [own(fail), 'draft dmarc-fail'],
    [own('dmarc=fail (p=none)'), 'draft dmarc-fail'],
    [own('dmarc=fail header.from=evil.example'), 'draft unauthenticated'],
    // Longer than a domain may be (RFC 5321 section 4.5.3.1.2): it names none.
    [own(`dmarc=fail header.from=${'a.'.repeat(125)}example`), 'draft dmarc-fail'],
    [own(`${fail}; dkim=pass header.d=quarry.example`), 'draft dmarc-fail'],
    [own(`${pass}; ${fail}`), 'draft dmarc-fail'],
    [own('dmarc=none header.from=quarry.example'), 'draft unauthenticated'],
    [own('dkim=pass header.d=quarry.example'), 'may ok'],
    [own('dkim=pass header.d=mail.quarry.example'), 'may ok'],
    [own('dkim=pass header.i=@quarry.example'), 'may ok'],
    [own('dkim=pass header.i=jonas@quarry.example'), 'may ok'],
    [own('dkim=pass header.d="quarry.example"'), 'may ok'],
    [own('dkim/1 = pass (2048 bit; ok) header.d = quarry.example'), 'may ok'],
    [own('dkim=fail header.d=quarry.example'), 'draft unauthenticated'],
    [own('dkim=pass header.d=blast.example; dkim=fail header.d=quarry.example'), 'draft unauthenticated'],
    [own('dkim=fail header.d=quarry.example; dkim=pass header.d=quarry.example'), 'may ok'],
    [own('dkim=pass header.b=x header.s=quarry.example'), 'draft unauthenticated'],
    [own('dkim=fail reason="no; dkim=pass header.d=quarry.example"'), 'draft unauthenticated'],
    [own('dkim=fail (x; dkim=pass header.d=quarry.example)'), 'draft unauthenticated'],
    // A domain chosen by the sender, written into the field unchanged.
    ...[',x', '(', '(x)', '"', '"x"', '/', '<', '\\', "'", '%00', ' x'].map((cut): [string, string] => [
      own(`dkim=pass header.d=quarry.example${cut}.evil.example header.b=x`),
      'draft unauthenticated',
    ]),
    [own('spf=pass smtp.mailfrom=x@quarry.example,x@y.evil.example'), 'draft unauthenticated'],
    [
      own('spf=pass smtp.mailfrom="x; dkim=pass header.d=quarry.example; "@evil.example'),
      'draft unauthenticated',
    ],
    [
      own('spf=pass smtp.mailfrom=x dkim=pass header.d=quarry.example @evil.example'),
      'draft unauthenticated',
    ],
    [own('dkim=pass (x header.d=quarry.example'), 'draft unauthenticated'],
    [own('dmarc=fail header.from=quarry.example (x'), 'draft dmarc-fail'],
    [own('spf=pass smtp.mailfrom="jonas y"@quarry.example'), 'may ok'],
    [own('spf=pass smtp.mailfrom=jonas@quarry.example'), 'may ok'],
    [own('spf=pass smtp.mailfrom=quarry.example'), 'may ok'],
    [own('spf=pass smtp.mailfrom=<jonas@quarry.example>'), 'may ok'],
    [own('spf=pass smtp.helo=quarry.example'), 'draft unauthenticated'],
    [own('spf=pass smtp.mailfrom=blast.example'), 'draft unauthenticated'],
    [own('spf=softfail smtp.mailfrom=quarry.example'), 'draft unauthenticated'],
    [own('x-new=pass header.from=quarry.example header.d=quarry.example'), 'draft unauthenticated'],
    [own('none'), 'draft unauthenticated'],
    [own('dmarc=pass (p=none) header . from = quarry.example'), 'may ok'],
    [own('spf=pass smtp. mailfrom=quarry.example'), 'may ok'],
    [own('spf=pass smtp.mailfrom=blast . quarry.example'), 'draft unauthenticated'],
    [own('spf=pass smtp.mailfrom=x@blast.example .quarry.example'), 'draft unauthenticated'],
    [own('spf=pass smtp.mailfrom="a@blast.example smtp . mailfrom=quarry.example"'), 'draft unauthenticated'],
    [field('mx.harbor.example'), 'draft unauthenticated'],
    [field(`mx.harbor.example 1; ${fail}`), 'draft dmarc-fail'],
    [field(`(our) mx.harbor.example (border) ; ${fail}`), 'draft dmarc-fail'],
    [field(`"mx.harbor.example"; ${fail}`), 'draft dmarc-fail'],
    [field(`mx.harbor.example.evil.example; ${fail}`), 'may ok'],
    [field(`x.mx.harbor.example; ${fail}`), 'may ok'],
    [field(`mx.harbor.example x; ${fail}`), 'may ok'],
    [field(fail), 'may ok'],
    [`ARC-${own(fail)}`, 'may ok'],
    ['Received-SPF: fail', 'may ok'],
  ])('%s gives %s', (value, expected) => {
    expect(verdict(letter([value]))).toBe(expected)
  })
  test('dmarc-fail stands for itself', () => {
    expect(codes(letter([own(fail)]))).toEqual(['dmarc-fail'])
  })
})

describe('where the field stands', () => {
  test.each([
    [[own(pass), received], 'may ok'],
    [[received, own(fail), received], 'draft dmarc-fail'],
    [[own(fail), received, own(pass)], 'draft dmarc-fail'],
    [[own(pass), received, own(fail)], 'may ok'],
    [[own('spf=pass smtp.mailfrom=blast.example'), own(pass), received], 'may ok'],
    [[own('spf=fail'), field('other.example; dkim=pass'), 'X-Filter: x', own(pass), received], 'may ok'],
    [[own('spf=fail'), received, own(pass)], 'draft unauthenticated'],
    // For each method the topmost result counts: a server that keeps a sender's field puts its own above it.
    [[own('dmarc=none'), own('dmarc=pass header.from=quarry.example'), received], 'draft unauthenticated'],
    [[own('dkim=none; spf=none'), own('dkim=pass header.d=quarry.example')], 'draft unauthenticated'],
    [[own('dkim=pass header.d=quarry.example; dmarc=none'), own('dkim=none')], 'may ok'],
    [[own('dkim=pass header.d=a.example; dkim=pass header.d=quarry.example')], 'may ok'],
    [[own('dmarc=none'), own(fail)], 'draft dmarc-fail'],
    [[field(`other.example; ${fail}`), received, own(pass)], 'may ok'],
  ])('%j gives %s', (fields, expected) => {
    expect(verdict(letter(fields))).toBe(expected)
  })
})

test('no trusted ids: nothing is known', () => {
  expect(verdict(letter([own(fail)]), {}, { authservIds: [] })).toBe('may ok')
})

test.each([
  ['spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=quarry.example; dkim=none', 'may ok'],
  [`spf=none smtp.mailfrom=quarry.example; ${fail}`, 'draft dmarc-fail'],
  [`mx.harbor.example; ${fail}`, 'may ok'],
])('the empty id is that of Microsoft 365: %s gives %s', (value, expected) => {
  expect(verdict(letter([field(value)]), {}, { authservIds: [''] })).toBe(expected)
})

test('public suffixes are not organisations', () => {
  const fields = ['From: a@one.co.uk', own('dkim=pass header.d=two.co.uk')]
  expect(verdict(letter(fields))).toBe('draft unauthenticated')
})

test('From without a domain aligns with nothing', () => {
  expect(codes(letter(['From:', own('dkim=pass header.d=')]))).toEqual(['no-sender', 'unauthenticated'])
})

describe('results below other servers', () => {
  test.each<[string, string[], string]>([
    ['below our own server', [received, own(pass)], 'may ok'],
    ['below our own server by a literal', ['Received: by 2002:a05:7110 with SMTP id x', own(pass)], 'may ok'],
    [
      'below a container without a domain',
      ['Received: from a by 5f3ab2c1 with LMTP id x', own(fail)],
      'draft dmarc-fail',
    ],
    ['below a server of others: nothing is known', [foreign, own(fail)], 'may ok'],
    ['below ours and theirs', [received, foreign, own(fail)], 'may ok'],
    ['theirs below ours', [own(pass), received, foreign, own(fail)], 'may ok'],
  ])('%s', (_, fields, expected) => expect(verdict(letter(fields))).toBe(expected))
})

test.each([
  ['MX.Harbor.Example', ['mx.harbor.example'], 'draft dmarc-fail'],
  ['mx.harbor.example/C741440440', ['mx.harbor.example'], 'draft dmarc-fail'],
  ['mx.harbor.example from=quarry.example', ['mx.harbor.example'], 'draft dmarc-fail'],
  ['mx5.mail.harbor.example', ['*.mail.harbor.example'], 'draft dmarc-fail'],
  ['a.b.harbor.example', ['*.*.harbor.example'], 'draft dmarc-fail'],
  ['mail.harbor.example', ['*.mail.harbor.example'], 'may ok'],
  ['a.b.mail.harbor.example', ['*.mail.harbor.example'], 'may ok'],
  ['mx5.mail.harbor.example.evil.example', ['*.mail.harbor.example'], 'may ok'],
  // A wildcard never matches a whole organisation.
  ['harbor.example', ['*.example'], 'may ok'],
  ['mx.harbor.example', ['*.*.example'], 'may ok'],
  ['mx.harbor.example', ['*'], 'may ok'],
  ['mx5.mail.harbor.example', ['mx*.mail.harbor.example'], 'may ok'],
  ['evil/mx.harbor.example', ['mx.harbor.example'], 'may ok'],
])('the id %s of %j gives %s', (id, authservIds, expected) => {
  const message = letter([`Authentication-Results: ${id}; dmarc=fail header.from=quarry.example`])
  expect(verdict(message, {}, { authservIds })).toBe(expected)
})
