import { domainPart } from '../mail/address.ts'
import { batched } from './batched.ts'
import type { Queryable } from './database.ts'
import { storable } from './storable.ts'

export interface SenderRule {
  /** An address, or a domain; capitals do not matter. */
  pattern: string
  rule: 'allow' | 'deny'
  /** `restored`, `moved-to-junk`, or a person's name. */
  source: string
}

interface Question {
  account: string
  address: string
  /** As the mail has it: earlier versions stored rules that way. */
  written: string
  domain: string
}

async function findRules(db: Queryable, questions: readonly Question[]): Promise<(SenderRule | null)[]> {
  const { rows } = await db.query<{ found: SenderRule | null }>(
    `select (select jsonb_build_object('pattern', r.pattern, 'rule', r.rule, 'source', r.source) from replyd.sender_rule r
         where r.account = q.account and r.pattern in (q.address, q.written, q.domain) order by length(r.pattern) desc limit 1) as found
       from jsonb_array_elements($1::jsonb) with ordinality as one (value, at)
       cross join jsonb_to_record(one.value) as q (account text, address text, written text, domain text) order by one.at`,
    [storable(questions)],
  )
  return rows.map(({ found }) => found)
}

const ruleOf = batched(findRules)

/** The rule for an address: its own before its domain's. Null if there is none. */
export function senderRule(db: Queryable, account: string, address: string): Promise<SenderRule | null> {
  const folded = address.toLowerCase()
  return ruleOf(db, { account, address: folded, written: address, domain: domainPart(folded) })
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
    [account, rule.pattern.toLowerCase(), rule.rule, rule.source, now],
  )
}

/** Removes a rule that still has this source. */
export async function removeSenderRule(
  db: Queryable,
  account: string,
  { pattern, source }: Pick<SenderRule, 'pattern' | 'source'>,
): Promise<void> {
  await db.query(
    'delete from replyd.sender_rule where account = $1 and pattern = any($2::text[]) and source = $3',
    [account, [pattern, pattern.toLowerCase()], source],
  )
}
