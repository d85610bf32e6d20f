import type { Queryable } from '../store/database.ts'
import { leaseHolder, releaseLease, takeLease } from '../store/leases.ts'

export interface Holder {
  /** Names this process in the lease. */
  holder: string
  /** Whether a holder's process has surely ended: its lease is taken over at once. */
  isGone: (holder: string) => boolean
}

/** Takes or renews a lease, from a dead holder at once. @returns the fence; null when another process that lives has it */
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
