/** One daemon (dist/cli.js, in a separate process) on the peers, with new accounts and a new store. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'
import { stringify } from 'yaml'
import { freePort } from '../../test/live/servers/index.ts'
import { DaemonChild } from '../chaos/child.ts'
import { knowledge } from './answers.ts'
import { authservId } from './mails.ts'
import type { Peers } from './peers.ts'

export interface RigOptions {
  addresses: readonly string[]
  /** If absent: Redis and PostgreSQL. */
  embedded?: boolean
  mode?: 'draft' | 'send'
  /** Concurrent model calls. */
  concurrency?: number
  roles?: string
  /** Before the program's path, for node. */
  nodeArgs?: string[]
  /** Replaces the IMAP server's own port. */
  imapPort?: number
  since?: 'all' | 'now'
}

const patienceMs = 900_000

let rigs = 0

/** A domain that no other rig uses. */
export const newDomain = (): string => `r${process.pid.toString(36)}x${(++rigs).toString(36)}.test`

export class Rig implements AsyncDisposable {
  readonly daemon: DaemonChild
  readonly directory: string
  /** null with the embedded store. */
  readonly db: pg.Pool | null
  readonly redis: Redis | null

  private constructor(
    daemon: DaemonChild,
    directory: string,
    databaseUrl: string | null,
    redisUrl: string | null,
  ) {
    this.daemon = daemon
    this.directory = directory
    this.db = databaseUrl === null ? null : new pg.Pool({ connectionString: databaseUrl, max: 1 })
    this.db?.on('error', () => undefined)
    this.redis = redisUrl === null ? null : new Redis(redisUrl)
    this.redis?.on('error', () => undefined)
  }

  /** Prepares everything; nothing runs before `daemon.start()`. */
  static async build(peers: Peers, options: RigOptions): Promise<Rig> {
    const directory = mkdtempSync(join(tmpdir(), 'replyd-bench-'))
    const databaseUrl = options.embedded ? null : await peers.postgres.createDatabase()
    const redisUrl = options.embedded ? null : peers.redis.newDatabase()
    const webPort = await freePort()
    const token = 'token-0123456789-bench'
    const state = {
      directory: './data',
      ...(databaseUrl ? { databaseUrl } : {}),
      ...(redisUrl ? { redisUrl } : {}),
    }
    const configPath = join(directory, 'replyd.yaml')
    const document = { ...documentOf(peers, options), state, web: { port: webPort, token } }
    writeFileSync(configPath, stringify(document))
    mkdirSync(join(directory, 'knowledge'))
    writeFileSync(join(directory, 'knowledge/hours.md'), knowledge)
    const { roles } = options
    const profiles = process.env.REPLYD_BENCH_PROFILE
    const nodeArgs = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : options.nodeArgs
    const daemon = new DaemonChild({ directory, configPath, webPort, token, roles, nodeArgs })
    return new Rig(daemon, directory, databaseUrl, redisUrl)
  }

  /** The moment at which the daemon logged that event first; milliseconds since 1970. Waits for it. */
  async loggedAt(event: string, count = 1): Promise<number> {
    for (;;) {
      const lines = this.daemon
        .log()
        .split('\n')
        .filter((line) => line.includes(`"event":"${event}"`))
      const line = lines[count - 1]
      if (line) return loggedTime(line)
      this.#checkAlive()
      await delay(20)
    }
  }

  /** Resolves with the time at which `count` first reached `wanted`; milliseconds since 1970. */
  async when(wanted: number, count: () => Promise<number>, everyMs = 50): Promise<number> {
    const until = performance.now() + patienceMs
    for (;;) {
      const startedAt = Date.now()
      const found = await count()
      if (found >= wanted) return startedAt
      this.#checkAlive()
      if (performance.now() > until) throw new Error(`${found} of ${wanted} after ${patienceMs / 1000} s`)
      await delay(everyMs)
    }
  }

  #checkAlive(): void {
    const [exit] = this.daemon.exits
    if (exit !== undefined)
      throw new Error(
        `the daemon ended (${exit}): ${this.daemon.log().trim().split('\n').slice(-3).join('\n')}`,
      )
  }

  async count(sql: string): Promise<number> {
    const { rows } = await (this.db as pg.Pool).query<{ n: string }>(`select count(*) as n from ${sql}`)
    return Number(rows[0]?.n ?? 0)
  }

  /** Jobs that are waiting or running. */
  async jobs(queue: 'model' | 'mailbox'): Promise<number> {
    const { redis } = this
    if (redis === null) return 0
    // The daemon names its queues by store and accounts.
    const lists = [...(await redis.keys(`*:${queue}:wait`)), ...(await redis.keys(`*:${queue}:active`))]
    const lengths = await Promise.all(lists.map((list) => redis.llen(list)))
    return lengths.reduce((sum, length) => sum + length, 0)
  }

  /** Mails in an account's Drafts, counted in its Maildir, because IMAP would cost the server time. */
  async draftsOf(peers: Peers, address: string): Promise<number> {
    const folders = ['cur', 'new'].map((name) =>
      join(peers.dovecot.directory, 'mail', address, 'Maildir/.Drafts', name),
    )
    return folders.reduce((sum, folder) => sum + (existsSync(folder) ? readdirSync(folder).length : 0), 0)
  }

  /** CPU that the daemon has used so far, all its threads; milliseconds. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.daemon.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // utime and stime, in clock ticks of 10 ms.
    return (Number(fields[11]) + Number(fields[12])) * 10
  }

  /** Resident memory, MB. @param which current or peak */
  rssMb(which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
    const status = readFileSync(`/proc/${this.daemon.pid}/status`, 'utf8')
    return Number(new RegExp(`${which}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon.stop()
    await this.db?.end()
    this.redis?.disconnect()
    if (!process.env.REPLYD_BENCH_KEEP) rmSync(this.directory, { recursive: true, force: true })
  }
}

const loggedTime = (line: string): number => {
  const { time } = JSON.parse(line) as { time: number | string }
  return new Date(time).getTime()
}

function documentOf(peers: Peers, options: RigOptions) {
  const { addresses, mode = 'draft', concurrency = 20, since = 'all' } = options
  const { dovecot, counterpart } = peers
  const login = (user: string) => ({ host: '127.0.0.1', user, password: dovecot.password, secure: false })
  return {
    accounts: addresses.map((address) => ({
      address,
      authservIds: [authservId],
      imap: { ...login(address), port: options.imapPort ?? dovecot.imapPort },
      smtp: { ...login(address), port: counterpart.smtpPort },
      since,
      sentCopy: true,
    })),
    model: {
      name: 'bench',
      baseUrl: counterpart.baseUrl,
      apiKey: 'none',
      concurrency,
      price: { input: 0, output: 0 },
    },
    replies: { mode, undo: '0s' },
    knowledge: './knowledge',
    budget: { perDay: 1000 },
    log: { level: 'info' },
  }
}
