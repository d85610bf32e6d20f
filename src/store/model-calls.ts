import type { Database, Queryable } from './database.ts'

export interface NewModelCall {
  id: string
  messageId: string
  account: string
  step: string
  /** Calendar day in the owner's time zone, `2026-11-24`. */
  day: string
  model: string
  promptHash: string
  knowledgeHash: string | null
  /** What it may cost at most, US dollars. */
  worstCase: number
}

/** Ceilings for the day, US dollars; null for none. */
export interface Ceilings {
  perDay: number
  accountPerDay: number | null
}

/** Row of `spending` that stands for all accounts. */
const everyAccount = ''

/** What a day's ceilings leave, US dollars: `unspent` counts what was paid, `free` also what calls under way may still cost. */
export interface Room {
  unspent: number
  free: number
}

/**
 * Reserves the call's worst case, if what was spent and reserved this day leaves room for it. Room is taken by a
 * conditional update of the day's row, so that two calls at once can't both take the last of it, on whatever machines.
 * @returns null when it is reserved, else the room that there is
 */
export async function reserveModelCall(
  db: Database,
  call: NewModelCall,
  ceilings: Ceilings,
  now: Date,
): Promise<Room | null> {
  const { perDay, accountPerDay } = ceilings
  if (accountPerDay === null) {
    return (await takeRoom(db, call, everyAccount, perDay, now)) ? null : roomOn(db, call, ceilings)
  }
  try {
    return await db.transaction(async (session) => {
      const overall = await takeRoom(session, call, everyAccount, perDay, now)
      if (!overall || !(await takeRoom(session, call, call.account, accountPerDay, now))) throw new NoRoom()
      return null
    })
  } catch (error) {
    if (error instanceof NoRoom) return roomOn(db, call, ceilings)
    throw error
  }
}

class NoRoom extends Error {}

async function takeRoom(
  db: Queryable,
  call: NewModelCall,
  account: string,
  ceiling: number,
  now: Date,
): Promise<boolean> {
  const { rows } = await db.query(
    `with room as (
       insert into replyd.spending as s (day, account, reserved) select $5, $11, $10 where $10 <= $12::float8
       on conflict (day, account) do update set reserved = s.reserved + $10
         where s.cost + s.reserved + $10 <= $12::float8 returning 1
     ), noted as (
       insert into replyd.model_call (id, message_id, account, step, day, at, model, prompt_hash, knowledge_hash, cost, settled)
       select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10::float8, false from room on conflict (id) do nothing
     )
     select 1 from room`,
    [
      call.id,
      call.messageId,
      call.account,
      call.step,
      call.day,
      now,
      call.model,
      call.promptHash,
      call.knowledgeHash,
      call.worstCase,
      account,
      ceiling,
    ],
  )
  return rows.length === 1
}

async function roomOn(db: Queryable, call: NewModelCall, ceilings: Ceilings): Promise<Room> {
  const { rows } = await db.query<{ account: string; cost: number; reserved: number }>(
    'select account, cost, reserved from replyd.spending where day = $1 and account = any($2)',
    [call.day, [everyAccount, call.account]],
  )
  const room = (ceiling: number | null, account: string): Room => {
    const { cost = 0, reserved = 0 } = rows.find((row) => row.account === account) ?? {}
    const unspent = (ceiling ?? Number.POSITIVE_INFINITY) - cost
    return { unspent, free: unspent - reserved }
  }
  const [overall, own] = [room(ceilings.perDay, everyAccount), room(ceilings.accountPerDay, call.account)]
  return { unspent: Math.min(overall.unspent, own.unspent), free: Math.min(overall.free, own.free) }
}

/** Replaces the worst case by what was used; what was settled before stays. */
export async function settleModelCall(
  db: Queryable,
  id: string,
  used: { input: number; cachedInput: number; output: number; cost: number; durationMs: number },
): Promise<void> {
  await db.query(
    `with before as (
       select id, day, account, cost from replyd.model_call where id = $1 and not settled for update
     ), settled as (
       update replyd.model_call c set input_tokens = $2, cached_tokens = $3, output_tokens = $4, cost = $5::float8, duration_ms = $6,
         settled = true from before b where c.id = b.id
     )
     update replyd.spending s set cost = s.cost + $5::float8, reserved = greatest(0, s.reserved - b.cost)
       from before b where s.day = b.day and s.account in ('', b.account)`,
    [id, used.input, used.cachedInput, used.output, used.cost, used.durationMs],
  )
}

/**
 * Calls whose process died before it could settle them. Nobody knows what they have cost, so their worst case is what was
 * spent: the ceiling holds, and nothing waits for them any more.
 * @returns how many there were
 */
export async function settleAbandonedCalls(db: Queryable, before: Date): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `with lost as (
       update replyd.model_call set settled = true where not settled and at < $1 returning day, account, cost
     ), sums as (
       select day, account, sum(cost) as cost from lost group by day, account
       union all select day, '', sum(cost) from lost group by day
     ), spent as (
       update replyd.spending s set cost = s.cost + x.cost, reserved = greatest(0, s.reserved - x.cost)
         from sums x where s.day = x.day and s.account = x.account
     )
     select count(*)::int as n from lost`,
    [before],
  )
  return rows[0]?.n ?? 0
}

/** Notes that a day's ceiling is reached. True for the first who does so: of many processes one tells the owner. */
export async function noteBudgetReached(db: Queryable, day: string, now: Date): Promise<boolean> {
  const { rows } = await db.query(
    `insert into replyd.spending as s (day, account, reached_at) values ($1, '', $2)
     on conflict (day, account) do update set reached_at = $2 where s.reached_at is null returning 1`,
    [day, now],
  )
  return rows.length === 1
}

/** When mail began to wait for the next day because this day's money is spent; null while it need not. */
export async function budgetReachedAt(db: Queryable, day: string): Promise<Date | null> {
  const { rows } = await db.query<{ at: Date | null }>(
    `select reached_at as at from replyd.spending where day = $1 and account = ''`,
    [day],
  )
  return rows[0]?.at ?? null
}

/** Why a row waits for tomorrow. */
export const budgetReached = 'budget-reached'

/** Lets mail that waits for tomorrow's money be tried now: the owner may have raised the ceiling. */
export async function releaseBudgetWaiters(db: Queryable, now: Date): Promise<void> {
  await db.query(
    `update replyd.message set due_at = $1 where step in ('triage', 'compose') and last_error = $2 and due_at > $1`,
    [now, budgetReached],
  )
}

export interface Usage {
  key: string
  calls: number
  inputTokens: number
  cachedTokens: number
  outputTokens: number
  cost: number
}

/** Totals by day, account or step, from that day on. */
export async function usageBy(
  db: Queryable,
  key: 'day' | 'account' | 'step',
  sinceDay: string,
): Promise<Usage[]> {
  const column = { day: 'day', account: 'account', step: 'step' }[key]
  const { rows } = await db.query<Usage>(
    `select ${column} as key, count(*)::int as calls, sum(input_tokens)::float8 as "inputTokens",
       sum(cached_tokens)::float8 as "cachedTokens", sum(output_tokens)::float8 as "outputTokens", sum(cost) as cost
       from replyd.model_call where day >= $1 group by ${column} order by ${column}`,
    [sinceDay],
  )
  return rows
}
