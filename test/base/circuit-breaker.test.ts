import { expect, jest, test } from '@jest/globals'
import { CircuitBreaker } from '../../src/base/circuit-breaker.ts'

const pulseOf = () => new CircuitBreaker(1000, () => new Error('silent'))

test('while answers come, any number may wait', () => {
  const pulse = pulseOf()
  for (let i = 0; i < 50; i++) pulse.begin()
  expect(pulse.refusal).toBeNull()
  pulse.end(true)
  expect(pulse.refusal).toBeNull()
})

test('after a lost connection one may wait, as the probe; its answer ends that', () => {
  const pulse = pulseOf()
  pulse.begin()
  pulse.end(false)
  expect(pulse.refusal).toBeNull()
  pulse.begin()
  expect(pulse.refusal).toEqual(new Error('silent'))
  pulse.end(true)
  pulse.begin()
  expect(pulse.refusal).toBeNull()
})

test('silence is measured from the last answer, not from when it was idle', () => {
  jest.useFakeTimers({ now: 0 })
  const pulse = pulseOf()
  jest.advanceTimersByTime(10_000)
  pulse.begin()
  expect(pulse.refusal).toBeNull()
  jest.advanceTimersByTime(900)
  pulse.begin()
  pulse.end(true)
  jest.advanceTimersByTime(900)
  expect(pulse.refusal).toBeNull()
  jest.advanceTimersByTime(101)
  expect(pulse.refusal).not.toBeNull()
  jest.useRealTimers()
})

test('who shares a read with others is sent away in silence, the first is not', async () => {
  jest.useFakeTimers({ now: 0 })
  const pulse = pulseOf()
  let answer = (_: string) => {}
  const read = () =>
    new Promise<string>((resolve) => {
      answer = resolve
    })
  const first = pulse.shared(read)
  pulse.begin()
  const second = pulse.shared(() => new Promise<string>(() => {}))
  const refused = expect(second).rejects.toThrow('silent')
  await jest.advanceTimersByTimeAsync(2001)
  await refused
  await expect(pulse.shared(read)).rejects.toThrow('silent')
  answer('here')
  await expect(first).resolves.toBe('here')
  jest.useRealTimers()
})

test('a line is thinned out in silence only', () => {
  jest.useFakeTimers({ now: 0 })
  const pulse = pulseOf()
  const told: (string | null)[] = []
  pulse.begin()
  pulse.watchOver((refusal) => {
    told.push(refusal?.message ?? null)
    return told.length < 3 ? 2 : 1
  })
  jest.advanceTimersByTime(500)
  pulse.begin()
  pulse.end(true)
  jest.advanceTimersByTime(5000)
  expect(told).toEqual([null, 'silent', 'silent'])
  jest.useRealTimers()
})
