/** replyd as owners run it: dist/cli.js in a separate process, on real servers on loopback. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { stringify } from 'yaml'
import { type StandIn, type StandInOptions, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { writeKnowledge } from '../../src/demo/world.ts'
import {
  type Dovecot,
  freePort,
  type Postgres,
  type Redis,
  startDovecot,
  startPostgres,
  startRedis,
} from '../../test/live/servers/index.ts'
import { DaemonChild, programPath } from '../chaos/child.ts'

/** What every victim of an area uses. */
export interface Servers extends AsyncDisposable {
  dovecot: Dovecot
  redis: Redis
  postgres: Postgres
  model: StandIn
}

export async function startServers(model: StandInOptions = {}): Promise<Servers> {
  const [dovecot, redis, postgres, standIn] = await Promise.all([
    startDovecot(),
    startRedis(),
    startPostgres({ fsync: false }),
    startStandIn(model),
  ])
  return {
    ...{ dovecot, redis, postgres, model: standIn },
    async [Symbol.asyncDispose]() {
      await Promise.all([dovecot, redis, postgres, standIn].map((each) => each[Symbol.asyncDispose]()))
    },
  }
}

type Keys = Record<string, unknown>

/** An account on the servers. @param keys merged over its own; `imap` and `smtp` key by key */
export function accountAt(
  { dovecot }: Pick<Servers, 'dovecot'>,
  address: string,
  { imap, smtp, ...keys }: Keys & { imap?: Keys; smtp?: Keys } = {},
): Keys {
  const login = { host: '127.0.0.1', secure: false, user: address, password: dovecot.password }
  return {
    address,
    imap: { ...login, port: dovecot.imapPort, poll: '5s', ...imap },
    smtp: { ...login, port: 9, ...smtp },
    since: 'all',
    ...keys,
  }
}

export interface VictimOptions {
  accounts: Keys[]
  /** Merged over the document. */
  document?: Keys
  /** For node, before the program. */
  nodeArgs?: string[]
  /** Left out: PostgreSQL and Redis. */
  embedded?: boolean
  /** Shared by several victims. */
  databaseUrl?: string
  redisUrl?: string
}

/** Milliseconds; for hangs only. */
const patienceMs = 170_000

/** Resolves with the first value that is neither null nor false. @throws when there is none in time */
export async function until<T>(
  what: string,
  look: () => T | null | false | Promise<T | null | false>,
  withinMs = patienceMs,
): Promise<T> {
  const end = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== null && found !== false) return found
    if (performance.now() > end) throw new Error(`${what}: not within ${Math.round(withinMs / 1000)} s`)
    await delay(25)
  }
}

export const webToken = 'token-0123456789-attack'

export interface Row {
  id: string
  account: string
  message_id: string | null
  step: string
  disposition: string
  reason: string
  detail: string | null
}

export class Victim implements AsyncDisposable {
  readonly daemon: DaemonChild
  readonly directory: string
  readonly url: string
  /** Null with the embedded store. */
  readonly databaseUrl: string | null
  readonly redisUrl: string | null
  #db: pg.Pool | null = null

  private constructor(
    directory: string,
    webPort: number,
    urls: [string | null, string | null],
    nodeArgs: string[],
  ) {
    this.directory = directory
    this.url = `http://127.0.0.1:${webPort}`
    ;[this.databaseUrl, this.redisUrl] = urls
    const configPath = join(directory, 'replyd.yaml')
    this.daemon = new DaemonChild({ directory, configPath, webPort, token: webToken, nodeArgs })
  }

