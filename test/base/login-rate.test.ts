import { expect, test } from '@jest/globals'
import { LoginRateLimiter, loginRateLimiterOf } from '../../src/base/login-rate.ts'

test('an account has one gate, another account another', () => {
  const [one, other] = [{}, {}]
  expect(loginRateLimiterOf(one)).toBe(loginRateLimiterOf(one))
  expect(loginRateLimiterOf(one)).not.toBe(loginRateLimiterOf(other))
})

test('logins pass in order, a second apart', async () => {
  const gate = new LoginRateLimiter()
  const passed: [string, number][] = []
  const pass = async (name: string) => {
    await gate.pass()
    passed.push([name, performance.now()])
  }
  await Promise.all([pass('a'), pass('b'), pass('c')])
  expect(passed.map(([name]) => name)).toEqual(['a', 'b', 'c'])
  expect(passed[1]![1] - passed[0]![1]).toBeGreaterThanOrEqual(1000)
  expect(passed[2]![1] - passed[1]![1]).toBeGreaterThanOrEqual(1000)
})

test('whose timer fires early keeps its place in the line', async () => {
  let early = true
  const gate = new LoginRateLimiter(() => {
    const now = performance.now()
    if (!early || now < startedAt + 1040) return now
    early = false
    return now - 20
  })
  const startedAt = performance.now()
  const passed: string[] = []
  await Promise.all(['a', 'b', 'c'].map((name) => gate.pass().then(() => passed.push(name))))
  expect(passed).toEqual(['a', 'b', 'c'])
})

test('who is told to stop does not pass', async () => {
  const gate = new LoginRateLimiter()
  const abort = new AbortController()
  await gate.pass(abort.signal)
  const second = gate.pass(abort.signal)
  abort.abort()
  await expect(second).rejects.toThrow()
  await expect(gate.pass(AbortSignal.abort())).rejects.toThrow()
})
