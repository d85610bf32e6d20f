/** What the model's calls have used, for people to read. */
import type { Queryable } from './database.ts'

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
