/** The daemon, in boot order: each resource is opened after what it needs and closed before it. */
import { createHash } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { hostname } from 'node:os'
import type { Telemetry } from 'bullmq'
import type { Clock, NewId } from '../base/clock.ts'
import { type ResolveTxt, txtResolver } from '../base/dns.ts'
import { reasonOf } from '../base/errors.ts'
import { makePrivate, privatePaths } from '../base/files.ts'
import { accountLabel, type Log } from '../base/log.ts'
import { stateKey } from '../base/secret.ts'
import type { Changes } from '../config/changes.ts'
import type { Config } from '../config/settings.ts'
import type { StepContext } from '../context.ts'
import { guardNewMail } from '../guard/step.ts'
import { ConfiguredModels } from '../model/models.ts'
import { SignIns } from '../oauth/oauth.ts'
import { Observer } from '../observe/observe.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import { openQueues, queueNames } from '../queue/queues.ts'
import { Watcher } from '../receive/watch.ts'
import { PageSettings } from '../review/page-settings.ts'
import type { Review } from '../review/review.ts'
import { resumeTeaching } from '../review/teach.ts'
import { changeAccountState } from '../store/accounts.ts'
import { type Database, openDatabase, storeId } from '../store/database.ts'
import { Leases } from '../store/leases.ts'
import { isAlive } from '../store/lock.ts'
import { countDue } from '../store/messages.ts'
import { settleAbandonedCalls } from '../store/model-calls.ts'
import { Pusher } from '../web/push/pusher.ts'
import { startWeb, type WebContext, type WebServer } from '../web/server.tsx'
import { Webhooks } from '../web/webhooks.ts'
import { Accounts } from './accounts.ts'
import { DailyAudit } from './daily-audit.ts'
import { sendDigests } from './digest.ts'
import { healthOf, warnOfModels } from './health.ts'
import { LostConnections } from './lost-connections.ts'
import { LiveSettings } from './reload.ts'

export type Role = 'watch' | 'work' | 'web'

export interface DaemonOptions {
  config: Config
  /** Reads the settings again for a reload; null or absent if that is not possible. */
  reread?: (() => Config) | null
  roles: readonly Role[]
  /** Handle the waiting mail, then stop. */
  once: boolean
  log: Log
  clock: Clock
  newId: NewId
  /** [0, 1); Math.random when absent. */
  random?: () => number
  /** Whether it watches Drafts, Sent and \\Junk by itself; true when absent. */
  observes?: boolean
  /** TXT records for checking signatures; by default the machine's name servers. */
  resolveTxt?: ResolveTxt
  /** BullMQ's telemetry interface, provided by a program that embeds replyd. */
  telemetry?: Telemetry | null
  /** Only in the demo: puts a mail that was typed on a page into the mailbox. */
  deliver?: WebContext['deliver']
  /** Ends the daemon. */
  signal: AbortSignal
  /** Called when everything is running, before anything is waited for. */
  onReady?: (daemon: Daemon) => void
}

/** What a running daemon exposes to the demo and to tests in the same process. */
export interface Daemon {
  readonly pipeline: Pipeline
  readonly context: StepContext
  /** Address of the web pages; null without the role. */
  readonly url: string | null
  /** One for each mailbox that this process watches: resolves with its account's address when it has been read. */
  readonly watching: readonly Promise<string>[]
  /** Reads the settings again and uses them. @throws ConfigError: then nothing has changed */
  reload(): Promise<Changes>
}

/** Time for running jobs at shutdown, milliseconds. Closing all connections must also fit into ten seconds. */
const drainMs = 7_500
/** How soon a process applies what was changed on the page of another one, milliseconds. */
const settingsEveryMs = 10_000
/**
 * Concurrent steps that use the mail servers. Each mostly waits for the server of its account, and more of them form
 * larger batches.
 */
const mailboxConcurrency = (accounts: number) => Math.min(100, 40 + 2 * accounts)

