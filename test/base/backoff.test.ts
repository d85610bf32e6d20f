import { expect, test } from '@jest/globals'
import { backoffMs, connectionBackoff } from '../../src/base/backoff.ts'

test.each([
  [1, 1500],
  [2, 2250],
  [5, 7594],
  [9, 30_000],
  [1000, 30_000],
])('after %i failures the wait is below %i ms', (failures, bound) => {
  expect(backoffMs(failures, connectionBackoff, () => 0)).toBe(0)
  expect(backoffMs(failures, connectionBackoff, () => 0.999_999)).toBeLessThanOrEqual(bound)
  expect(backoffMs(failures, connectionBackoff, () => 0.999_999)).toBeGreaterThan(bound * 0.99)
})

test('without a source of randomness the wait is exact, and has a minimum if one is given', () => {
  const doubling = { firstMs: 1000, factor: 2, longestMs: 3_600_000 }
  expect([0, 1, 2, 20, 5000].map((failures) => backoffMs(failures, doubling))).toEqual([
    1000, 2000, 4000, 3_600_000, 3_600_000,
  ])
  expect(backoffMs(3, { ...doubling, leastMs: 200 }, () => 0)).toBe(200)
})
