import { describe, expect, test } from '@jest/globals'
import { decodeWords } from '../../../src/mail/address.ts'
import { mailboxes } from '../../../src/mail/correspondents.ts'
import { fieldValues, firstField } from '../../../src/mail/message.ts'
import { letter, owner, verdict } from '../../guard/letter.ts'
import { html, written } from './written.ts'

describe('the whole message', () => {
  test('a sent reply, octet for octet', async () => {
    const { text } = await written()
    expect(text.split('\r\n')).toEqual([
      'Subject: Re: Gravel',
      'Auto-Submitted: auto-replied',
      'X-Ai-Disclosure: written-and-sent-by-ai',
      'Precedence: bulk',
      'X-Auto-Response-Suppress: All',
      'X-Autoreply: yes',
      'X-Loop: mara@harbor.example',
      'Content-Language: en',
      'From: Mara Lindqvist <mara@harbor.example>',
      'To: jonas@quarry.example',
      'In-Reply-To: <g1@quarry.example>',
      'References: <g1@quarry.example>',
      'Message-ID: <0123@harbor.example>',
      'Date: Tue, 10 Mar 2026 09:00:00 +0000',
      'Content-Transfer-Encoding: 7bit',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=us-ascii; format=flowed',
      '',
      'Hello Jonas,',
      '',
      'a ton of gravel costs 40 euros.',
      '',
      'This is an automatic answer.',
      '',
      '-- ',
      'Mara Lindqvist',
      'Harbor Gravel',
      '',
    ])
  })
  test('its metadata states what the message contains', async () => {
    const { reply } = await written()
    expect(reply).toMatchObject({
      messageId: '<0123@harbor.example>',
      reversePath: 'mara@harbor.example',
      addressees: ['jonas@quarry.example'],
      from: 'mara@harbor.example',
      to: ['jonas@quarry.example'],
      subject: 'Re: Gravel',
      inReplyTo: '<g1@quarry.example>',
      references: ['<g1@quarry.example>'],
      autoSubmitted: 'auto-replied',
    })
    expect(reply.textHash).toMatch(/^[0-9a-f]{32}$/)
  })
  test('the same input gives the same octets', async () => {
    const changes = { original: html, html: true, quote: 'short' } as const
    expect((await written(changes)).reply.octets.equals((await written(changes)).reply.octets)).toBe(true)
  })
  test('another Message-ID gives another boundary', async () => {
    const boundary = async (messageId: string) =>
      (await written({ original: html, html: true, messageId })).message.structure.parameters.boundary
    expect(await boundary('<1@x.example>')).not.toBe(await boundary('<2@x.example>'))
  })
  test('our own reply, when it comes back, is known as ours', async () => {
    const { message } = await written()
    expect(verdict(message)).toBe('never own-message')
  })
  test('another responder will not answer it', async () => {
    const { message } = await written()
    const other = { address: 'jonas@quarry.example', aliases: [] }
    expect(verdict(message, {}, other)).toBe('never auto-submitted')
  })
})

describe('marks', () => {
  const marks = [
    'auto-submitted',
    'x-ai-disclosure',
    'precedence',
    'x-auto-response-suppress',
    'x-autoreply',
    'x-loop',
  ]
  test('a draft has none of them, but names what it answers', async () => {
    const { message, reply } = await written({ kind: 'draft', originalId: 'm_17\r\nBcc: x' })
    expect(marks.flatMap((name) => fieldValues(message, name))).toEqual([])
    expect(firstField(message, 'x-responder-source')).toBe('m_17Bcc:x')
    expect(reply.autoSubmitted).toBeNull()
  })
  test.each([null, '', '\u0000'])('a draft without an original id (%j)', async (originalId) => {
    expect((await written({ kind: 'draft', originalId })).header).not.toContain('X-Responder-Source')
  })
  test('a sent reply does not reveal its original id', async () => {
    expect((await written({ originalId: 'm_17' })).header).not.toContain('X-Responder-Source')
  })
  test.each([
    ['de-AT', 'de-AT'],
    ['sr-Latn-RS', 'sr-Latn-RS'],
    ['de\r\nBcc: x@y.example', null],
    ['e', null],
    ['de_AT', null],
    ['', null],
    [null, null],
  ])('the language %j gives Content-Language %j', async (language, expected) => {
    expect(firstField((await written({ language })).message, 'content-language')).toBe(expected)
  })
  test('no other fields than these', async () => {
    const names = (await written()).message.fields.map((field) => field.name)
    expect(
      names.filter((name) =>
        /^(list-|cc|bcc|sender|reply-to|disposition|return-receipt|priority|x-mailer|thread-)/.test(name),
      ),
    ).toEqual([])
  })
})

