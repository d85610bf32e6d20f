import type { Queryable } from './database.ts'

export interface RowCounts {
  /** replyd has decided: done, or handed to a person. */
  handled: number
  /** A step is still to run. */
  pending: number
  /** It is unknown whether the reply was sent. */
  uncertain: number
}

/** Rows of one mailbox, without mail from before the baseline. */
export async function countRows(db: Queryable, account: string, mailbox: string): Promise<RowCounts> {
  const { rows } = await db.query<RowCounts>(
    `select count(*) filter (where step in ('review', 'done') and disposition <> 'uncertain')::int as handled,
       count(*) filter (where step not in ('review', 'done'))::int as pending,
       count(*) filter (where step in ('review', 'done') and disposition = 'uncertain')::int as uncertain
       from replyd.message where account = $1 and mailbox = $2 and reason <> 'before-baseline'`,
    [account, mailbox],
  )
  return rows[0] ?? { handled: 0, pending: 0, uncertain: 0 }
}

/** Which of these UIDs have no row, ascending. */
export async function uidsWithoutRow(
  db: Queryable,
  place: { account: string; mailbox: string; uidValidity: string },
  uids: readonly number[],
): Promise<number[]> {
  const { rows } = await db.query<{ uid: number }>(
    `select u::float8 as uid from unnest($4::bigint[]) as u
      where not exists (select 1 from replyd.message
        where account = $1 and mailbox = $2 and uid_validity = $3 and uid = u) order by u`,
    [place.account, place.mailbox, place.uidValidity, uids],
  )
  return rows.map(({ uid }) => uid)
}
