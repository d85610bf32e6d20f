/** What all processes share about the models: notices for the owner, and how fast the model may be asked. */
import type { Database, Queryable } from './database.ts'

/** What the owner should know about a model. */
export interface ModelNotice {
  /** A sentence or two. */
  said: string
  /** The model does not answer; false: all is well, but something has changed. */
  trouble: boolean
}

/** @param model endpoint and name @param notice null removes it */
export async function saveModelNotice(
  db: Database,
  model: string,
  notice: ModelNotice | null,
  now: Date,
): Promise<void> {
  if (notice === null) await db.query('delete from replyd.model_notice where model = $1', [model])
  else
    await db.query(
      `insert into replyd.model_notice (model, said, trouble, at) values ($1, $2, $3, $4)
         on conflict (model) do update set said = excluded.said, trouble = excluded.trouble, at = excluded.at`,
      [model, notice.said, notice.trouble, now],
    )
}

/** @param models endpoint and name of those that are configured: notices about other models are left out */
export async function loadModelNotices(db: Queryable, models: readonly string[]): Promise<ModelNotice[]> {
  const { rows } = await db.query<ModelNotice>(
    'select said, trouble from replyd.model_notice where model = any ($1) order by trouble desc, model',
    [models],
  )
  return rows
}

/**
 * Changes the state that all workers share under that name, one at a time; null before the first change. Its times
 * are in milliseconds of the database's clock, because machines differ.
 * @returns the result of `change`
 */
export async function changeRate<State, T extends { rate: State }>(
  db: Database,
  name: string,
  change: (before: State | null, now: number) => T,
): Promise<T> {
  return db.transaction(async (session) => {
    const { rows } = await session.query<{ state: State | null; now: number }>(
      `insert into replyd.rate_limit as r (name, state) values ($1, 'null') on conflict (name) do update set name = r.name
       returning state, extract(epoch from clock_timestamp())::float8 * 1000 as now`,
      [name],
    )
    const [row] = rows
    const result = change(row?.state ?? null, row?.now ?? 0)
    await session.query('update replyd.rate_limit set state = $2::jsonb where name = $1', [
      name,
      JSON.stringify(result.rate),
    ])
    return result
  })
}

/** Null if nothing is stored. */
export async function loadRate<State>(db: Database, name: string): Promise<State | null> {
  const { rows } = await db.query<{ state: State | null }>(
    'select state from replyd.rate_limit where name = $1',
    [name],
  )
  return rows[0]?.state ?? null
}
