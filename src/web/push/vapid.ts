/** The key by which push services recognise this replyd (VAPID, RFC 8292). */
import { createECDH } from 'node:crypto'
import { stateKey } from '../../base/secret.ts'

interface VapidKeys {
  /** base64url: P-256, uncompressed; and its scalar. */
  publicKey: string
  privateKey: string
}

/**
 * Derived from the key of the state directory, so that it outlives a restart, is the same in every process, and is kept
 * like every other secret. @throws ConfigError when others can read that key
 */
export function vapidKeys(directory: string, secret: string | null): VapidKeys {
  const ecdh = createECDH('prime256v1')
  for (let round = 0; ; round++) {
    const scalar = stateKey(directory, secret, `VAPID ${round}`)
    try {
      ecdh.setPrivateKey(scalar)
    } catch {
      // One value in 2^32 is not a valid scalar of the curve.
      continue
    }
    return {
      publicKey: ecdh.getPublicKey().toString('base64url'),
      privateKey: scalar.toString('base64url'),
    }
  }
}
