/** The key of a state directory: REPLYD_KEY, or the file `oauth.key`, which is created when it is first needed. */
import { hkdfSync, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from './errors.ts'

export const keyPathIn = (directory: string): string => join(directory, 'oauth.key')

/** A separate key for each purpose, 32 octets. @throws ConfigError when others can read the file */
export function stateKey(directory: string, secret: string | null, purpose: string): Buffer {
  return keyFor(secret ?? keyText(directory), purpose)
}

/** The same from the text of the key. */
export function keyFor(text: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', text.trim(), '', `replyd ${purpose}`, 32))
}

/** What the key file holds; makes it when there is none. @throws ConfigError when others can read it */
export function keyText(directory: string): string {
  const known = knownKeyText(directory)
  if (known !== null) return known
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = keyPathIn(directory)
  const made = randomBytes(32).toString('base64')
  try {
    writeFileSync(path, `${made}\n`, { mode: 0o600, flag: 'wx', flush: true })
    // A umask can only take rights away; a default ACL can add some.
    chmodSync(path, 0o600)
    return made
  } catch (error) {
    // Another process has created it first.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return keyText(directory)
    throw error
  }
}

/** Null when there is no key file. @throws ConfigError when others can read it */
export function knownKeyText(directory: string): string | null {
  const path = keyPathIn(directory)
  try {
    const text = readFileSync(path, 'utf8').trim()
    if ((statSync(path).mode & 0o077) !== 0)
      throw new ConfigError(`${path} can be read by others: chmod 600 it`)
    return text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
