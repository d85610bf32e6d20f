import { describe, expect, test } from '@jest/globals'
import { Vocabulary } from '../../src/knowledge/vocabulary.ts'

function vocabularyOf(words: readonly string[]): Vocabulary {
  const vocabulary = new Vocabulary()
  for (const word of words) vocabulary.add(word)
  return vocabulary
}

/** Levenshtein's distance, straight from its definition. */
function distanceOf(one: string, other: string): number {
  if (one === '' || other === '') return one.length + other.length
  const rest = distanceTable.get(`${one} ${other}`)
  if (rest !== undefined) return rest
  const distance = Math.min(
    distanceOf(one.slice(1), other) + 1,
    distanceOf(one, other.slice(1)) + 1,
    distanceOf(one.slice(1), other.slice(1)) + (one[0] === other[0] ? 0 : 1),
  )
  distanceTable.set(`${one} ${other}`, distance)
  return distance
}
const distanceTable = new Map<string, number>()

const words = [
  ...['return', 'returns', 'returned', 'retour', 'refund', 'refunds', 'refunding', 'fund', 'delivery'],
  ...[
    'deliver',
    'delivered',
    'livery',
    'lieferung',
    'lieferungen',
    'lieferant',
    'rechnung',
    'rechnungen',
    're',
  ],
]

test('words that are added later are found like the first', () => {
  const vocabulary = vocabularyOf(words.slice(0, 9))
  expect(vocabulary.beginningWith('deliver', 10)).toHaveLength(1)
  for (const word of words.slice(9)) vocabulary.add(word)
  expect(vocabulary.beginningWith('deliver', 10).map((term) => words[term])).toEqual([
    'delivered',
    'delivery',
  ])
  expect(vocabulary.idOf('delivered')).toBe(10)
})

test.each([
  ['refund', 10, ['refunding', 'refunds']],
  ['refund', 1, []],
  ['zzz', 10, []],
  ['rechnungen', 10, []],
])('longer words that begin with %s, of at most %i', (beginning, most, expected) => {
  const found = vocabularyOf(words).beginningWith(beginning, most)
  expect(found.map((term) => words[term])).toEqual(expected)
})

describe('near words are those of the definition', () => {
  test.each(
    [...words, 'retruns', 'lieferug', 'xeturn', 'a'].flatMap((word) =>
      [0, 1, 2, 3].map((most) => [word, most] as const),
    ),
  )('%s, %i letters', (word, most) => {
    const vocabulary = vocabularyOf(words)
    const expected = [...words]
      .sort()
      .map((other) => ({ term: words.indexOf(other), distance: distanceOf(word, other) }))
      .filter(({ distance }) => distance > 0 && distance <= most)
    expect(vocabulary.near(word, most)).toEqual(expected)
    expect(vocabulary.near(word, most, 1)).toEqual(
      expected.filter(({ term }) => words[term]?.[0] === word[0]),
    )
  })
})

test('a part is listed with its words, and with the number of its occurrences in each', () => {
  const vocabulary = vocabularyOf(['abababab', 'xabab', 'ab', '返品送料'])
  const holders = (part: string) => {
    const { terms, times } = vocabulary.wordsWith(vocabulary.partOf(part) ?? -1)
    return [...terms].map((term, at) => [term, times[at]])
  }
  expect(holders('abab')).toEqual([
    [0, 3],
    [1, 1],
  ])
  expect(holders('ab')).toEqual([[2, 1]])
  expect(holders('品送')).toEqual([[3, 1]])
  expect(vocabulary.partOf('abcd')).toBeUndefined()
  const parts: number[] = []
  vocabulary.eachPartOf(0, (part) => parts.push(part))
  const [abab, baba] = [vocabulary.partOf('abab'), vocabulary.partOf('baba')]
  expect(parts).toEqual([abab, baba, abab, baba, abab])
})