  /** Prepares everything; nothing runs before `start`. */
  static async build(servers: Servers, options: VictimOptions): Promise<Victim> {
    const directory = mkdtempSync(join(tmpdir(), 'replyd-attack-'))
    await writeKnowledge(join(directory, 'knowledge'))
    const { embedded = false, document } = options
    const databaseUrl = embedded ? null : (options.databaseUrl ?? (await servers.postgres.createDatabase()))
    const redisUrl = embedded ? null : (options.redisUrl ?? servers.redis.newDatabase())
    const webPort = await freePort()
    const { baseUrl } = servers.model
    const whole = {
      accounts: options.accounts,
      model: { name: standInModel, baseUrl, apiKey: 'none', concurrency: 10 },
      knowledge: './knowledge',
      state: { directory: './data', ...(embedded ? {} : { databaseUrl, redisUrl }) },
      web: { port: webPort, token: webToken },
      budget: { perDay: 1000 },
      ...document,
    }
    writeFileSync(join(directory, 'replyd.yaml'), stringify(whole), { mode: 0o600 })
    return new Victim(directory, webPort, [databaseUrl, redisUrl], options.nodeArgs ?? [])
  }

  /** Builds, starts, and waits until it reports that it runs. */
  static async start(servers: Servers, options: VictimOptions): Promise<Victim> {
    const victim = await Victim.build(servers, options)
    victim.daemon.start()
    await victim.logged('"daemon.started"')
    return victim
  }

  /** Resolves when its log contains that text. */
  async logged(text: string, withinMs?: number): Promise<void> {
    await until(
      `the log has no ${text}`,
      () => {
        const [exit] = this.daemon.exits
        if (exit !== undefined) throw new Error(`it ended (${exit}): ${this.daemon.log().trim().slice(-400)}`)
        return this.daemon.log().includes(text)
      },
      withinMs,
    )
  }

  get db(): pg.Pool {
    if (!this.#db) {
      this.#db = new pg.Pool({ connectionString: this.databaseUrl ?? undefined, max: 2 })
      this.#db.on('error', () => undefined)
    }
    return this.#db
  }

  async rows(): Promise<Row[]> {
    const { rows } = await this.db.query<Row>(
      'select id, account, message_id, step, disposition, reason, detail from replyd.message order by id',
    )
    return rows
  }

  /** Resolves with the row of that Message-ID once nothing is left to do without a person. */
  settled(messageId: string, withinMs?: number): Promise<Row> {
    return until(
      `${messageId} is not settled`,
      async () =>
        (await this.rows()).find(
          (row) => row.message_id === messageId && ['done', 'review'].includes(row.step),
        ) ?? null,
      withinMs,
    )
  }

  /** Peak of resident memory since the last call, MB. */
  takePeakMb(): number {
    const status = readFileSync(`/proc/${this.daemon.pid}/status`, 'utf8')
    writeFileSync(`/proc/${this.daemon.pid}/clear_refs`, '5')
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon.stop()
    await this.#db?.end()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

export interface Ran {
  /** Null if it was killed because it took too long. */
  status: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  cwd: string
  environment?: Record<string, string>
  input?: string
  nodeArgs?: string[]
  withinMs?: number
  /** Octets of output that are kept. */
  mostOctets?: number
}

/** Runs a command of replyd to its end. */
export function runCommand(
  args: string[],
  { cwd, environment = {}, input = '', nodeArgs = [], withinMs = 60_000, mostOctets = 1 << 20 }: RunOptions,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const { PATH = '', HOME = '' } = process.env
    const child = spawn(process.execPath, [...nodeArgs, programPath, ...args], {
      cwd,
      env: { PATH, HOME, NODE_ENV: 'production', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (octets: Buffer) => {
        if (said[name].length < mostOctets) said[name] += octets.toString('utf8')
      })
    const late = setTimeout(() => child.kill('SIGKILL'), withinMs)
    child.stdin.on('error', () => undefined).end(input)
    child.once('error', reject)
    child.once('close', (status) => {
      clearTimeout(late)
      resolve({ status, ...said })
    })
  })
}

/** A temporary directory that `dispose` removes. */
export function scratch(name: string): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), `replyd-${name}-`))
  mkdirSync(path, { recursive: true })
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
