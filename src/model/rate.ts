/**
 * How fast calls may be made without being refused: the provider's token buckets, tracked on our side. Pure; the
 * clock is an argument.
 *
 * A bucket that fills evenly is described by one instant, when it will be full again: x-ratelimit-reset-* states
 * exactly that. A call moves it later by the amount it takes, and has to wait while it is further away than the whole
 * bucket lasts. All times are milliseconds of one clock that all machines share.
 */
import type { RateLimits } from './model.ts'

export interface Bucket {
  /** Requests or tokens. */
  readonly capacity: number
  /** Refill rate, per millisecond. */
  readonly perMs: number
  readonly fullAt: number
}

export interface RateState {
  readonly requests: Bucket | null
  readonly tokens: Bucket | null
  /** When the last call left. */
  readonly askedAt: number
  /** Number of corrections: one computed before another is outdated. */
  readonly corrections: number
}

export const unlimited: RateState = { requests: null, tokens: null, askedAt: 0, corrections: 0 }

/** What one call takes. */
export interface Need {
  requests: number
  tokens: number
}

/** A call's place in line. */
export interface Turn {
  waitMs: number
  /** False if the wait exceeded the caller's patience: then nothing was taken. */
  taken: boolean
  /** The state after it. */
  rate: RateState
  /** When the call leaves. */
  at: number
}

const minute = 60_000
const day = 24 * 60 * minute
/** A call is made this long after the last one, even against the provider's figures: they may be wrong, or hostile. */
export const longestPauseMs = 10 * minute
/** Kept in the bucket: calls overtake each other, and tokens are estimated before the call. */
const margin = 0.03
/** Clocks differ; the unused remainder shows in the next answer and is used then. */
const share = 0.99
/** Tolerated difference from the provider's count, as shares of a bucket: towards a refusal, and away from it. */
const optimism = 0.01
const pessimism = 0.05

/** With fewer missing requests or tokens the fields do not show the refill rate, because they are rounded. */
const tellingFrom = 50

const depthMs = ({ capacity, perMs }: Bucket): number => capacity / perMs

/** @param need if larger than a bucket, it waits until the bucket is practically full */
function draw(bucket: Bucket | null, need: number, now: number): { bucket: Bucket | null; waitMs: number } {
  if (bucket === null) return { bucket, waitMs: 0 }
  const most = bucket.capacity * (1 - margin)
  const fullAt = Math.max(bucket.fullAt, now) + Math.min(need, most) / (bucket.perMs * share)
  return { bucket: { ...bucket, fullAt }, waitMs: fullAt - now - depthMs(bucket) * (1 - margin) }
}

/** Takes what a call needs, if it may leave within `patienceMs`, or if none has left for `longestPauseMs`. */
export function takeTurn(rate: RateState, need: Need, now: number, patienceMs: number): Turn {
  const requests = draw(rate.requests, need.requests, now)
  const tokens = draw(rate.tokens, need.tokens, now)
  const probeMs = Math.max(0, (rate.askedAt ?? 0) + longestPauseMs - now)
  const neededMs = Math.max(0, Math.ceil(Math.max(requests.waitMs, tokens.waitMs)))
  const waitMs = neededMs > patienceMs ? Math.min(neededMs, Math.ceil(probeMs)) : neededMs
  const [taken, at] = [waitMs <= patienceMs, now + waitMs]
  const after = { ...rate, requests: requests.bucket, tokens: tokens.bucket, askedAt: at }
  return { waitMs, taken, rate: taken ? after : rate, at }
}

interface Told {
  limit: number | null
  remaining: number | null
  resetMs: number | null
}

/** Null if the provider's figures match ours. */
function corrected(bucket: Bucket | null, told: Told, sentAt: number): Bucket | null {
  const { limit, remaining } = told
  const resetMs = told.resetMs === null ? null : Math.min(told.resetMs, day)
  if (limit === null || limit <= 0) return null
  const missing = limit - (remaining ?? limit)
  const before = bucket?.capacity === limit ? bucket.perMs : limit / minute
  // Near a full bucket the rounded figures do not show the refill rate. Some limits are per day.
  const said = resetMs !== null && resetMs > 0 && missing >= tellingFrom ? missing / resetMs : before
  const perMs = Math.abs(said / before - 1) > 0.05 ? said : before
  const fullAt = sentAt + (resetMs ?? missing / perMs)
  if (bucket === null || bucket.capacity !== limit || perMs !== before)
    return { capacity: limit, perMs, fullAt }
  const error = (fullAt - bucket.fullAt) / depthMs(bucket)
  return error > optimism || error < -pessimism ? { ...bucket, fullAt } : null
}

interface RateCorrection {
  /** The count of corrections on which it is based. */
  corrections: number
  requests: { capacity: number; perMs: number; shiftMs: number } | null
  tokens: { capacity: number; perMs: number; shiftMs: number } | null
}

/**
 * The difference between an answer's fields and our count. Null if there is none.
 * @param turn that of the answered call; the fields describe the moment at which it arrived
 */
export function correctionOf(limits: RateLimits, { rate, at }: Turn): RateCorrection | null {
  const compare = (bucket: Bucket | null, told: Told) => {
    const next = corrected(bucket, told, at)
    if (next === null) return null
    return { capacity: next.capacity, perMs: next.perMs, shiftMs: next.fullAt - (bucket?.fullAt ?? at) }
  }
  const requests = compare(rate.requests, {
    limit: limits.limitRequests,
    remaining: limits.remainingRequests,
    resetMs: limits.resetRequestsMs,
  })
  const tokens = compare(rate.tokens, {
    limit: limits.limitTokens,
    remaining: limits.remainingTokens,
    resetMs: limits.resetTokensMs,
  })
  return requests || tokens ? { corrections: rate.corrections, requests, tokens } : null
}

/** Calls that left since then stay counted. Unchanged when another correction came first: that one has seen the same. */
export function correct(rate: RateState, correction: RateCorrection, now: number): RateState {
  if (rate.corrections !== correction.corrections) return rate
  const apply = (bucket: Bucket | null, change: RateCorrection['requests']): Bucket | null => {
    if (change === null) return bucket
    const { capacity, perMs, shiftMs } = change
    return { capacity, perMs, fullAt: (bucket?.fullAt ?? now) + shiftMs }
  }
  return {
    ...rate,
    requests: apply(rate.requests, correction.requests),
    tokens: apply(rate.tokens, correction.tokens),
    // An answer has come, so a call was made.
    askedAt: Math.max(rate.askedAt ?? 0, now),
    corrections: rate.corrections + 1,
  }
}

/** Milliseconds. */
const longWait = 1000
const shortWait = 250

/** Number of concurrent jobs after one has waited that long for its slot: waiting jobs only delay each other. */
export function jobsAfter(jobs: number, most: number, waitMs: number): number {
  if (waitMs > longWait) return Math.max(1, Math.floor(jobs * 0.9))
  return waitMs < shortWait ? Math.min(most, jobs + 1) : jobs
}
