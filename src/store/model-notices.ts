/** What the owner should know about a model: every process and page shows the same. */
import type { Database, Queryable } from './database.ts'

export interface ModelNotice {
  /** A sentence or two. */
  said: string
  /** The model does not answer; false: all is well, but something has changed. */
  trouble: boolean
}

/** @param model endpoint and name @param notice null: nothing any more */
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
