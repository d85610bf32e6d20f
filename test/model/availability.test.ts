import { describe, expect, test } from '@jest/globals'
import { OwnerActionError, PermanentError, RateLimitedError, TemporaryError } from '../../src/base/errors.ts'
import type { ModelSettings } from '../../src/config/settings.ts'
import { Availability, adviceFor } from '../../src/model/availability.ts'
import { ContextFault, ModelTimeout, NoUsableAnswer, Refused, ThoughtOnly } from '../../src/model/errors.ts'

const settings: ModelSettings = {
  ...{ name: 'small', baseUrl: 'http://127.0.0.1:8080/v1', host: 'own', apiKey: '', timeoutMs: 180_000 },
  ...{ concurrency: 4, price: null, json: null, contextTokens: null },
}
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 28, 8, 0, seconds))
const lost = new TemporaryError('the connection to 127.0.0.1:8080 failed (ECONNREFUSED)')
/** The availability after failures at these seconds. */
function failing(seconds: readonly number[], error: Error = lost): Availability {
  const availability = new Availability()
  for (const each of seconds) availability.failed(error, at(each))
  return availability
}

describe('the owner gets a notice', () => {
  test.each([
    ['nothing of a failure', [0], 0, false],
    ['nothing of four', [0, 1, 2, 3], 200, false],
    ['of five in a row', [0, 1, 2, 3, 4], 4, true],
    ['of two over five minutes', [0, 300], 300, true],
    ['nothing a second before', [0, 299], 299, false],
  ])('%s', (_name, seconds, now, expected) => {
    const said = failing(seconds).trouble(settings, at(now))
    expect(said !== null).toBe(expected)
    if (said)
      expect(said).toBe(
        'small has not answered since 2026-11-28 08:00 UTC: the connection to 127.0.0.1:8080 failed (ECONNREFUSED). Check that a server runs at http://127.0.0.1:8080/v1 and can be reached from here (model.baseUrl).',
      )
  })

  test('at once about a fault that only the owner can fix', () => {
    const said = failing([0], new OwnerActionError('model', 'the quota is exhausted')).trouble(
      settings,
      at(0),
    )
    expect(said).toBe('small has not answered since 2026-11-28 08:00 UTC: the quota is exhausted.')
  })

  test('an answer ends it', () => {
    const availability = failing([0, 1, 2, 3, 4])
    availability.answered()
    availability.failed(lost, at(400))
    expect(availability.trouble(settings, at(400))).toBeNull()
  })

  test.each([
    new RateLimitedError('model', 'wait', 1000),
    new ContextFault('too long', { contextTokens: null, promptTokens: null }, {}),
    new ThoughtOnly('thoughts'),
    new Refused('I cannot help with that'),
  ])('%s is no failure of the model', (error) => {
    const availability = failing([0, 1, 2, 3, 4, 400], error)
    expect([availability.trouble(settings, at(400)), availability.isDown(at(400))]).toEqual([null, false])
  })
})

describe('down', () => {
  test.each([
    [[], 100, false],
    [[0], 59, false],
    [[0], 60, true],
    [[0, 30], 60, true],
  ])('failures at %j, looked at after %i s: %s', (seconds, now, expected) => {
    expect(failing(seconds).isDown(at(now))).toBe(expected)
  })

  test('one question in 30 s finds out whether it is back; the others go elsewhere', () => {
    const availability = failing([0])
    const rests = [59, 60, 61, 89, 90, 91].map((second) => availability.shouldRest(at(second)))
    expect(rests).toEqual([false, false, true, true, false, true])
    availability.answered()
    expect(availability.shouldRest(at(92))).toBe(false)
  })
})

test.each<[Error, Partial<ModelSettings>, RegExp | string]>([
  [
    new ModelTimeout('x'),
    {},
    /^Raise model\.timeout \(now 180 s\), lower model\.concurrency \(now 4\), or run a smaller/,
  ],
  [new ModelTimeout('x'), { concurrency: 1 }, /^Raise model\.timeout \(now 180 s\), or run a smaller/],
  [new NoUsableAnswer('x'), {}, /too small for this task/],
  [new NoUsableAnswer('x'), { host: 'openai' }, /model\.name/],
  [new TemporaryError('h answered HTTP 503'), {}, /model\.fallback/],
  [new OwnerActionError('model', 'x'), {}, ''],
  [new PermanentError('h refused the request (HTTP 400)'), {}, /troubleshooting/],
  [lost, {}, /^Check that a server runs at/],
  [
    lost,
    { baseUrl: 'http://me:hush@h.example/v1?token=hush' },
    'Check that a server runs at http://me:hidden@h.example/v1?token=hidden and can be reached from here (model.baseUrl).',
  ],
  [lost, { host: 'openai' }, /^Check this machine's connection to the Internet/],
  [new TemporaryError('the name h is not known to DNS (ENOTFOUND)'), { host: 'openai' }, /name server/],
  [new TemporaryError('the name h is not known to DNS (ENOTFOUND)'), {}, /model\.baseUrl/],
])('%s with %j: %s', (error, more, expected) => {
  expect(adviceFor(error, { ...settings, ...more })).toEqual(
    typeof expected === 'string' ? expected : expect.stringMatching(expected),
  )
})
