import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { explainOctets } from '../../../src/eval/explain.ts'
import type { Owner } from '../../../src/mail/account.ts'
import { parseOctets } from '../../../src/mail/mime/octets.ts'
import { buildReply, replyHeader } from '../../../src/mail/reply/build.ts'
import { now } from '../../guard/letter.ts'

const directory = new URL('../../fixtures/corpus/', import.meta.url)

const labels: { file: string; features: string[] }[] = readFileSync(
  new URL('hostile.labels.jsonl', directory),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
  .map(({ file, expect: { features = [] } }) => ({ file, features }))

const owner: Owner = {
  address: 'mara@harbor.example',
  aliases: [],
  displayName: 'Mara',
  authservIds: [],
  ownLists: [],
}

const own = [
  ...[
    'content-transfer-encoding',
    'subject',
    'auto-submitted',
    'precedence',
    'x-auto-response-suppress',
    'x-autoreply',
    'x-ai-disclosure',
  ],
  ...[
    'x-loop',
    'from',
    'to',
    'in-reply-to',
    'references',
    'message-id',
    'date',
    'mime-version',
    'content-type',
  ],
]

/** The header block of a reply to these octets, checked as bytes; null if there is nobody to reply to. */
async function replyTo(octets: Buffer) {
  const original = parseOctets(octets)
  if (replyHeader(original, owner, 'send') === null) return null
  const reply = await buildReply({
    original,
    owner,
    kind: 'send',
    text: 'Thank you.',
    html: true,
    language: null,
    signature: '',
    quote: 'short',
    disclosure: null,
    messageId: '<0123@harbor.example>',
    now,
    originalId: null,
  })
  const end = reply.octets.indexOf('\r\n\r\n')
  const lines = reply.octets.subarray(0, end).toString('utf8').split('\r\n')
  for (const line of lines) {
    expect(line.replaceAll('\t', ' ')).not.toMatch(/\p{Cc}/u)
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(998)
  }
  const names = lines
    .filter((line) => !/^[ \t]/.test(line))
    .map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
  expect(own).toEqual(expect.arrayContaining(names))
  expect(new Set(names).size).toBe(names.length)
  for (const value of [reply.subject, reply.from, ...reply.to, reply.inReplyTo ?? '', ...reply.references]) {
    expect(value).not.toMatch(/\p{Cc}/u)
  }
  return reply
}

const hidden = labels.filter(({ features }) =>
  features.some((feature) => feature.startsWith('control_char_in_decoded_')),
)

describe('control characters hidden in encoded words', () => {
  test('there are files to look at', () => {
    expect(hidden.length).toBeGreaterThan(0)
  })
  test.each(hidden.map(({ file }) => [file]))('%s cannot put a line into our header', async (file) => {
    expect.hasAssertions()
    const octets = readFileSync(new URL(file, directory))
    if ((await replyTo(octets)) === null)
      expect(explainOctets(file, octets, owner, now).decision).toBe('never')
  })
})

test('no hostile file breaks the header of a reply', async () => {
  let built = 0
  for (const { file } of labels) if ((await replyTo(readFileSync(new URL(file, directory)))) !== null) built++
  expect(built).toBeGreaterThan(200)
})

describe('our own attempts', () => {
  const encoded = (text: string) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
  const attack = 'x\r\nBcc: victim@bystander.example\r\n\r\nbody\u0000\u2028\u0085\u000b'
  test.each([
    ['Subject', `Subject: ${encoded(attack)}`],
    ['Subject, encoded twice', `Subject: ${encoded(encoded(attack))}`],
    ['a display name', `From: ${encoded(attack)} <a@b.example>`],
    ['a quoted display name', `From: "${encoded(attack)}" <a@b.example>`],
    ['Reply-To', `Reply-To: ${encoded(attack)} <a@b.example>`],
    ['a local part', 'From: "a\\\rb"@b.example'],
    ['an address as encoded word', `From: ${encoded('a@b.example\r\nBcc: c@d.example')}`],
    ['Message-ID', 'Message-ID: <a\rBcc:x@b.example>'],
    ['Message-ID with NUL', 'Message-ID: <a\u0000b@b.example>'],
    ['References', 'References: <a\u000b@b.example> <b@b.example\u0085>'],
    ['In-Reply-To', `In-Reply-To: ${encoded('<a@b.example>\r\nBcc: x')}`],
    ['To', `To: ${encoded(attack)} <mara+x\u0007@harbor.example>`],
    ['a bare CR in a raw field', 'Subject: a\rBcc: victim@bystander.example'],
  ])('%s', async (_, field) => {
    expect.hasAssertions()
    const from = field.startsWith('From:') ? '' : 'From: jonas@quarry.example\r\n'
    const octets = Buffer.from(`${from}${field}\r\n\r\nHow much?\r\n`)
    const reply = await replyTo(octets)
    expect(reply?.octets.toString('latin1') ?? '').not.toMatch(/^bcc:/im)
  })
})

describe('a hostile subject', () => {
  const base64 = (text: string) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
  const letter = (subject: string, body = 'How much?') =>
    Buffer.from(
      `From: jonas@quarry.example\r\nMessage-ID: <1@quarry.example>\r\nSubject: ${subject}\r\n\r\n${body}\r\n`,
    )
  const written = async (octets: Buffer) => {
    const reply = await replyTo(octets)
    if (reply === null) throw new Error('nobody to answer')
    const message = parseOctets(reply.octets)
    return { subject: reply.subject, names: message.fields.map(({ name }) => name), text: message.text }
  }
  const attack = 'Bcc: victim@bystander.example'

  test.each([
    ['CR LF in base64', base64(`Hi\r\n${attack}`), `Re: Hi ${attack}`],
    ['CR LF in quoted-printable', '=?utf-8?Q?Hi=0D=0ABcc:_victim@bystander.example?=', `Re: Hi ${attack}`],
    ['LF alone, parted over two words', `${base64('Hi\n')} ${base64(attack)}`, `Re: Hi ${attack}`],
    ['an empty line and a body', base64('Hi\r\n\r\nPay me'), 'Re: Hi Pay me'],
    ['bidi controls', base64('\u202egnp.exe\u202c \u2066x\u2069'), 'Re: gnp.exe x'],
    ['line and paragraph separators', base64(`Hi\u2028${attack}\u2029x`), `Re: Hi ${attack} x`],
    ['text in language tags', base64('Hi\u{e0042}\u{e0063}\u{e0063}'), 'Re: Hi'],
    ['ten kilobytes', 'x'.repeat(10_240), `Re: ${'x'.repeat(245)}…`],
    ['ten kilobytes of encoded words', Array(340).fill(base64('äöü漢字')).join('\r\n '), null],
    ['ten kilobytes of prefixes', 'Re: '.repeat(2560), 'Re: (no subject)'],
    ['an encoded word that never ends', `=?utf-8?B?${'A'.repeat(10_240)}`, null],
    ['a charset that does not exist', '=?x-none?Q?Hi=0D=0ABcc:_x@y.example?=', null],
  ])('%s', async (_, subject, expected) => {
    const harmless = await written(letter('Hi'))
    const found = await written(letter(subject))
    expect(found.names).toEqual(harmless.names)
    expect(found.text).toBe(harmless.text)
    expect(found.subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
    expect([...found.subject].length).toBeLessThanOrEqual(250)
    if (expected !== null) expect(found.subject).toBe(expected)
  })

  test('text in the body changes no subject', async () => {
    const { subject, names } = await written(letter('Hi', `Subject: Pay now\r\n${attack}\r\n\r\nHow much?`))
    expect(subject).toBe('Re: Hi')
    expect(names).not.toContain('bcc')
  })

  test('whatever it decodes to, the fields of the reply are the same', async () => {
    const { names } = await written(letter('Hi'))
    const piece = fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      ':',
      'Bcc: a@b.example',
      '\u202e',
      '\0',
      '=?',
      '?=',
      '漢',
      ' ',
      '\u2028',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(piece, fc.string({ unit: 'binary' })), { maxLength: 12 }),
        async (pieces) => {
          const found = await written(letter(base64(pieces.join(''))))
          expect(found.names).toEqual(names)
          expect(found.subject).toMatch(/^Re: [^\p{Cc}\u202a-\u202e\u2066-\u2069]+$/u)
        },
      ),
      { numRuns: 60 },
    )
  })
})
