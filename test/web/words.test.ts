import { expect, test } from '@jest/globals'
import { ageOf, supported, titled } from '../../src/web/words.ts'

const passages = [
  {
    heading: 'Opening hours',
    text: 'The shop is open Tuesday to Friday from ten to six, Saturday from ten to two.',
  },
  { heading: 'Returns', text: 'Unused goods can be returned within thirty days.' },
]

test('sentences name the passage that they lean on, and nothing is lost', () => {
  const text =
    'Hello Noor,\n\nThe shop is open on Saturday from ten to two. Unused goods can be returned within thirty days! Regards'
  const sentences = supported(text, passages)
  expect(sentences.map((sentence) => sentence.text).join('')).toBe(text)
  expect(sentences.map(({ source }) => source).filter((source) => source !== null)).toEqual([0, 1])
})

test('without passages no sentence leans on anything', () => {
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
