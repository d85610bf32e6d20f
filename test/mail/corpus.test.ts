import { isDeepStrictEqual } from 'node:util'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseAddressList } from '../../src/mail/address.ts'
import type { Message } from '../../src/mail/message.ts'
import { headerBounds } from '../../src/mail/mime/header.ts'
import {
  messageFromParts,
  parseFields,
  parseOctets,
  splitHeader,
  textPartsOf,
} from '../../src/mail/mime/octets.ts'
import { parseStructure, unnamedCalendars } from '../../src/mail/mime/structure.ts'
import { decodeWords, plainLine } from '../../src/mail/mime/words.ts'
import { splitText, visibleText } from '../../src/mail/text/visible.ts'
import { corpusFiles, corpusOctets, type Label, labelsOf } from './messages.ts'

const fold = (text: string) => text.replace(/\s+/g, ' ').trim()

/** The expectations in the label that the text does not meet. */
function broken({ expect: wanted }: Label, text: string): string[] {
  const comparable = wanted.compare ? (value: string) => value.replace(/\s/g, '') : fold
  const faults: string[] = []
  if (wanted.visible !== undefined && comparable(text) !== comparable(wanted.visible)) faults.push('visible')
  if (wanted.starts !== undefined && !fold(text).startsWith(fold(wanted.starts))) faults.push('starts')
  for (const part of wanted.contains ?? []) if (!fold(text).includes(fold(part))) faults.push(`lacks ${part}`)
  for (const part of wanted.not_contains ?? [])
    if (fold(text).includes(fold(part))) faults.push(`holds ${part}`)
  return faults
}

function statesText({ expect: wanted }: Label): boolean {
  const lists = [...(wanted.contains ?? []), ...(wanted.not_contains ?? [])]
  return wanted.visible !== undefined || wanted.starts !== undefined || lists.length > 0
}

test('reply: at least 95 of 100 expectations that state a text are met', () => {
  const stated = labelsOf('reply').filter(statesText)
  const missed = stated.filter((label) => {
    const message = parseOctets(corpusOctets(label.file))
    return broken(label, visibleText(message).text).length > 0
  })
  expect(stated.length).toBeGreaterThan(70)
  const allowed = Math.floor(stated.length * 0.05)
  expect({ missed: missed.map((label) => label.file), tooMany: missed.length > allowed }).toMatchObject({
    tooMany: false,
  })
})

/** The same message as IMAP returns it: header, structure, and the encoded octets of the text parts. */
function asFromImap(octets: Buffer): Message {
  const { end, body } = headerBounds(octets)
  const header = octets.subarray(0, end)
  const { structure, bodies } = parseStructure(parseFields(header), octets.subarray(body))
  const texts = new Map(
    [...unnamedCalendars(structure), ...textPartsOf(structure)].map((part) => [
      part.path,
      bodies.get(part.path) ?? Buffer.alloc(0),
    ]),
  )
  return messageFromParts({ header: splitHeader(octets), structure, texts })
}

/** A failure names the file. To call `expect` for each of thousands of files costs more than to compare them. */
function expectSame(file: string, is: object, wanted: object): void {
  if (!isDeepStrictEqual(is, wanted)) expect({ file, ...is }).toEqual({ file, ...wanted })
}

