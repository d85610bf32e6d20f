/** What model calls cost: the actual cost replaces what was reserved (spending.ts). */
import { batched } from './batched.ts'
import type { Queryable } from './database.ts'
import { budgetReasons } from './spending.ts'
import { storable } from './storable.ts'

interface Used {
  input: number
  cachedInput: number
  output: number
  cost: number
  durationMs: number
  /** The provider's name for the model that answered: a configured name may point to another snapshot tomorrow. */
  answeredBy?: string
}

/**
 * Ends the reservations of `ended (day, account, shares, cost, reserved)` in every row that counts them. Rows are
 * locked in the order in which they are reserved, so that no deadlock can occur.
 */
const released = `changes as (
       select e.day, a.account, n.share, sum(e.cost) as cost, sum(e.reserved) as reserved from ended e
         cross join lateral (values (''), (e.account)) as a (account)
         cross join lateral (select '' as share union all select jsonb_array_elements_text(e.shares)) as n
         group by e.day, a.account, n.share
     ), locked as (
       select x.day, x.account, x.share from (select * from changes order by day, account, share) x
         cross join lateral (select 1 from replyd.spending s
           where s.day = x.day and s.account = x.account and s.share = x.share for update of s) s
     ), spent as (
       update replyd.spending s set cost = s.cost + x.cost, reserved = greatest(0, s.reserved - x.reserved)
         from changes x join locked using (day, account, share)
         where s.day = x.day and s.account = x.account and s.share = x.share
     )
     select count(*)::int as n from ended`

const settling = `with used as (
     select * from jsonb_to_recordset($1::jsonb) as x (id text, input integer, "cachedInput" integer, output integer, cost float8,
       "durationMs" float8, "answeredBy" text)
   ), before as (
     select c.id, c.day, c.account, c.shares, c.cost from replyd.model_call c join used u on u.id = c.id where not c.settled
       for update of c
   ), settled as (
     update replyd.model_call c set input_tokens = u.input, cached_tokens = u."cachedInput", output_tokens = u.output,
       cost = u.cost, duration_ms = u."durationMs", answered_by = u."answeredBy", settled = true
       from before b join used u on u.id = b.id where c.id = b.id
   ), ended as (
     select b.day, b.account, b.shares, u.cost, b.cost as reserved from before b join used u on u.id = b.id
   ), ${released}`

const settleOne = batched<Used & { id: string }, null>(async (db, calls) => {
  await db.query(settling, [storable(calls)])
  return calls.map(() => null)
})

/** Replaces the maximum cost by the actual one; settled calls stay as they are. */
export async function settleModelCall(db: Queryable, id: string, used: Used): Promise<void> {
  const { input, cachedInput, output, cost, durationMs, answeredBy } = used
  await settleOne(db, { id, input, cachedInput, output, cost, durationMs, answeredBy })
}

/** Cancels a reservation: nothing was sent, so nothing can have been charged. */
export async function dropModelCall(db: Queryable, id: string): Promise<void> {
  await db.query(
    `with dropped as (
       delete from replyd.model_call where id = $1 and not settled returning day, account, shares, cost
     ), ended as (
       select day, account, shares, 0::float8 as cost, cost as reserved from dropped
     ), ${released}`,
    [id],
  )
}

/**
 * Settles calls whose process died before it could. Their cost is unknown, so the maximum counts as spent: the budget
 * holds, and nothing waits for them any longer.
 * @returns how many there were
 */
export async function settleAbandonedCalls(db: Queryable, before: Date): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `with lost as (
       update replyd.model_call set settled = true where not settled and at < $1 returning day, account, shares, cost
     ), ended as (
       select day, account, shares, cost, cost as reserved from lost
     ), ${released}`,
    [before],
  )
  return rows[0]?.n ?? 0
}

/** Lets mail that waits for tomorrow's budget be tried now: the owner may have raised it. */
export async function releaseBudgetWaiters(db: Queryable, now: Date): Promise<void> {
  await db.query(
    `update replyd.message set due_at = $1 where step in ('triage', 'compose', 'decide') and last_error = any($2) and due_at > $1`,
    [now, budgetReasons],
  )
}

/** Tokens of an average answered call of that step; null if there was none. */
export async function usualTokens(
  db: Queryable,
  account: string,
  step: string,
  since: Date,
): Promise<{ input: number; output: number } | null> {
  const { rows } = await db.query<{ input: number | null; output: number | null }>(
    `select avg(input_tokens)::float8 as input, avg(output_tokens)::float8 as output from replyd.model_call
      where account = $1 and step = $2 and at >= $3 and settled and output_tokens > 0`,
    [account, step, since],
  )
  const [{ input, output } = { input: null, output: null }] = rows
  return input === null || output === null ? null : { input, output }
}
