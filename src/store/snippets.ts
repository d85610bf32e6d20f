/** Saved texts of the review page, which reviewers insert into replies. For all accounts. */
import type { Queryable } from './queryable.ts'

export interface Snippet {
  /** The name folded to letters and digits. */
  id: string
  name: string
  text: string
  /** Who wrote it last. */
  actor: string
  at: Date
}

const columns = 'id, name, text, actor, at'

/** By name. */
export async function listSnippets(db: Queryable): Promise<Snippet[]> {
  const { rows } = await db.query<Snippet>(`select ${columns} from replyd.snippet order by id`)
  return rows
}

/** Replaces a text with the same id. */
export async function saveSnippet(db: Queryable, { id, name, text, actor, at }: Snippet): Promise<void> {
  await db.query(
    `insert into replyd.snippet (id, name, text, actor, at) values ($1, $2, $3, $4, $5)
     on conflict (id) do update set name = $2, text = $3, actor = $4, at = $5`,
    [id, name, text, actor, at],
  )
}

export async function removeSnippet(db: Queryable, id: string): Promise<void> {
  await db.query('delete from replyd.snippet where id = $1', [id])
}
