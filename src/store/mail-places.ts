/** Where a mail is, as far as known. */
import type { Queryable } from './database.ts'

/** Records a mail's new place: after a UIDVALIDITY change, or when replyd or a person moved it. */
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

/** Where a filed mail went; null UID if the server didn't say. */
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
