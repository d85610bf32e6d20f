import type { Queryable } from './database.ts'
import { storable } from './storable.ts'

interface SpamExample {
  spam: boolean
  tokens: string[]
}

/** Stores an example; the owner's verdict replaces the model's, never the reverse. */
export async function saveSpamExample(
  db: Queryable,
  example: SpamExample & { messageId: string; account: string; source: 'model' | 'owner' },
  now: Date,
): Promise<void> {
  await db.query(
    `insert into replyd.spam_example as e (message_id, account, spam, source, tokens, at) values ($1, $2, $3, $4, $5, $6)
     on conflict (message_id) do update set spam = $3, source = $4, at = $6 where $4 = 'owner' or e.source = 'model'`,
    [example.messageId, example.account, example.spam, example.source, storable(example.tokens), now],
  )
}

/** The number of examples of the smaller class. */
export async function countSpamExamples(db: Queryable, account: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select least(count(*) filter (where spam), count(*) filter (where not spam))::int as n
       from replyd.spam_example where account = $1`,
    [account],
  )
  return rows[0]?.n ?? 0
}

/** The newest of each class, oldest first. */
export async function loadSpamExamples(
  db: Queryable,
  account: string,
  perClass: number,
): Promise<SpamExample[]> {
  const { rows } = await db.query<SpamExample>(
    `select spam, tokens from
       ((select spam, tokens, at from replyd.spam_example where account = $1 and spam order by at desc limit $2)
        union all (select spam, tokens, at from replyd.spam_example where account = $1 and not spam order by at desc limit $2)
       ) newest order by at`,
    [account, perClass],
  )
  return rows
}

/** The owner took the verdict back. */
export async function removeOwnersExample(db: Queryable, messageId: string): Promise<void> {
  await db.query("delete from replyd.spam_example where message_id = $1 and source = 'owner'", [messageId])
}

/** How often the owner called mail from this sender spam. */
export async function ownersSpamFrom(db: Queryable, account: string, address: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select count(*)::int as n from replyd.spam_example e join replyd.message m on m.id = e.message_id
      where e.account = $1 and e.spam and e.source = 'owner' and m.from_address = $2`,
    [account, address],
  )
  return rows[0]?.n ?? 0
}

/** Whether mail from this sender was taken out of \\Junk. */
export async function restoredFrom(db: Queryable, account: string, address: string): Promise<boolean> {
  const { rows } = await db.query(
    `select 1 from replyd.message where account = $1 and from_address = $2 and disposition = 'restored' limit 1`,
    [account, address],
  )
  return rows.length > 0
}
