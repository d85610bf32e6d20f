/** Settings made on the Setup page, as a history of edits: the newest edit of a path is its setting. */
import type { Queryable } from './queryable.ts'

export interface SettingEdit {
  id: string
  /** JSON list of names, see `SettingPath`. */
  path: string
  /** The edit of the same path before this one; `0` for the first. */
  follows: string
  /** Null: the page set nothing. */
  old: unknown
  /** Null: the page no longer sets it. */
  value: unknown
  actor: string
  at: Date
}

const columns = 'id::text, path, follows::text, old, value, actor, at'

/** The newest edit of each path, whether it sets or removes something. */
export async function currentEdits(db: Queryable): Promise<SettingEdit[]> {
  const { rows } = await db.query<SettingEdit>(
    `select distinct on (path) ${columns} from replyd.setting_edit order by path, setting_edit.id desc`,
  )
  return rows
}

/**
 * The number of edits, which grows with each: an edit may be committed after one with a higher id. `0` without edits.
 */
export async function settingsVersion(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ version: string }>(
    'select count(*)::text as version from replyd.setting_edit',
  )
  return rows[0]?.version ?? '0'
}

/** Newest first. @param before id of an edit: only older ones are returned */
export async function settingHistory(
  db: Queryable,
  { before, limit }: { before: string | null; limit: number },
): Promise<(SettingEdit & { newest: boolean })[]> {
  const { rows } = await db.query<SettingEdit & { newest: boolean }>(
    `select ${columns}, not exists (
        select from replyd.setting_edit later where later.path = setting_edit.path and later.follows = setting_edit.id
      ) as newest
       from replyd.setting_edit where $1::bigint is null or id < $1 order by setting_edit.id desc limit $2`,
    [before, limit],
  )
  return rows
}

export async function loadSettingEdit(db: Queryable, id: string): Promise<SettingEdit | null> {
  const { rows } = await db.query<SettingEdit>(
    `select ${columns} from replyd.setting_edit where id = $1::bigint`,
    [id],
  )
  return rows[0] ?? null
}

/**
 * Of two edits of one path that follow the same edit, only one is kept.
 * @returns the id; null when somebody else was faster
 */
export async function saveSettingEdit(db: Queryable, edit: Omit<SettingEdit, 'id'>): Promise<string | null> {
  const { path, follows, old, value, actor, at } = edit
  const { rows } = await db.query<{ id: string }>(
    `insert into replyd.setting_edit (path, follows, old, value, actor, at)
       select $1, $2::bigint, $3::jsonb, $4::jsonb, $5, $6
        where $2::bigint = (select coalesce(max(id), 0) from replyd.setting_edit where path = $1)
       on conflict (path, follows) do nothing returning id::text`,
    [path, follows, jsonOrNull(old), jsonOrNull(value), actor, at],
  )
  return rows[0]?.id ?? null
}

const jsonOrNull = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value))
