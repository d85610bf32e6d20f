import { describe, expect, test } from '@jest/globals'
import { displayName } from '../../../src/mail/reply/addressing.ts'
import { replyHeader } from '../../../src/mail/reply/build.ts'
import { letter, owner } from '../../guard/letter.ts'

function header(fields: readonly string[], kind: 'send' | 'draft' = 'send') {
  const found = replyHeader(letter(fields), owner, kind)
  if (found === null) throw new Error('no header')
  return found
}

describe('to', () => {
  test.each([
    [['From: Jonas <jonas@quarry.example>'], ['jonas@quarry.example']],
    [['From: a@quarry.example, b@quarry.example'], ['a@quarry.example']],
    [['Reply-To: a@quarry.example'], ['a@quarry.example']],
    [['Reply-To: mara@harbor.example, a@quarry.example'], ['a@quarry.example']],
    [['Reply-To: mara@harbor.example'], ['jonas@quarry.example']],
    [['Reply-To:'], ['jonas@quarry.example']],
    [
      ['Sender: s@quarry.example', 'Return-Path: <r@quarry.example>', 'Resent-From: f@quarry.example'],
      ['jonas@quarry.example'],
    ],
    [['Cc: c@quarry.example', 'Bcc: b@quarry.example'], ['jonas@quarry.example']],
    [['From: Rae <Rae+Shop@ELM.example>'], ['Rae+Shop@elm.example']],
    [['From: Info <info@möbel.example>'], ['info@xn--mbel-5qa.example']],
    [['From: "a b"@quarry.example'], ['"a b"@quarry.example']],
    [['From: "a"@quarry.example'], ['a@quarry.example']],
  ])('%j: %j', (fields, expected) => {
    expect(header(fields).to).toEqual(expected)
  })
  test.each([
    ['send', ['a@quarry.example']],
    ['draft', ['a@quarry.example', 'b@quarry.example']],
  ] as const)('several Reply-To addresses in a %s', (kind, expected) => {
    const fields = ['Reply-To: a@quarry.example, mara@harbor.example, A@quarry.example, b@quarry.example']
    expect(header(fields, kind).to).toEqual(expected)
  })
  test('nobody to answer', () => {
    expect(replyHeader(letter(['From: Robot:;']), owner, 'draft')).toBeNull()
    expect(replyHeader(letter(['-From']), owner, 'send')).toBeNull()
  })
})

describe('from', () => {
  test.each([
    [[], 'mara@harbor.example'],
    [['To: x@y.example, Office@Harbor.example'], 'office@harbor.example'],
    [['To: mara+shop@harbor.example'], 'mara@harbor.example'],
    [['To: x@y.example', 'Cc: office@harbor.example'], 'office@harbor.example'],
    [['To: mara@harbor.example', 'Cc: office@harbor.example'], 'mara@harbor.example'],
    ...['Resent-To', 'Resent-Cc', 'Delivered-To', 'X-Original-To', 'Envelope-To'].map(
      (name) =>
        [['To: x@y.example', `${name}: office@harbor.example`], 'office@harbor.example'] as [
          string[],
          string,
        ],
    ),
    [
      ['To: x@y.example', 'Envelope-To: mara@harbor.example', 'Delivered-To: office@harbor.example'],
      'office@harbor.example',
    ],
    [['To: x@y.example', 'Bcc: office@harbor.example'], 'mara.lindqvist@harbor.example'],
    [['To: office@harbor.example.evil.example'], 'mara.lindqvist@harbor.example'],
    [['-To'], 'mara.lindqvist@harbor.example'],
  ] as [string[], string][])('%j: %s', (fields, expected) => {
    expect(header(fields).from).toBe(expected)
  })
})

test('our own address is written in A-labels', () => {
  const idn = { ...owner, address: 'Mara@MÖBEL.example' }
  expect(replyHeader(letter(['-To']), idn, 'send')?.from).toBe('mara@xn--mbel-5qa.example')
})

