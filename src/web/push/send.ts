/** Gives one message to a push service, encrypted for the browser (RFC 8030, 8291, 8292). */
import { isIP } from 'node:net'
import { reasonOf } from '../../base/errors.ts'
import { exchange } from '../../base/http.ts'
import { guardedLookup, isPublicAddress } from '../../base/public-address.ts'
import type { StepContext } from '../../context.ts'
import type { PushDevice } from '../../store/push-devices.ts'
import type { PushMessage } from './message.ts'
import { vapidKeys } from './vapid.ts'

/** Milliseconds. */
const requestMs = 10_000
/** A notification that can't be delivered to the device within this time is useless. Seconds. */
const ttl = 12 * 3600

export interface PushOptions {
  /** Whether an address of a push service's name may be contacted; by default only public ones. */
  mayReach?: (address: string) => boolean
  /** For a push service with a certificate from a private authority. */
  caFile?: string | undefined
}

/** `gone`: the browser no longer accepts notifications. */
export type Outcome = { told: true } | { told: false; gone: boolean; reason: string }

export async function sendPush(
  { accounts, config }: Pick<StepContext, 'accounts' | 'config'>,
  { endpoint, keys }: Pick<PushDevice, 'endpoint' | 'keys'>,
  message: PushMessage,
  { mayReach = isPublicAddress, caFile, signal }: PushOptions & { signal: AbortSignal },
): Promise<Outcome> {
  // An address instead of a name is not resolved, so nothing else would check it.
  const host = new URL(endpoint).hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !mayReach(host)) return { told: false, gone: true, reason: 'not a public address' }
  const { default: webPush } = await import('web-push')
  const [owner] = accounts.keys()
  const vapidDetails = { subject: `mailto:${owner}`, ...vapidKeys(config.state.directory, config.state.key) }
  const topic = message.tag ?? 'waiting'
  try {
    const options = { vapidDetails, TTL: ttl, topic, contentEncoding: 'aes128gcm' } as const
    const request = webPush.generateRequestDetails({ endpoint, keys }, JSON.stringify(message), options)
    const { status } = await exchange(request.endpoint, {
      method: 'POST',
      headers: Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      body: request.body ?? '',
      ...{ mostOctets: 0, withinMs: requestMs, signal, caFile },
      lookup: guardedLookup(mayReach),
    })
    if (status >= 200 && status < 300) return { told: true }
    // RFC 8030 section 7.3: the subscription is over.
    return { told: false, gone: status === 404 || status === 410, reason: `HTTP ${status}` }
  } catch (error) {
    return { told: false, gone: false, reason: reasonOf(error) }
  }
}
