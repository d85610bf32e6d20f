/** Three processes on one Redis and one PostgreSQL; the one that watches the mailbox is killed half way. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { stringify } from 'yaml'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { type Changes, watchLedger } from '../live/changes.ts'
import {
  type Dovecot,
  deliverAll,
  type Postgres,
  type Redis,
  startDovecot,
  startPostgres,
  startRedis,
} from '../live/servers/index.ts'
import { readMailbox } from './mailboxes.ts'

/** The promise is for 2,000 mails; SCALE_OUT_MAILS=2000 tests it. */
const mails = Number(process.env.SCALE_OUT_MAILS ?? 120)
const address = 'support@replyd.test'
const directory = mkdtempSync(join(tmpdir(), 'replyd-scale-out-'))
const root = fileURLToPath(new URL('../..', import.meta.url))

let dovecot: Dovecot
let redis: Redis
let postgres: Postgres
let standIn: StandIn
let database: pg.Pool
let changes: Changes
let url = ''
const children: ChildProcess[] = []

beforeAll(async () => {
  ;[dovecot, redis, postgres, standIn] = await Promise.all([
    startDovecot(),
    startRedis(),
    startPostgres({ fsync: false }),
    startStandIn(),
  ])
  url = await postgres.createDatabase()
  database = new pg.Pool({ connectionString: url, max: 2 })
  writeFileSync(join(directory, 'replyd.yaml'), configuration())
})

afterAll(async () => {
  await Promise.all(children.map(ended))
  await Promise.all([database?.end(), changes?.[Symbol.asyncDispose]()])
  await Promise.all([dovecot, redis, postgres].map((server) => server?.stop()))
  await standIn?.close()
  rmSync(directory, { recursive: true })
})

function configuration(): string {
  return stringify({
    accounts: [
      {
        address,
        imap: { host: dovecot.host, port: dovecot.imapPort, secure: false, password: dovecot.password },
        smtp: { host: '127.0.0.1', port: 1, secure: false },
        since: 'all',
      },
    ],
    model: { name: standInModel, baseUrl: standIn.baseUrl, apiKey: 'none', concurrency: 10 },
    state: { directory: './data', redisUrl: redis.newDatabase(), databaseUrl: url },
    budget: { perDay: 1000 },
    web: { port: 0 },
  })
}

/** Resolves when its log says that it is running. */
async function startProcess(): Promise<ChildProcess> {
  const args = [join(root, 'dist/cli.js'), 'start', '--roles', 'watch,work']
  const child = spawn(process.execPath, [...args, '--config', join(directory, 'replyd.yaml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_ENV: 'test' },
  })
  children.push(child)
  let log = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      if (log.length < 20_000) log += chunk.toString()
      if (log.includes('daemon.started')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`exited with ${code}: ${log}`)))
  })
  return child
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

interface Lease {
  pid: number
  fence: number
}

/** The current holder of the mailbox's lease; null if there is none. */
async function holder(): Promise<Lease | null> {
  const { rows } = await database.query<{ holder: string; fence: number }>(
    `select holder, fence::float8 as fence from replyd.lease
      where name like 'watch %' and expires_at > clock_timestamp()`,
  )
  const [row] = rows
  return row ? { pid: Number(row.holder.split(' ').at(-2)), fence: row.fence } : null
}

async function count(condition: string): Promise<number> {
  const { rows } = await database.query<{ n: number }>(
    `select count(*)::float8 as n from replyd.message where ${condition}`,
  )
  return rows[0]?.n ?? 0
}

const letters = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => {
    const n = from + i
    const header = [
      `Message-ID: <order-${n}@customers.example>`,
      `From: Customer ${n} <customer${n}@customers.example>`,
      `To: ${address}`,
      `Subject: Order ${n}`,
      'Date: Tue, 24 Nov 2026 10:00:00 +0000',
    ]
    const text = `Hello,\r\n\r\nwhen will my order number ${n} arrive?\r\n\r\nCustomer ${n}\r\n`
    return {
      user: address,
      octets: `${header.join('\r\n')}\r\n\r\n${text}`,
      reversePath: `customer${n}@customers.example`,
    }
  })

test('the watcher dies half way: another takes over, and each mail is handled once', async () => {
  const processes = await Promise.all([startProcess(), startProcess(), startProcess()])
  changes = await watchLedger(url)
  const first = await changes.until(holder)
  expect(processes.map(({ pid }) => pid)).toContain(first.pid)
  const half = Math.floor(mails / 2)
  await deliverAll(dovecot, letters(0, half))
  await changes.until(async () => ((await count('true')) >= half / 2 ? true : null))
  expect(await changes.until(holder)).toEqual(first)
  process.kill(first.pid, 'SIGKILL')
  // Mail keeps arriving.
  const rest = deliverAll(dovecot, letters(half, mails))
  const second = await changes.until(async () => {
    const now = await holder()
    return now !== null && now.pid !== first.pid ? now : null
  })
  await rest
  expect(second.fence).toBe(first.fence + 1)
  await changes.until(async () => ((await count(`step in ('review', 'done')`)) >= mails ? true : null))
  expect(await count('true')).toBe(mails)
  expect(await count(`disposition = 'duplicate'`)).toBe(0)
  const drafts = await readMailbox(dovecot, address, 'Drafts')
  const answered = drafts.map(({ inReplyTo }) => inReplyTo)
  expect(new Set(answered).size).toBe(answered.length)
  expect(answered).toHaveLength(await count(`disposition = 'drafted'`))
  expect(answered.length).toBeGreaterThan(0)
})

test('a holder that was frozen, not dead, commits nothing under its old fence', async () => {
  const before = await changes.until(holder)
  process.kill(before.pid, 'SIGSTOP')
  const after = await changes.until(async () => {
    const now = await holder()
    return now !== null && now.pid !== before.pid ? now : null
  })
  process.kill(before.pid, 'SIGCONT')
  expect(after.fence).toBe(before.fence + 1)
  const known = await count('true')
  await deliverAll(dovecot, letters(mails, mails + 10))
  await changes.until(async () => ((await count(`step in ('review', 'done')`)) >= known + 10 ? true : null))
  expect(await count('true')).toBe(known + 10)
  // The restarted process found its lease taken: the fence has not changed again.
  expect(await changes.until(holder)).toEqual(after)
})
