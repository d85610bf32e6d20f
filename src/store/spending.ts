/** The day's budget: how much may still be reserved for a model call, in total and in each share. */
import type { Reason } from '../base/reasons.ts'
import { batched } from './batched.ts'
import type { Database, Queryable } from './database.ts'
import { storable, type Whole } from './storable.ts'

export interface NewModelCall {
  id: string
  /** Null: it is about no stored mail. */
  messageId: string | null
  account: string
  step: string
  /** Calendar day in the owner's time zone, `2026-11-24`. */
  day: string
  model: string
  promptHash: string
  knowledgeHash: string | null
  /** Its maximum cost, US dollars. */
  worstCase: number
  /** Parts of the budget that it also counts in, by name. */
  shares: readonly { name: string; part: number }[]
}

/** The day's budget limits, US dollars; null for none. */
interface Ceilings {
  perDay: number
  accountPerDay: number | null
}

/** The row of `spending` for all accounts together. */
const everyAccount = ''
/** The row of `spending` for all mail together. */
export const everybody = ''
/** Why a row waits for tomorrow: the whole budget is used up, or the share of that name (up to its colon). */
const reasons: Readonly<Record<string, Reason>> = {
  [everybody]: 'budget-reached',
  sender: 'sender-share-reached',
  domain: 'domain-share-reached',
  strangers: 'reserve-kept',
}

export const budgetReasons = Object.values(reasons)

export const reachedReason = (share: string): Reason =>
  reasons[share.split(':', 1)[0] ?? ''] ?? 'budget-reached'

/** US dollars; rounding errors of floating-point sums stay below this. */
const nothing = 1e-9

/**
 * What is left of a day's budget, US dollars: `unspent` counts what was paid, `free` also subtracts what running
 * calls may still cost. Both belong to the limit that leaves the least.
 */
export interface Room {
  unspent: number
  free: number
  /** The share that leaves the least; empty for the whole budget. */
  share: string
}

/** A row of `spending`, and what it may reach. */
interface Limit {
  day: string
  account: string
  share: string
  ceiling: number
}

interface Taking {
  call: NewModelCall
  ceilings: Ceilings
  now: Date
}

class NoRoom extends Error {}

const divisionByZero = '22012'
const isNoRoom = (error: unknown): boolean =>
  error instanceof NoRoom || (error as { code?: unknown }).code === divisionByZero

/**
 * Reserves the call's maximum cost if the day's budget and each of the call's shares have room for it. Conditional
 * updates of their rows take the room, all of them or none, so that two concurrent calls, even on different machines,
 * can't both take the last of it. A share always has room for one call: it may be smaller than the maximum cost.
 * @returns null when it is reserved, otherwise the room that is left
 */
export async function reserveModelCall(
  db: Database,
  call: NewModelCall,
  ceilings: Ceilings,
  now: Date,
): Promise<Room | null> {
  try {
    await takeRoom(db, { call, ceilings, now })
    return null
  } catch (error) {
    if (isNoRoom(error)) return roomOn(db, call, ceilings)
    throw error
  }
}

function limitsOf({ day, account, shares }: NewModelCall, { perDay, accountPerDay }: Ceilings): Limit[] {
  const limits: Limit[] = []
  const add = (whose: string, whole: number) => {
    limits.push({ day, account: whose, share: everybody, ceiling: whole })
    for (const { name, part } of shares)
      limits.push({ day, account: whose, share: name, ceiling: whole * part })
  }
  add(everyAccount, perDay)
  if (accountPerDay !== null) add(account, accountPerDay)
  return limits
}

/** For the statement; written out, because copying objects costs many times as much. */
const callOf = ({ call, now }: Taking) =>
  ({
    id: call.id,
    messageId: call.messageId,
    account: call.account,
    step: call.step,
    day: call.day,
    model: call.model,
    promptHash: call.promptHash,
    knowledgeHash: call.knowledgeHash,
    worstCase: call.worstCase,
    shares: call.shares.map(({ name }) => name),
    now,
  }) satisfies Whole<Omit<NewModelCall, 'shares'>> & Record<string, unknown>
const amountsOf = ({ call, ceilings }: Taking) =>
  limitsOf(call, ceilings).map(({ day, account, share, ceiling }) => {
    return { day, account, share, ceiling, amount: call.worstCase }
  })

/**
 * Reserves room for all of them together or for none; then each is tried separately. The rows of the budget are locked
 * and judged first. If a row that did not exist then was created by somebody else in the meantime and has no room, the
 * statement divides by zero, which undoes all of it.
 */
