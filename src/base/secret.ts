/** Random secrets, and the hashes that are stored instead of them; the key of a state directory. */
import { createHash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from './errors.ts'

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

/** Hides a password that a server repeats, plain or in Base64 (SASL PLAIN and LOGIN): messages reach logs and pages. */
export function withoutSecret(text: string, secret: string): string {
  if (secret.length < shortestSecret) return text
  const spellings = [secret, Buffer.from(secret).toString('base64')]
  return spellings.reduce((left, spelling) => left.replaceAll(spelling, '(hidden)'), text)
}

export const keyPathIn = (directory: string): string => join(directory, 'oauth.key')

/**
 * The key of a state directory is REPLYD_KEY, or the file `oauth.key`, which is created when it is first needed.
 * @returns a separate key for each purpose, 32 octets
 * @throws ConfigError when others can read the file
 */
export function stateKey(directory: string, secret: string | null, purpose: string): Buffer {
  return keyFor(secret ?? keyText(directory), purpose)
}

/** The same from the text of the key. */
export function keyFor(text: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', text.trim(), '', `replyd ${purpose}`, 32))
}

/** The content of the key file, which is created if absent. @throws ConfigError when others can read it */
export function keyText(directory: string): string {
  const known = knownKeyText(directory)
  if (known !== null) return known
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = keyPathIn(directory)
  const made = randomBytes(32).toString('base64')
  try {
    createWhole(path, `${made}\n`)
    return made
  } catch (error) {
    // Another process may have created it first. A dangling link has no key.
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' ? knownKeyText(directory) : null
    if (other !== null) return other
    throw error
  }
}

/** Creates the file atomically: another process sees all of it or nothing. @throws EEXIST if it exists */
function createWhole(path: string, text: string): void {
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true })
  try {
    // A umask can only remove rights; a default ACL can add some.
    chmodSync(draft, 0o600)
    linkSync(draft, path)
  } catch (error) {
    if (!withoutLinks.has((error as NodeJS.ErrnoException).code ?? '')) throw error
    writeFileSync(path, text, { mode: 0o600, flag: 'wx', flush: true })
  } finally {
    rmSync(draft)
  }
}

/** Error codes of file systems without hard links. */
const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** Characters. 32 octets are 44 of them; an owner may have put in a passphrase. */
const shortestKey = 16

/** @param text of a key file @throws ConfigError when it is truncated, as on a full disk: an empty key is no secret */
export function soundKeyText(text: string, path: string): string {
  const key = text.trim()
  if (key.length >= shortestKey) return key
  throw new ConfigError(
    `${path} holds no complete key: replace it with a copy; without one, remove it and oauth.json, and sign in again`,
  )
}

/** Null when there is no key file. @throws ConfigError when others can read it, or it is truncated */
export function knownKeyText(directory: string): string | null {
  const path = keyPathIn(directory)
  try {
    const text = readFileSync(path, 'utf8')
    if ((statSync(path).mode & 0o077) !== 0)
      throw new ConfigError(`${path} can be read by others: chmod 600 it`)
    return soundKeyText(text, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
