import type { Queryable } from './database.ts'
import { gathered } from './gather.ts'

export interface TrustRecord {
  category: string
  at: Date
  kind: 'approved' | 'rejected' | 'cancelled' | 'negative-answer'
  automatic: boolean
  /** As the model wrote it, and as it went out. */
  draftText: string
  text: string
}

/** What became of the account's latest replies, oldest first; at most `limit`. */
export async function trustRecords(db: Queryable, account: string, limit: number): Promise<TrustRecord[]> {
  const { rows } = await db.query<TrustRecord>(
    `with replies as (
       select r.*, m.verdict->>'category' as category from replyd.reply r join replyd.message m on m.id = r.id
        where r.account = $1 and m.verdict->>'category' is not null order by r.id desc limit $2
     )
     select * from (
       select category, finished_at as at, 'approved' as kind, kind = 'send' as automatic, draft_text as "draftText", text
         from replies where state = 'sent' and finished_at is not null
       union all
       select r.category, c.at, case when c.from_state = 'approved' then 'cancelled' else 'rejected' end, r.kind = 'send', '', ''
         from replies r join replyd.reply_change c on c.reply_id = r.id
        where c.actor <> 'replyd' and (c.to_state = 'rejected' or (c.from_state = 'approved' and c.to_state in ('held', 'saved')))
       union all
       select r.category, n.at, 'negative-answer', r.kind = 'send', '', ''
         from replies r join replyd.negative_answer n on n.reply_id = r.id
     ) as records order by at`,
    [account, limit],
  )
  return rows
}

/** The customer's answer to a reply of ours was negative. */
export async function noteNegativeAnswer(
  db: Queryable,
  answer: { messageId: string; account: string; thread: readonly string[] },
  now: Date,
): Promise<void> {
  await db.query(
    `insert into replyd.negative_answer (message_id, reply_id, at)
     select $1, id, $4 from replyd.reply where account = $2 and reply_message_id = any($3) and state = 'sent'
      order by finished_at desc limit 1 on conflict (message_id) do nothing`,
    [answer.messageId, answer.account, answer.thread, now],
  )
}

export interface TrustGrant {
  category: string
  grantedAt: Date
  grantedBy: string
}

export const trustGrants = gathered<string, TrustGrant[]>(async (db, accounts) => {
  const { rows } = await db.query<TrustGrant & { account: string }>(
    `select account, category, granted_at as "grantedAt", granted_by as "grantedBy" from replyd.trust_grant where account = any($1)`,
    [accounts],
  )
  return accounts.map((name) =>
    rows.filter(({ account }) => account === name).map(({ account: _, ...grant }) => grant),
  )
})

export async function saveTrustGrant(db: Queryable, account: string, grant: TrustGrant): Promise<void> {
  await db.query(
    `insert into replyd.trust_grant (account, category, granted_at, granted_by) values ($1, $2, $3, $4)
     on conflict (account, category) do update set granted_at = $3, granted_by = $4`,
    [account, grant.category, grant.grantedAt, grant.grantedBy],
  )
}

export async function removeTrustGrant(db: Queryable, account: string, category: string): Promise<void> {
  await db.query('delete from replyd.trust_grant where account = $1 and category = $2', [account, category])
}
