import { getEventListeners } from 'node:events'
import { expect, test } from '@jest/globals'
import { Deadline } from '../../src/base/deadline.ts'

const hour = 3_600_000
const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

test('it fires when the time is over', async () => {
  using deadline = new Deadline(1)
  // Its own timer keeps no process alive.
  const alive = setTimeout(() => undefined, hour)
  await aborted(deadline.signal)
  clearTimeout(alive)
  expect(deadline.expired).toBe(true)
})

test('it fires with the signal of the caller, which does not count as a time-out', () => {
  const caller = new AbortController()
  using deadline = new Deadline(hour, caller.signal)
  caller.abort(new Error('stopped'))
  expect(deadline.signal.reason).toEqual(new Error('stopped'))
  expect(deadline.expired).toBe(false)
  using late = new Deadline(hour, caller.signal)
  expect(late.signal.aborted).toBe(true)
})

test('it leaves no listener on the signal of the caller', () => {
  const caller = new AbortController()
  {
    using _deadline = new Deadline(hour, caller.signal)
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1)
  }
  expect(getEventListeners(caller.signal, 'abort')).toEqual([])
})
