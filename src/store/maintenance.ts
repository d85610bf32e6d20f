/** What PostgreSQL does by itself and the embedded database does not: it has neither autovacuum nor a checkpointer. */
import type { Database } from './database.ts'

/**
 * Makes the room of rows that were changed or removed free again, and lets the write-ahead log begin anew. Steps wait
 * meanwhile, for a second or so with 100,000 mails. Returns the size of the database in octets; null for PostgreSQL.
 */
export async function tidyEmbedded(db: Database): Promise<number | null> {
  if (db.kind !== 'pglite') return null
  await db.query('vacuum (analyze)')
  await db.query('checkpoint')
  const { rows } = await db.query<{ octets: number }>(
    'select pg_database_size(current_database())::float8 as octets',
  )
  return rows[0]?.octets ?? 0
}
