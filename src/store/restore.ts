/** Reads a backup into an empty store: all of it, or nothing. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ConfigError } from '../base/errors.ts'
import {
  type BackupEnd,
  type BackupHead,
  backedUpTables,
  backupFormat,
  identityColumns,
  partsOfEnd,
} from './backup.ts'
import { batched } from './batched.ts'
import type { Database, Queryable } from './database.ts'
import { lockSchema, migrateTo, newestSchema, schemaVersion } from './migrate.ts'
import { moveSeveralWithReplies } from './moves.ts'

export interface Restored {
  head: BackupHead
  rows: Record<string, number>
  /** Approved replies: a person must approve them again, because they may have been sent after the backup. */
  heldAgain: number
  /** Replies that were being sent: looked up in \Sent, otherwise `uncertain`. */
  sending: number
}

const octetsAtOnce = 4 * 1024 * 1024
const rowsAtOnce = 200

/**
 * @param lines of the backup, without their ends
 * @param key that it must be signed with; null: not checked
 * @throws ConfigError when the store is not empty, or the backup is damaged, truncated, forged, or of a newer replyd
 */
export function restoreBackup(
  db: Database,
  lines: AsyncIterable<string>,
  now: Date,
  key: Buffer | null,
): Promise<Restored> {
  return db.transaction(async (session) => {
    await lockSchema(session)
    const reader = new BackupReader(lines, key)
    const head = await reader.head()
    await prepare(session, head.schema)
    const loader = new Loader(session, await backedUpTables(session))
    const { sequences } = await reader.rows(loader)
    // Format 1 did not sign them.
    await continueSequences(session, head.format === 1 ? null : sequences)
    await migrateTo(session, newestSchema)
    return { head, rows: loader.counts, ...(await afterRestore(session, head, now)) }
  })
}

/** Creates the tables of the backup's version. @throws ConfigError when there are rows already */
async function prepare(session: Queryable, schema: number): Promise<void> {
  const current = await schemaVersion(session)
  if (current > 0) {
    for (const table of await backedUpTables(session)) {
      const { rows } = await session.query(`select 1 from replyd.${table} limit 1`)
      if (rows.length > 0)
        throw new ConfigError(
          'The store is not empty, and restore overwrites nothing: name an empty database (DATABASE_URL) or another state directory (REPLYD_DATA)',
        )
    }
    await session.query('drop schema replyd cascade')
  }
  await migrateTo(session, schema)
}

const forged =
  'The backup was not signed with this key, so it may be forged. Give the oauth.key of its state directory (--key FILE), or its REPLYD_KEY. Nothing was restored'

/** @throws ConfigError when these are not the lines of a backup that this replyd can read */
export const backupHead = (lines: AsyncIterable<string>): Promise<BackupHead> =>
  new BackupReader(lines, null).head()

class BackupReader {
  readonly #lines: AsyncIterator<string>
  readonly #hash = createHash('sha256')
  readonly #mac: ReturnType<typeof createHmac> | null
  #format = 0

  constructor(lines: AsyncIterable<string>, key: Buffer | null) {
    this.#lines = lines[Symbol.asyncIterator]()
    this.#mac = key === null ? null : createHmac('sha256', key)
  }

