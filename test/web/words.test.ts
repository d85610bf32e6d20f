import { expect, test } from '@jest/globals'
import {
  ageOf,
  clockOf,
  exactly,
  momentOf,
  supported,
  titled,
  unwrapped,
  windowOf,
} from '../../src/web/words.ts'

const passages = [
  {
    heading: 'Opening hours',
    text: 'The shop is open Tuesday to Friday from ten to six, Saturday from ten to two.',
  },
  { heading: 'Returns', text: 'Unused goods can be returned within thirty days.' },
]

test('sentences name the passage that they rest on, and nothing is lost', () => {
  const text =
    'Hello Noor,\n\nThe shop is open on Saturday from ten to two. Unused goods can be returned within thirty days! Regards'
  const sentences = supported(text, passages)
  expect(sentences.map((sentence) => sentence.text).join('')).toBe(text)
  expect(sentences.map(({ source }) => source).filter((source) => source !== null)).toEqual([0, 1])
})

test('without passages no sentence rests on anything', () => {
  expect(supported('The shop is open on Saturday.', [])).toEqual([
    { text: 'The shop is open on Saturday.', source: null },
  ])
})

test.each([
  [0, 'now'],
  [59_000, 'now'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [86_400_000, '1 d'],
])('%d ms ago is %s', (ms, expected) => {
  const now = new Date('2026-11-24T08:00:00Z')
  expect(ageOf(new Date(now.getTime() - ms), now)).toBe(expected)
})

test('a category is written as its owner would', () => expect(titled('order-status')).toBe('Order status'))

test.each([
  ['UTC', '24 Nov 2026, 23:03', 'Tue, 24 Nov 2026, 23:03:12 UTC', '23:03:12'],
  ['Europe/Berlin', '25 Nov 2026, 00:03', 'Wed, 25 Nov 2026, 00:03:12 CET', '00:03:12'],
  ['Asia/Kolkata', '25 Nov 2026, 04:33', 'Wed, 25 Nov 2026, 04:33:12 GMT+5:30', '04:33:12'],
])('in %s a moment is %s', (timeZone, short, exact, clock) => {
  const at = new Date('2026-11-24T23:03:12Z')
  expect([momentOf(at, timeZone), exactly(at, timeZone), clockOf(at, timeZone)]).toEqual([
    short,
    exact,
    clock,
  ])
})

test.each([
  [5, '5 s'],
  [60, '60 s'],
  [300, '5 min'],
  [3600, '1 h'],
])('a window of %d seconds is written %s', (seconds, words) => expect(windowOf(seconds)).toBe(words))

const wrapped = [
  'we ordered two pairs of boots last week and only one pair has arrived, so I',
  'would like to know when the other one will come, because we leave on Friday',
  'morning.',
].join('\n')

test.each([
  ['a paragraph wrapped at the margin', wrapped, wrapped.replaceAll('\n', ' ')],
  [
    'two of them',
    `${wrapped}\n\n${wrapped}`,
    `${wrapped.replaceAll('\n', ' ')}\n\n${wrapped.replaceAll('\n', ' ')}`,
  ],
  ['short lines, as in an address', 'Noor\nHarbour 4\nBergen', 'Noor\nHarbour 4\nBergen'],
  ['a short line before a paragraph', `Hello,\n${wrapped}`, `Hello,\n${wrapped.replaceAll('\n', ' ')}`],
  ['a list', `${wrapped.split('\n')[0]}\n- one\n- two`, `${wrapped.split('\n')[0]}\n- one\n- two`],
  [
    'a numbered list',
    `${wrapped.split('\n')[0]}\n1. one\n2. two`,
    `${wrapped.split('\n')[0]}\n1. one\n2. two`,
  ],
  ['quoted lines', `> ${wrapped.replaceAll('\n', '\n> ')}`, `> ${wrapped.replaceAll('\n', '\n> ')}`],
  ['one line per paragraph', wrapped.replaceAll('\n', ' '), wrapped.replaceAll('\n', ' ')],
  ['nothing', '', ''],
])('%s', (_, text, expected) => expect(unwrapped(text)).toBe(expected))
