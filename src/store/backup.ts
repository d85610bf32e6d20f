/**
 * A backup is JSON Lines: a head, each table's rows as `{"table":{…}}`, and an end with the number of rows, the state
 * of the sequences, and a digest of all lines before it. It contains only columns and values, so it can move between
 * PGlite and PostgreSQL. Jobs are not in it: the sweeper recreates them from the rows. All of it is signed with a key
 * of the state directory: a forged backup could grant trust, allow senders, and choose what is sent.
 */
import { createHash, createHmac } from 'node:crypto'
import { ConfigError } from '../base/errors.ts'
import type { Queryable } from './database.ts'
import { newestSchema, schemaVersion } from './migrate.ts'

/** Format 1 did not sign its end line. */
export const backupFormat = 2

/** First line. */
export interface BackupHead {
  replyd: 'backup'
  format: number
  schema: number
  /** Version of the program that wrote it. */
  version: string
  /** ISO 8601. */
  at: string
  store: 'pglite' | 'postgres'
}

/** Last line. */
export interface BackupEnd {
  end: true
  rows: Record<string, number>
  /** By `table.column`: the identity column's sequence, as `last_value` and `is_called`. */
  sequences: Record<string, [value: string, called: boolean]>
  /** SHA-256 of every line before this one with its line end, hexadecimal. */
  sha256: string
}

/** The last line with its HMAC-SHA-256, hexadecimal, of all lines before and of the end itself. */
const signedEnd = (end: string, mac: string) => `${end.slice(0, -1)},"mac":"${mac}"}`

/** The end that was signed, and its HMAC; null without one. */
export function partsOfEnd(line: string): { signed: string; mac: string } | null {
  const [, open, mac] = /^(.*),"mac":"([0-9a-f]{64})"\}$/s.exec(line) ?? []
  return open === undefined || mac === undefined ? null : { signed: `${open}}`, mac }
}

/** The purpose for which the key of backups is derived (`stateKey`). */
export const backupPurpose = 'backup'

const rowsAtOnce = 100

/** Logins do not survive a restore, so these rows would only tell a thief who logs in, and from where. */
const notBackedUp: readonly string[] = ['session', 'used_code']

/**
 * All lines with their ends, from one consistent snapshot; the session's transaction is made read-only.
 * @throws ConfigError when there is nothing to back up, or a newer replyd wrote it
 */
export async function* backupLines(
  session: Queryable,
  { version, at, store, key }: Pick<BackupHead, 'version' | 'store'> & { at: Date; key: Buffer },
): AsyncGenerator<string> {
  await session.query('set transaction isolation level repeatable read, read only')
  await session.query(`set local timezone = 'UTC'`)
  const schema = await schemaVersion(session)
  if (schema === 0) throw new ConfigError('There is nothing to back up: this store has never been used')
  if (schema > newestSchema)
    throw new ConfigError(
      `The store was written by a newer replyd (schema ${schema}, this one knows ${newestSchema}): update replyd`,
    )
  const hash = createHash('sha256')
  const mac = createHmac('sha256', key)
  const counted = (line: string) => {
    hash.update(line)
    mac.update(line)
    return line
  }
  const head: BackupHead = {
    replyd: 'backup',
    format: backupFormat,
    schema,
    version,
    at: at.toISOString(),
    store,
  }
  yield counted(`${JSON.stringify(head)}\n`)
  const rows: BackupEnd['rows'] = {}
  for (const table of await backedUpTables(session)) {
    if (notBackedUp.includes(table)) continue
    rows[table] = 0
    for await (const row of rowsOf(session, table)) {
      rows[table]++
      yield counted(`{${JSON.stringify(table)}:${row}}\n`)
    }
  }
  const end: BackupEnd = {
    end: true,
    rows,
    sequences: await sequencesOf(session),
    sha256: hash.digest('hex'),
  }
  const text = JSON.stringify(end)
  yield `${signedEnd(text, mac.update(text).digest('hex'))}\n`
}

/** Rows as JSON text: numbers and times keep every digit, octets are hexadecimal. */
async function* rowsOf(session: Queryable, table: string): AsyncGenerator<string> {
  await session.query(
    `declare rows no scroll cursor for select row_to_json(t)::text as row from replyd.${table} t`,
  )
  for (;;) {
    const { rows } = await session.query<{ row: string }>(`fetch ${rowsAtOnce} from rows`)
    if (rows.length === 0) break
    for (const { row } of rows) yield row
  }
  await session.query('close rows')
}

/** Every table except the list of migrations and the id of the store, in the order of their foreign keys. */
export async function backedUpTables(session: Queryable): Promise<string[]> {
  const { rows } = await session.query<{ name: string; parents: string[] }>(
    `select c.relname::text as name, coalesce((select json_agg(p.relname) from pg_constraint k join pg_class p on p.oid = k.confrelid
        where k.conrelid = c.oid and k.contype = 'f'), '[]') as parents
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'replyd' and c.relkind = 'r' and c.relname not in ('migration', 'store') order by c.relname`,
  )
  const ordered: string[] = []
  while (ordered.length < rows.length) {
    const next = rows.filter(
      ({ name, parents }) =>
        !ordered.includes(name) && parents.every((parent) => parent === name || ordered.includes(parent)),
    )
    if (next.length === 0) throw new Error('tables refer to each other in a circle')
    ordered.push(...next.map(({ name }) => name))
  }
  return ordered
}

/** Identity columns as `table.column`. */
export async function identityColumns(session: Queryable): Promise<{ table: string; column: string }[]> {
  const { rows } = await session.query<{ table: string; column: string }>(
    `select table_name::text as table, column_name::text as column from information_schema.columns
      where table_schema = 'replyd' and is_identity = 'YES' order by 1, 2`,
  )
  return rows
}

async function sequencesOf(session: Queryable): Promise<BackupEnd['sequences']> {
  const sequences: BackupEnd['sequences'] = {}
  for (const { table, column } of await identityColumns(session)) {
    const name = await session.query<{ name: string }>('select pg_get_serial_sequence($1, $2) as name', [
      `replyd.${table}`,
      column,
    ])
    const { rows } = await session.query<{ value: string; called: boolean }>(
      `select last_value::text as value, is_called as called from ${name.rows[0]?.name}`,
    )
    if (rows[0]) sequences[`${table}.${column}`] = [rows[0].value, rows[0].called]
  }
  return sequences
}
