import { expect, test } from '@jest/globals'
import { ConcurrencyLimit, type Outcome } from '../../src/model/concurrency.ts'

/** Runs one call after the other. */
async function after(concurrencyLimit: ConcurrencyLimit, outcomes: readonly Outcome[]): Promise<number> {
  for (const outcome of outcomes) (await concurrencyLimit.enter())(outcome)
  return concurrencyLimit.allowed
}

test.each<[Outcome[], number]>([
  [[], 1],
  [['answered'], 8],
  [['failed'], 8],
  [['timed-out'], 1],
  [['answered', 'timed-out'], 4],
  [['answered', 'failed'], 8],
  [['answered', 'timed-out', 'timed-out'], 2],
  [['answered', ...Array<Outcome>(9).fill('timed-out')], 1],
  [['timed-out', 'answered'], 2],
  // Each round of answers allows one more call.
  [['answered', 'timed-out', 'answered', 'answered', 'answered'], 4],
  [['answered', 'timed-out', ...Array<Outcome>(5).fill('answered')], 5],
  [['answered', 'timed-out', ...Array<Outcome>(99).fill('answered')], 8],
])('of eight, after %j: %i', async (outcomes, expected) => {
  expect(await after(new ConcurrencyLimit(8), outcomes)).toBe(expected)
})

test('calls that time out together halve the limit only once', async () => {
  const concurrencyLimit = new ConcurrencyLimit(8)
  await after(concurrencyLimit, ['answered'])
  const leave = await Promise.all(Array.from({ length: 8 }, () => concurrencyLimit.enter()))
  for (const each of leave) each('timed-out')
  expect(concurrencyLimit.allowed).toBe(4)
})

test('no more calls run at once than the limit allows', async () => {
  const concurrencyLimit = new ConcurrencyLimit(8)
  await after(concurrencyLimit, ['answered', 'timed-out', 'timed-out'])
  const leave = await Promise.all([concurrencyLimit.enter(), concurrencyLimit.enter()])
  let inside = false
  const third = concurrencyLimit.enter().then((end) => {
    inside = true
    return end
  })
  await Promise.resolve()
  expect(inside).toBe(false)
  leave[0]?.('timed-out')
  leave[1]?.('failed')
  ;(await third)('failed')
})
