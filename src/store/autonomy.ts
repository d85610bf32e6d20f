import type { SetbackReason } from '../base/reasons.ts'
import { batched } from './batched.ts'
import type { Queryable } from './database.ts'

interface AutonomyRecord {
  id: string
  category: string
  at: Date
  kind: 'approved' | 'edited' | 'rejected' | 'cancelled' | 'negative-answer'
  automatic: boolean
  /** As the model wrote it, and in its current or sent form. */
  draftText: string
  text: string
}

/**
 * The outcomes of the account's latest replies, oldest first; at most `limit` per category, so that a busy one does
 * not crowd out the others.
 */
export async function autonomyRecords(
  db: Queryable,
  account: string,
  limit: number,
): Promise<AutonomyRecord[]> {
  const { rows } = await db.query<AutonomyRecord>(
    `with replies as (
       select * from (
         select r.*, m.verdict->>'category' as category,
           row_number() over (partition by m.verdict->>'category' order by r.id desc) as place
           from replyd.reply r join replyd.message m on m.id = r.id
          where r.account = $1 and m.verdict->>'category' is not null) as all_of_them
        where place <= $2
     )
     select * from (
       select id, category, finished_at as at, 'approved' as kind, kind = 'send' as automatic, draft_text as "draftText", text
         from replies where state = 'sent' and finished_at is not null
       union all
       select r.id, r.category, c.at, 'edited', false, r.draft_text, r.text
         from replies r join lateral (select max(at) as at from replyd.reply_change where reply_id = r.id and diff is not null) c on true
        where r.state in ('held', 'approved', 'sending', 'saving', 'saved', 'uncertain') and r.text <> r.draft_text and c.at is not null
       union all
       select r.id, r.category, c.at, case when c.from_state = 'approved' then 'cancelled' else 'rejected' end, r.kind = 'send', '', ''
         from replies r join replyd.reply_change c on c.reply_id = r.id
        where c.actor <> 'replyd' and (c.to_state = 'rejected' or (c.from_state = 'approved' and c.to_state in ('held', 'saved')))
       union all
       select r.id, r.category, n.at, 'negative-answer', r.kind = 'send', '', ''
         from replies r join replyd.negative_answer n on n.reply_id = r.id
     ) as records order by at`,
    [account, limit],
  )
  return rows
}

/** Records that the customer's answer to one of our replies was negative. */
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

export interface AutonomyGrant {
  category: string
  grantedAt: Date
  grantedBy: string
  /** What ended it; null while it is valid. */
  takenBack: SetbackReason | null
  takenBackAt: Date | null
  takenBackBy: string | null
}

export const autonomyGrants = batched<string, AutonomyGrant[]>(async (db, accounts) => {
  const { rows } = await db.query<AutonomyGrant & { account: string }>(
    `select account, category, granted_at as "grantedAt", granted_by as "grantedBy", taken_back as "takenBack",
       taken_back_at as "takenBackAt", taken_back_by as "takenBackBy" from replyd.autonomy_grant where account = any($1)`,
    [accounts],
  )
  return accounts.map((name) =>
    rows.filter(({ account }) => account === name).map(({ account: _, ...grant }) => grant),
  )
})

export async function saveAutonomyGrant(
  db: Queryable,
  account: string,
  grant: Pick<AutonomyGrant, 'category' | 'grantedAt' | 'grantedBy'>,
): Promise<void> {
  await db.query(
    `insert into replyd.autonomy_grant (account, category, granted_at, granted_by) values ($1, $2, $3, $4)
     on conflict (account, category) do update set granted_at = $3, granted_by = $4, taken_back = null, taken_back_at = null,
       taken_back_by = null`,
    [account, grant.category, grant.grantedAt, grant.grantedBy],
  )
}

/**
 * Records what ended a grant, so that it stays ended when its cause is no longer in the records. The first cause is
 * kept.
 */
export async function endAutonomyGrant(
  db: Queryable,
  account: string,
  category: string,
  setback: { reason: SetbackReason; at: Date; id: string | null },
): Promise<void> {
  await db.query(
    `update replyd.autonomy_grant set taken_back = $3, taken_back_at = $4, taken_back_by = $5
      where account = $1 and category = $2 and taken_back is null and granted_at < $4`,
    [account, category, setback.reason, setback.at, setback.id],
  )
}

/** False when there was none. */
export async function removeAutonomyGrant(
  db: Queryable,
  account: string,
  category: string,
): Promise<boolean> {
  const { rows } = await db.query(
    'delete from replyd.autonomy_grant where account = $1 and category = $2 returning 1',
    [account, category],
  )
  return rows.length > 0
}
