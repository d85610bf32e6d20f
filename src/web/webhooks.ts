/**
 * Reports events to other programs, in order and at least once: each webhook has its own position in the store's
 * events, and stays there until it is answered with a 2xx status. Signed as described at
 * https://www.standardwebhooks.com.
 */
import { createHmac } from 'node:crypto'
import { backoffMs } from '../base/backoff.ts'
import { reasonOf } from '../base/errors.ts'
import { exchange } from '../base/http.ts'
import type { WebhookSettings } from '../config/settings.ts'
import type { StepContext } from '../context.ts'
import { dayOf } from '../model/budget.ts'
import { loadAccountState } from '../store/accounts.ts'
import { takeLease } from '../store/leases.ts'
import { budgetReachedAt } from '../store/spending.ts'
import { eventsAfter, loadWebhook, saveWebhook, type WebhookRow } from '../store/webhooks.ts'
import { budgetPayload, reportsOf, stopPayload, type WebhookEvent, webhookId } from './webhook-events.ts'

/** Milliseconds. */
const lookEveryMs = 2_000
const leaseMs = 60_000
const settleMs = 1_000
const requestMs = 10_000
const giveUpAfterMs = 24 * 3_600_000

/**
 * `v1,` and the HMAC-SHA256 of id, time and body. A secret that begins with `whsec_` is base64, any other is used as
 * it is.
 */
export function signatureOf(secret: string, id: string, seconds: number, body: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret)
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`
}

/** Null for a 2xx answer, otherwise the error. Only the status counts: the body is not read. */
export async function postTo(
  { url, secret }: Pick<WebhookSettings, 'url' | 'secret'>,
  { id, body, at }: { id: string; body: string; at: Date },
  signal: AbortSignal,
): Promise<string | null> {
  const seconds = Math.floor(at.getTime() / 1000)
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signatureOf(secret, id, seconds, body),
  }
  try {
    const limits = { mostOctets: 0, withinMs: requestMs, signal }
    const { status } = await exchange(url, { method: 'POST', body, headers, ...limits })
    return status >= 200 && status < 300 ? null : `HTTP ${status}`
  } catch (error) {
    return reasonOf(error)
  }
}

/** Time until the next try in milliseconds: two seconds, doubled each time, at most an hour. */
export const retryDelay = (attempts: number) =>
  backoffMs(attempts, { firstMs: 1000, factor: 2, longestMs: 3_600_000 })

/** The row's key for the time at which a stop was seen that is not yet reported. No address contains a space. */
const seenKey = (account: string) => `seen ${account}`

export class Webhooks implements AsyncDisposable {
  readonly #context: StepContext
  readonly #holder: string
  readonly #timer: NodeJS.Timeout
  readonly #stop = new AbortController()
  #running: Promise<void> | null = null

  constructor(context: StepContext) {
    this.#context = context
    this.#holder = context.newId(context.clock.now())
    this.#timer = setInterval(() => void this.deliver(), lookEveryMs)
  }

  /** Never throws; one run at a time. */
  deliver(): Promise<void> {
    this.#running ??= this.#deliverAll()
      .catch((error: unknown) =>
        this.#context.log.warn({ event: 'webhooks.failed', reason: reasonOf(error) }),
      )
      .finally(() => {
        this.#running = null
      })
    return this.#running
  }

  async #deliverAll(): Promise<void> {
    const { db, config, clock } = this.#context
    if (config.webhooks.length === 0) return
    if ((await takeLease(db, 'webhooks', this.#holder, leaseMs)) === null) return
    for (const hook of config.webhooks) {
      const row = await loadWebhook(db, hook.url, clock.now())
      if (row.dueAt <= clock.now()) await this.#deliverTo(hook, row)
    }
  }

  async #deliverTo(hook: WebhookSettings, row: WebhookRow): Promise<void> {
    const { db, clock, config } = this.#context
    const now = clock.now()
    const today = dayOf(now, config.budget.timeZone)
    const wantsBudget = hook.events.includes('budget.reached') && row.budgetDay !== today
    const reachedAt = wantsBudget ? await budgetReachedAt(db, today) : null
    if (reachedAt) {
      const payload = budgetPayload(reachedAt, config.budget)
      const id = webhookId('budget.reached', today, reachedAt)
      const told = await this.#tell(hook, row, id, 'budget.reached', payload)
      if (!told) return
      row.budgetDay = today
      await saveWebhook(db, row, null)
    }
    if (hook.events.includes('account.stopped') && !(await this.#tellStops(hook, row))) return
    for (const event of await eventsAfter(db, row.lastEvent, new Date(now.getTime() - settleMs))) {
      for (const { id, type, payload } of reportsOf(event)) {
        if (hook.events.includes(type) && !(await this.#tell(hook, row, id, type, payload))) return
      }
      row.lastEvent = event.id
      await saveWebhook(db, row, null)
    }
  }

  /** Each stop once: an account that resumes and stops again is reported again. */
  async #tellStops(hook: WebhookSettings, row: WebhookRow): Promise<boolean> {
    const { db, clock, accounts } = this.#context
    const states = await Promise.all([...accounts.keys()].map((address) => loadAccountState(db, address)))
    for (const { account, stopped } of states) {
      const { [account]: told, [seenKey(account)]: seen, ...others } = row.stopped
      if ((told ?? null) === stopped && seen === undefined) continue
      if (stopped !== null && told !== stopped) {
        const at = seen ?? clock.now().toISOString()
        // Stored before the first try, so that every retry reports the same time.
        row.stopped = { ...row.stopped, [seenKey(account)]: at }
        if (seen === undefined) await saveWebhook(db, row, null)
        const id = webhookId('account.stopped', account, stopped, at)
        const payload = stopPayload(new Date(at), account, stopped)
        if (!(await this.#tell(hook, row, id, 'account.stopped', payload))) return false
      }
      row.stopped = stopped === null ? others : { ...others, [account]: stopped }
      await saveWebhook(db, row, null)
    }
    return true
  }

  /** False if it should be retried later; after a day of failures it is given up. */
  async #tell(
    hook: WebhookSettings,
    row: WebhookRow,
    id: string,
    type: WebhookEvent,
    payload: object,
  ): Promise<boolean> {
    const { db, clock, log } = this.#context
    const message = { id, body: JSON.stringify({ type, ...payload }), at: clock.now() }
    const failure = await postTo(hook, message, this.#stop.signal)
    const now = clock.now()
    if (failure === null) {
      Object.assign(row, { attempts: 0, failingSince: null })
      return true
    }
    log.warn({ event: 'webhook.failed', type, reason: failure })
    row.failingSince ??= now
    row.attempts += 1
    row.dueAt = new Date(now.getTime() + retryDelay(row.attempts))
    const givenUp = now.getTime() - row.failingSince.getTime() > giveUpAfterMs
    if (givenUp) Object.assign(row, { attempts: 0, failingSince: null })
    await saveWebhook(db, row, failure)
    return givenUp
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#stop.abort()
    await this.#running
  }
}