describe('subject', () => {
  test.each([
    ['Gravel', 'Re: Gravel'],
    ['Re: Gravel', 'Re: Gravel'],
    ['RE: re:Re :  Gravel', 'Re: Gravel'],
    ['Re[2]: Gravel', 'Re: Gravel'],
    ['Re[12]: Gravel', 'Re: Gravel'],
    ['Re^34: Gravel', 'Re: Gravel'],
    ['Re(12): Gravel', 'Re: Gravel'],
    ['RE^3: Gravel', 'Re: Gravel'],
    ['Re [2] : Gravel', 'Re: Gravel'],
    ['Aw: Antw: Antwort: Sv: Vs: Odp: Ynt: Res: Rif: Atb: Gravel', 'Re: Gravel'],
    ['AW：Gravel', 'Re: Gravel'],
    ['回复: 答复：回覆: Gravel', 'Re: Gravel'],
    ...['Fwd', 'Fw', 'WG', 'TR', 'RV', 'I', 'Enc', 'VB', 'Auto', 'R'].flatMap(
      (prefix): [string, string][] => [
        [`${prefix}: Gravel`, `Re: ${prefix}: Gravel`],
        [`Re: ${prefix}: Re: Gravel`, `Re: ${prefix}: Re: Gravel`],
      ],
    ),
    ['[Yard] Re: Gravel', 'Re: [Yard] Re: Gravel'],
    ['Research: Gravel', 'Re: Research: Gravel'],
    ['Reply: Gravel', 'Re: Reply: Gravel'],
    ['Re Gravel', 'Re: Re Gravel'],
    ['Re[x]: Gravel', 'Re: Re[x]: Gravel'],
    ['xRe: Gravel', 'Re: xRe: Gravel'],
    ['Re[2: Gravel', 'Re: Re[2: Gravel'],
    ['', 'Re: (no subject)'],
    ['Re:', 'Re: (no subject)'],
    ['Re: Aw:  ', 'Re: (no subject)'],
    ['=?utf-8?Q?Re=3A_Ma=C3=9Fe?=', 'Re: Maße'],
    ['=?iso-8859-1?Q?Ma=DFe?=\n =?iso-8859-1?Q?_neu?=', 'Re: Maße neu'],
    ['=?utf-8?Q?a=0D=0ABcc:_x@y.example=00=09b?=', 'Re: a Bcc: x@y.example b'],
    ['=?utf-8?B?YeKAqGLigKljwoVk4oCuZQ==?=', 'Re: a b c d e'],
    ['Second\n  line\t here', 'Re: Second line here'],
  ])('%j: %j', (subject, expected) => {
    expect(header([`Subject: ${subject}`]).subject).toBe(expected)
  })
  test('no Subject field', () => {
    expect(header(['-Subject']).subject).toBe('Re: (no subject)')
  })
  test('only the first of several counts', () => {
    expect(header(['Subject: a', 'Subject: b']).subject).toBe('Re: a')
  })
  test.each([
    ['x'.repeat(246), `Re: ${'x'.repeat(246)}`],
    ['x'.repeat(247), `Re: ${'x'.repeat(245)}…`],
    ['😀'.repeat(246), `Re: ${'😀'.repeat(246)}`],
    ['😀'.repeat(300), `Re: ${'😀'.repeat(245)}…`],
    [`${'x'.repeat(244)} ${'y'.repeat(50)}`, `Re: ${'x'.repeat(244)}…`],
  ])('at most 250 code points (case %#)', (subject, expected) => {
    expect(header([`Subject: ${subject}`]).subject).toBe(expected)
    expect([...expected].length).toBeLessThanOrEqual(250)
  })
})

