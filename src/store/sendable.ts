/** Replies that only their mode kept from being sent automatically. */
import type { Queryable } from './queryable.ts'

export interface WrittenReply {
  id: string
  subject: string | null
  fromName: string | null
  fromAddress: string | null
  createdAt: Date
  /** No doubt and no fault was found. */
  sendable: boolean
}

/** The latest replies of the model, newest first. @param account null: all @param category null: all */
export async function latestReplies(
  db: Queryable,
  { account, category, limit }: { account: string | null; category: string | null; limit: number },
): Promise<WrittenReply[]> {
  const { rows } = await db.query<WrittenReply>(
    `select m.id, m.subject, m.from_name as "fromName", m.from_address as "fromAddress", r.created_at as "createdAt",
        coalesce(r.hold_reason, '') in ('mode-draft', 'mode-review', 'rewritten', 'all-clear', 'outside-hours') as sendable
       from replyd.reply r join replyd.message m on m.id = r.id
      where jsonb_typeof(r.composed) = 'object' and ($1::text is null or m.account = $1)
        and ($2::text is null or lower(m.verdict->>'category') = lower($2))
      order by r.created_at desc, r.id desc limit $3`,
    [account, category, limit],
  )
  return rows
}
