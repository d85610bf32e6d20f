/** Effects of a person's actions beyond the rows of one mail. */
import type { Database, Queryable } from './database.ts'
import type { MessageRow } from './messages.ts'

/** Makes an account's paused replies due: now, or when their undo window ends. */
export async function releasePaused(
  db: Queryable,
  account: string,
  now: Date,
): Promise<{ id: string; dueAt: Date }[]> {
  const { rows } = await db.query<{ id: string; dueAt: Date }>(
    `update replyd.message m set due_at = greatest(r.send_after, $2), updated_at = $2 from replyd.reply r
      where r.id = m.id and m.account = $1 and m.step = 'deliver' and r.state = 'approved'
     returning m.id, m.due_at as "dueAt"`,
    [account, now],
  )
  return rows
}

/**
 * Records that a mail is somewhere else. The watcher may have found it there earlier and stored it as a duplicate;
 * that row is removed. Any other row with that place keeps it.
 */
export async function takePlace(
  db: Pick<Database, 'transaction'>,
  row: Pick<MessageRow, 'id' | 'account'>,
  place: { mailbox: string; uidValidity: string; uid: number },
): Promise<void> {
  // The watcher may store the duplicate between the two statements, but only once.
  if (!(await takePlaceOnce(db, row, place))) await takePlaceOnce(db, row, place)
}

/** SQLSTATE of a place that another transaction has taken in the meantime. */
const uniqueViolation = '23505'

/** @returns false if another row has that place */
async function takePlaceOnce(
  db: Pick<Database, 'transaction'>,
  row: Pick<MessageRow, 'id' | 'account'>,
  place: { mailbox: string; uidValidity: string; uid: number },
): Promise<boolean> {
  const params = [row.id, row.account, place.mailbox, place.uidValidity, place.uid]
  const taken = db.transaction(async (session) => {
    await session.query(
      `delete from replyd.message where account = $2 and mailbox = $3 and uid_validity = $4 and uid = $5 and id <> $1
          and disposition = 'duplicate'`,
      params,
    )
    const { rows } = await session.query(
      `update replyd.message set mailbox = $3, uid_validity = $4, uid = $5,
         junk_mailbox = null, junk_uid_validity = null, junk_uid = null where id = $1 and account = $2 and not exists (
         select 1 from replyd.message where account = $2 and mailbox = $3 and uid_validity = $4 and uid = $5)
       returning id`,
      params,
    )
    return rows.length > 0
  })
  return taken.catch((error: { code?: string }) => {
    if (error.code === uniqueViolation) return false
    throw error
  })
}
