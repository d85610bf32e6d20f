import { expect, jest, test } from '@jest/globals'
import { CircuitBreaker } from '../../src/base/circuit-breaker.ts'

const breakerOf = () => new CircuitBreaker(1000, () => new Error('silent'))

test('while answers come, any number may wait', () => {
  const breaker = breakerOf()
  for (let i = 0; i < 50; i++) breaker.begin()
  expect(breaker.refusal).toBeNull()
  breaker.end(true)
  expect(breaker.refusal).toBeNull()
})

test('after a lost connection one may wait, as the probe; its answer ends that', () => {
  const breaker = breakerOf()
  breaker.begin()
  breaker.end(false)
  expect(breaker.refusal).toBeNull()
  breaker.begin()
  expect(breaker.refusal).toEqual(new Error('silent'))
  breaker.end(true)
  breaker.begin()
  expect(breaker.refusal).toBeNull()
})

test('silence is measured from the last answer, not from when it was idle', () => {
  jest.useFakeTimers({ now: 0 })
  const breaker = breakerOf()
  jest.advanceTimersByTime(10_000)
  breaker.begin()
  expect(breaker.refusal).toBeNull()
  jest.advanceTimersByTime(900)
  breaker.begin()
  breaker.end(true)
  jest.advanceTimersByTime(900)
  expect(breaker.refusal).toBeNull()
  jest.advanceTimersByTime(101)
  expect(breaker.refusal).not.toBeNull()
  jest.useRealTimers()
})

test('a caller that shares the read of another is refused during silence, the first caller is not', async () => {
  jest.useFakeTimers({ now: 0 })
  const breaker = breakerOf()
  let answer = (_: string) => {}
  const read = () =>
    new Promise<string>((resolve) => {
      answer = resolve
    })
  const first = breaker.shared(read)
  breaker.begin()
  const second = breaker.shared(() => new Promise<string>(() => {}))
  const refused = expect(second).rejects.toThrow('silent')
  await jest.advanceTimersByTimeAsync(2001)
  await refused
  await expect(breaker.shared(read)).rejects.toThrow('silent')
  answer('here')
  await expect(first).resolves.toBe('here')
  jest.useRealTimers()
})

test('waiting callers are rejected only during silence', () => {
  jest.useFakeTimers({ now: 0 })
  const breaker = breakerOf()
  const told: (string | null)[] = []
  breaker.begin()
  breaker.watchOver((refusal) => {
    told.push(refusal?.message ?? null)
    return told.length < 3 ? 2 : 1
  })
  jest.advanceTimersByTime(500)
  breaker.begin()
  breaker.end(true)
  jest.advanceTimersByTime(5000)
  expect(told).toEqual([null, 'silent', 'silent'])
  jest.useRealTimers()
})
