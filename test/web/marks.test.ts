import { expect, test } from '@jest/globals'
import { marksOf } from '../../src/web/marks.ts'
import { replyWith } from './shown.ts'

const text =
  'Dear Ann,\n\nWe open at ten. The bell weighs 3 kg. Send it back within 30 days.\n\nKind regards\nRobin'
const sentence = (said: string) => ({ text: said, verdict: 'not-stated' as const, sources: [] })
const checked = {
  ...{ asks: [], language: true, name: true, address: true, leak: false, promise: false, obeys: false },
  sentences: [
    'Dear Ann,',
    'We open at ten.',
    'The bell weighs 3 kg.',
    'Send it back within 30 days.',
    'Kind regards\nRobin',
  ].map(sentence),
}
const passage = {
  file: 'returns.md',
  heading: 'Returns',
  text: 'Keep the box.\nSend it  back within\n30 days. We pay.',
}

test('only a claim that no source states is marked: no greeting, no closing, no sentence of the owner', () => {
  const reply = { ...replyWith([]), text, draftText: text, sources: [passage], checked }
  const marks = marksOf(reply)
  expect(marks.map((mark) => mark.text).join('')).toBe(text)
  expect(marks.filter(({ doubt }) => doubt !== null).map((mark) => mark.text)).toEqual([
    'We open at ten.',
    'The bell weighs 3 kg.',
  ])
  expect(marks.find((mark) => mark.text.startsWith('Send'))?.sources).toEqual([0])
})

test('a greeting that claims something is marked', () => {
  const claiming = 'Dear Ann, your order 4471 left today.'
  const reply = { ...replyWith([]), text: claiming, draftText: claiming }
  const marks = marksOf({ ...reply, checked: { ...checked, sentences: [sentence(claiming)] } })
  expect(marks.map(({ doubt }) => doubt)).toEqual(['No source states this'])
})

const read = '(read Sun 2026-11-29 04:26)'
const facts = [
  {
    file: 'lookup order AB-1',
    heading: 'status',
    text: `handed to the carrier\n${read}`,
    lookup: true as const,
  },
  { file: 'lookup order AB-1', heading: 'eta', text: `2026-12-03\n${read}`, lookup: true as const },
  { file: 'lookup order AB-1', heading: 'paid', text: `no\n${read}`, lookup: true as const },
  { file: 'a.md', heading: 'Days', text: '2026-12-04' },
]

test.each<[string, number[]]>([
  ['Your order was handed to the carrier.', [0]],
  ['It was handed to the carrier and arrives on 2026-12-03.', [0, 1]],
  ['It arrives on 2026-12-031.', []],
  ['There is no news.', []],
  ['We close on 2026-12-04.', []],
])('without a check, "%s" rests on the facts %j', (said, expected) => {
  const reply = { ...replyWith([]), text: said, draftText: said, sources: facts, checked: null }
  expect(marksOf(reply)).toEqual([{ text: said, sources: expected, doubt: null }])
})