/**
 * Runs until the signal, or with `once` until everything is handled. @throws errors of the boot, such as ConfigError
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { config, log, clock, newId, roles, signal } = options
  const random = options.random ?? Math.random
  // Each account adds a listener to it.
  setMaxListeners(0, signal)
  keepStatePrivate(config.state.directory, log)
  await using db = await openDatabase(config.state, log)
  // No other process can be running, so calls that an earlier one left unsettled are over.
  if (db.kind === 'pglite') await settleAbandonedCalls(db, clock.now())
  await using queues = await openQueues(await queueSettingsOf(options, db), log)
  const signIns = new SignIns(config.state, clock)
  const onSignIn = (address: string, lost: Error | null) => void tellOwner({ db, log, clock }, lost, address)
  await using accounts = new Accounts(config, { log, clock, random, signIns, onSignIn })
  const models = new ConfiguredModels(config.model, { db, log, clock })
  const resolveTxt = options.resolveTxt ?? txtResolver()
  const replyKey = stateKey(config.state.directory, config.state.key, 'Message-ID of replies')
  const live = new LiveSettings(config, accounts, log)
  const surroundings = { clock, newId, random, log, resolveTxt, replyKey }
  const context = contextOf(live, { ...surroundings, db, accounts, models })
  const settings = new PageSettings(context, (next) => void live.use(next))
  const reload = () => live.reload(options.reread ?? null, (read) => settings.over(read))
  await settings.refresh()
  using _settings = settings.watch(settingsEveryMs)
  await using pipeline = new Pipeline(context, queues, drainMs)
  pipeline.on('owner-action', (error, account) => void tellOwner(context, error, account))
  if (roles.includes('work')) startWork(pipeline, models, context, signal)
  if (roles.includes('watch') && !options.once) void resumed({ context, pipeline })
  using _daily = roles.includes('watch') && !options.once ? new DailyAudit(context) : null
  using leases = leasesOf(context)
  const watchers = roles.includes('watch') ? watchersOf(context, pipeline, leases) : []
  using _lost = new LostConnections(context.db, leases, watchers)
  // Restarting clears the 'stopped' state and retries.
  await Promise.all(watchers.map(({ address }) => tellOwner(context, null, address)))
  const observes = (options.observes ?? true) && roles.includes('watch') && !options.once
  const observers = observes ? observersOf(context, pipeline, watchers) : []
  const health = () => healthOf(context, pipeline, queues, watchers)
  await using web = await openWeb(options, {
    ...{ context, pipeline, settings, health, reload },
    ...(options.deliver === undefined ? {} : { deliver: options.deliver }),
    boards: queueNames.map((name) => queues.board(name)),
  })
  await using _told = web === null ? null : startTelling(context, health)
  const about = { accounts: accounts.size, store: db.kind, queue: queues.kind, url: web?.url }
  log.info({ event: 'daemon.started', roles, ...about })
  const watching = watchers.map((each) => each.watching)
  options.onReady?.({ pipeline, context, url: web?.url ?? null, watching, reload })
  const digests = roles.includes('watch') ? [{ run: () => sendDigests(context, signal) }] : []
  if (options.once) await handleOnce(context, watchers, pipeline, signal)
  else await runAll([...watchers, ...observers, ...digests], signal)
  log.info({ event: 'daemon.stopping' })
}

async function runAll(
  all: readonly { run: (signal: AbortSignal) => Promise<void> }[],
  signal: AbortSignal,
): Promise<void> {
  await Promise.all([aborted(signal), ...all.map((each) => each.run(signal))])
}

/** Its `config` is always the current one. A copy (`{ ...context }`) keeps the one that was current at the time. */
function contextOf(live: LiveSettings, rest: Omit<StepContext, 'config'>): StepContext {
  return {
    ...rest,
    get config() {
      return live.config
    },
  }
}

/**
 * Runs at every start, because a restored copy, or a directory from before this default, keeps its mode.
 * @throws ConfigError when it can't be changed
 */
function keepStatePrivate(directory: string, log: Log): void {
  for (const path of privatePaths(directory).filter(makePrivate))
    log.warn({ event: 'state.made-private', path, reason: 'other users could read it' })
}

async function queueSettingsOf({ config, telemetry = null, newId, clock }: DaemonOptions, db: Database) {
  const { state, log, accounts } = config
  const { pool, kind } = db
  const addresses = accounts.map(({ owner }) => owner.address).sort()
  const named = JSON.stringify([await storeId(db, state.directory, newId(clock.now())), addresses])
  return {
    redisUrl: state.redisUrl,
    pool,
    // Processes with the same store and accounts share the work; others on the same server do not touch it.
    namespace: `replyd-${createHash('sha256').update(named).digest('hex').slice(0, 12)}`,
    alone: kind === 'pglite',
    traces: log.traces,
    telemetry,
  }
}

function startWork(
  pipeline: Pipeline,
  models: ConfiguredModels,
  context: StepContext,
  signal: AbortSignal,
): void {
  pipeline.work({ model: models.jobs, mailbox: mailboxConcurrency(context.accounts.size) })
  models.onJobs = (jobs) => pipeline.resize('model', jobs)
  // Not when the watchers have ended, which takes seconds on a busy machine: a reply that is begun meanwhile may still
  // be at the mail server when the time is up, and nobody would know whether it was sent.
  signal.addEventListener('abort', () => void pipeline.stop().catch(() => undefined), { once: true })
  void warnOfModels(context, signal)
}

