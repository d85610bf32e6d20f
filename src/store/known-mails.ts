/** Mails that have come before. */
import type { Queryable } from './database.ts'
import type { MessageRow } from './messages.ts'

/** Rows of an account that carry one of these Message-IDs, or have none and one of these header digests; oldest first. */
export async function findKnownMails(
  db: Queryable,
  account: string,
  messageIds: readonly string[],
  headerHashes: readonly string[],
): Promise<
  (Pick<MessageRow, 'id' | 'messageId' | 'mailbox' | 'uidValidity' | 'size'> & {
    headerHash: string | null
  })[]
> {
  const { rows } = await db.query<MessageRow & { headerHash: string | null }>(
    `select id, message_id as "messageId", header_hash as "headerHash", mailbox, uid_validity as "uidValidity",
       size::float8 as size from replyd.message
      where account = $1 and (message_id = any($2) or (message_id is null and header_hash = any($3))) order by id`,
    [account, messageIds, headerHashes],
  )
  return rows
}
