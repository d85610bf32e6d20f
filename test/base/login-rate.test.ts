import { expect, test } from '@jest/globals'
import { LoginRateLimiter, loginRateLimiterOf, type Stopwatch } from '../../src/base/login-rate.ts'

test('each account has a separate gate', () => {
  const [one, other] = [{}, {}]
  expect(loginRateLimiterOf(one)).toBe(loginRateLimiterOf(one))
  expect(loginRateLimiterOf(one)).not.toBe(loginRateLimiterOf(other))
})

/** A clock that advances only while somebody waits; each wait takes `share` of the requested time. */
function clockOf(share = 1): Stopwatch & { waits: number } {
  let now = 0
  const clock = {
    waits: 0,
    now: () => now,
    wait: async (ms: number) => {
      clock.waits += 1
      now += Math.ceil(ms * share)
    },
  }
  return clock
}

async function passesOf(clock: Stopwatch): Promise<[string, number][]> {
  const gate = new LoginRateLimiter(clock)
  const passed: [string, number][] = []
  const pass = (name: string) => gate.pass().then(() => passed.push([name, clock.now()]))
  await Promise.all(['a', 'b', 'c'].map(pass))
  return passed
}

test('logins pass in order, more than a second apart', async () => {
  expect(await passesOf(clockOf())).toEqual([
    ['a', 0],
    ['b', 1050],
    ['c', 2100],
  ])
})

test('a timer that fires early is started again: no login passes before its time', async () => {
  const clock = clockOf(0.5)
  expect(await passesOf(clock)).toEqual([
    ['a', 0],
    ['b', 1050],
    ['c', 2100],
  ])
  expect(clock.waits).toBeGreaterThan(4)
})

test('an aborted caller does not pass', async () => {
  const gate = new LoginRateLimiter()
  const abort = new AbortController()
  await gate.pass(abort.signal)
  const second = gate.pass(abort.signal)
  abort.abort()
  await expect(second).rejects.toThrow()
  await expect(gate.pass(AbortSignal.abort())).rejects.toThrow()
})
