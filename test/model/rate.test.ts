import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { limiter, type RateLimit } from '../../src/demo/stand-in/wire.ts'
import { rateLimitsOf } from '../../src/model/errors.ts'
import {
  type Bucket,
  correct,
  correctionOf,
  jobsAfter,
  type RateState,
  takeTurn,
  unlimited,
} from '../../src/model/rate.ts'

const minute = 60_000
const one = { requests: 1, tokens: 100 }
const bucket = (capacity: number, fullAt: number): Bucket => ({ capacity, perMs: capacity / minute, fullAt })
const rateOf = (requests: Bucket | null, tokens: Bucket | null = null): RateState => ({
  ...unlimited,
  requests,
  tokens,
})

describe('a turn', () => {
  test('comes at once without limits, and while the bucket is far from empty', () => {
    expect(takeTurn(unlimited, one, 5000, 0)).toMatchObject({ waitMs: 0, taken: true, at: 5000 })
    expect(takeTurn(rateOf(bucket(60, 0)), one, 5000, 0)).toMatchObject({ waitMs: 0, taken: true })
  })

  test('of an empty bucket comes once it has refilled by one, and the next one after that', () => {
    const empty = rateOf(bucket(60, 5000 + minute))
    const first = takeTurn(empty, one, 5000, minute)
    // One second each, and the margin of 3 % (1.8 of 60) before the first.
    expect(first.waitMs).toBeGreaterThan(2700)
    expect(first.waitMs).toBeLessThan(2900)
    expect(takeTurn(first.rate, one, 5000, minute).waitMs - first.waitMs).toBeGreaterThanOrEqual(1000)
  })

  test('that is too far off takes nothing', () => {
    const empty = rateOf(bucket(60, 5000 + minute))
    expect(takeTurn(empty, one, 5000, 1000)).toMatchObject({ taken: false, rate: empty })
  })

  test('waits for the scarcer of requests and tokens', () => {
    const scarce = rateOf(bucket(60, 0), bucket(6000, 5000 + minute))
    expect(takeTurn(scarce, one, 5000, minute).waitMs).toBeGreaterThan(1000)
  })

  test('for more than a bucket holds comes when it is almost full', () => {
    const { waitMs } = takeTurn(
      rateOf(null, bucket(6000, 5000 + minute)),
      { requests: 1, tokens: 99_999 },
      5000,
      minute * 2,
    )
    expect(waitMs).toBeGreaterThan(minute * 0.95)
    expect(waitMs).toBeLessThan(minute * 1.05)
  })
})

test.each([
  ['its last answer said that the limits end in a thousand years', 9_999_999 * 3_600_000],
  ['its last answer gave no number', Number.POSITIVE_INFINITY],
])('a provider is asked again after ten minutes when %s', (_name, resetMs) => {
  // Nothing was counted before the first answer.
  const turn = { waitMs: 0, taken: true, rate: unlimited, at: 0 }
  const correction = correctionOf(told(1000, 0, resetMs), turn)
  const rate = correction && correct(turn.rate, correction, 1000)
  if (!rate) throw new Error('nothing was corrected')
  const stored = JSON.parse(JSON.stringify(rate)) as RateState
  expect(takeTurn(stored, one, 61_000, 2000)).toMatchObject({ taken: false, waitMs: 9 * minute })
  const next = takeTurn(stored, one, 1000 + 10 * minute, 2000)
  expect(next).toMatchObject({ taken: true, waitMs: 0 })
  // One call shows whether the figures still hold; the others wait for its answer.
  expect(takeTurn(next.rate, one, 1000 + 10 * minute, 2000)).toMatchObject({ taken: false })
  const relieved = correctionOf(told(1000, 999, 0), next)
  const after = relieved && correct(next.rate, relieved, 1000 + 10 * minute)
  expect(after && takeTurn(after, one, 2000 + 10 * minute, 2000)).toMatchObject({ taken: true, waitMs: 0 })
})

const told = (limit: number, remaining: number, resetMs: number) => ({
  limitRequests: limit,
  remainingRequests: remaining,
  resetRequestsMs: resetMs,
  limitTokens: null,
  remainingTokens: null,
  resetTokensMs: null,
})

