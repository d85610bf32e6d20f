import type { Disposition } from '../base/dispositions.ts'
import type { Reason } from '../base/reasons.ts'
import type { Queryable } from './database.ts'

/** True for the one caller that may send this account's digest of this day. */
export async function claimDigest(db: Queryable, account: string, day: string, now: Date): Promise<boolean> {
  const { rows } = await db.query(
    'insert into replyd.digest (account, day, at) values ($1, $2, $3) on conflict do nothing returning day',
    [account, day, now],
  )
  return rows.length === 1
}

/** After a failure that certainly sent nothing, so that it can be retried. */
export async function releaseDigest(db: Queryable, account: string, day: string): Promise<void> {
  await db.query('delete from replyd.digest where account = $1 and day = $2', [account, day])
}

/** Mails that arrived since then, by outcome. */
export async function dispositionsSince(
  db: Queryable,
  account: string,
  since: Date,
): Promise<Map<Disposition, number>> {
  const { rows } = await db.query<{ disposition: Disposition; n: number }>(
    `select disposition, count(*)::int as n from replyd.message
      where account = $1 and ingested_at >= $2 and reason <> 'before-baseline' group by disposition`,
    [account, since],
  )
  return new Map(rows.map(({ disposition, n }) => [disposition, n]))
}

interface WaitingMail {
  from: string
  subject: string
  reason: Reason
  draft: boolean
}

/** Mails that a person has to decide on, oldest first. */
export async function waitingFor(db: Queryable, account: string, limit: number): Promise<WaitingMail[]> {
  const { rows } = await db.query<WaitingMail>(
    `select coalesce(nullif(from_name, ''), from_address, '') as "from", coalesce(subject, '') as subject, reason,
       disposition = 'drafted' as draft from replyd.message
      where account = $1 and (step = 'review' or disposition = 'drafted') order by id limit $2`,
    [account, limit],
  )
  return rows
}

/** US dollars since then. */
export async function costSince(db: Queryable, account: string, since: Date): Promise<number> {
  const { rows } = await db.query<{ cost: number }>(
    'select coalesce(sum(cost), 0)::float8 as cost from replyd.model_call where account = $1 and at >= $2',
    [account, since],
  )
  return rows[0]?.cost ?? 0
}
