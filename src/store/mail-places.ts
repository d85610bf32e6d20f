/** Where a mail lies, as far as it is known. */
import type { Queryable } from './database.ts'

/** Notes where a mail lies now: after a changed UIDVALIDITY, or moved by replyd or a person. */
export async function relocateMessage(
  db: Queryable,
  id: string,
  place: { mailbox: string; uidValidity: string; uid: number },
): Promise<void> {
  await db.query('update replyd.message set mailbox = $2, uid_validity = $3, uid = $4 where id = $1', [
    id,
    place.mailbox,
    place.uidValidity,
    place.uid,
  ])
}

/** Where a filed mail went; null UID when the server didn't say. */
export async function noteJunkPlace(
  db: Queryable,
  id: string,
  place: { mailbox: string; uidValidity: string | null; uid: number | null },
): Promise<void> {
  await db.query(
    'update replyd.message set junk_mailbox = $2, junk_uid_validity = $3, junk_uid = $4 where id = $1',
    [id, place.mailbox, place.uidValidity, place.uid],
  )
}
