/** A daemon in this process, on servers of the harness, with a configuration read as an owner's would be. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type Clock, newId, systemClock } from '../../src/base/clock.ts'
import type { ResolveTxt } from '../../src/base/dns.ts'
import { openLog } from '../../src/base/log.ts'
import { loadConfig } from '../../src/config/config.ts'
import { type Daemon, type Role, runDaemon } from '../../src/daemon/daemon.ts'
import { type StandIn, standInModel } from '../../src/demo/stand-in.ts'
import { writeKnowledge } from '../../src/demo/world.ts'
import type { MessageRow } from '../../src/store/messages.ts'
import { fillState } from '../store-template.ts'

export interface FlowSettings {
  address: string
  imap: { host: string; port: number; user: string; password: string }
  smtp: { host: string; port: number }
  standIn: StandIn
  redisUrl?: string | null
  databaseUrl?: string | null
  roles?: Role[]
  /** False if the test itself runs the observer: two observers at once would take each other's findings. */
  observes?: boolean
  /** Merged over the account's keys. */
  account?: Record<string, unknown>
  /** Merged over the model's keys. */
  model?: Record<string, unknown>
  /** The system's when absent. */
  clock?: Clock
  /** TXT records; by default none: tests query no name server. */
  resolveTxt?: ResolveTxt
  /** Merged over the document's keys. */
  document?: Record<string, unknown>
}

export interface RunningDaemon extends AsyncDisposable {
  daemon: Daemon
  /** Resolves when that many rows are settled. */
  settled(count: number): Promise<MessageRow[]>
  /** Resolves when a matching row is settled, including earlier ones. */
  settledWith(matches: (row: MessageRow) => boolean): Promise<MessageRow>
  /** Resolves when that row is settled the next time. */
  nextSettled(id: string): Promise<MessageRow>
  stop(): Promise<void>
}

/** Starts and waits until it watches. */
export async function startDaemon(settings: FlowSettings): Promise<RunningDaemon> {
  const directory = mkdtempSync(join(tmpdir(), 'replyd-flow-'))
  await writeKnowledge(join(directory, 'knowledge'))
  if (!settings.databaseUrl) await fillState(join(directory, 'data'))
  const path = join(directory, 'replyd.yaml')
  const config = loadConfig({
    path,
    environment: {},
    readFile: (file) => (file === path ? stringify(documentOf(settings)) : missing()),
  })
  const stop = new AbortController()
  const rows = new Map<string, MessageRow>()
  const listeners = new Set<() => void>()
  let running: Promise<void> = Promise.resolve()
  const daemon = await new Promise<Daemon>((resolve, reject) => {
    running = runDaemon({
      config,
      roles: settings.roles ?? ['watch', 'work'],
      observes: settings.observes ?? true,
      once: false,
      log: openLog(process.env.REPLYD_LOG_LEVEL ?? 'silent'),
      clock: settings.clock ?? systemClock,
      newId,
      resolveTxt: settings.resolveTxt ?? noRecords,
      signal: stop.signal,
      onReady: resolve,
    })
    running.catch(reject)
  })
  daemon.pipeline.on('settled', (row) => {
    rows.set(row.id, row)
    for (const listener of listeners) listener()
  })
  const when = <T>(found: () => T | null) =>
    new Promise<T>((resolve) => {
      const look = () => {
        const result = found()
        if (result === null) return
        listeners.delete(look)
        resolve(result)
      }
      listeners.add(look)
      look()
    })
  const end = async () => {
    stop.abort()
    await running
    rmSync(directory, { recursive: true, force: true })
  }
  return {
    daemon,
    settled: (count) => when(() => (rows.size >= count ? [...rows.values()] : null)),
    settledWith: (matches) => when(() => [...rows.values()].find(matches) ?? null),
    nextSettled: (id) =>
      new Promise((resolve) => {
        const see = (row: MessageRow) => {
          if (row.id !== id) return
          daemon.pipeline.off('settled', see)
          resolve(row)
        }
        daemon.pipeline.on('settled', see)
      }),
    stop: end,
    [Symbol.asyncDispose]: end,
  }
}

const noRecords: ResolveTxt = () =>
  Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))

function missing(): never {
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
}

function documentOf({
  address,
  imap,
  smtp,
  standIn,
  redisUrl,
  databaseUrl,
  account,
  model,
  document,
}: FlowSettings) {
  return {
    accounts: [
      {
        address,
        imap: { ...imap, secure: false },
        smtp: { ...smtp, secure: false, user: imap.user, password: imap.password },
        since: 'all',
        ...account,
      },
    ],
    model: { name: standInModel, baseUrl: standIn.baseUrl, apiKey: 'none', concurrency: 10, ...model },
    knowledge: './knowledge',
    state: {
      directory: './data',
      ...(redisUrl ? { redisUrl } : {}),
      ...(databaseUrl ? { databaseUrl } : {}),
    },
    web: { port: 0 },
    ...document,
  }
}
