/**
 * Tells browsers that a reply waits, that something has stopped, and, once a day, what waits (Web Push: RFC 8030, 8291,
 * 8292). Each device has its own position in the store's events, so that only one process notifies it, once, and again
 * only if the push service did not accept the message.
 */
import { reasonOf } from '../../base/errors.ts'
import type { StepContext } from '../../context.ts'
import { dayOf } from '../../model/budget.ts'
import { takeLease } from '../../store/leases.ts'
import { loadMessage } from '../../store/messages.ts'
import {
  listPushDevices,
  type PushDevice,
  removePushDevice,
  savePushProgress,
} from '../../store/push-devices.ts'
import { waitingCounts } from '../../store/review-lists.ts'
import { eventsAfter, type TellableEvent } from '../../store/webhooks.ts'
import type { WebContext } from '../web-context.ts'
import { retryDelay } from '../webhooks.ts'
import {
  digestMessage,
  isDigestDue,
  isQuiet,
  type PushMessage,
  pushMessage,
  troubleMessage,
} from './message.ts'
import { type Outcome, type PushOptions, sendPush } from './send.ts'
import { Patience, type Trouble, troublesOf } from './troubles.ts'

/** Milliseconds. */
const lookEveryMs = 5_000
const leaseMs = 60_000
const settleMs = 1_000
const giveUpAfterMs = 24 * 3_600_000

/** A message, and what to store once it is delivered. Null: there is nothing to say, but the state is still stored. */
interface News {
  message: PushMessage | null
  update: Partial<Pick<PushDevice, 'lastEvent' | 'troubled' | 'digestDay'>>
}

export class Pusher implements AsyncDisposable {
  readonly #context: StepContext
  readonly #health: WebContext['health']
  readonly #patience = new Patience()
  readonly #holder: string
  readonly #options: PushOptions
  readonly #timer: NodeJS.Timeout
  readonly #stop = new AbortController()
  #running: Promise<void> | null = null

  constructor(context: StepContext, health: WebContext['health'], options: PushOptions = {}) {
    this.#context = context
    this.#health = health
    this.#options = options
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
    const health = await this.#health().catch(() => null)
    const troubles = this.#patience.lasting(await troublesOf(this.#context, health, now), now)
    for (const device of devices) await this.#bringUpToDate(device, troubles, now)
  }

  /** One message at a time; it is recorded, so that no other process repeats it. */
  async #bringUpToDate(device: PushDevice, troubles: readonly Trouble[], now: Date): Promise<void> {
    const { db } = this.#context
    let known = device
    for (const { message, update } of await this.#news(device, troubles, now)) {
      const outcome = message === null ? ({ told: true } as const) : await this.#tell(device, message)
      if (!outcome.told) return this.#failed(known, outcome, now)
      known = { ...known, ...update, attempts: 0, failingSince: null }
      await savePushProgress(db, known)
    }
  }

  async #news(device: PushDevice, troubles: readonly Trouble[], now: Date): Promise<News[]> {
    const { db, config } = this.#context
    const { timeZone } = config.budget
    const news: News[] = []
    const events = await eventsAfter(db, device.lastEvent, new Date(now.getTime() - settleMs))
    const last = events.at(-1)
    if (last !== undefined) {
      const waiting = device.waiting ? await this.#stillWaiting(events) : []
      news.push({ message: pushMessage(waiting, device.detailed), update: { lastEvent: last.id } })
    }
    const names = troubles.map(({ name }) => name)
    if (names.join('\n') !== device.troubled.join('\n')) {
      const fresh = device.trouble ? troubles.filter(({ name }) => !device.troubled.includes(name)) : []
      const message = fresh.length === 0 ? null : troubleMessage(fresh, device.detailed)
      news.push({ message, update: { troubled: names } })
    }
    if (isDigestDue(device, now, timeZone)) {
      const message = digestMessage((await waitingCounts(db)).here)
      news.push({ message, update: { digestDay: dayOf(now, timeZone) } })
    }
    return news
  }

  /** Leaves out mails that somebody has decided in the meantime, for example in quiet hours. */
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
    { gone, reason }: Exclude<Outcome, { told: true }>,
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

  #tell(device: PushDevice, message: PushMessage): Promise<Outcome> {
    return sendPush(this.#context, device, message, { ...this.#options, signal: this.#stop.signal })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#stop.abort()
    await this.#running
  }
}
