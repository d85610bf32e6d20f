import { randomBytes, type ScryptOptions, scrypt, scryptSync, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** scrypt (RFC 7914) with N = 2^14, r = 8, p = 1: about 16 MB and 50 ms per guess. */
const cost = { N: 16_384, r: 8, p: 1 }
const keyLength = 32

export const passwordHashPattern = /^scrypt\$\d+\$\d+\$\d+\$[A-Za-z0-9_-]+\$[A-Za-z0-9_-]+$/

/** `scrypt$N$r$p$salt$key`, the last two in base64url. */
export function hashPassword(password: string, salt: Buffer = randomBytes(16)): string {
  const key = scryptSync(password.normalize('NFC'), salt, keyLength, cost)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** Compares in constant time, off the event loop. A hash in another format never matches. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  if (!passwordHashPattern.test(hash)) return false
  const [, n, r, p, salt = '', key = ''] = hash.split('$')
  const expected = Buffer.from(key, 'base64url')
  const options = { N: Number(n), r: Number(r), p: Number(p), maxmem: 256 * 1024 * 1024 }
  try {
    const plain = password.normalize('NFC')
    return timingSafeEqual(
      await derive(plain, Buffer.from(salt, 'base64url'), expected.length, options),
      expected,
    )
  } catch {
    // scrypt refuses these cost factors: no password can match such a hash.
    return false
  }
}
