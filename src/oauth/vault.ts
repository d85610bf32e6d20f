/**
 * Where sign-ins are kept: `oauth.json` in the state directory, each entry encrypted with AES-256-GCM. A file, not
 * the store, because `replyd auth` runs alongside a daemon whose embedded database only one process may open, and before
 * its first start. Processes that share the directory share the sign-ins; a machine with a separate directory needs
 * its own.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { ConfigError } from '../base/errors.ts'
import { writeWhole } from '../base/files.ts'
import { keyPathIn, keyText } from '../base/secret.ts'
import type { Grant } from './endpoint.ts'

const Sealed = z.object({ iv: z.base64(), tag: z.base64(), text: z.base64() })
const File = z.object({ version: z.literal(1), salt: z.base64(), entries: z.record(z.string(), Sealed) })
type File = z.infer<typeof File>

export interface Entry {
  readonly grant: Grant
  /** Why the provider no longer accepts the refresh token; null while it does. */
  readonly refused: string | null
}

const Stored = z.object({
  grant: z.object({ accessToken: z.string(), refreshToken: z.string().nullable(), expiresAt: z.number() }),
  refused: z.string().nullable(),
})

export class Vault {
  readonly #directory: string
  readonly #secret: string | null
  /** By salt: scrypt is deliberately slow. */
  readonly #keys = new Map<string, Buffer>()

  /** @param secret REPLYD_KEY; null: a key file, created on demand */
  constructor(directory: string, secret: string | null) {
    this.#directory = directory
    this.#secret = secret
  }

  get lockPath(): string {
    return join(this.#directory, 'oauth.lock')
  }

  /** Null if nothing is stored under that name. @throws ConfigError when it was encrypted with another key */
  read(name: string): Entry | null {
    const file = this.#load()
    const sealed = file?.entries[name]
    if (!file || !sealed) return null
    const decipher = createDecipheriv('aes-256-gcm', this.#key(file.salt), Buffer.from(sealed.iv, 'base64'))
    // The name is part of the authenticated data, so entries can't be swapped.
    decipher.setAAD(Buffer.from(name)).setAuthTag(Buffer.from(sealed.tag, 'base64'))
    try {
      const text = Buffer.concat([decipher.update(Buffer.from(sealed.text, 'base64')), decipher.final()])
      return Stored.parse(JSON.parse(text.toString('utf8')))
    } catch (error) {
      const key = this.#secret === null ? `the key file ${keyPathIn(this.#directory)}` : 'REPLYD_KEY'
      throw new ConfigError(
        `${this.#path}: the sign-ins were encrypted with a key other than ${key}: restore it, or run replyd auth again`,
        { cause: error },
      )
    }
  }

  /** Adds or replaces one entry; the caller holds the lock. */
  write(name: string, entry: Entry): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    const file: File = this.#load() ?? {
      version: 1,
      salt: randomBytes(16).toString('base64'),
      entries: {},
    }
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key(file.salt), iv).setAAD(Buffer.from(name))
    const text = Buffer.concat([cipher.update(JSON.stringify(entry)), cipher.final()])
    const sealed = {
      iv: iv.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
      text: text.toString('base64'),
    }
    const content: File = { ...file, entries: { ...file.entries, [name]: sealed } }
    const draft = `${this.#path}.${process.pid}`
    writeWhole(this.#path, `${JSON.stringify(content, null, 1)}\n`, { draft, mode: 0o600 })
  }

  get #path(): string {
    return join(this.#directory, 'oauth.json')
  }

  #load(): File | null {
    const text = readIfThere(this.#path)
    if (text === null) return null
    try {
      return File.parse(JSON.parse(text))
    } catch (error) {
      throw new ConfigError(`${this.#path} can't be read: remove it, then run replyd auth again`, {
        cause: error,
      })
    }
  }

  #key(salt: string): Buffer {
    const known = this.#keys.get(salt)
    if (known) return known
    const key = scryptSync(this.#secret ?? keyText(this.#directory), Buffer.from(salt, 'base64'), 32)
    this.#keys.set(salt, key)
    return key
  }
}

/** An entry's name does not reveal whose it is. */
export function entryName(address: string, clientId: string, tokenUrl: string): string {
  return createHash('sha256')
    .update(JSON.stringify([address, clientId, tokenUrl]))
    .digest('hex')
    .slice(0, 32)
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
