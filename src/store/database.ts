import type { EventEmitter } from 'node:events'
import { mkdirSync, realpathSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { ConfigError, reasonOf, TemporaryError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { takeLock } from './lock.ts'
import { migrate } from './migrate.ts'
import type { PGlitePool, QueryResult } from './pglite.ts'
import type { Database, Queryable } from './queryable.ts'
import { momentOf } from './storable.ts'

export type { Database, Queryable }

interface StoreSettings {
  readonly directory: string
  readonly databaseUrl: string | null
}

/**
 * Opens PostgreSQL if a URL is given, otherwise PGlite below the state directory (locked against a second process),
 * and migrates the schema unless the caller wants it unchanged.
 * @throws ConfigError when the directory is in use or the server refuses the login
 */
export async function openDatabase(
  settings: StoreSettings,
  log: Log,
  { asItIs = false }: { asItIs?: boolean } = {},
): Promise<Database> {
  const opened = settings.databaseUrl
    ? openPostgres(settings.databaseUrl)
    : await openEmbedded(settings.directory)
  const emitter: EventEmitter = opened.pool
  emitter.on('error', (error: Error) => log.warn({ event: 'store.connection-lost', reason: error.message }))
  const database = new PooledDatabase(opened.pool, opened.kind, opened.close)
  try {
    if (asItIs) await database.query('select 1')
    else await migrate(database)
  } catch (error) {
    await opened.close().catch(() => undefined)
    if (settings.databaseUrl) throw explained(error)
    throw error
  }
  return database
}

interface Opened {
  pool: PGlitePool | pg.Pool
  kind: 'pglite' | 'postgres'
  close: () => Promise<void>
}

/**
 * PostgreSQL keeps a plan until a table's statistics change. A plan made while a store is new and empty would be a
 * sequential scan, so indexes are preferred regardless of the statistics; each statement on a mail's path has one.
 * Which of several indexes to use still takes statistics: see `analyseGrown`.
 */
const planning = '-c enable_seqscan=off -c jit=off'

const { TIMESTAMPTZ } = pg.types.builtins
const readTimestamp = pg.types.getTypeParser(TIMESTAMPTZ, 'text')
const types: pg.CustomTypesConfig = {
  getTypeParser: (type: number, format?: 'text' | 'binary') =>
    type === TIMESTAMPTZ && format !== 'binary'
      ? (text: string) => momentOf(text, readTimestamp)
      : pg.types.getTypeParser(type, format as 'text'),
}

function openPostgres(connectionString: string): Opened {
  const pool = new pg.Pool({
    connectionString,
    types,
    max: 10,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    options: `-c search_path=bullmq,public -c statement_timeout=60000 ${planning}`,
  })
  // The pool only listens to idle connections. One that is lost during a transaction would end the process; the rejected
  // statement reports it.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return { pool, kind: 'postgres', close: () => pool.end() }
}

async function openEmbedded(directory: string): Promise<Opened> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const unlock = takeLock(join(directory, 'lock'))
  try {
    // Loaded only here: PostgreSQL does not need it.
    const { PGlitePool } = await import('./pglite.ts')
    const pool = await PGlitePool.open(join(directory, 'pglite'))
    return { pool, kind: 'pglite', close: () => pool.end().finally(unlock) }
  } catch (error) {
    unlock()
    throw error
  }
}

function explained(error: unknown): Error {
  if (error instanceof ConfigError) return error
  const code = (error as { code?: string }).code ?? ''
  if (code.startsWith('28') || code === '3D000') {
    return new ConfigError(`DATABASE_URL: PostgreSQL refused the login: ${reasonOf(error)}`, { cause: error })
  }
  if (code === '42501') {
    return new ConfigError(
      `DATABASE_URL: PostgreSQL does not allow creating a schema: grant create on database … to …`,
      { cause: error },
    )
  }
  return new TemporaryError(`PostgreSQL can't be reached: ${reasonOf(error) || code}`, { cause: error })
}

class PooledDatabase implements Database {
  readonly pool: PGlitePool | pg.Pool
  readonly kind: 'pglite' | 'postgres'
  readonly #close: () => Promise<void>
  readonly #session: Queryable

  constructor(pool: PGlitePool | pg.Pool, kind: 'pglite' | 'postgres', close: () => Promise<void>) {
    this.pool = pool
    this.kind = kind
    this.#close = close
    this.#session = this.#named(pool as Queryable)
  }

  /** The embedded database has one session, and does not name its statements. */
  #named(session: Queryable): Queryable {
    return this.kind === 'postgres' ? named(session) : session
  }

  query<Row>(text: string, params: readonly unknown[] = []): Promise<QueryResult<Row>> {
    return this.#session.query<Row>(text, params)
  }

  async transaction<T>(work: (session: Queryable) => Promise<T>): Promise<T> {
    const client = (await this.pool.connect()) as Queryable & { release(destroy?: boolean): void }
    let broken = false
    try {
      await client.query('begin')
      const result = await work(this.#named(client))
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback').catch(() => {
        broken = true
      })
      throw error
    } finally {
      client.release(broken)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}

/**
 * Tells this store from others on the same Redis. The first process to ask gives the store its id, which no backup
 * contains. A copy of the files has the same id, so their location is included as well.
 * @param fresh the id, if the store has none yet
 */
export async function storeId(db: Database, directory: string, fresh: string): Promise<string> {
  await db.query('insert into replyd.store (id) values ($1) on conflict do nothing', [fresh])
  const stored = await db.query<{ id: string }>('select id from replyd.store')
  return `${stored.rows[0]?.id} ${await placeOf(db, directory)}`
}

async function placeOf(db: Database, directory: string): Promise<string> {
  if (db.kind === 'pglite') return `${hostname()} ${realpathSync(directory)}`
  const { rows } = await db.query<{ place: string }>(
    `select c.system_identifier::text || ' ' || d.oid::text as place from pg_control_system() c, pg_database d
      where d.datname = current_database()`,
  )
  return rows[0]?.place ?? ''
}

/** Statement names by text. The store's statements are constants, so there are few. */
const names = new Map<string, string>()

function nameOf(text: string): string {
  const name = names.get(text) ?? `replyd_${names.size}`
  names.set(text, name)
  return name
}

interface NamedQuery {
  name: string
  text: string
  values: readonly unknown[]
}

/** @param session of pg. A text without parameters may contain several statements, which can't share a name. */
export function named(session: Queryable): Queryable {
  const queryNamed = session.query.bind(session) as unknown as <Row>(
    query: NamedQuery,
  ) => Promise<QueryResult<Row>>
  return {
    query: <Row>(text: string, values: readonly unknown[] = []) =>
      values.length === 0 ? session.query<Row>(text) : queryNamed<Row>({ name: nameOf(text), text, values }),
  }
}

/**
 * Renews the planner's statistics of tables that have more than doubled since the last time, which also discards their
 * plans. PostgreSQL does so at most once a minute, the embedded database never: a plan made while a table was empty
 * would read all mails of the account for each new one. Never throws: no mail depends on it.
 */
export async function analyseGrown({ db, log }: { db: Queryable; log: Log }): Promise<void> {
  try {
    const { rows } = await db.query<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'replyd' and c.relkind = 'r'
          and pg_relation_size(c.oid) / current_setting('block_size')::int > 2 * greatest(c.relpages, $1::int)`,
      [fewPages],
    )
    if (rows.length > 0) await db.query(`analyze ${rows.map(({ name }) => name).join(', ')}`)
  } catch (error) {
    log.warn({ event: 'store.analyse-failed', reason: reasonOf(error) })
  }
}

/** A table of this size is read whole in less than a millisecond. */
const fewPages = 8

/**
 * Frees the space of changed and removed rows, and truncates the write-ahead log: the embedded database has neither
 * autovacuum nor a checkpointer. Steps wait in the meantime, about a second with 100,000 mails.
 * @returns the size of the database in octets; null for PostgreSQL, which does this on its own
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
