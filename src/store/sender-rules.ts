import type { Queryable } from './database.ts'

export interface SenderRule {
  /** An address, or a domain. */
  pattern: string
  rule: 'allow' | 'deny'
  /** `restored`, `moved-to-junk`, or a person's name. */
  source: string
}

/** The rule for an address: its own before its domain's. Null when there is none. */
export async function senderRule(
  db: Queryable,
  account: string,
  address: string,
): Promise<SenderRule | null> {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const { rows } = await db.query<SenderRule>(
    `select pattern, rule, source from replyd.sender_rule where account = $1 and pattern in ($2, $3) order by length(pattern) desc limit 1`,
    [account, address, domain],
  )
  return rows[0] ?? null
}

export async function saveSenderRule(
  db: Queryable,
  account: string,
  rule: SenderRule,
  now: Date,
): Promise<void> {
  await db.query(
    `insert into replyd.sender_rule (account, pattern, rule, source, at) values ($1, $2, $3, $4, $5)
     on conflict (account, pattern) do update set rule = $3, source = $4, at = $5`,
    [account, rule.pattern, rule.rule, rule.source, now],
  )
}
