import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { runsAmong, runsOf } from '../../src/check/runs.ts'

test('runs are joined by spaces; a shorter text has none', () => {
  expect(runsOf(['a', 'b', 'c', 'd'], 3)).toEqual(['a b c', 'b c d'])
  expect(runsOf(['a', 'b'], 3)).toEqual([])
})

test('runs among other words are those runs of which each word is one of them', () => {
  const texts = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 20 })
  fc.assert(
    fc.property(texts, texts, fc.integer({ min: 1, max: 4 }), (said, words, length) => {
      const wanted = new Set<string>(said)
      const expected = runsOf(words, length).filter((run) => run.split(' ').every((word) => wanted.has(word)))
      expect(runsAmong(wanted, words, length)).toEqual(expected)
    }),
  )
})
