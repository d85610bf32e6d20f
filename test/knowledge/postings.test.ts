import { describe, expect, test } from '@jest/globals'
import { growingCounts, growingInts } from '../../src/knowledge/growing.ts'
import { countIn, newRun, oneMoreIn, Postings } from '../../src/knowledge/postings.ts'

test('a growing array keeps its values and is zero beyond them', () => {
  const ints = growingInts()
  for (let at = 0; at < 1000; at++) ints.push(at * 3)
  ints.extend(500)
  ints.add(1400, -7)
  ints.set(2, 5)
  expect([ints.length, ints.at(2), ints.at(999), ints.at(1000), ints.at(1400), ints.at(9999)]).toEqual([
    1500, 5, 2997, 0, -7, 0,
  ])
})

const read = (postings: Postings, term: number) => {
  const run = newRun(5000)
  const length = postings.read(term, run)
  return [...run.passages.subarray(0, length)].map((passage, at) => [passage, run.counts[at]])
}

describe('lists of postings', () => {
  // Around the ends of blocks: 1, 3, 7, ... 1023, and then every 512.
  const lengths = [0, 1, 2, 3, 4, 6, 7, 8, 510, 511, 512, 1022, 1023, 1024, 1534, 1535, 1536, 1537, 4000]

  test.each(lengths)('a list of %i among others', (length) => {
    const postings = new Postings()
    const expected: number[][] = []
    for (let passage = 0; passage < 4500; passage++) {
      if (passage < length) {
        postings.push(3, passage * 2, passage % 65_536)
        expected.push([passage * 2, passage % 65_536])
      }
      if (passage % 3 === 0) postings.push(5, passage, 1)
      postings.push(0, passage, 2)
    }
    expect(read(postings, 3)).toEqual(expected)
    expect(postings.lengthOf(3)).toBe(length)
    expect(read(postings, 5)).toHaveLength(1500)
    expect(read(postings, 0).at(-1)).toEqual([4499, 2])
  })

  test('terms without postings, and terms that were never seen, are empty', () => {
    const postings = new Postings()
    postings.push(7, 1, 1)
    expect(read(postings, 2)).toEqual([])
    expect(read(postings, 70)).toEqual([])
    expect(postings.terms).toBe(8)
  })
})

describe('counts of the three fields in one number', () => {
  test.each([
    [0, 255],
    [1, 15],
    [2, 15],
  ] as const)('field %i counts up to %i and leaves the others alone', (field, most) => {
    let counts = 0
    for (const other of [0, 1, 2] as const) if (other !== field) counts = oneMoreIn(counts, other)
    for (let time = 1; time <= most + 3; time++) {
      counts = oneMoreIn(counts, field)
      expect(countIn(counts, field)).toBe(Math.min(time, most))
    }
    for (const other of [0, 1, 2] as const) if (other !== field) expect(countIn(counts, other)).toBe(1)
    const stored = growingCounts()
    stored.push(counts)
    expect(stored.at(0)).toBe(counts)
  })
})
