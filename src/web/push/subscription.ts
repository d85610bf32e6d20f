/** What a browser says about where its notifications go (Push API). All of it may be hostile. */
import { isIP } from 'node:net'
import { isOwnMachine } from '../../config/loopback.ts'

export interface Subscription {
  /** Capability URL of the push service (RFC 8030). */
  endpoint: string
  /** The browser's public key, P-256 uncompressed, and its secret (RFC 8291), base64url. */
  keys: { p256dh: string; auth: string }
}

const longestEndpoint = 1024
const [keyOctets, secretOctets] = [65, 16]

/**
 * @returns null when it could not be used: no HTTPS URL of a public name on the usual port, or no keys of the right
 *   length
 */
export function subscriptionOf({
  endpoint,
  p256dh,
  auth,
}: {
  endpoint: string
  p256dh: string
  auth: string
}): Subscription | null {
  if (!isPublicEndpoint(endpoint)) return null
  const [key, secret] = [Buffer.from(p256dh, 'base64url'), Buffer.from(auth, 'base64url')]
  if (key.length !== keyOctets || key[0] !== 4 || secret.length !== secretOctets) return null
  return { endpoint, keys: { p256dh: key.toString('base64url'), auth: secret.toString('base64url') } }
}

/** Judged by its words alone; what its name resolves to is checked at each connection. */
function isPublicEndpoint(endpoint: string): boolean {
  if (endpoint.length > longestEndpoint || !URL.canParse(endpoint)) return false
  const { protocol, hostname, port, username, password } = new URL(endpoint)
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
  const isPlain = protocol === 'https:' && port === '' && username === '' && password === ''
  return isPlain && !isAddress && !isOwnMachine(hostname)
}
