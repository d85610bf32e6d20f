/** Browsers that want notifications, and which ones. */
import type { Queryable } from './queryable.ts'

export interface PushDevice {
  /** Hash of the endpoint. */
  id: string
  endpoint: string
  keys: { p256dh: string; auth: string }
  /** Who turned it on. */
  actor: string
  /** `Firefox on Linux`. */
  device: string
  /** The login that it ends with; null without a password. */
  session: string | null
  /** Notified when a reply waits. */
  waiting: boolean
  /** Notified when replyd has stopped for an account, or today's budget is used up. */
  trouble: boolean
  /** `HH:MM` of a daily summary in the owner's time zone; null: none. */
  digestAt: string | null
  /** Day of the last summary, `2026-11-28`. */
  digestDay: string | null
  /** Problems that were reported already. */
  troubled: string[]
  /** Sender and subject are shown, too. */
  detailed: boolean
  /** `HH:MM` in the owner's time zone; null: never quiet. */
  quietFrom: string | null
  quietUntil: string | null
  addedAt: Date
  /** Every event up to here was reported, or did not matter. */
  lastEvent: number
  attempts: number
  failingSince: Date | null
  dueAt: Date
}

type NewPushDevice = Pick<PushDevice, 'id' | 'endpoint' | 'keys' | 'actor' | 'device' | 'session' | 'addedAt'>

const columns = `id, endpoint, keys, actor, device, session, waiting, trouble, digest_at as "digestAt",
  digest_day as "digestDay", troubled, detailed, quiet_from as "quietFrom", quiet_until as "quietUntil",
  added_at as "addedAt", last_event::float8 as "lastEvent", attempts, failing_since as "failingSince", due_at as "dueAt"`

/** Notified from now on. @returns false when there are already that many */
export async function addPushDevice(db: Queryable, device: NewPushDevice, most: number): Promise<boolean> {
  const { id, endpoint, keys, actor, device: name, session, addedAt } = device
  const { rows } = await db.query(
    `insert into replyd.push_device as d (id, endpoint, keys, actor, device, added_at, session, last_event, due_at)
       select $1, $2, $3::jsonb, $4, $5, $6::timestamptz, $8, coalesce((select max(id) from replyd.event), 0), $6::timestamptz
        where (select count(*) from replyd.push_device where id <> $1) < $7::int
     on conflict (id) do update set keys = excluded.keys, actor = excluded.actor, device = excluded.device, session = excluded.session, attempts = 0,
       failing_since = null, due_at = excluded.due_at
     returning id`,
    [id, endpoint, JSON.stringify(keys), actor, name, addedAt, most, session],
  )
  return rows.length > 0
}

export async function listPushDevices(db: Queryable): Promise<PushDevice[]> {
  const { rows } = await db.query<PushDevice>(
    `select ${columns} from replyd.push_device order by added_at, id`,
  )
  return rows
}

export type PushWishes = Pick<
  PushDevice,
  'waiting' | 'trouble' | 'digestAt' | 'detailed' | 'quietFrom' | 'quietUntil'
>

/** What a person chose for a browser: both hours, or neither. */
export async function changePushDevice(db: Queryable, id: string, wishes: PushWishes): Promise<void> {
  const { waiting, trouble, digestAt, detailed, quietFrom, quietUntil } = wishes
  await db.query(
    `update replyd.push_device set detailed = $2, quiet_from = $3, quiet_until = $4, waiting = $5, trouble = $6, digest_at = $7
      where id = $1`,
    [id, detailed, quietFrom, quietUntil, waiting, trouble, digestAt],
  )
}

export async function savePushProgress(
  db: Queryable,
  { id, lastEvent, attempts, failingSince, dueAt, digestDay, troubled }: PushDevice,
): Promise<void> {
  await db.query(
    `update replyd.push_device set last_event = $2, attempts = $3, failing_since = $4, due_at = $5, digest_day = $6,
       troubled = $7::jsonb where id = $1`,
    [id, lastEvent, attempts, failingSince, dueAt, digestDay, JSON.stringify(troubled)],
  )
}

/** A browser has logged in again: its notifications end with its new login. */
export async function movePushDevices(db: Queryable, from: string, to: string): Promise<void> {
  await db.query('update replyd.push_device set session = $2 where session = $1', [from, to])
}

/** Those that were turned on from that login. @param session null: from any */
export async function removePushDevicesOf(db: Queryable, session: string | null): Promise<void> {
  await db.query('delete from replyd.push_device where session = coalesce($1, session)', [session])
}

/**
 * Those of every other login, even of one that has expired since.
 * @param keepsPeople leaves those of people with passwords of their own
 */
export async function removeOtherPushDevices(
  db: Queryable,
  session: string,
  { keepsPeople }: { keepsPeople: boolean },
): Promise<void> {
  await db.query(
    `delete from replyd.push_device where session <> $1
       and not ($2::boolean and actor in (select name from replyd.person))`,
    [session, keepsPeople],
  )
}

export async function removePushDevice(db: Queryable, id: string): Promise<void> {
  await db.query('delete from replyd.push_device where id = $1', [id])
}
