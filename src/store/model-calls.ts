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

/**
 * Reserves the call's worst case, if the day's spending leaves room for it; false when a ceiling is reached. Room is
 * taken by a conditional update of the day's row, so that two calls at once can't both take the last of it.
 */
export async function reserveModelCall(
  db: Database,
  call: NewModelCall,
  ceilings: Ceilings,
  now: Date,
): Promise<boolean> {
  const { perDay, accountPerDay } = ceilings
  if (accountPerDay === null) return takeRoom(db, call, everyAccount, perDay, now)
  try {
    return await db.transaction(async (session) => {
      const overall = await takeRoom(session, call, everyAccount, perDay, now)
      if (!overall || !(await takeRoom(session, call, call.account, accountPerDay, now))) throw new NoRoom()
      return true
    })
  } catch (error) {
    if (error instanceof NoRoom) return false
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
       insert into replyd.spending as s (day, account, cost) select $5, $11, $10 where $10 <= $12::float8
       on conflict (day, account) do update set cost = s.cost + $10 where s.cost + $10 <= $12::float8 returning 1
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

/** Replaces the worst case by what was used. */
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
     update replyd.spending s set cost = s.cost + $5::float8 - b.cost from before b where s.day = b.day and s.account in ('', b.account)`,
    [id, used.input, used.cachedInput, used.output, used.cost, used.durationMs],
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
