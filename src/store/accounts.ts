import type { Queryable } from './database.ts'
import { gathered } from './gather.ts'

export interface AccountState {
  account: string
  /** Paused by a person: classification goes on, nothing goes out. */
  paused: boolean
  /** Why replyd stopped by itself (a wrong password); null while all is well. */
  stopped: string | null
  /** Whether replyd has to put a copy into \Sent; null: not found out yet. */
  sentCopy: boolean | null
}

export const loadAccountState = gathered<string, AccountState>(async (db, accounts) => {
  const { rows } = await db.query<AccountState>(
    'select account, paused, stopped, sent_copy as "sentCopy" from replyd.account_state where account = any($1)',
    [accounts],
  )
  const known = new Map(rows.map((row) => [row.account, row]))
  return accounts.map(
    (account) => known.get(account) ?? { account, paused: false, stopped: null, sentCopy: null },
  )
})

/** Undefined fields stay as they are. */
export async function changeAccountState(
  db: Queryable,
  account: string,
  change: { paused?: boolean; stopped?: string | null; sentCopy?: boolean },
  now: Date,
): Promise<void> {
  await db.query(
    `insert into replyd.account_state as a (account, paused, stopped, sent_copy, updated_at)
       values ($1, coalesce($2, false), $4, $5, $6)
     on conflict (account) do update set paused = coalesce($2, a.paused),
       stopped = case when $3 then $4 else a.stopped end, sent_copy = coalesce($5, a.sent_copy), updated_at = $6`,
    [
      account,
      change.paused ?? null,
      change.stopped !== undefined,
      change.stopped ?? null,
      change.sentCopy ?? null,
      now,
    ],
  )
}
