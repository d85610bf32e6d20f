import { expect, test } from '@jest/globals'
import { seenAs } from '../../../src/base/typed-envelope.ts'
import { mailboxesAsText, standardEnvelope, typedEnvelope } from '../../../src/mail/reply/typed.ts'
import { letter, owner } from '../../guard/letter.ts'
import { written } from './written.ts'

const mail = letter(['From: Jonas <jonas@quarry.example>'])
const ada = { name: 'Ada', address: 'ada@quarry.example' }
const current = { cc: [ada], subject: 'Gravel: 40 euros' }

const unfit = (field: string, why: RegExp) =>
  expect.objectContaining({ field, why: expect.stringMatching(why) })

test.each([
  ['nothing given', {}, current],
  [
    'the fields as they were shown',
    { to: 'Jonas <jonas@quarry.example>', cc: 'Ada <ada@quarry.example>' },
    current,
  ],
  ['empty fields are as the rules have it', { to: '', cc: ' ', subject: '' }, null],
  ['the rules, typed', { to: 'JONAS@quarry.example', cc: '', subject: 'Re: Gravel' }, null],
  [
    'another address',
    { to: 'kim@quarry.example' },
    { to: [{ name: '', address: 'kim@quarry.example' }], ...current },
  ],
  ['twice the same', { cc: 'Ada <ada@quarry.example>; ada@quarry.example,' }, current],
  [
    'a name with a comma',
    { cc: '"Weld, T." <t@w.example>' },
    { ...current, cc: [{ name: 'Weld, T.', address: 't@w.example' }] },
  ],
  [
    'a line break in the subject',
    { subject: 'Gravel\r\nBcc: x@y.example' },
    { ...current, subject: 'Gravel Bcc: x@y.example' },
  ],
  ['no address', { to: 'Jonas' }, unfit('to', /^“Jonas” is not a complete address/)],
  ['a slip beside an address', { cc: 'ada@quarry.example, tom@' }, unfit('cc', /^“tom@” is not/)],
  [
    'two without a comma',
    { cc: 'ada@quarry.example tom@quarry.example' },
    unfit('cc', /^“ada\S+ tom\S+” is not/),
  ],
  [
    'a name that shows another address',
    { cc: '"boss@shop.example" <x@y.example>' },
    { ...current, cc: [{ name: '', address: 'x@y.example' }] },
  ],
  ['an address of this machine', { to: 'root@localhost' }, unfit('to', /^“root@localhost”/)],
  [
    'too many',
    { cc: Array.from({ length: 21 }, (_, at) => `c${at}@quarry.example`).join() },
    unfit('cc', /up to 20/),
  ],
  [
    'more than twenty addresses can take',
    { cc: `ada@quarry.example${' '.repeat(11_000)}` },
    unfit('cc', /too long/),
  ],
  ['a subject of 251 characters', { subject: 'x'.repeat(251) }, unfit('subject', /up to 250/)],
] as const)('%s', (_, fields, expected) => {
  expect(typedEnvelope(mail, owner, current, fields)).toEqual(expected)
})

test('what is shown can be typed again', () => {
  const list = [
    ada,
    { name: 'Weld, "T."', address: 't@w.example' },
    { name: 'ليلى 🚲', address: 'l@w.example' },
  ]
  const typed = typedEnvelope(mail, owner, null, { cc: mailboxesAsText(list) })
  expect(typed).toMatchObject({ cc: [ada, { address: 't@w.example' }, list[2]] })
  expect(mailboxesAsText(list)).toMatch(/^Ada <\S+>, "Weld.*" <t@w.example>, ليلى 🚲 <l@w.example>$/)
  expect(mailboxesAsText(standardEnvelope(mail, owner).to)).toBe('Jonas <jonas@quarry.example>')
})

test('an address that only quotes allow, as old Japanese telephones have, is kept as it was shown', () => {
  const address = '"taro..tanaka"@docomo.example'
  const from = letter([`From: 太郎 <${address}>`])
  const shown = mailboxesAsText(standardEnvelope(from, owner).to)
  expect(shown).toBe(`太郎 <${address}>`)
  expect(typedEnvelope(from, owner, null, { to: shown, subject: 'Re: 注文' })).toEqual({
    subject: 'Re: 注文',
  })
  expect(typedEnvelope(mail, owner, null, { to: shown })).toEqual(unfit('to', /is not a complete address/))
})

test('a reply that nobody reviews goes to the author alone, under the subject of the mail', async () => {
  const [sent, drafted] = await Promise.all(
    (['send', 'draft'] as const).map((kind) => written({ kind, typed: current })),
  )
  expect(sent?.reply.addressees).toEqual(['jonas@quarry.example'])
  expect(sent?.text).toContain('Subject: Re: Gravel\r\n')
  expect(sent?.text).not.toContain('Cc:')
  expect(drafted?.reply.addressees).toEqual(['jonas@quarry.example', 'ada@quarry.example'])
  expect(drafted?.text).toContain('Subject: Gravel: 40 euros\r\n')
  expect(drafted?.text).toContain('Cc: Ada <ada@quarry.example>\r\n')
})

test('another header is another version of the same text', () => {
  const seen = [null, current, { subject: 'x' }, { cc: [ada] }, { to: [ada] }].map((each) =>
    seenAs('Hello', each),
  )
  expect(new Set(seen).size).toBe(5)
  expect(seen[0]).toBe('Hello')
})
