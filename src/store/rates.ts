import type { Database } from './database.ts'

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
      `insert into replyd.pace as p (name, state) values ($1, 'null') on conflict (name) do update set name = p.name
       returning state, extract(epoch from clock_timestamp())::float8 * 1000 as now`,
      [name],
    )
    const [row] = rows
    const result = change(row?.state ?? null, row?.now ?? 0)
    await session.query('update replyd.pace set state = $2::jsonb where name = $1', [
      name,
      JSON.stringify(result.rate),
    ])
    return result
  })
}

/** Null if nothing is stored. */
export async function loadRate<State>(db: Database, name: string): Promise<State | null> {
  const { rows } = await db.query<{ state: State | null }>('select state from replyd.pace where name = $1', [
    name,
  ])
  return rows[0]?.state ?? null
}