describe('threads', () => {
  test('one id a line', async () => {
    const ids = Array.from({ length: 30 }, (_, at) => `<n${at}@x.example>`)
    const { header, message } = await written({ original: letter([`References: ${ids.join(' ')}`]) })
    expect(header).toContain('\r\nReferences: <n0@x.example>\r\n <n12@x.example>\r\n <n13@x.example>\r\n')
    expect(firstField(message, 'references')?.split(' ')).toHaveLength(20)
  })
  test('no parent, no fields', async () => {
    const { header, reply } = await written({ original: letter(['-Message-ID']) })
    expect(header).not.toMatch(/^(?:In-Reply-To|References):/m)
    expect(reply.references).toEqual([])
  })
  test('the longest ids stay below 998 octets a line', async () => {
    const long = `<${'a'.repeat(888)}@x.example>`
    const { header, message } = await written({ original: letter([`Message-ID: ${long}`]) })
    expect(Math.max(...header.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998)
    expect([firstField(message, 'in-reply-to'), firstField(message, 'references')]).toEqual([long, long])
  })
})

describe('words outside ASCII', () => {
  test.each([
    'Maße für Möbel',
    '報價單 '.repeat(20),
    '😀'.repeat(240),
    'A "quoted" subject',
    'Literally =?utf-8?Q?x?= this',
    'Ünï'.repeat(70),
    'a '.repeat(100),
    'x'.repeat(240),
  ])('the subject %j comes back as it was', async (subject) => {
    const original = letter([`Subject: =?utf-8?B?${Buffer.from(subject).toString('base64')}?=`])
    const { header, message, reply } = await written({ original })
    expect(decodeWords(firstField(message, 'subject') ?? '')).toBe(reply.subject)
    expect(reply.subject).toBe(`Re: ${subject.trim()}`)
    expect(header).toMatch(/^\p{ASCII}*$/u)
    for (const line of header.split('\r\n'))
      expect(line.length).toBeLessThanOrEqual(subject.startsWith('xxx') ? 300 : 78)
  })
  test('an ASCII subject stays readable', async () => {
    expect((await written({ original: letter(['Subject: A "quoted" subject']) })).header).toContain(
      'Subject: Re: A "quoted" subject\r\n',
    )
  })
  test.each([
    ['Jonas Ék <jonas@quarry.example>', { name: 'Jonas Ék', address: 'jonas@quarry.example' }],
    ['"Ek, Jonas" <jonas@quarry.example>', { name: 'Ek, Jonas', address: 'jonas@quarry.example' }],
    ['"boss@bank.example" <jonas@quarry.example>', { name: '', address: 'jonas@quarry.example' }],
    ['jonas@möbel.example', { name: '', address: 'jonas@xn--mbel-5qa.example' }],
    ['"a b"@quarry.example', { name: '', address: '"a b"@quarry.example' }],
    ['"a,b@c"@quarry.example', { name: '', address: '"a,b@c"@quarry.example' }],
    ['jonas@[192.0.2.1]', { name: '', address: 'jonas@[192.0.2.1]' }],
    [
      '=?utf-8?Q?Jonas=0D=0ABcc=3A_x?= <jonas@quarry.example>',
      { name: 'Jonas Bcc: x', address: 'jonas@quarry.example' },
    ],
  ])('To for %s', async (from, expected) => {
    const { message, reply } = await written({ kind: 'draft', original: letter([`From: ${from}`]) })
    expect(mailboxes(message, 'to')).toEqual([expected])
    expect(reply.addressees).toEqual([expected.address])
  })
  test('a name that a stranger chose goes out only after a person has seen it', async () => {
    const { message } = await written({
      original: letter(['From: Win at evil.example <jonas@quarry.example>']),
    })
    expect(mailboxes(message, 'to')).toEqual([{ name: '', address: 'jonas@quarry.example' }])
  })
  test('an address that needs SMTPUTF8 (RFC 6532)', async () => {
    const { message, reply } = await written({ original: letter(['From: jönas@quarry.example']) })
    expect(reply.addressees).toEqual(['jönas@quarry.example'])
    expect(mailboxes(message, 'to')).toEqual([{ name: '', address: 'jönas@quarry.example' }])
  })
  test('several addressees of a draft', async () => {
    const { message } = await written({
      kind: 'draft',
      original: letter(['Reply-To: A <a@x.example>, b@x.example']),
    })
    expect(mailboxes(message, 'to')).toEqual([
      { name: 'A', address: 'a@x.example' },
      { name: '', address: 'b@x.example' },
    ])
  })
  test('the display name of the owner', async () => {
    const named = async (displayName: string | null) =>
      mailboxes((await written({ owner: { ...owner, displayName } })).message, 'from')
    expect(await named('Mära\r\nX: y')).toEqual([{ name: 'Mära X: y', address: 'mara@harbor.example' }])
    expect(await named(null)).toEqual([{ name: '', address: 'mara@harbor.example' }])
  })
})
