import type { Queryable } from './database.ts'

/** How far a mailbox was read (RFC 3501 section 2.3.1.1). */
export interface Cursor {
  account: string
  mailbox: string
  uidValidity: string
  /** Every UID up to here has a row or is from before the baseline. */
  lastUid: number
  /** UIDs up to here are ignored (`since`). */
  baselineUid: number
  /** Mail that arrived before this is ignored, regardless of its UID. */
  baselineAt: Date
  /**
   * UIDs up to here were reassigned by a UIDVALIDITY change: only `baselineAt` distinguishes old mail from new. 0 for
   * none.
   */
  renumberedUid: number
  updatedAt: Date
}

export async function loadCursor(db: Queryable, account: string, mailbox: string): Promise<Cursor | null> {
  const { rows } = await db.query<Cursor>(
    `select account, mailbox, uid_validity as "uidValidity", last_uid::float8 as "lastUid", baseline_uid::float8 as "baselineUid",
       baseline_at as "baselineAt", renumbered_uid::float8 as "renumberedUid",
       updated_at as "updatedAt" from replyd.cursor where account = $1 and mailbox = $2`,
    [account, mailbox],
  )
  return rows[0] ?? null
}

/** Sets a new baseline after a first start or a UIDVALIDITY change. */
export async function saveCursor(db: Queryable, cursor: Omit<Cursor, 'updatedAt'>, now: Date): Promise<void> {
  await db.query(
    `insert into replyd.cursor (account, mailbox, uid_validity, last_uid, baseline_uid, updated_at, baseline_at, renumbered_uid)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (account, mailbox) do update set uid_validity = $3, last_uid = $4, baseline_uid = $5, updated_at = $6,
       baseline_at = $7, renumbered_uid = $8`,
    [
      cursor.account,
      cursor.mailbox,
      cursor.uidValidity,
      cursor.lastUid,
      cursor.baselineUid,
      now,
      cursor.baselineAt,
      cursor.renumberedUid,
    ],
  )
}
