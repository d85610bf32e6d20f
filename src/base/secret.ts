/** Random secrets, and the hashes that are stored instead of them. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits in base64url: 43 characters, impossible to guess. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

/** What the store keeps of a random secret: SHA-256 is enough, because the secret is too long to guess. */
export const hashOfSecret = (secret: string): string =>
  createHash('sha256').update(secret).digest('base64url')

/** Compares in constant time. */
export function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}

/** Shorter ones would be found in ordinary words. */
const shortestSecret = 4

/** What a server said, when it repeats the password, as it is or in Base64 (SASL PLAIN and LOGIN): it ends up in logs and on pages. */
export function withoutSecret(text: string, secret: string): string {
  if (secret.length < shortestSecret) return text
  const spellings = [secret, Buffer.from(secret).toString('base64')]
  return spellings.reduce((left, spelling) => left.replaceAll(spelling, '(hidden)'), text)
}
