/** Migrates the schema, forward only, one process at a time. */
import { ConfigError } from '../base/errors.ts'
import { type Migration, migrations } from './migrations.ts'
import type { Database, Queryable } from './queryable.ts'

/** Any constant will do, as long as every replyd uses the same. */
const migrationLock = 7_357_395

export const newestSchema = migrations.at(-1)?.version ?? 0

/**
 * Applies everything that is missing, in one transaction.
 * @param known every migration, oldest first; a test has some more
 * @throws ConfigError when a newer replyd has written the store
 */
export async function migrate(database: Database, known: readonly Migration[] = migrations): Promise<void> {
  await database.transaction(async (session) => {
    await lockSchema(session)
    await migrateTo(session, known.at(-1)?.version ?? 0, known)
  })
}

/** Held until the transaction ends: a process that starts in the meantime waits. */
export async function lockSchema(session: Queryable): Promise<void> {
  await session.query('select pg_advisory_xact_lock($1)', [migrationLock])
}

/** The version of the store's schema; 0 if there is none. */
export async function schemaVersion(session: Queryable): Promise<number> {
  const { rows } = await session.query<{ known: boolean }>(
    `select to_regclass('replyd.migration') is not null as known`,
  )
  if (!rows[0]?.known) return 0
  const newest = await session.query<{ version: number | null }>(
    'select max(version) as version from replyd.migration',
  )
  return newest.rows[0]?.version ?? 0
}

/**
 * Applies missing migrations up to that version. The caller holds the lock. @throws ConfigError when the store is
 * newer
 */
export async function migrateTo(
  session: Queryable,
  version: number,
  known: readonly Migration[] = migrations,
): Promise<void> {
  await session.query('create schema if not exists replyd')
  await session.query('create schema if not exists bullmq')
  await session.query(
    'create table if not exists replyd.migration (version integer primary key, at timestamptz not null default now())',
  )
  const current = await schemaVersion(session)
  const newest = known.at(-1)?.version ?? 0
  if (current > newest)
    throw new ConfigError(
      `The store was written by a newer replyd (schema ${current}, this one knows ${newest}): update replyd`,
    )
  for (const migration of known) {
    if (migration.version <= current || migration.version > version) continue
    await session.query(migration.sql)
    await session.query('insert into replyd.migration (version) values ($1)', [migration.version])
  }
}
