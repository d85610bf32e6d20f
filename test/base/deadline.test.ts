import { getEventListeners } from 'node:events'
import { expect, test } from '@jest/globals'
import { Deadline } from '../../src/base/deadline.ts'

const hour = 3_600_000

test('it stops the request when the time is over', async () => {
  using deadline = new Deadline(1)
  // Its own timer keeps no process alive.
  const alive = setTimeout(() => undefined, hour)
  await new Promise((resolve) => deadline.stops(resolve))
  clearTimeout(alive)
  expect(deadline.expired).toBe(true)
})

test('it stops with the signal of the caller, which does not count as a time-out', () => {
  const caller = new AbortController()
  const stopped: unknown[] = []
  using deadline = new Deadline(hour, caller.signal)
  deadline.stops(() => stopped.push('an earlier request'))
  deadline.stops((reason) => stopped.push(reason))
  expect(stopped).toEqual([])
  caller.abort('enough')
  expect(stopped).toEqual(['enough'])
  expect(deadline.expired).toBe(false)
  using late = new Deadline(hour, caller.signal)
  late.stops((reason) => stopped.push(reason))
  expect(stopped).toEqual(['enough', 'enough'])
})

test('it leaves no listener on the signal of the caller', () => {
  const caller = new AbortController()
  {
    using _deadline = new Deadline(hour, caller.signal)
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1)
  }
  expect(getEventListeners(caller.signal, 'abort')).toEqual([])
})
