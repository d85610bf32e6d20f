import { expect, test } from '@jest/globals'
import { calibrationError, detection, percentile, shareOf } from '../../src/eval/statistics.ts'

/**
 * By hand, with z = 1.96 (z² = 3.8416):
 * 8 of 10: centre (0.8 + 3.8416 / 20) / (1 + 3.8416 / 10) = 0.99208 / 1.38416 = 0.71674;
 *   half 1.96 * sqrt(0.8 * 0.2 / 10 + 3.8416 / 400) / 1.38416 = 1.96 * sqrt(0.025604) / 1.38416 = 0.22658; so 0.4902 to 0.9433
 * 0 of 10: 0 to 3.8416 / 13.8416 = 0.2775;  10 of 10: 10 / 13.8416 = 0.7225 to 1
 * 1 of 2: centre 0.5, half 1.96 * sqrt(0.125 + 0.2401) / 2.9208 = 0.40547; so 0.0945 to 0.9055
 */
test.each([
  [8, 10, 0.8, 0.4902, 0.9433],
  [0, 10, 0, 0, 0.2775],
  [10, 10, 1, 0.7225, 1],
  [1, 2, 0.5, 0.0945, 0.9055],
] as const)('%i of %i is %f, between %f and %f', (count, of, value, low, high) => {
  const share = shareOf(count, of)
  expect(share).toMatchObject({ count, of, value })
  expect(share?.low).toBeCloseTo(low, 4)
  expect(share?.high).toBeCloseTo(high, 4)
})

test('a share of nothing is none', () => expect(shareOf(0, 0)).toBeNull())

const answers = (tp: number, fp: number, fn: number, tn: number) => [
  ...Array.from({ length: tp }, () => ({ expected: true, given: true })),
  ...Array.from({ length: fp }, () => ({ expected: false, given: true })),
  ...Array.from({ length: fn }, () => ({ expected: true, given: false })),
  ...Array.from({ length: tn }, () => ({ expected: false, given: false })),
]

test('3 hits, 1 false alarm, 2 misses, 4 rightly left alone', () => {
  const found = detection(answers(3, 1, 2, 4))
  expect(found).toMatchObject({ truePositives: 3, falsePositives: 1, falseNegatives: 2, trueNegatives: 4 })
  // 3 / 4, 3 / 5, 2 * 3 / (2 * 3 + 1 + 2) = 2 / 3, 7 / 10
  expect(found.precision?.value).toBe(0.75)
  expect(found.recall?.value).toBe(0.6)
  expect(found.f1?.value).toBeCloseTo(2 / 3, 12)
  expect(found.accuracy?.value).toBe(0.7)
  // Wilson of J = 3 of 6: 0.5 -+ 1.96 * sqrt(0.25 / 6 + 3.8416 / 144) / 1.64027 = 0.18762 and 0.81238; through 2J / (1 + J)
  expect(found.f1?.low).toBeCloseTo((2 * 0.18762) / 1.18762, 4)
  expect(found.f1?.high).toBeCloseTo((2 * 0.81238) / 1.81238, 4)
})

test.each([
  ['nothing was called', answers(0, 0, 2, 3), [null, 0]],
  ['nothing was there to find', answers(0, 1, 0, 3), [0, null]],
  ['there are no answers', [], [null, null]],
] as const)('where %s a figure is missing, not zero', (_name, given, [precision, recall]) => {
  const found = detection(given)
  expect([found.precision?.value ?? null, found.recall?.value ?? null]).toEqual([precision, recall])
})

test('calibration: bins weighed by how many answers they hold', () => {
  // Bin 0.9-1: 0.9, 0.95 and 1 were stated (mean 0.95), two of three right: gap |2 - 2.85| = 0.85 answers.
  // Bin 0.6-0.7: 0.6 and 0.65 stated, both right: gap |2 - 1.25| = 0.75 answers. So (0.85 + 0.75) / 5 = 0.32.
  const stated = [
    { confidence: 0.9, right: true },
    { confidence: 0.95, right: false },
    { confidence: 1, right: true },
    { confidence: 0.6, right: true },
    { confidence: 0.65, right: true },
  ]
  expect(calibrationError(stated)).toBeCloseTo(0.32, 12)
  expect(calibrationError([{ confidence: 1, right: true }])).toBe(0)
  expect(calibrationError([])).toBeNull()
})

test.each([
  [[40, 10, 20, 30], 0.5, 20],
  [[40, 10, 20, 30], 0.95, 40],
  [Array.from({ length: 100 }, (_, at) => at + 1), 0.95, 95],
  [[7], 0.5, 7],
  [[], 0.5, null],
] as const)('of %j the share %f lies at %j', (values, part, expected) => {
  expect(percentile(values, part)).toBe(expected)
})
