/** The octets are those of nodemailer's MailComposer, which is not used because of its streams. */
import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import MailComposer from 'nodemailer/lib/mail-composer'
import { encodeWord } from 'nodemailer/lib/mime-funcs'
import { PermanentError } from '../../../src/base/errors.ts'
import { parseOctets } from '../../../src/mail/mime/octets.ts'
import { compile, type Draft } from '../../../src/mail/reply/compile.ts'

const draft: Draft = {
  from: { name: 'Mara Lindqvist', address: 'mara@harbor.example' },
  to: [{ name: '', address: 'jonas@quarry.example' }],
  subject: 'Re: Gravel',
  messageId: '<0123@harbor.example>',
  date: new Date('2026-03-10T09:00:00Z'),
  inReplyTo: '<g1@quarry.example>',
  references: ['<g0@quarry.example>', '<g1@quarry.example>'],
  marks: { 'Auto-Submitted': 'auto-replied', 'X-Ai-Disclosure': 'x', 'Content-Language': 'en' },
  text: 'Hello Jonas,\r\n\r\na ton of gravel costs 40 euros.\r\n',
  html: '<p>Hello Jonas,</p>\n<p>a ton of gravel costs 40 euros.</p>\n',
}

async function composed({ marks, references, inReplyTo, text, html, ...rest }: Draft): Promise<string> {
  const subject =
    /^[\x20-\x7e]*$/.test(rest.subject) && !rest.subject.includes('=?')
      ? rest.subject
      : encodeWord(rest.subject, 'Q', 60)
  const charset = /^\p{ASCII}*$/u.test(text) ? 'us-ascii' : 'utf-8'
  const plain = { contentType: `text/plain; charset=${charset}; format=flowed`, content: crlf(text) }
  const composer = new MailComposer({
    from: rest.from,
    to: [...rest.to],
    ...(rest.cc?.length ? { cc: [...rest.cc] } : {}),
    messageId: rest.messageId,
    date: rest.date,
    ...(inReplyTo === null ? {} : { inReplyTo }),
    ...(references.length === 0 ? {} : { references: [...references] }),
    headers: { Subject: { prepared: true, foldLines: true, value: subject }, ...marks },
    alternatives:
      html === null ? [plain] : [plain, { contentType: 'text/html; charset=utf-8', content: crlf(html) }],
    baseBoundary: createHash('sha256').update(rest.messageId).digest('hex').slice(0, 24),
    textEncoding: 'quoted-printable',
  } as ConstructorParameters<typeof MailComposer>[0])
  const built = (await composer.compile().build()).toString('utf8')
  // Each id on its own line: ours, as nodemailer fills lines.
  return built.replace(/^References:.*(?:\r\n[ \t].*)*/m, (field) =>
    field.split(/\s+/).join('\r\n ').replace('\r\n', ''),
  )
}

const crlf = (text: string) => text.replace(/\r?\n/g, '\r\n')

const long = 'word '.repeat(40)
const id = (length: number) => `<${'i'.repeat(length)}@quarry.example>`

test.each<[string, Partial<Draft>]>([
  ['two parts', {}],
  ['one part', { html: null }],
  ['copies', { cc: [{ name: 'Ada, of "Loom"', address: 'ada@loom.example' }] }],
  [
    'many addressees',
    { to: [1, 2, 3, 4].map((n) => ({ name: `Name ${n}`, address: `name${n}@x.example` })) },
  ],
  ['a name outside ASCII', { from: { name: 'Måra', address: 'mara@harbor.example' } }],
  ['an address outside ASCII', { to: [{ name: '', address: 'jönas@quarry.example' }] }],
  ['a quoted local part', { to: [{ name: '', address: '"jo nas"@quarry.example' }] }],
  ['no thread', { inReplyTo: null, references: [] }],
  ['long ids', { inReplyTo: id(100), references: [id(400), id(80), id(1)] }],
  ['a long subject', { subject: `Re: ${long}` }],
  ['a subject outside ASCII', { subject: `Re: „${long}“ 😀` }],
  ['a subject like an encoded word', { subject: 'Re: =?utf-8?q?x?=' }],
  ['a mark with a quote', { marks: { 'X-Responder-Source': '"=?utf-8?q?x?="@quarry.example' } }],
  ['text outside ASCII', { text: 'Grüße 😀 \r\n-- \r\nMåra\r\n', html: '<p>Grüße 😀</p>\n' }],
  ['long lines', { text: `${long}\r\n`, html: `<p>${long}é${long}</p>\n${'x'.repeat(300)}\n` }],
  [
    'signs that quoted-printable encodes',
    { text: 'a=b \u007f\u0001\t \r\n', html: `<p>${'='.repeat(90)}</p>\n` },
  ],
])('%s', async (_, changes) => {
  expect(compile({ ...draft, ...changes }).toString()).toBe(await composed({ ...draft, ...changes }))
})

test('any text', async () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .array(fc.constantFrom('word', ' ', '=', 'é', '😀', '.', '\t'), { maxLength: 150 })
      .map((all) => all.join('')),
  )
  const text = fc.array(
    line.map((one) => `${one.replace(/[\r\n]/g, '').toWellFormed()}\n`),
    { minLength: 1, maxLength: 8 },
  )
  await fc.assert(
    fc.asyncProperty(text, text, fc.boolean(), async (lines, others, isAlone) => {
      const changed = { ...draft, text: lines.join(''), html: isAlone ? null : others.join('') }
      expect(compile(changed).toString()).toBe(await composed(changed))
    }),
    { numRuns: 100 },
  )
})

test('nodemailer takes 64 KB at a time, and may break another line there: the text is the same', async () => {
  const changed = { ...draft, html: `<p>${'&quot;word '.repeat(9000)}</p>\n` }
  const [ours, theirs] = [compile(changed), Buffer.from(await composed(changed))]
  expect(parseOctets(ours).html).toBe(changed.html.replace(/\n/g, '\r\n'))
  expect(parseOctets(theirs).html).toBe(parseOctets(ours).html)
})

test.each<[string, Partial<Draft>]>([
  ['to', { to: [] }],
  ['subject', { subject: '' }],
  ['subject', { subject: ' ' }],
  ['x-loop', { marks: { 'X-Loop': '' } }],
])('no field without a value: %s', (name, changes) => {
  const fault = new PermanentError(`the reply lacks a header field: ${name}`)
  expect(() => compile({ ...draft, ...changes })).toThrow(fault)
})
