/** The store: PostgreSQL's login and permissions, or the state directory. Never opens the embedded database. */
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { reasonOf } from '../base/errors.ts'
import { isExposed, privatePaths } from '../base/files.ts'
import { withoutPassword } from '../config/hidden.ts'
import type { Config } from '../config/settings.ts'
import { readHolder } from '../store/lock.ts'
import { codeOf, connectionFailure, failed, passed, type Verdict, warned } from './failure.ts'

export async function checkState(
  { directory, databaseUrl }: Config['state'],
  patienceMs: number,
): Promise<Verdict> {
  const place = directoryVerdict(directory)
  if (databaseUrl === null || place.status !== 'ok') return place
  return checkPostgres(databaseUrl, patienceMs)
}

/** The nearest existing folder must be writable: the rest is created at start. */
function directoryVerdict(directory: string): Verdict {
  const nearest = nearestFolder(directory)
  try {
    if (!statSync(nearest).isDirectory()) {
      return failed(`${nearest} is not a folder`, 'Set state.directory (REPLYD_DATA) to a folder.')
    }
    accessSync(nearest, constants.W_OK | constants.X_OK)
  } catch {
    return failed(
      `${nearest} can't be written`,
      'Give the user that runs replyd write permission there, or set state.directory (REPLYD_DATA).',
    )
  }
  const exposed = privatePaths(directory).filter(isExposed)
  if (exposed.length > 0)
    return warned(
      `other users can read ${exposed[0]}`,
      'The next start removes their access; until then, and for copies: chmod -R go-rwx it.',
    )
  const holder = readHolder(join(directory, 'lock'))
  const running = holder === null ? '' : `, in use by the running replyd (pid ${holder})`
  return passed(`built-in database in ${directory}${running}`)
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path))
}

async function checkPostgres(databaseUrl: string, patienceMs: number): Promise<Verdict> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string; mayCreate: boolean; known: boolean }>(
      `select current_setting('server_version') as version,
              has_database_privilege(current_database(), 'create') as "mayCreate",
              to_regnamespace('replyd') is not null as known`,
    )
    return rightsVerdict(rows[0], databaseUrl)
  } catch (error) {
    return refused(error, databaseUrl)
  } finally {
    await client.end().catch(() => {})
  }
}

function rightsVerdict(
  row: { version: string; mayCreate: boolean; known: boolean } | undefined,
  url: string,
): Verdict {
  const detail = `PostgreSQL ${row?.version} at ${withoutPassword(url)}`
  if (!row?.mayCreate && !row?.known) {
    return failed(
      `${detail} does not let replyd create a schema`,
      'Grant it: grant create on database … to ….',
    )
  }
  if (Number.parseFloat(row.version) < 13) return warned(detail, 'PostgreSQL 13 or newer is recommended.')
  return passed(detail)
}

function refused(error: unknown, databaseUrl: string): Verdict {
  const code = codeOf(error)
  // Class 28: invalid authorization; 3D000: no such database.
  if (code.startsWith('28') || code === '3D000') {
    return failed(
      `PostgreSQL refused the login: ${reasonOf(error)}`,
      'Check user, password and database name in DATABASE_URL (state.databaseUrl).',
    )
  }
  const { hostname, port } = new URL(databaseUrl)
  const peer = { host: hostname || 'localhost', port: Number(port || 5432), secure: false }
  const verdict = connectionFailure(error, { ...peer, keys: 'state.databaseUrl', protocol: 'PostgreSQL' })
  return {
    ...verdict,
    advice: 'Check DATABASE_URL (state.databaseUrl), and that PostgreSQL runs and can be reached from here.',
  }
}
