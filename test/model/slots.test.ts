import { expect, test } from '@jest/globals'
import { type Outcome, Slots } from '../../src/model/slots.ts'

/** Runs one call after the other. */
async function after(slots: Slots, outcomes: readonly Outcome[]): Promise<number> {
  for (const outcome of outcomes) (await slots.enter())(outcome)
  return slots.allowed
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
  // Each round of answers allows one more.
  [['answered', 'timed-out', 'answered', 'answered', 'answered'], 4],
  [['answered', 'timed-out', ...Array<Outcome>(5).fill('answered')], 5],
  [['answered', 'timed-out', ...Array<Outcome>(99).fill('answered')], 8],
])('of eight, after %j: %i', async (outcomes, expected) => {
  expect(await after(new Slots(8), outcomes)).toBe(expected)
})

test('calls that time out together halve once', async () => {
  const slots = new Slots(8)
  await after(slots, ['answered'])
  const leave = await Promise.all(Array.from({ length: 8 }, () => slots.enter()))
  for (const each of leave) each('timed-out')
  expect(slots.allowed).toBe(4)
})

test('nobody is let in beyond what is allowed', async () => {
  const slots = new Slots(8)
  await after(slots, ['answered', 'timed-out', 'timed-out'])
  const leave = await Promise.all([slots.enter(), slots.enter()])
  let inside = false
  const third = slots.enter().then((end) => {
    inside = true
    return end
  })
  await Promise.resolve()
  expect(inside).toBe(false)
  leave[0]?.('timed-out')
  leave[1]?.('failed')
  ;(await third)('failed')
})
