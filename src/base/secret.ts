/** Random texts that open something, and what is stored in their place. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits in base64url: 43 characters, none of which anybody can guess. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

/** What the store keeps of a random secret: SHA-256 is enough where nothing shorter can be tried out. */
export const hashOfSecret = (secret: string): string =>
  createHash('sha256').update(secret).digest('base64url')

/** Compares in a time that says nothing of where they differ. */
export function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
