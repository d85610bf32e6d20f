/** What the store's statements run on; database.ts opens it, migrate.ts prepares it. */
import type pg from 'pg'
import type { PGlitePool, QueryResult } from './pglite.ts'

/** Runs one statement. Rows come as pg gives them; bigint columns are cast to float8 by the statement. */
export interface Queryable {
  query<Row>(text: string, params?: readonly unknown[]): Promise<QueryResult<Row>>
}

export interface Database extends Queryable, AsyncDisposable {
  /** Everything in `work` is committed together or not at all. */
  transaction<T>(work: (session: Queryable) => Promise<T>): Promise<T>
  /** What BullMQ's PostgreSQL backend is given; pg.Pool or its PGlite stand-in. */
  readonly pool: PGlitePool | pg.Pool
  readonly kind: 'pglite' | 'postgres'
}
