/** The servers of a bench: private Dovecot, Redis and PostgreSQL, and the model and SMTP server in one child. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  type Dovecot,
  type Postgres,
  type Redis,
  startDovecot,
  startPostgres,
  startRedis,
} from '../../test/live/servers/index.ts'
import type { Counts, Order, Report } from './counterpart.ts'
import { counting } from './counters.ts'

export interface Counterpart extends AsyncDisposable {
  baseUrl: string
  smtpPort: number
  /** Changes the settings that are given; resolves with the counts since the start. */
  order(order: Omit<Order, 'id'>): Promise<Counts>
  /** Sets the listener for triage requests, which are reported once an order has set `tell`; null removes it. */
  onTriage(listener: ((token: string, atMs: number) => void) | null): void
}

export interface Peers {
  dovecot: Dovecot
  redis: Redis
  postgres: Postgres
  counterpart: Counterpart
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export async function startCounterpart(): Promise<Counterpart> {
  const child = fork(file('counterpart.ts'), {
    execArgv: ['--import', file('../../scripts/typescript.mjs')],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const asked = new Map<number, (counts: Counts) => void>()
  let listener: ((token: string, atMs: number) => void) | null = null
  let number = 0
  const ready = await new Promise<Extract<Report, { kind: 'ready' }>>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the counterpart ended')))
    child.on('message', (report: Report) => {
      if (report.kind === 'ready') resolve(report)
      else if (report.kind === 'triage') listener?.(report.token, report.atMs)
      else {
        asked.get(report.id)?.(report)
        asked.delete(report.id)
      }
    })
  })
  return {
    baseUrl: `http://127.0.0.1:${ready.modelPort}/v1`,
    smtpPort: ready.smtpPort,
    order: (order) =>
      new Promise((resolve) => {
        asked.set(++number, resolve)
        child.send({ id: number, ...order } satisfies Order)
      }),
    onTriage: (next) => {
      listener = next
    },
    [Symbol.asyncDispose]: async () => void child.disconnect(),
  }
}

/** Starts all, and always stops them. */
export async function withPeers<T>(work: (peers: Peers) => Promise<T>): Promise<T> {
  await using dovecot = await startDovecot()
  // As in production: the append-only file is written once a second, and a commit reaches the disk.
  await using redis = await startRedis({ appendonly: true })
  await using postgres = await startPostgres({ settings: counting })
  await using counterpart = await startCounterpart()
  return await work({ dovecot, redis, postgres, counterpart })
}
