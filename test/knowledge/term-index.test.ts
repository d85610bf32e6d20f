import { describe, expect, test } from '@jest/globals'
import { countIn, type Field } from '../../src/knowledge/postings.ts'
import { type Fields, TermIndex, weighed } from '../../src/knowledge/term-index.ts'

const passage = (text: string, heading = '', path = ''): Fields => ({ text, heading, path })

function read(index: TermIndex, word: string): number[][] {
  const run = index.newRun()
  const length = index.read(index.vocabulary.idOf(word) ?? -1, run)
  const counts = (at: number) => ([0, 1, 2] as Field[]).map((field) => countIn(run.counts[at] ?? 0, field))
  return Array.from({ length }, (_, at) => [run.passages[at] ?? -1, ...counts(at)])
}

const some = [
  passage('Refund, refund and postage.', 'Refund', 'shop returns'),
  passage('Postage is three euros.', 'Postage', 'shop'),
  passage('Nothing of that.', 'Hours'),
]

test('counts by passage, text, heading and path', () => {
  const index = new TermIndex()
  expect(some.map((each) => index.add(each))).toEqual([0, 1, 2])
  expect(read(index, 'refund')).toEqual([[0, 2, 1, 0]])
  expect(read(index, 'postage')).toEqual([
    [0, 1, 0, 0],
    [1, 1, 1, 0],
  ])
  expect(read(index, 'shop')).toEqual([
    [0, 0, 0, 1],
    [1, 0, 0, 1],
  ])
})

describe('discarded passages leave no trace', () => {
  const figures = (index: TermIndex, word: string) => {
    const term = index.vocabulary.idOf(word) ?? -1
    const part = index.vocabulary.partOf(word.slice(0, 4)) ?? -1
    const weights = ([0, 1, 2] as Field[]).flatMap((field) =>
      (['words', 'parts'] as const).map((kind) => {
        const { rarity, mean, boost } = index.weighing(kind, field, index.frequencyOf(term, field))
        return [rarity, mean, boost]
      }),
    )
    return [index.holdersOf(term), index.costOf(part), index.present, weights]
  }

  // The postings of removed passages are swept when they outnumber the others.
  test.each([1, 5, 40])('%i other passages', (others) => {
    const index = new TermIndex()
    for (const each of some) index.add(each)
    for (let at = 0; at < others; at++) index.add(passage(`Refund of postage number${at}`, 'Refunds', 'old'))
    index.discard(new Set(Array.from({ length: others }, (_, at) => at + some.length)))
    index.discard(new Set([3]))
    const fresh = new TermIndex()
    for (const each of some) fresh.add(each)
    for (const word of ['refund', 'postage', 'shop']) {
      expect(read(index, word)).toEqual(read(fresh, word))
      expect(figures(index, word)).toEqual(figures(fresh, word))
    }
    const added = index.add(passage('Refund again'))
    expect(read(index, 'refund')).toEqual([
      [0, 2, 1, 0],
      [added, 1, 0, 0],
    ])
  })
})

test('a rarer word, and a shorter passage, weigh more; so does one more occurrence', () => {
  const index = new TermIndex()
  for (const each of some) index.add(each)
  const rare = index.weighing('words', 0, 1)
  expect(weighed(rare, 0, 1)).toBeGreaterThan(weighed(index.weighing('words', 0, 2), 0, 1))
  expect(weighed(rare, 2, 1)).toBeGreaterThan(weighed(rare, 1, 1))
  expect(weighed(rare, 0, 2)).toBeGreaterThan(weighed(rare, 0, 1))
})

test('an extremely long word has only as many parts as one of ordinary length', () => {
  const index = new TermIndex()
  index.add(passage('x'.repeat(100_000)))
  index.add(passage(Array.from({ length: 20_000 }, (_, at) => (at * 7919).toString(36)).join('')))
  expect(index.vocabulary.parts).toBeLessThan(100)
})
