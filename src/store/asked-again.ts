/**
 * That somebody asked to connect to a mailbox at once, for the process that watches it: a lease that nobody renews, so
 * that it is forgotten if no process waits.
 */
import { takeLease } from './leases.ts'
import type { Queryable } from './queryable.ts'

/** Milliseconds: the watching process looks more often. */
const forgottenAfterMs = 20_000
/** The same for all, so that each may ask. */
const holder = 'asked'

const prefix = 'again '

export async function askAgain(db: Queryable, address: string): Promise<void> {
  await takeLease(db, `${prefix}${address}`, holder, forgottenAfterMs)
}

/** Those of these mailboxes for which it was asked; it is told once. */
export async function takeAskedAgain(db: Queryable, addresses: readonly string[]): Promise<string[]> {
  if (addresses.length === 0) return []
  const { rows } = await db.query<{ name: string }>(
    `update replyd.lease set expires_at = clock_timestamp()
      where name = any($1::text[]) and expires_at > clock_timestamp() returning name`,
    [addresses.map((address) => `${prefix}${address}`)],
  )
  return rows.map(({ name }) => name.slice(prefix.length))
}
