import type { Disposition, Stage } from '../base/dispositions.ts'
import type { Reason } from '../base/reasons.ts'
import { hashOfSecret } from '../base/secret.ts'
import type { Queryable } from './database.ts'

export interface WebhookRow {
  /** A hash of its URL: the URL may be a secret (Slack), which no backup should contain. */
  id: string
  /** Every event up to here was delivered, given up, or older than the webhook's configuration. */
  lastEvent: number
  /** The day for which the used-up budget was last reported. */
  budgetDay: string
  /** By account, the last reported reason of its stop. Under `seen ` and an account: when an unreported stop began. */
  stopped: Record<string, string>
  attempts: number
  failingSince: Date | null
  dueAt: Date
}

/** A new webhook starts with future events. */
export async function loadWebhook(db: Queryable, url: string, now: Date): Promise<WebhookRow> {
  const { rows } = await db.query<WebhookRow>(
    `insert into replyd.webhook as w (id, last_event, budget_day, due_at)
       values ($1, coalesce((select max(id) from replyd.event), 0), '', $2)
     on conflict (id) do update set id = w.id
     returning id, last_event::float8 as "lastEvent", budget_day as "budgetDay", stopped, attempts, failing_since as "failingSince",
       due_at as "dueAt"`,
    [hashOfSecret(url), now],
  )
  const row = rows[0]
  if (!row) throw new Error('the webhook was not stored')
  return row
}

export async function saveWebhook(db: Queryable, row: WebhookRow, lastError: string | null): Promise<void> {
  await db.query(
    `update replyd.webhook set last_event = $2, budget_day = $3, attempts = $4, failing_since = $5, due_at = $6, last_error = $7,
       stopped = $8
      where id = $1`,
    [
      ...[row.id, row.lastEvent, row.budgetDay, row.attempts, row.failingSince, row.dueAt, lastError],
      JSON.stringify(row.stopped),
    ],
  )
}

export interface TellableEvent {
  id: number
  at: Date
  step: Stage
  disposition: Disposition
  reason: Reason
  messageId: string
  account: string
  fromAddress: string | null
  subject: string | null
  summary: string | null
  detail: string | null
  /** Facts that the model lacked when it wrote the reply; null if it wrote none. */
  missing: string[] | null
}

/**
 * The next events after that one, oldest first. Omits the newest ones: one with a lower number may still be
 * committed.
 */
export async function eventsAfter(db: Queryable, lastEvent: number, before: Date): Promise<TellableEvent[]> {
  const { rows } = await db.query<TellableEvent>(
    `select e.id::float8 as id, e.at, e.step, e.disposition, e.reason, m.id as "messageId", m.account,
       m.from_address as "fromAddress", m.subject, m.verdict->>'summary' as summary, e.detail, r.composed->'missing' as missing
       from replyd.event e join replyd.message m on m.id = e.message_id left join replyd.reply r on r.id = m.id
      where e.id > $1 and e.at <= $2 order by e.id limit 200`,
    [lastEvent, before],
  )
  return rows
}