/** Goes on rewriting drafts after a fact was taught; a draft that fails stays as it was. */
async function resumed(review: Review): Promise<void> {
  await resumeTeaching(review).catch((error: unknown) =>
    review.context.log.warn({ event: 'teach.rewriting-failed', reason: reasonOf(error) }),
  )
}

function leasesOf({ db, clock, newId, log }: StepContext): Leases {
  const holder = holderName(newId(clock.now()))
  const alone = db.kind === 'pglite'
  return new Leases(db, { holder, isGone: (other) => isGone(other, alone) }, log)
}

function watchersOf(context: StepContext, pipeline: Pipeline, leases: Leases): Watcher[] {
  const watchers = [...context.accounts.values()].map(
    (account) =>
      new Watcher(context, account, {
        leases,
        judge: (mails) => guardNewMail(context, account, mails),
        onIngested: (mails) => pipeline.accept(mails),
        onStopped: (error) => void tellOwner(context, error, account.settings.owner.address),
        onTrouble: (error) => void tellOwner(context, error, account.settings.owner.address),
      }),
  )
  pipeline.on('try-again', (account) => watchers.find(({ address }) => address === account)?.tryAgain())
  return watchers
}

/** Starts webhooks and browser notifications. */
function startTelling(context: StepContext, health: WebContext['health']): AsyncDisposable {
  const tellers = [new Webhooks(context), new Pusher(context, health)]
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(tellers.map((each) => each[Symbol.asyncDispose]()))
    },
  }
}

function observersOf(context: StepContext, pipeline: Pipeline, watchers: readonly Watcher[]): Observer[] {
  const onApproved = (id: string) => pipeline.advance(id, 'deliver')
  const firstMs = Math.min(30_000, 30 * watchers.length)
  return watchers.map((watcher) => {
    const mayLook = (signal: AbortSignal) => watcher.looked(signal)
    return new Observer(context, watcher.account, { onApproved, mayLook, watcher, firstMs })
  })
}

async function openWeb({ roles, once, config }: DaemonOptions, web: WebContext): Promise<WebServer | null> {
  if (once || !roles.includes('web')) return null
  return startWeb(web, config.web)
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/**
 * Logs it and stores it, so that every process and page can show it. Never throws.
 * @param error why the account stopped; null when it continues
 */
export async function tellOwner(
  { db, log, clock }: Pick<StepContext, 'db' | 'log' | 'clock'>,
  error: Error | null,
  account: string,
): Promise<void> {
  const reason = error === null ? null : reasonOf(error)
  if (reason !== null) log.error({ event: 'owner.action-needed', account: accountLabel(account), reason })
  if (error !== null && 'scope' in error && error.scope === 'model') return
  await changeAccountState(db, account, { stopped: reason }, clock.now()).catch(() => undefined)
}

/** The name under which this process holds leases. It tells others on this machine whether the process still lives. */
const holderName = (unique: string): string => `${hostname()} ${process.pid} ${unique}`

/**
 * Whether a holder is certainly gone, so that nobody has to wait for its lease.
 * @param alone no other process can have this store open: any earlier holder is gone
 */
function isGone(holder: string, alone: boolean): boolean {
  if (alone) return true
  const [host, pid] = holder.split(' ')
  return host === hostname() && !isAlive(Number(pid))
}

/** Reads new mail and works until nothing is due. Mail that waits for a person or for a later time stays. */
async function handleOnce(
  context: StepContext,
  watchers: readonly Watcher[],
  pipeline: Pipeline,
  signal: AbortSignal,
): Promise<void> {
  const failures: unknown[] = []
  await Promise.all(
    watchers.map((watcher) => watcher.catchUpOnce().catch((error: unknown) => failures.push(error))),
  )
  const accounts = [...context.accounts.keys()]
  while (!signal.aborted && (await countDue(context.db, context.clock.now(), accounts)) > 0) {
    await nextChange(pipeline, signal)
  }
  if (failures.length > 0) throw failures[0]
}

/** Resolves when a row is settled, or after a while, because another process may be working too. */
function nextChange(pipeline: Pipeline, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      pipeline.off('settled', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, 500)
    pipeline.once('settled', done)
    signal.addEventListener('abort', done, { once: true })
  })
}
