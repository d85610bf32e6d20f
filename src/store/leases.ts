import type { Queryable } from './database.ts'

/**
 * Takes or renews a lease. The fence grows with every change of holder, and a holder's commits are checked against
 * it. Uses the database's time, so that the clocks of several machines do not matter.
 * @param ttlMs how long the lease lasts, milliseconds
 * @returns the fence; null when another process holds the lease
 */
export async function takeLease(
  db: Queryable,
  name: string,
  holder: string,
  ttlMs: number,
): Promise<number | null> {
  const { rows } = await db.query<{ fence: number }>(
    `insert into replyd.lease as l (name, holder, fence, expires_at)
       values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3::float8 / 1000))
     on conflict (name) do update set holder = $2, fence = l.fence + case when l.holder = $2 then 0 else 1 end,
       expires_at = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
       where l.holder = $2 or l.expires_at <= clock_timestamp()
     returning fence::float8 as fence`,
    [name, holder, ttlMs],
  )
  return rows[0]?.fence ?? null
}

/** The holder of an unexpired lease; null if there is none. */
export async function leaseHolder(db: Queryable, name: string): Promise<string | null> {
  const { rows } = await db.query<{ holder: string }>(
    'select holder from replyd.lease where name = $1 and expires_at > clock_timestamp()',
    [name],
  )
  return rows[0]?.holder ?? null
}

export async function releaseLease(db: Queryable, name: string, holder: string): Promise<void> {
  await db.query(`update replyd.lease set expires_at = clock_timestamp() where name = $1 and holder = $2`, [
    name,
    holder,
  ])
}

export interface Holder {
  /** This process's name in the lease. */
  holder: string
  /** Whether a holder's process has certainly ended. Its lease is then taken over at once. */
  isGone: (holder: string) => boolean
}

/** Takes or renews a lease, at once if its holder is dead. @returns the fence; null when a live process holds it */
export async function takeOverLease(
  db: Queryable,
  lease: string,
  { holder, isGone }: Holder,
  ttlMs: number,
): Promise<number | null> {
  const fence = await takeLease(db, lease, holder, ttlMs)
  const other = fence === null ? await leaseHolder(db, lease) : null
  if (other === null || !isGone(other)) return fence
  await releaseLease(db, lease, other)
  return takeLease(db, lease, holder, ttlMs)
}