describe('in-reply-to and references', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, at) => `<n${at}@x.example>`)
  test.each([
    [['Message-ID: <a@x.example>'], '<a@x.example>', ['<a@x.example>']],
    [['Message-ID: (id) <a@x.example> <b@x.example>'], '<a@x.example>', ['<a@x.example>']],
    [['Message-ID: rubbish <a@x.example>'], '<a@x.example>', ['<a@x.example>']],
    [['Message-ID: a.b@x.example'], '<a.b@x.example>', ['<a.b@x.example>']],
    [['Message-ID: a.b@x.example (c)'], '<a.b@x.example>', ['<a.b@x.example>']],
    [['Message-ID: a b@x.example'], null, []],
    [['Message-ID: <a b@x.example>'], null, []],
    [['Message-ID: <a>'], null, []],
    [['Message-ID: <@x.example>'], null, []],
    [['Message-ID:'], null, []],
    [['-Message-ID'], null, []],
    [['Message-ID: <ä@x.example>'], null, []],
    [['Message-ID: <a@x.example>', 'Message-ID: <b@x.example>'], '<a@x.example>', ['<a@x.example>']],
    [['Message-ID: broken', 'Message-ID: <b@x.example>'], null, []],
    [[`Message-ID: <${'a'.repeat(890)}@x.example>`], null, []],
    [
      [`Message-ID: <${'a'.repeat(888)}@x.example>`],
      `<${'a'.repeat(888)}@x.example>`,
      [`<${'a'.repeat(888)}@x.example>`],
    ],
    [['References: <a@x.example>'], '<g1@quarry.example>', ['<a@x.example>', '<g1@quarry.example>']],
    [
      ['References: <a@x.example>,(c <d@x.example>)<b@x.example> e <f>'],
      '<g1@quarry.example>',
      ['<a@x.example>', '<b@x.example>', '<g1@quarry.example>'],
    ],
    [
      ['References: <a@x.example> <g1@quarry.example> <b@x.example> <a@x.example>'],
      '<g1@quarry.example>',
      ['<a@x.example>', '<b@x.example>', '<g1@quarry.example>'],
    ],
    [
      ['References: <a@x.example>', 'References: <b@x.example>'],
      '<g1@quarry.example>',
      ['<a@x.example>', '<b@x.example>', '<g1@quarry.example>'],
    ],
    [
      ['References: none', 'In-Reply-To: <a@x.example>'],
      '<g1@quarry.example>',
      ['<a@x.example>', '<g1@quarry.example>'],
    ],
    [
      ['References: <b@x.example>', 'In-Reply-To: <a@x.example>'],
      '<g1@quarry.example>',
      ['<b@x.example>', '<g1@quarry.example>'],
    ],
    [
      ['In-Reply-To: Your message of Tuesday <a@x.example>'],
      '<g1@quarry.example>',
      ['<a@x.example>', '<g1@quarry.example>'],
    ],
    [['In-Reply-To: <a@x.example> <b@x.example>'], '<g1@quarry.example>', ['<g1@quarry.example>']],
    [['In-Reply-To: <ä@x.example>'], '<g1@quarry.example>', ['<g1@quarry.example>']],
    [
      ['References: <ä@x.example> <a@x.example>'],
      '<g1@quarry.example>',
      ['<a@x.example>', '<g1@quarry.example>'],
    ],
    [
      ['-Message-ID', 'References: <a@x.example> <a@x.example> <b@x.example>'],
      null,
      ['<a@x.example>', '<b@x.example>'],
    ],
    [['-Message-ID', 'In-Reply-To: <a@x.example>'], null, ['<a@x.example>']],
    [[`References: ${ids(19).join(' ')}`], '<g1@quarry.example>', [...ids(19), '<g1@quarry.example>']],
    [
      [`References: ${ids(20).join('\n ')}`],
      '<g1@quarry.example>',
      ['<n0@x.example>', ...ids(20).slice(2), '<g1@quarry.example>'],
    ],
    [['-Message-ID', `References: ${ids(21).join(' ')}`], null, ['<n0@x.example>', ...ids(21).slice(2)]],
  ] as [string[], string | null, string[]][])('%j', (fields, inReplyTo, references) => {
    expect(header(fields)).toMatchObject({ inReplyTo, references })
  })
})

test.each([
  ['send', 'auto-replied'],
  ['draft', null],
] as const)('a %s has Auto-Submitted %s', (kind, expected) => {
  expect(header([], kind).autoSubmitted).toBe(expected)
})

test.each([
  ['Jonas Ek', 'Jonas Ek'],
  ['Jonas"Ek', 'Jonas Ek'],
  ['Jonas "the yard" Ek', 'Jonas the yard Ek'],
  ['a\r\nBcc: b\u0000c\u202e', 'a Bcc: b c'],
  ['mara@harbor.example', ''],
  ['mara＠harbor.example', ''],
  ['=?utf-8?Q?=0D?=', '?utf-8?Q?=0D?='],
  ['x'.repeat(100), 'x'.repeat(100)],
  ['x'.repeat(101), ''],
])('the display name %j becomes %j', (name, expected) => {
  expect(displayName(name)).toBe(expected)
})
