import type { Reason } from '../base/reasons.ts'
import { batched } from './batched.ts'
import type { Database, Queryable } from './database.ts'
import { storable } from './storable.ts'

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
  /** Its maximum cost, US dollars. */
  worstCase: number
}

/** The day's budget limits, US dollars; null for none. */
export interface Ceilings {
  perDay: number
  accountPerDay: number | null
}

/** The row of `spending` for all accounts together. */
const everyAccount = ''

/**
 * What is left of a day's budget, US dollars: `unspent` counts what was paid, `free` also subtracts what running
 * calls may still cost.
 */
export interface Room {
  unspent: number
  free: number
}

/**
 * Reserves the call's maximum cost if the day's budget has room for it. One conditional update of the day's row takes
 * the room, so that two concurrent calls, on whatever machines, can't both take the last of it.
 * @returns null when it is reserved, otherwise the room that is left
 */
export async function reserveModelCall(
  db: Database,
  call: NewModelCall,
  ceilings: Ceilings,
  now: Date,
): Promise<Room | null> {
  const { perDay, accountPerDay } = ceilings
  if (accountPerDay === null) {
    // The most common case: only the overall limit counts, and many calls reserve their share of it at once.
    const taken = await takeShared(db, { call, perDay, now })
    return taken || (await takeRoom(db, call, everyAccount, perDay, now)) ? null : roomOn(db, call, ceilings)
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

interface Share {
  call: NewModelCall
  perDay: number
  now: Date
}

/** Reserves room for all calls of a day together, or for none of them: then each must reserve separately. */
const takeShared = batched<Share, boolean>(async (db, shares) => {
  const calls = shares.map(({ call, perDay, now }) => ({ ...call, perDay, now }))
  const { rows } = await db.query<{ id: string }>(
    `with calls as (
       select * from jsonb_to_recordset($1::jsonb) as x (id text, "messageId" text, account text, step text, day text, model text,
         "promptHash" text, "knowledgeHash" text, "worstCase" float8, "perDay" float8, now timestamptz)
     ), wanted as (
       select day, min("perDay") as "perDay", sum("worstCase") as cost from calls group by day
     ), room as (
       insert into replyd.spending as s (day, account, reserved) select day, '', cost from wanted where cost <= "perDay"
       on conflict (day, account) do update set reserved = s.reserved + excluded.reserved
         where s.cost + s.reserved + excluded.reserved <= (select min("perDay") from wanted w where w.day = s.day) returning day
     ), noted as (
       insert into replyd.model_call (id, message_id, account, step, day, at, model, prompt_hash, knowledge_hash, cost, settled)
       select id, "messageId", account, step, day, now, model, "promptHash", "knowledgeHash", "worstCase", false
         from calls where day in (select day from room) on conflict (id) do nothing
     )
     select id from calls where day in (select day from room)`,
    [storable(calls)],
  )
  const taken = new Set(rows.map(({ id }) => id))
  return shares.map(({ call }) => taken.has(call.id))
})

interface Used {
  input: number
  cachedInput: number
  output: number
  cost: number
  durationMs: number
  /** The provider's name for the model that answered: a configured name may point to another snapshot tomorrow. */
  answeredBy?: string
}

const settleOne = batched<Used & { id: string }, null>(async (db, calls) => {
  await db.query(
    `with used as (
       select * from jsonb_to_recordset($1::jsonb) as x (id text, input integer, "cachedInput" integer, output integer, cost float8,
         "durationMs" float8, "answeredBy" text)
     ), before as (
       select c.id, c.day, c.account, c.cost from replyd.model_call c join used u on u.id = c.id where not c.settled for update of c
     ), settled as (
       update replyd.model_call c set input_tokens = u.input, cached_tokens = u."cachedInput", output_tokens = u.output,
         cost = u.cost, duration_ms = u."durationMs", answered_by = u."answeredBy", settled = true
         from before b join used u on u.id = b.id where c.id = b.id
     ), changes as (
       select b.day, a.account, sum(u.cost) as cost, sum(b.cost) as reserved from before b join used u on u.id = b.id
         cross join lateral (values (''), (b.account)) as a (account) group by b.day, a.account
     )
     update replyd.spending s set cost = s.cost + x.cost, reserved = greatest(0, s.reserved - x.reserved)
       from changes x where s.day = x.day and s.account = x.account`,
    [storable(calls)],
  )
  return calls.map(() => null)
})

/** Replaces the maximum cost by the actual one; settled calls stay as they are. */
export async function settleModelCall(db: Queryable, id: string, used: Used): Promise<void> {
  await settleOne(db, { id, ...used })
}

/** Cancels a reservation: nothing was sent, so nothing can have been charged. */
export async function dropModelCall(db: Queryable, id: string): Promise<void> {
  await db.query(
    `with dropped as (
       delete from replyd.model_call where id = $1 and not settled returning day, account, cost
     )
     update replyd.spending s set reserved = greatest(0, s.reserved - d.cost)
       from dropped d where s.day = d.day and s.account in ('', d.account)`,
    [id],
  )
}

/**
 * Settles calls whose process died before it could. Their cost is unknown, so the maximum counts as spent: the budget
 * holds, and nothing waits for them any more.
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

/**
 * Records that a day's budget is used up. True for the first caller, so that only one of many processes tells the
 * owner.
 */
export async function noteBudgetReached(db: Queryable, day: string, now: Date): Promise<boolean> {
  const { rows } = await db.query(
    `insert into replyd.spending as s (day, account, reached_at) values ($1, '', $2)
     on conflict (day, account) do update set reached_at = $2 where s.reached_at is null returning 1`,
    [day, now],
  )
  return rows.length === 1
}

/** When mail began to wait for the next day because this day's budget is used up; null if it does not. */
export async function budgetReachedAt(db: Queryable, day: string): Promise<Date | null> {
  const { rows } = await db.query<{ at: Date | null }>(
    `select reached_at as at from replyd.spending where day = $1 and account = ''`,
    [day],
  )
  return rows[0]?.at ?? null
}

/** Why a row waits for tomorrow. */
export const budgetReached: Reason = 'budget-reached'

/** Lets mail that waits for tomorrow's budget be tried now: the owner may have raised it. */
export async function releaseBudgetWaiters(db: Queryable, now: Date): Promise<void> {
  await db.query(
    `update replyd.message set due_at = $1 where step in ('triage', 'compose') and last_error = $2 and due_at > $1`,
    [now, budgetReached],
  )
}