const takeRoom = batched<Taking, null>(
  async (db, takings) => {
    const { rows } = await db.query<{ fits: boolean }>(
      `with calls as (
         select * from jsonb_to_recordset($1::jsonb) as x (id text, "messageId" text, account text, step text, day text, model text,
           "promptHash" text, "knowledgeHash" text, "worstCase" float8, shares jsonb, now timestamptz)
       ), wanted as (
         select day, account, share, min(ceiling) as ceiling, sum(amount) as amount, count(*) as calls
           from jsonb_to_recordset($2::jsonb) as x (day text, account text, share text, ceiling float8, amount float8)
           group by day, account, share
       ), known as materialized (
         select w.day, w.account, w.share, s.used from (select * from wanted order by day, account, share) w
           cross join lateral (select s.cost + s.reserved as used from replyd.spending s
             where s.day = w.day and s.account = w.account and s.share = w.share for no key update of s) s
       ), verdict as materialized (
         select bool_and(coalesce(k.used, 0) + w.amount <= w.ceiling or (w.share <> '' and w.calls = 1 and coalesce(k.used, 0) < $3)) as fits
           from wanted w left join known k using (day, account, share)
       ), room as (
         insert into replyd.spending as s (day, account, share, reserved)
           select w.day, w.account, w.share, w.amount from wanted w join verdict v on v.fits order by w.day, w.account, w.share
         on conflict (day, account, share) do update set reserved = s.reserved + excluded.reserved
           where exists (select 1 from wanted w where w.day = s.day and w.account = s.account and w.share = s.share
             and (s.cost + s.reserved + w.amount <= w.ceiling or (w.share <> '' and w.calls = 1 and s.cost + s.reserved < $3)))
         returning 1
       ), recorded as (
         insert into replyd.model_call (id, message_id, account, step, day, at, model, prompt_hash, knowledge_hash, cost, settled, shares)
           select c.id, c."messageId", c.account, c.step, c.day, c.now, c.model, c."promptHash", c."knowledgeHash", c."worstCase", false, c.shares
             from calls c join verdict v on v.fits
           on conflict (id) do nothing
       )
       select v.fits, 1 / case when v.fits and (select count(*) from room) < (select count(*) from wanted) then 0 else 1 end from verdict v`,
      [storable(takings.map(callOf)), storable(takings.flatMap(amountsOf)), nothing],
    )
    if (!rows[0]?.fits) throw new NoRoom()
    return takings.map(() => null)
  },
  { splitsOn: isNoRoom },
)

async function roomOn(db: Queryable, call: NewModelCall, ceilings: Ceilings): Promise<Room> {
  const limits = limitsOf(call, ceilings)
  const { rows } = await db.query<{ account: string; share: string; cost: number; reserved: number }>(
    'select account, share, cost, reserved from replyd.spending where day = $1 and account = any($2) and share = any($3)',
    [call.day, [everyAccount, call.account], [everybody, ...call.shares.map(({ name }) => name)]],
  )
  const rooms = limits.map(({ account, share, ceiling }): Room => {
    const { cost = 0, reserved = 0 } =
      rows.find((row) => row.account === account && row.share === share) ?? {}
    const untouched = share !== everybody && cost + reserved < nothing
    const unspent = untouched ? Number.POSITIVE_INFINITY : ceiling - cost
    return { unspent, free: unspent - reserved, share }
  })
  const least = rooms.reduce((one, other) => (other.unspent < one.unspent ? other : one))
  return { ...least, free: Math.min(...rooms.map(({ free }) => free)) }
}

/**
 * Records that a day's budget, or a share of it, is used up. True for the first caller, so that only one of many
 * processes tells the owner.
 */
export async function noteBudgetReached(
  db: Queryable,
  day: string,
  share: string,
  now: Date,
): Promise<boolean> {
  const { rows } = await db.query(
    `insert into replyd.spending as s (day, account, share, reached_at) values ($1, '', $2, $3)
     on conflict (day, account, share) do update set reached_at = $3 where s.reached_at is null returning 1`,
    [day, share, now],
  )
  return rows.length === 1
}

/** When mail began to wait for the next day because this day's budget is used up; null if it does not. */
export async function budgetReachedAt(db: Queryable, day: string): Promise<Date | null> {
  const { rows } = await db.query<{ at: Date | null }>(
    `select reached_at as at from replyd.spending where day = $1 and account = '' and share = ''`,
    [day],
  )
  return rows[0]?.at ?? null
}

/** US dollars reserved or spent on that day by all accounts. */
export async function spentOn(db: Queryable, day: string): Promise<number> {
  const { rows } = await db.query<{ cost: number }>(
    `select cost + reserved as cost from replyd.spending where day = $1 and account = '' and share = ''`,
    [day],
  )
  return rows[0]?.cost ?? 0
}

/** Rows of senders and domains of past days are no longer needed. */
export async function removeShares(db: Queryable, before: string): Promise<void> {
  await db.query(`delete from replyd.spending where share <> '' and day < $1`, [before])
}

export interface SpentShare {
  /** As in NewModelCall. */
  name: string
  /** US dollars, reserved ones included. */
  cost: number
  /** Mail waits for the next day because of it. */
  reached: boolean
}

const mostListed = 5

/** Who used most of a day's budget: senders and domains, those whose share is used up first. */
export async function spentShares(db: Queryable, day: string): Promise<SpentShare[]> {
  const { rows } = await db.query<SpentShare>(
    `select share as name, cost + reserved as cost, reached_at is not null as reached from replyd.spending
      where day = $1 and account = '' and share <> '' order by reached_at is null, cost + reserved desc, share limit $2`,
    [day, mostListed],
  )
  return rows
}
