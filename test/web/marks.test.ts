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
