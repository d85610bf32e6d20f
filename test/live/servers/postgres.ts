import { execFile } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { madeOnce } from '../../made-once.ts'
import { isRoot, serverAccount } from './account.ts'
import { type Daemon, serverDirectory, startDaemon, withFreshPorts } from './daemon.ts'
import { freePort, LOOPBACK } from './port.ts'
import { pathTo } from './program.ts'

export interface PostgresOptions {
  /** The default is true: committed data survives a crash. False is faster. */
  fsync?: boolean
  /** More lines of postgresql.conf: \`{ max_connections: '10' }\`. */
  settings?: Record<string, string>
}

export interface Postgres extends Daemon {
  host: string
  port: number
  /** The URL of the database `postgres`, as its superuser. */
  url: string
  /** Makes a new empty database and gives its URL. */
  createDatabase(): Promise<string>
}

async function execute(url: string, sql: string, timeoutMs = 300_000): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeoutMs })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(sql)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/**
 * @param template the database that it is a copy of; an empty one by default
 * @returns the URL of the new database
 */
export async function createDatabase(url: string, name: string, template = 'template1'): Promise<string> {
  await execute(url, `create database ${name} template ${template}`)
  return url.replace(/postgres$/, name)
}

/** Removes the System V shared memory of a killed cluster: the kernel keeps the segments, and has few of them. */
async function releaseMemory(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid')
  if (!existsSync(file)) return
  const [, id] = (readFileSync(file, 'utf8').split('\n')[6] ?? '').trim().split(/\s+/) // line 7: key and id
  if (id) await promisify(execFile)('ipcrm', ['-m', id]).catch(() => undefined) // already removed
}

/** Starts a private PostgreSQL cluster on loopback that trusts every client. */
export function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  return withFreshPorts(() => launch(options))
}

/** A new cluster. In a run of the tests it is a copy: initdb takes a second of CPU time. */
async function makeCluster(cluster: string): Promise<void> {
  const template = await madeOnce('postgres-cluster', initialise)
  if (template) await promisify(execFile)('cp', ['-Rp', template, cluster])
  else await initialise(cluster)
}

async function initialise(cluster: string): Promise<void> {
  const { uid, gid } = serverAccount()
  const initdb = [
    `--pgdata=${cluster}`,
    '--username=postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--no-locale',
  ]
  await promisify(execFile)(pathTo('initdb'), [...initdb, '--no-sync', '--no-instructions'], {
    cwd: dirname(cluster),
    ...(isRoot ? { uid, gid } : {}),
  })
}

async function launch({ fsync = true, settings = {} }: PostgresOptions): Promise<Postgres> {
  const account = serverAccount()
  const directory = serverDirectory('postgres', account)
  const cluster = join(directory, 'cluster')
  const port = await freePort()
  await makeCluster(cluster)
  const values = {
    port: String(port),
    listen_addresses: `'${LOOPBACK}'`,
    unix_socket_directories: "''",
    max_connections: '300',
    fsync: fsync ? 'on' : 'off',
    ...settings,
  }
  const lines = Object.entries(values).map(([name, value]) => `${name} = ${value}\n`)
  appendFileSync(join(cluster, 'postgresql.conf'), lines.join(''))
  const url = `postgres://postgres@${LOOPBACK}:${port}/postgres`
  const daemon = await startDaemon({
    name: 'postgres',
    directory,
    command: pathTo('postgres'),
    args: ['-D', cluster],
    account,
    stopSignal: 'SIGINT', // "fast": SIGTERM would wait until the last client has left
    release: () => releaseMemory(cluster),
    ready: () => execute(url, 'select 1', 2000),
  })
  let databases = 0
  return Object.assign(daemon, {
    host: LOOPBACK,
    port,
    url,
    createDatabase: () => createDatabase(url, `test${++databases}`),
  })
}