describe('a correction', () => {
  const turn = takeTurn(unlimited, one, 1000, 0)

  test('sets up the bucket that the first answer describes', () => {
    const correction = correctionOf(told(600, 0, minute), turn)
    expect(correction && correct(unlimited, correction, 2000).requests).toEqual(bucket(600, 2000 + minute))
  })

  test('recognises a daily limit', () => {
    const correction = correctionOf(told(14_400, 14_000, 400 * 6000), turn)
    const perMs = correction && correct(unlimited, correction, 2000).requests?.perMs
    expect(perMs).toBeCloseTo(14_400 / 86_400_000, 6)
  })

  test('is not made when the provider says what we think', () => {
    const rate = rateOf(bucket(600, 1000 + 30_000))
    const known = takeTurn(rate, one, 1000, 0)
    expect(correctionOf(told(600, 299, 30_100), known)).toBeNull()
  })

  test('is made when somebody else uses the key, once for all answers under way', () => {
    const rate = rateOf(bucket(600, 1000))
    const known = takeTurn(rate, one, 1000, 0)
    const correction = correctionOf(told(600, 300, 30_000), known)
    const once = correction && correct(known.rate, correction, 1000)
    expect(once?.requests?.fullAt).toBeCloseTo(31_000, 0)
    expect(once && correction && correct(once, correction, 1000)).toBe(once)
  })
})

test.each([
  [20, 1500, 18],
  [1, 60_000, 1],
  [20, 600, 20],
  [20, 0, 21],
  [30, 0, 30],
])('%i jobs after a wait of %i ms become %i', (jobs, waitMs, after) => {
  expect(jobsAfter(jobs, 30, waitMs)).toBe(after)
})

interface Outcome {
  sent: number
  refused: number
  tokens: number
}

/** Workers sharing the rate limits against the stand-in, event by event; no time passes. */
function simulate(
  limits: RateLimit,
  workers: number,
  latencyMs: number,
  minutes: number,
  random: () => number,
): Outcome {
  // Others have used up the bucket: only the rate matters.
  const admit = limiter(limits, 0)
  admit(limits.tokensPerMinute ?? 0, 0)
  for (let n = 1; n < (limits.requestsPerMinute ?? 0); n++) admit(0, 0)
  let rate = unlimited
  const outcome = { sent: 0, refused: 0, tokens: 0 }
  const due: { at: number; run: () => void }[] = []
  const at = (time: number, run: () => void) => due.push({ at: time, run })
  let known = false
  const begin = (now: number) => {
    const actual = 500 + Math.floor(random() * 1000)
    const estimate = Math.round(actual * (0.9 + random() * 0.2))
    const turn = takeTurn(rate, { requests: 1, tokens: estimate }, now, 5000)
    if (!turn.taken) return void at(now + turn.waitMs - 1000, () => begin(now + turn.waitMs - 1000))
    rate = turn.rate
    // A request may be overtaken on the way.
    const arrival = turn.at + random() * 30
    at(arrival, () => {
      const { refusedBy, headers } = admit(actual, arrival)
      outcome.sent += 1
      if (refusedBy) outcome.refused += 1
      else outcome.tokens += actual
      const answered = arrival + latencyMs
      at(answered, () => {
        const limitsTold = rateLimitsOf(new Headers(headers))
        const correction = limitsTold && correctionOf(limitsTold, turn)
        if (correction) rate = correct(rate, correction, answered)
        if (!known) for (let n = 1; n < workers; n++) begin(answered)
        known = true
        begin(answered + (refusedBy ? Number(headers['retry-after-ms']) : 0))
      })
    })
  }
  begin(0)
  for (let now = 0; now < minutes * minute; ) {
    due.sort((a, b) => a.at - b.at)
    const next = due.shift()
    if (!next) throw new Error('all workers are idle')
    now = next.at
    next.run()
  }
  return outcome
}

const seeds = fc.sample(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { numRuns: 3, seed: 7 })

/** A linear congruential generator: the same run each time. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

describe.each(seeds)('with seed %i', (seed) => {
  test.each([
    ['60 requests a minute', { requestsPerMinute: 60 }, 20],
    ['600 requests a minute', { requestsPerMinute: 600 }, 50],
    ['5,000 requests a minute', { requestsPerMinute: 5000 }, 100],
    ['200,000 tokens a minute', { tokensPerMinute: 200_000 }, 50],
    ['both', { requestsPerMinute: 300, tokensPerMinute: 250_000 }, 50],
  ] as const)('%s are used to 95 %%, and under 1 %% are refused', (_name, limits, workers) => {
    const minutes = 5
    const { sent, refused, tokens } = simulate(limits, workers, 400, minutes, randomOf(seed))
    const used = Math.max(
      'requestsPerMinute' in limits ? (sent - refused) / (limits.requestsPerMinute * minutes) : 0,
      'tokensPerMinute' in limits ? tokens / (limits.tokensPerMinute * minutes) : 0,
    )
    expect(refused).toBeLessThanOrEqual(Math.max(1, sent * 0.01))
    expect(used).toBeGreaterThanOrEqual(0.95)
  })
})