test('every corpus message reads alike from its octets and from its parts, with LF and with CRLF', () => {
  const files = corpusFiles()
  expect(files.length).toBeGreaterThan(1900)
  for (const file of files) {
    const octets = corpusOctets(file)
    const message = parseOctets(octets)
    const fromParts = asFromImap(octets)
    expectSame(file, { ...fromParts, faults: [] }, { ...message, faults: [] })
    if (octets.includes('\r')) continue
    const crlf = parseOctets(Buffer.from(octets.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'))
    expectSame(file, { text: crlf.text, fields: crlf.fields }, { text: message.text, fields: message.fields })
  }
})

test('no text of a corpus message holds a control character, and every visible text comes from it', () => {
  for (const file of corpusFiles()) {
    const { text } = parseOctets(corpusOctets(file))
    expectSame(file, { found: /(?![\n\t])\p{Cc}/u.exec(text)?.[0] }, { found: undefined })
    const lines = new Set(text.split('\n').map((line) => line.trim()))
    const visible = visibleText({ text }).text.split('\n')
    expectSame(file, { foreign: visible.filter((line) => !lines.has(line.trim())) }, { foreign: [] })
  }
})

const withControls = labelsOf('hostile').filter((label) =>
  label.expect.features?.some((feature) => feature.startsWith('control_char_in_decoded')),
)

test.each(withControls.map((label) => label.file))(
  '%s: no decoded name or subject can end a field',
  (file) => {
    const { fields } = parseOctets(corpusOctets(file))
    // The sample does contain control characters; otherwise the lines below would prove nothing.
    expect(fields.some(({ value }) => /\p{Cc}/u.test(decodeWords(value).replaceAll('\t', ' ')))).toBe(true)
    for (const { value } of fields) {
      expect(plainLine(decodeWords(value))).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
      for (const { name, address } of parseAddressList(value)) expect(name + address).not.toMatch(/\p{Cc}/u)
    }
  },
)

const seeds = corpusFiles()
  .filter((file) => !file.startsWith('spam/'))
  .map(corpusOctets)
  .filter((octets) => octets.length < 12_000)

const splices = [
  ...[
    '\r',
    '\n',
    '\r\n\r\n',
    '\0',
    '--',
    '=',
    '=?utf-8?q?=0D=0A?=',
    '<',
    '"',
    '(',
    '> ',
    'On 1.1.2020 a <a@b> wrote:\n',
  ],
  ...[
    'Content-Type: multipart/mixed; boundary=x\n\n--x\n',
    'Content-Type: message/rfc822\n\n',
    '<div hidden>',
    '\xff\xfe',
    '\x1b$B',
  ],
].map((text) => Buffer.from(text, 'latin1'))

interface Mutation {
  at: number
  remove: number
  splice: number
  octet: number
}

function mutated(seed: Buffer, mutations: readonly Mutation[]): Buffer {
  let octets = seed
  for (const { at, remove, splice, octet } of mutations) {
    const position = Math.floor(at * octets.length)
    const insert = splices[splice] ?? Buffer.from([octet])
    octets = Buffer.concat([octets.subarray(0, position), insert, octets.subarray(position + remove)])
  }
  return octets
}

test('2,500 broken mails: none throws, both ways of reading agree, and the result is sound', () => {
  const mutation = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat({ max: 200 }),
    splice: fc.nat({ max: splices.length }),
    octet: fc.nat({ max: 255 }),
  })
  fc.assert(
    fc.property(
      fc.nat({ max: seeds.length - 1 }),
      fc.array(mutation, { minLength: 1, maxLength: 12 }),
      (seed, mutations) => {
        const octets = mutated(seeds[seed] ?? Buffer.alloc(0), mutations)
        const message = parseOctets(octets)
        expect(asFromImap(octets).text).toBe(message.text)
        expect(message.text).not.toMatch(/\0|\p{Cs}/u)
        expect(
          message.fields.every(({ name, value }) => /^[!-9;-~]+$/.test(name) && !value.includes('\0')),
        ).toBe(true)
        const { text, quoted, signature } = visibleText(message)
        expect(text.length + quoted.length + signature.length).toBeLessThanOrEqual(
          message.text.length * 2 + 10,
        )
      },
    ),
    { numRuns: 2500 },
  )
})

test('splitting a text of any lines loses no words, even after a quote or a rule', () => {
  const line = fc.constantFrom<string>(
    'word',
    'Two words here.',
    '',
    '> quoted',
    '-- ',
    '---',
    'On 1.1.2020 Ann <a@b.c> wrote:',
    'From: a',
    'Sent: b',
    'Subject: c',
    'Sent from my iPhone',
    '|',
    '<',
    'wrote:',
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const text = lines.join('\n')
      const split = splitText(text)
      const kept = `${split.text}\n${split.quoted}\n${split.signature}`
      for (const own of ['word', 'Two words here.']) if (lines.includes(own)) expect(kept).toContain(own)
      if (text.trim() === '') expect(split.text).toBe('')
    }),
    { numRuns: 2000 },
  )
})