  #count(line: string): void {
    this.#hash.update(`${line}\n`)
    this.#mac?.update(`${line}\n`)
  }

  async head(): Promise<BackupHead> {
    const line = await this.#next()
    const head = line === null ? null : (parsed(line) as Partial<BackupHead> | null)
    if (line === null || head?.replyd !== 'backup')
      throw new ConfigError('This is not a backup of replyd (gzipped JSON Lines that `replyd backup` wrote)')
    const { format = 0, schema = 0, version } = head
    if (format > backupFormat || schema > newestSchema)
      throw new ConfigError(
        `The backup was written by a newer replyd (${version}, schema ${schema}; this one knows ${newestSchema}): update replyd`,
      )
    this.#format = format
    this.#count(line)
    return head as BackupHead
  }

  /** Loads everything and checks it. */
  async rows(loader: Loader): Promise<BackupEnd> {
    for (;;) {
      const line = await this.#next()
      if (line === null)
        throw new ConfigError('The backup is cut off: its end is missing. Nothing was restored')
      const end = line.startsWith('{"end":') ? (parsed(line) as BackupEnd | null) : null
      if (end === null) {
        this.#count(line)
        await loader.add(line)
        continue
      }
      await loader.flush()
      if (this.#hash.digest('hex') !== end.sha256 || !loader.has(end.rows))
        throw new ConfigError('The backup is damaged: its checksum differs. Nothing was restored')
      if (!this.#isSigned(line)) throw new ConfigError(forged)
      return end
    }
  }

  #isSigned(last: string): boolean {
    if (this.#mac === null) return true
    const parts = partsOfEnd(last)
    if (parts === null) return false
    if (this.#format !== 1) this.#mac.update(parts.signed)
    return timingSafeEqual(this.#mac.digest(), Buffer.from(parts.mac, 'hex'))
  }

  async #next(): Promise<string | null> {
    const { done, value } = await this.#lines.next()
    return done ? null : value
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

const rowLine = /^\{"([a-z_]+)":(\{.*\})\}$/s

/** Inserts rows of one table at a time, in batches. */
class Loader {
  readonly #session: Queryable
  readonly #tables: readonly string[]
  /** Rows by table. */
  readonly counts: Record<string, number> = {}
  #table = ''
  #batch: string[] = []
  #octets = 0

  constructor(session: Queryable, tables: readonly string[]) {
    this.#session = session
    this.#tables = tables
  }

  async add(line: string): Promise<void> {
    const [, table = '', row = ''] = rowLine.exec(line) ?? []
    if (!this.#tables.includes(table))
      throw new ConfigError(
        'The backup is damaged: a line is not a row of a known table. Nothing was restored',
      )
    if (table !== this.#table) await this.flush()
    this.#table = table
    this.#batch.push(row)
    this.#octets += row.length
    if (this.#batch.length >= rowsAtOnce || this.#octets >= octetsAtOnce) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#batch.length === 0) return
    const table = `replyd.${this.#table}`
    try {
      await this.#session.query(
        `insert into ${table} overriding system value select * from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
        [`[${this.#batch.join(',')}]`],
      )
    } catch (cause) {
      throw new ConfigError('The backup is damaged: a row does not fit its table. Nothing was restored', {
        cause,
      })
    }
    this.counts[this.#table] = (this.counts[this.#table] ?? 0) + this.#batch.length
    this.#batch = []
    this.#octets = 0
  }

  has(rows: Record<string, number>): boolean {
    return Object.entries(rows).every(([table, count]) => (this.counts[table] ?? 0) === count)
  }
}

/** @param sequences null: after the highest number in the rows */
async function continueSequences(
  session: Queryable,
  sequences: BackupEnd['sequences'] | null,
): Promise<void> {
  for (const { table, column } of await identityColumns(session)) {
    const stated = sequences?.[`${table}.${column}`]
    const [value, called] = stated ?? (await highest(session, table, column))
    await session.query('select setval(pg_get_serial_sequence($1, $2), $3::bigint, $4)', [
      `replyd.${table}`,
      column,
      value,
      called,
    ])
  }
}

async function highest(
  session: Queryable,
  table: string,
  column: string,
): Promise<[value: string, called: boolean]> {
  const { rows } = await session.query<{ value: string | null }>(
    `select max(${column})::text as value from replyd.${table}`,
  )
  const value = rows[0]?.value ?? null
  return value === null ? ['1', false] : [value, true]
}

/**
 * An approved reply may have been sent since the backup, so a person decides again. Replies that were being sent are
 * left to the deliver step, which looks in \Sent first. `restore.at` keeps replies to older mail from being sent
 * automatically.
 */
async function afterRestore(
  session: Queryable,
  { at }: BackupHead,
  now: Date,
): Promise<{ heldAgain: number; sending: number }> {
  await session.query('insert into replyd.restore (at, backup_at) values ($1, $2)', [now, at])
  // Sessions that ended after the backup, and their browsers' notifications, must not come back.
  await session.query('delete from replyd.session')
  await session.query('delete from replyd.push_device where session is not null')
  const approved = await session.query<{ id: string }>(`select id from replyd.reply where state = 'approved'`)
  const held = await moveSeveralWithReplies(
    session,
    'holdRestored',
    approved.rows.map(({ id }) => ({ id, at: 'deliver', reason: 'restored', reply: { sendAfter: null } })),
    now,
  )
  const { rows } = await session.query<{ n: number }>(
    `select count(*)::int as n from replyd.reply where state = 'sending'`,
  )
  return { heldAgain: held.size, sending: rows[0]?.n ?? 0 }
}

/** When this store was last restored from a backup; null: never. */
export function lastRestore(db: Queryable): Promise<Date | null> {
  return restoredAt(db, null)
}

const restoredAt = batched<null, Date | null>(async (db, asked) => {
  const { rows } = await db.query<{ at: Date | null }>('select max(at) as at from replyd.restore')
  return asked.map(() => rows[0]?.at ?? null)
})
