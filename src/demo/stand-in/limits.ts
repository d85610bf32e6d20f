/** Rate limits as the provider implements them: an evenly filling bucket, reported in x-ratelimit-* fields. */

export interface RateLimit {
  requestsPerMinute?: number
  tokensPerMinute?: number
}

interface Bucket {
  name: 'requests' | 'tokens'
  capacity: number
  level: number
}

export interface Admission {
  /** Which limit refuses; null if none does. */
  refusedBy: 'requests' | 'tokens' | null
  headers: Record<string, string>
}

/** @param now milliseconds */
export type Limiter = (tokens: number, now: number) => Admission

const minute = 60_000

export function limiter({ requestsPerMinute, tokensPerMinute }: RateLimit, start: number): Limiter {
  const bucket = (name: Bucket['name'], capacity?: number): Bucket[] =>
    capacity === undefined ? [] : [{ name, capacity, level: capacity }]
  const buckets = [...bucket('requests', requestsPerMinute), ...bucket('tokens', tokensPerMinute)]
  let filled = start
  return (tokens, now) => {
    for (const each of buckets) {
      each.level = Math.min(each.capacity, each.level + (each.capacity * Math.max(0, now - filled)) / minute)
    }
    filled = Math.max(filled, now)
    const costOf = ({ name }: Bucket): number => (name === 'requests' ? 1 : tokens)
    const full = buckets.find((each) => each.level < costOf(each))
    if (!full) for (const each of buckets) each.level -= costOf(each)
    return {
      refusedBy: full?.name ?? null,
      headers: { ...fields(buckets), ...(full ? wait(full, costOf(full)) : {}) },
    }
  }
}

function fields(buckets: readonly Bucket[]): Record<string, string> {
  const told: Record<string, string> = {}
  for (const { name, capacity, level } of buckets) {
    told[`x-ratelimit-limit-${name}`] = String(capacity)
    told[`x-ratelimit-remaining-${name}`] = String(Math.floor(level))
    told[`x-ratelimit-reset-${name}`] = `${Math.ceil(((capacity - level) * minute) / capacity)}ms`
  }
  return told
}

function wait({ capacity, level }: Bucket, cost: number): Record<string, string> {
  const ms = Math.ceil(((Math.min(cost, capacity) - level) * minute) / capacity)
  return { 'retry-after': String(Math.ceil(ms / 1000)), 'retry-after-ms': String(ms) }
}
