/** The interface that the store's statements run on; database.ts opens it, migrate.ts prepares it. */
import type pg from 'pg'
import type { PGlitePool, QueryResult } from './pglite.ts'

/** Runs one statement. Rows are returned as pg returns them; the statement casts bigint columns to float8. */
export interface Queryable {
  query<Row>(text: string, params?: readonly unknown[]): Promise<QueryResult<Row>>
}

export interface Database extends Queryable, AsyncDisposable {
  /** Everything in `work` is committed together or not at all. */
  transaction<T>(work: (session: Queryable) => Promise<T>): Promise<T>
  /** Passed to BullMQ's PostgreSQL backend; pg.Pool or its PGlite adapter. */
  readonly pool: PGlitePool | pg.Pool
  readonly kind: 'pglite' | 'postgres'
}
