import { batched } from './batched.ts'
import type { Queryable } from './database.ts'

export interface AccountState {
  account: string
  /** Paused by a person: classification continues, nothing is sent. */
  paused: boolean
  /** Who paused or resumed it last, and when; null if nobody ever did. */
  pausedBy: string | null
  pausedAt: Date | null
  /** Why replyd stopped on its own (a wrong password); null while everything is fine. */
  stopped: string | null
  /** Whether replyd must store a copy in \Sent; null: not known yet. */
  sentCopy: boolean | null
}

/** Defaults, so that a change can name only some fields. */
const nothing: { paused?: boolean; actor?: string; stopped?: string | null; sentCopy?: boolean } = {}

const untold = { paused: false, pausedBy: null, pausedAt: null, stopped: null, sentCopy: null }

export const loadAccountState = batched<string, AccountState>(async (db, accounts) => {
  const { rows } = await db.query<AccountState>(
    `select account, paused, paused_by as "pausedBy", paused_at as "pausedAt", stopped, sent_copy as "sentCopy"
       from replyd.account_state where account = any($1)`,
    [accounts],
  )
  const known = new Map(rows.map((row) => [row.account, row]))
  return accounts.map((account) => known.get(account) ?? { account, ...untold })
})

/** What may keep an account's replies from being sent: `paused` as above, and the time of the last restore, null: never. */
export const loadObstacles = batched<string, { paused: boolean; restoredAt: Date | null }>(
  async (db, accounts) => {
    const { rows } = await db.query<{ paused: boolean; restoredAt: Date | null }>(
      `select coalesce(s.paused, false) as paused, (select max(at) from replyd.restore) as "restoredAt"
         from unnest($1::text[]) with ordinality as asked (account, place) left join replyd.account_state s using (account)
        order by asked.place`,
      [accounts],
    )
    return rows
  },
)

/** Undefined fields stay as they are. @param change `actor` is the person who pauses or resumes */
export async function changeAccountState(
  db: Queryable,
  account: string,
  change: { stopped?: string | null; sentCopy?: boolean } | { paused: boolean; actor: string },
  now: Date,
): Promise<void> {
  const { paused = null, actor = null, stopped, sentCopy = null } = { ...nothing, ...change }
  await db.query(
    `insert into replyd.account_state as a (account, paused, paused_by, paused_at, stopped, sent_copy, updated_at)
       values ($1, coalesce($2, false), $7, case when $7::text is null then null else $6::timestamptz end, $4, $5, $6)
     on conflict (account) do update set paused = coalesce($2, a.paused), paused_by = coalesce($7, a.paused_by),
       paused_at = case when $7::text is null then a.paused_at else $6 end,
       stopped = case when $3 then $4 else a.stopped end, sent_copy = coalesce($5, a.sent_copy), updated_at = $6`,
    [account, paused, stopped !== undefined, stopped ?? null, sentCopy, now, actor],
  )
}
