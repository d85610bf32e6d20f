import { randomBytes } from 'node:crypto'

/** The source of the time. Steps never read the system clock themselves. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

/**
 * Start date of a search for a mail written at that moment: clocks and time zones of servers differ by less than a
 * day.
 */
export function dayBefore(moment: Date): Date {
  return new Date(moment.getTime() - 86_400_000)
}

/** Makes new row ids. */
export type NewId = (now: Date) => string

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * A 26-character id whose first 10 characters are the time in milliseconds (so that ids sort by age) and
 * whose last 16 are 80 random bits: the layout of a ULID, in lower case.
 */
export function newId(now: Date): string {
  let time = now.getTime()
  let id = ''
  for (let i = 0; i < 10; i++) {
    id = alphabet[time % 32] + id
    time = Math.floor(time / 32)
  }
  for (const octet of randomOctets(16)) id += alphabet[octet % 32]
  return id
}

/** Asking for a few octets costs as much as asking for a thousand. */
let pool = randomBytes(4096)
let used = 0

/** @param count at most the size of the pool */
function randomOctets(count: number): Buffer {
  if (used + count > pool.length) [pool, used] = [randomBytes(pool.length), 0]
  used += count
  return pool.subarray(used - count, used)
}
