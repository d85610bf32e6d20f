import type { Queryable } from './database.ts'
import { storable } from './storable.ts'

/** How far \\Sent was read for the addresses that the owner has written to. */
interface SentCursor {
  mailbox: string
  uidValidity: string
  lastUid: number
  readAt: Date
}

export async function loadSentCursor(db: Queryable, account: string): Promise<SentCursor | null> {
  const { rows } = await db.query<SentCursor>(
    `select mailbox, uid_validity as "uidValidity", last_uid::float8 as "lastUid", read_at as "readAt"
       from replyd.sent_cursor where account = $1`,
    [account],
  )
  return rows[0] ?? null
}

/** Addresses and cursor change together, so that no mail in \\Sent is skipped. */
export async function saveCorrespondents(
  db: Queryable,
  account: string,
  addresses: readonly string[],
  cursor: SentCursor,
): Promise<void> {
  await db.query(
    `with known as (
       insert into replyd.correspondent (account, address) select $1, jsonb_array_elements_text($2::jsonb) on conflict do nothing
     )
     insert into replyd.sent_cursor (account, mailbox, uid_validity, last_uid, read_at) values ($1, $3, $4, $5, $6)
     on conflict (account) do update set mailbox = $3, uid_validity = $4, last_uid = $5, read_at = $6`,
    [account, storable(addresses), cursor.mailbox, cursor.uidValidity, cursor.lastUid, cursor.readAt],
  )
}
