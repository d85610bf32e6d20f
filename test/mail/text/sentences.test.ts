import { expect, test } from '@jest/globals'
import { sentencesOf } from '../../../src/mail/text/sentences.ts'

test.each([
  ['Hi Kim,\n\nyes. We are open.', ['Hi Kim,', 'yes.', 'We are open.']],
  ['Bis Montag, 21. Dezember, um 11:00 Uhr.', ['Bis Montag, 21. Dezember, um 11:00 Uhr.']],
  ['Fragen Sie Dr. Lindner. Danke.', ['Fragen Sie Dr. Lindner.', 'Danke.']],
  ['お持ちください。10分前にお越しください。', ['お持ちください。', '10分前にお越しください。']],
  ['…\n---\n', []],
])('%j', (text, expected) => {
  expect(sentencesOf(text)).toEqual(expected)
})

test('however long, at most 60, and nothing lost', () => {
  const text = Array.from({ length: 200 }, (_, at) => `Sentence ${at} says it.`).join(' ')
  const sentences = sentencesOf(text)
  expect(sentences).toHaveLength(60)
  expect(sentences.join(' ')).toBe(text)
})
