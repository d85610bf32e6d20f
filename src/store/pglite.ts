/**
 * Presents PGlite as a `pg.Pool`, so that the store and BullMQ's PostgreSQL backend use one interface.
 *
 * PGlite is a single session. A client that opened a transaction therefore keeps the session until COMMIT or
 * ROLLBACK; every other query waits in line. LISTEN is implemented with PGlite's own `listen`, because its query
 * results contain no notifications; SQL comments may precede it. Texts without parameters may contain several
 * statements, as in pg's simple query protocol, so they go through `exec`.
 */
import { EventEmitter } from 'node:events'
import { appendFileSync, createReadStream, existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setFlagsFromString } from 'node:v8'
import { createGunzip } from 'node:zlib'
import { PGlite, types } from '@electric-sql/pglite'
import { unpackTar } from 'modern-tar/fs'
import { packagePath } from '../base/package.ts'
import { momentOf } from './storable.ts'

export interface QueryResult<Row> {
  rows: Row[]
  rowCount: number
}

type Params = readonly unknown[]

const comments = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/
const listenStatement = /^(un)?listen\s+("?)([\w:*$-]+)\2\s*;?\s*$/i
const beginStatement = /^(begin|start\s+transaction)\b/i
const endStatement = /^(commit|rollback|end)\b(?!\s+to\b)/i

/** Runs one task at a time, in order of arrival. */
class Turnstile {
  #tail: Promise<unknown> = Promise.resolve()

  /** Resolves with the function that lets the next one in. */
  async enter(): Promise<() => void> {
    const before = this.#tail
    let leave = () => {}
    this.#tail = new Promise<void>((resolve) => {
      leave = resolve
    })
    await before
    return leave
  }
}

export class PGlitePool extends EventEmitter {
  /** Read by BullMQ: without keep-alive it never blocks for longer than a few seconds. */
  readonly options = { keepAlive: false }
  readonly #db: PGlite
  readonly #turnstile = new Turnstile()
  #ended: Promise<void> | null = null

  private constructor(db: PGlite) {
    super()
    this.#db = db
  }

  /** Opens the directory and waits until it answers. The caller holds the directory's lock. */
  static async open(directory: string): Promise<PGlitePool> {
    await prepareDirectory(directory)
    // V8's optimising compiler takes 0.55 GB for PGlite on Node 24 and 70 MB on Node 20. From here on it leaves
    // WebAssembly alone.
    setFlagsFromString('--wasm-tier-up-filter=0')
    const db = new PGlite(directory, { parsers, serializers })
    await db.waitReady
    await db.exec('create schema if not exists bullmq; set search_path to bullmq, public')
    return new PGlitePool(db)
  }

  async query<Row>(text: string, params?: Params): Promise<QueryResult<Row>> {
    const leave = await this.#turnstile.enter()
    try {
      return await this.run<Row>(text, params)
    } finally {
      leave()
    }
  }

  async connect(): Promise<PGliteClient> {
    return new PGliteClient(this, this.#turnstile)
  }

  async end(): Promise<void> {
    this.#ended ??= this.query('checkpoint').then(
      () => this.#db.close(),
      () => this.#db.close(),
    )
    await this.#ended
  }

  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>> {
    return this.#db.listen(channel, onPayload)
  }

  /** Only for a caller that holds the session. */
  async run<Row>(text: string, params?: Params): Promise<QueryResult<Row>> {
    if (params === undefined || params.length === 0) {
      const results = await this.#db.exec(text)
      const last = results.at(-1)
      return { rows: (last?.rows ?? []) as Row[], rowCount: last ? counted(last) : 0 }
    }
    const result = await this.#db.query<Row>(text, [...params])
    return { rows: result.rows, rowCount: counted(result) }
  }
}

class PGliteClient extends EventEmitter {
  readonly #pool: PGlitePool
  readonly #turnstile: Turnstile
  readonly #unlisten = new Map<string, () => Promise<void>>()
  #leave: (() => void) | null = null

