/**
 * Tells browsers that a reply waits (Web Push: RFC 8030, 8291, 8292). Each device has its own position in the store's events, so
 * that it is told once, by one process, and again only when the push service did not take it.
 */
import { isIP } from 'node:net'
import { reasonOf } from '../../base/errors.ts'
import { exchange } from '../../base/http.ts'
import { guardedLookup, isPublicAddress } from '../../base/public-address.ts'
import type { StepContext } from '../../context.ts'
import { takeLease } from '../../store/leases.ts'
import { loadMessage } from '../../store/messages.ts'
import {
  listPushDevices,
  type PushDevice,
  removePushDevice,
  savePushProgress,
} from '../../store/push-devices.ts'
import { eventsAfter, type TellableEvent } from '../../store/webhooks.ts'
import { retryDelay } from '../webhooks.ts'
import { isQuiet, type PushMessage, pushMessage } from './message.ts'
import { vapidKeys } from './vapid.ts'

/** Milliseconds. */
const lookEveryMs = 5_000
const leaseMs = 60_000
const settleMs = 1_000
const requestMs = 10_000
const giveUpAfterMs = 24 * 3_600_000
/** A notification that the device could not be given within this is useless, seconds. */
const ttl = 12 * 3600

interface PushOptions {
  /** Decides about each address that a push service's name has; by default only the public Internet. */
  mayReach?: (address: string) => boolean
  /** For a push service with a certificate of a private authority. */
  caFile?: string | undefined
}

type Outcome = { told: true } | { told: false; gone: boolean; reason: string }

export class Pusher implements AsyncDisposable {
  readonly #context: StepContext
  readonly #holder: string
  readonly #options: PushOptions & { mayReach: (address: string) => boolean }
  readonly #timer: NodeJS.Timeout
  readonly #stop = new AbortController()
  #running: Promise<void> | null = null

  constructor(context: StepContext, { mayReach = isPublicAddress, caFile = undefined }: PushOptions = {}) {
    this.#context = context
    this.#options = { mayReach, caFile }
    this.#holder = context.newId(context.clock.now())
    this.#timer = setInterval(() => void this.look(), lookEveryMs)
  }

  /** Never throws; one run at a time. */
  look(): Promise<void> {
    this.#running ??= this.#lookAtAll()
      .catch((error: unknown) => this.#context.log.warn({ event: 'push.failed', reason: reasonOf(error) }))
      .finally(() => {
        this.#running = null
      })
    return this.#running
  }

  async #lookAtAll(): Promise<void> {
    const { db, clock, config } = this.#context
    const now = clock.now()
    const isAwake = ({ quietFrom, quietUntil, dueAt }: PushDevice) =>
      dueAt <= now && !isQuiet({ from: quietFrom, until: quietUntil }, now, config.budget.timeZone)
    const devices = (await listPushDevices(db)).filter(isAwake)
    if (devices.length === 0 || (await takeLease(db, 'push', this.#holder, leaseMs)) === null) return
    for (const device of devices) await this.#bringUpToDate(device, now)
  }

  async #bringUpToDate(device: PushDevice, now: Date): Promise<void> {
    const { db } = this.#context
    const events = await eventsAfter(db, device.lastEvent, new Date(now.getTime() - settleMs))
    const last = events.at(-1)
    if (last === undefined) return
    const message = pushMessage(await this.#stillWaiting(events), device.detailed)
    const outcome = message === null ? ({ told: true } as const) : await this.#tell(device, message)
    if (outcome.told) {
      const fresh = { lastEvent: last.id, attempts: 0, failingSince: null }
      await savePushProgress(db, { ...device, ...fresh })
      return
    }
    await this.#failed(device, outcome, now)
  }

  /** A mail that somebody has decided in the meantime, for example in quiet hours, is no news. */
  async #stillWaiting(events: readonly TellableEvent[]): Promise<TellableEvent[]> {
    const { db } = this.#context
    const ids = [...new Set(events.map(({ messageId }) => messageId))]
    const rows = await Promise.all(ids.map((id) => loadMessage(db, id)))
    const waiting = new Set(
      rows.flatMap((row) =>
        row?.disposition === 'held' || row?.disposition === 'uncertain' ? [row.id] : [],
      ),
    )
    return events.filter(({ messageId }) => waiting.has(messageId))
  }

  async #failed(
    device: PushDevice,
    { gone, reason }: { gone: boolean; reason: string },
    now: Date,
  ): Promise<void> {
    const { db, log } = this.#context
    log.warn({ event: 'push.refused', device: device.device, reason })
    const failingSince = device.failingSince ?? now
    if (gone || now.getTime() - failingSince.getTime() > giveUpAfterMs) return removePushDevice(db, device.id)
    const attempts = device.attempts + 1
    const dueAt = new Date(now.getTime() + retryDelay(attempts))
    await savePushProgress(db, { ...device, attempts, failingSince, dueAt })
  }

  async #tell({ endpoint, keys }: PushDevice, message: PushMessage): Promise<Outcome> {
    const { accounts, config } = this.#context
    const { mayReach, caFile } = this.#options
    // An address in place of a name is not resolved, so that nothing else would check it.
    const host = new URL(endpoint).hostname.replace(/^\[|\]$/g, '')
    if (isIP(host) !== 0 && !mayReach(host))
      return { told: false, gone: true, reason: 'not a public address' }
    const { default: webPush } = await import('web-push')
    const [owner] = accounts.keys()
    const vapidDetails = {
      subject: `mailto:${owner}`,
      ...vapidKeys(config.state.directory, config.state.key),
    }
    try {
      const options = { vapidDetails, TTL: ttl, topic: 'waiting', contentEncoding: 'aes128gcm' } as const
      const request = webPush.generateRequestDetails({ endpoint, keys }, JSON.stringify(message), options)
      const { status } = await exchange(request.endpoint, {
        method: 'POST',
        headers: Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        body: request.body ?? '',
        ...{ mostOctets: 0, withinMs: requestMs, signal: this.#stop.signal, caFile },
        lookup: guardedLookup(mayReach),
      })
      if (status >= 200 && status < 300) return { told: true }
      // RFC 8030 section 7.3: the subscription is over.
      return { told: false, gone: status === 404 || status === 410, reason: `HTTP ${status}` }
    } catch (error) {
      return { told: false, gone: false, reason: reasonOf(error) }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#stop.abort()
    await this.#running
  }
}
