import type { Queryable } from './database.ts'

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

/**
 * Reserves the call's worst case, if the day's spending leaves room for it. Two calls at once can't both take the last
 * room: a lock on the day is held for the length of the statement's transaction. False: the ceiling is reached.
 */
export async function reserveModelCall(
  db: Queryable,
  call: NewModelCall,
  ceilings: Ceilings,
  now: Date,
): Promise<boolean> {
  const { rows } = await db.query(
    `with locked as materialized (select pg_advisory_xact_lock(hashtext('replyd.budget ' || $5))),
     spent as materialized (
       select coalesce(sum(c.cost), 0) as total, coalesce(sum(c.cost) filter (where c.account = $3), 0) as of_account
         from locked, replyd.model_call c where c.day = $5)
     insert into replyd.model_call (id, message_id, account, step, day, at, model, prompt_hash, knowledge_hash, cost, settled)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, false from spent
      where total + $10 <= $11 and ($12::float8 is null or of_account + $10 <= $12)
     returning id`,
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
      ceilings.perDay,
      ceilings.accountPerDay,
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
    `update replyd.model_call set input_tokens = $2, cached_tokens = $3, output_tokens = $4, cost = $5, duration_ms = $6, settled = true
      where id = $1`,
    [id, used.input, used.cachedInput, used.output, used.cost, used.durationMs],
  )
}

/** The call surely cost nothing: no connection, or the server refused it. */
export async function cancelModelCall(db: Queryable, id: string): Promise<void> {
  await db.query('delete from replyd.model_call where id = $1 and not settled', [id])
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
