/** What was read of a mail's files: kept with its text, and removed with it. */
import type { ReadAttachment } from '../mail/attachments.ts'
import type { Queryable } from './database.ts'
import { storable } from './storable.ts'

/** Null if they were not read yet, or the mail's text is gone. */
export async function loadAttachments(db: Queryable, id: string): Promise<ReadAttachment[] | null> {
  const { rows } = await db.query<{ attachments: ReadAttachment[] | null }>(
    'select attachments from replyd.body where id = $1',
    [id],
  )
  return rows[0]?.attachments ?? null
}

export async function saveAttachments(
  db: Queryable,
  id: string,
  attachments: readonly ReadAttachment[],
): Promise<void> {
  await db.query('update replyd.body set attachments = $2 where id = $1', [id, storable(attachments)])
}
