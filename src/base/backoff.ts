export interface Backoff {
  /** Wait after the first failure, before jitter. Milliseconds. */
  firstMs: number
  /** Growth with each further failure. */
  factor: number
  /** Milliseconds. */
  longestMs: number
  /** Added to every wait. Milliseconds. */
  leastMs?: number
}

/** For connections to servers: grows by half, at most 30 s. */
export const connectionBackoff: Backoff = { firstMs: 1000, factor: 1.5, longestMs: 30_000 }

/**
 * How long to wait before the next attempt, in whole milliseconds. With full jitter, so that competing clients do not
 * return at the same moment.
 * @param failures in a row
 * @param random [0, 1); absent for no jitter
 */
export function backoffMs(
  failures: number,
  { firstMs, factor, longestMs, leastMs = 0 }: Backoff,
  random: () => number = () => 1,
): number {
  return leastMs + Math.round(random() * Math.min(longestMs, firstMs * factor ** failures))
}
