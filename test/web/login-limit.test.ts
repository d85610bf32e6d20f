import { describe, expect, test } from '@jest/globals'
import { DeviceCookies, LoginLimiter } from '../../src/web/login-limit.ts'

const now = new Date('2026-11-24T08:00:00Z')
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const stranger = { name: '192.0.2.1', known: false }
const other = { name: '192.0.2.2', known: false }
const device = { name: 'laptop', known: true }

test('the wait begins with the fifth wrong password, doubles, and ends at a quarter of an hour', () => {
  const limiter = new LoginLimiter()
  const waits = Array.from({ length: 12 }, () => {
    limiter.begin(stranger, now)
    return limiter.waitSeconds(stranger, now)
  })
  expect(waits).toEqual([0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900])
  expect(limiter.waitSeconds(other, now)).toBe(0)
  expect(limiter.waitSeconds(stranger, after(899))).toBe(1)
  expect(limiter.waitSeconds(stranger, after(900))).toBe(0)
})

test('a day of guesses from one address: about a hundred', () => {
  const limiter = new LoginLimiter()
  let tried = 0
  for (let second = 0; second < 86_400; second++) {
    if (limiter.waitSeconds(stranger, after(second)) > 0) continue
    limiter.begin(stranger, after(second))
    tried++
  }
  expect(tried).toBeGreaterThan(50)
  expect(tried).toBeLessThan(150)
})

test('a day of guesses from as many addresses as there are guesses: one in half a minute', () => {
  const limiter = new LoginLimiter()
  let tried = 0
  for (let second = 0; second < 86_400; second++) {
    const fresh = { name: `address ${second}`, known: false }
    if (limiter.waitSeconds(fresh, after(second)) > 0) continue
    limiter.begin(fresh, after(second))
    tried++
  }
  expect(tried).toBeLessThan(86_400 / 25)
})

test('a known device waits for nobody else, and has five of its own', () => {
  const limiter = new LoginLimiter()
  for (let at = 0; at < 200; at++) limiter.begin({ name: `address ${at}`, known: false }, now)
  expect(limiter.waitSeconds(stranger, now)).toBe(30)
  expect(limiter.waitSeconds(device, now)).toBe(0)
  for (let at = 0; at < 5; at++) limiter.begin(device, now)
  expect(limiter.waitSeconds(device, now)).toBe(15)
  expect(limiter.waitSeconds({ name: 'telephone', known: true }, now)).toBe(0)
})

test('a stranger whose address has the name of a device does not make that device wait', () => {
  const limiter = new LoginLimiter()
  for (let at = 0; at < 9; at++) limiter.begin({ name: 'laptop', known: false }, now)
  expect(limiter.waitSeconds(device, now)).toBe(0)
})

test('a correct try is not counted', () => {
  const limiter = new LoginLimiter()
  for (let attempt = 0; attempt < 10; attempt++) limiter.begin(stranger, now)()
  expect(limiter.waitSeconds(stranger, now)).toBe(0)
})

test('wrong passwords are forgotten, one in a quarter of an hour', () => {
  const limiter = new LoginLimiter()
  for (let attempt = 0; attempt < 4; attempt++) limiter.begin(stranger, now)
  limiter.begin(stranger, after(900))
  expect(limiter.waitSeconds(stranger, after(900))).toBe(0)
  limiter.begin(stranger, after(900))
  expect(limiter.waitSeconds(stranger, after(900))).toBe(15)
})

test('a clock that is set back a year makes nobody wait longer than the maximum', () => {
  const limiter = new LoginLimiter()
  for (let attempt = 0; attempt < 30; attempt++) limiter.begin(stranger, now)
  expect(limiter.waitSeconds(stranger, after(-365 * 86_400))).toBe(900)
})

describe('the cookie of a device', () => {
  const cookies = new DeviceCookies('secret')
  const cookie = cookies.make()

  test('is read by every start with the same secret', () =>
    expect(new DeviceCookies('secret').read(cookie)).toBe(cookie.split('.')[0]))
  test('names another device each time', () => expect(cookies.make()).not.toBe(cookie))

  test.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['no signature', cookie.split('.')[0]],
    ['an empty id', `.${cookie.split('.')[1]}`],
    ['another id', `x${cookie}`],
    ['a signature by another secret', new DeviceCookies('other').make()],
  ])('is not %s', (_, forged) => expect(cookies.read(forged)).toBeNull())
})