  constructor(pool: PGlitePool, turnstile: Turnstile) {
    super()
    this.#pool = pool
    this.#turnstile = turnstile
  }

  async query<Row>(text: string, params?: Params): Promise<QueryResult<Row>> {
    const statement = text.replace(comments, '')
    const listen = listenStatement.exec(statement)
    if (listen) {
      await this.#changeListening(listen[1] === undefined, listen[3] ?? '')
      return { rows: [], rowCount: 0 }
    }
    if (this.#leave) return this.#inTransaction<Row>(text, statement, params)
    if (!beginStatement.test(statement)) return this.#pool.query<Row>(text, params)
    this.#leave = await this.#turnstile.enter()
    return this.#inTransaction<Row>(text, statement, params)
  }

  /** In pg, `destroy` means "do not reuse this connection": here it rolls back an open transaction. */
  release(_destroy?: boolean): void {
    // The database may be closed already.
    for (const stop of this.#unlisten.values()) stop().catch(() => undefined)
    this.#unlisten.clear()
    const leave = this.#leave
    if (!leave) return
    this.#leave = null
    this.#pool.run('rollback').then(leave, leave)
  }

  async #inTransaction<Row>(text: string, statement: string, params?: Params): Promise<QueryResult<Row>> {
    const ends = endStatement.test(statement)
    try {
      return await this.#pool.run<Row>(text, params)
    } finally {
      if (ends) {
        this.#leave?.()
        this.#leave = null
      }
    }
  }

  async #changeListening(start: boolean, channel: string): Promise<void> {
    if (start) {
      if (this.#unlisten.has(channel)) return
      const notify = (payload: string) => this.emit('notification', { channel, payload })
      this.#unlisten.set(channel, await this.#pool.listen(channel, notify))
      return
    }
    const channels = channel === '*' ? [...this.#unlisten.keys()] : [channel]
    for (const name of channels) {
      await this.#unlisten.get(name)?.()
      this.#unlisten.delete(name)
    }
  }
}

function counted(result: { rows: unknown[]; affectedRows?: number }): number {
  return result.rows.length > 0 ? result.rows.length : (result.affectedRows ?? 0)
}

/** Values as for PostgreSQL: int8 as a string, bytea as a Buffer. */
const parsers = {
  [types.TIMESTAMPTZ]: (value: string) => momentOf(value, (text) => new Date(text)),
  [types.INT8]: (value: string) => value,
  [types.BYTEA]: (value: string) => Buffer.from(value.slice(2), 'hex'),
}

const asText = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value))

/** Parameters as pg accepts them: a number is allowed where text is expected. */
const serializers = { [types.TEXT]: asText, [types.VARCHAR]: asText }

/** An empty database, created by the build. */
const packaged = packagePath('dist', 'embedded-state.tgz')

/** PGlite is one session in one process: PostgreSQL's server defaults would waste 140 MB. */
const settings = ['shared_buffers = 8MB', 'max_connections = 4', 'wal_buffers = 512kB']
const mark = '# replyd: one session'

/**
 * Unpacks an empty database, with settings for one small session. PGlite's own way of creating a database takes seven
 * seconds of CPU and 800 MB. It is only used if there is no template; the settings then apply from the second start.
 */
export async function prepareDirectory(directory: string, template = packaged): Promise<void> {
  if (!existsSync(join(directory, 'PG_VERSION')) && existsSync(template)) await unpack(template, directory)
  const file = join(directory, 'postgresql.conf')
  if (!existsSync(file) || readFileSync(file, 'utf8').includes(mark)) return
  appendFileSync(file, ['', mark, ...settings, ''].join('\n'))
}

/** Unpacks into a directory next to it first, so that a crash never leaves half a database. */
async function unpack(template: string, directory: string): Promise<void> {
  const fresh = `${directory}.new`
  rmSync(fresh, { recursive: true, force: true })
  await pipeline(createReadStream(template), createGunzip(), unpackTar(fresh, { dmode: 0o700, fmode: 0o600 }))
  rmSync(directory, { recursive: true, force: true })
  renameSync(fresh, directory)
}
