/** Reads the owner's own systems for a lookup: one GET, or one SELECT in a read-only transaction. */
import { PermanentError, reasonOf, TemporaryError } from '../../base/errors.ts'
import { exchange } from '../../base/http.ts'
import type { LookupSettings } from '../../config/settings.ts'
import { readJson } from './json.ts'

/** What to look up, and for whom. */
export interface Asked {
  match: string
  /** Proven author of the mail; null if the lookup is public. */
  sender: string | null
}

/** The answer as JSON: one document over HTTP, one for each row of SQL; none if nothing was found. */
export type Documents = readonly unknown[]

export interface Reader extends AsyncDisposable {
  /** @throws TemporaryError, PermanentError; their messages contain no secret and nothing from the mail */
  read(asked: Asked): Promise<Documents>
}

/** Octets of an answer over HTTP, and of one row. */
const longestAnswer = 256 * 1024
const longestRow = 64 * 1024
const mostRows = 20

export function openReader({ http, sql, timeoutMs }: LookupSettings): Reader {
  if (sql !== null) return new SqlReader(sql, timeoutMs)
  if (http === null) throw new TypeError('A lookup without http and sql passed the schema')
  return {
    read: (asked) => readHttp(http, timeoutMs, asked),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** `{match}` and `{sender}`, each as one component of a URL (RFC 3986 section 2.4). */
export function urlFor(template: string, { match, sender }: Asked): URL {
  const values: Readonly<Record<string, string>> = { '{match}': match, '{sender}': sender ?? '' }
  return new URL(template.replace(/\{match\}|\{sender\}/g, (name) => encodeURIComponent(values[name] ?? '')))
}

async function readHttp(
  { url, headers, caFile }: NonNullable<LookupSettings['http']>,
  withinMs: number,
  asked: Asked,
): Promise<Documents> {
  const answer = await exchange(urlFor(url, asked), {
    headers: { accept: 'application/json', ...headers },
    mostOctets: longestAnswer,
    withinMs,
    caFile,
  })
  if (answer.status === 404 || answer.status === 410 || answer.status === 204) return []
  if (answer.status !== 200) throw new TemporaryError(`the answer was HTTP ${answer.status}`)
  const document = readJson(answer.body.toString('utf8'))
  return document === null ? [] : [document]
}

/** A value that the column's type does not accept (SQLSTATE class 22) is a number that does not exist. */
const isUnknownValue = (code: string | undefined) => code?.startsWith('22') ?? false

class SqlReader implements Reader {
  readonly #sql: NonNullable<LookupSettings['sql']>
  readonly #timeoutMs: number
  #pool: Promise<import('pg').Pool> | null = null

  constructor(sql: NonNullable<LookupSettings['sql']>, timeoutMs: number) {
    this.#sql = sql
    this.#timeoutMs = timeoutMs
  }

  async read({ match, sender }: Asked): Promise<Documents> {
    try {
      return await this.#select(/\$2(?!\d)/.test(this.#sql.query) ? [match, sender ?? ''] : [match])
    } catch (error) {
      if (error instanceof PermanentError) throw error
      const { code } = error as { code?: string }
      if (isUnknownValue(code)) return []
      // The server's words may repeat the query and its values.
      const says = code ?? (/timeout/i.test(reasonOf(error)) ? 'no answer in time' : 'the connection failed')
      throw new TemporaryError(`PostgreSQL: ${says}`, { cause: error })
    }
  }

  async #select(values: string[]): Promise<Documents> {
    this.#pool ??= this.#open()
    const client = await (await this.#pool).connect()
    let failed = true
    try {
      await client.query('begin transaction read only')
      await client.query(`set local statement_timeout = ${this.#timeoutMs}`)
      const query = this.#sql.query.trim().replace(/;+$/, '')
      const { rows } = await client.query<{ row: string }>(
        `select left(to_json(found)::text, ${longestRow}) as row from (${query}\n) as found limit ${mostRows}`,
        values,
      )
      await client.query('rollback')
      failed = false
      return rows.map(({ row }) => readJson(row))
    } finally {
      // A connection in doubt is closed, with its transaction.
      client.release(failed)
    }
  }

  async #open() {
    const { default: pg } = await import('pg')
    const pool = new pg.Pool({
      connectionString: this.#sql.url,
      max: 2,
      connectionTimeoutMillis: this.#timeoutMs,
      query_timeout: this.#timeoutMs,
      idleTimeoutMillis: 30_000,
      allowExitOnIdle: true,
    })
    // An idle connection that the server closes: the next lookup opens another.
    pool.on('error', () => undefined)
    return pool
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#pool)?.end()
  }
}
