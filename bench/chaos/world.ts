/** One daemon, its peers, and the proxies between them. Each world has an account and a store of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import type { Audit } from '../../src/steps/audit.ts'
import {
  type Dovecot,
  deliverAll,
  freePort,
  type Postgres,
  type PostgresOptions,
  type Redis,
  type RedisOptions,
  startPostgres,
  startRedis,
} from '../../test/live/servers/index.ts'
import { type Answer, ScriptedServer, type Moment as SmtpMoment } from '../../test/smtp/scripted-server.ts'
import { DaemonChild } from './child.ts'
import { addressed, authservId, type Delivered, type Kind, makeMail } from './mails.ts'
import { answerFor, instructions, type ModelFault } from './model.ts'
import { ChaosProxy } from './proxy.ts'

export interface Combination {
  name: string
  redis: boolean
  postgres: boolean
}

export const combinations: readonly Combination[] = [
  { name: 'embedded', redis: false, postgres: false },
  { name: 'redis', redis: true, postgres: false },
  { name: 'redis+postgres', redis: true, postgres: true },
  { name: 'postgres', redis: false, postgres: true },
]

/** Servers that all worlds share. */
export interface Peers {
  dovecot: Dovecot
  redis: Redis
  postgres: Postgres
}

/** Where a world differs from the usual. */
export interface WorldOptions {
  /** Merged over the account's keys. */
  account?: Record<string, unknown>
  /** Merged over the document's keys. */
  document?: Record<string, unknown>
  /** A server of its own, because the moment breaks it. */
  ownRedis?: RedisOptions
  ownPostgres?: PostgresOptions
  /** The state directory is made here before the start. */
  prepare?: (directory: string) => Promise<() => Promise<void>>
  nodeArgs?: string[]
  accounts?: number
}

/** What the recording SMTP server does at a moment; the last mail is the one whose final dot was just read. */
export type SmtpFault = (
  moment: SmtpMoment,
  context: { connection: number; count: number },
) => Answer | undefined | Promise<Answer | undefined>

let worlds = 0

export class World implements AsyncDisposable {
  readonly combination: Combination
  readonly peers: Peers
  readonly addresses: string[]
  readonly directory: string
  readonly delivered: (Delivered & { address: string })[] = []
  /** Mails the SMTP server has said yes to, or would have. */
  readonly accepted: Buffer[] = []
  /** Tokens of mails that were delivered a second time. */
  readonly duplicates: string[] = []
  /** Rows that have to be there in the end, when not as many as mails were delivered. */
  expectedRows: number | null = null
  smtpFault: SmtpFault = () => undefined
  modelFault: ModelFault = () => undefined
  readonly imap: ChaosProxy
  readonly redis: ChaosProxy | null
  readonly postgres: ChaosProxy | null
  readonly redisServer: Redis
  readonly postgresServer: Postgres
  readonly smtp: ScriptedServer
  readonly model: StandIn
  readonly daemon: DaemonChild
  /** Of the store without a proxy before it; null when it is embedded. */
  readonly databaseUrl: string | null
  readonly #cleanups: (() => Promise<unknown>)[]
  readonly #prefix: string
  #mails = 0

  private constructor(parts: Parts) {
    this.combination = parts.combination
    this.peers = parts.peers
    this.addresses = parts.addresses
    this.directory = parts.directory
    this.imap = parts.imap
    this.redis = parts.redis
    this.postgres = parts.postgres
    this.redisServer = parts.redisServer
    this.postgresServer = parts.postgresServer
    this.smtp = parts.smtp.server
    this.model = parts.model.server
    this.daemon = parts.daemon
    this.databaseUrl = parts.databaseUrl
    this.#cleanups = parts.cleanups
    this.#prefix = parts.prefix
    parts.smtp.script = (moment, context) => this.#atSmtp(moment, context)
    parts.model.behaviour = async (request) => (await this.modelFault(request)) ?? answerFor(request)
  }

  get address(): string {
    return this.addresses[0] ?? ''
  }

  /** Starts everything but the daemon. */
  static async build(peers: Peers, combination: Combination, options: WorldOptions): Promise<World> {
    return new World(await buildParts(peers, combination, options))
  }

  async #atSmtp(
    moment: SmtpMoment,
    context: { connection: number; count: number },
  ): Promise<Answer | undefined> {
    const mail = moment === 'dot' ? this.smtp.mails.at(-1) : undefined
    const before = this.accepted.length
    const answer = await this.smtpFault(moment, context)
    const refused = typeof answer === 'string' && /^[45]/.test(answer)
    // The fault may have taken it in by itself.
    if (mail && !refused && this.accepted.length === before && answer !== 'drop') this.accepted.push(mail)
    return answer
  }

  /** A mail's name: short, and unlike any other's. */
  newToken(): string {
    return `${this.#prefix}n${(++this.#mails).toString(36)}`
  }

  /** Delivers one mail of each kind by LMTP, past all faults. */
  async deliver(kinds: readonly Kind[], withMessageId = true): Promise<Delivered[]> {
    const mails = kinds.map((kind, at) => ({
      ...makeMail(kind, this.newToken(), withMessageId),
      address: this.addresses[at % this.addresses.length] ?? '',
    }))
    await this.deliverAgain(mails)
    this.delivered.push(...mails)
    return mails
  }

  async deliverAgain(mails: readonly (Delivered & { address?: string })[]): Promise<void> {
    await deliverAll(
      this.peers.dovecot,
      mails.map((mail) => {
        const user = mail.address ?? this.address
        return { user, octets: addressed(mail, user), reversePath: mail.sender }
      }),
    )
  }

  /** Resolves when that holds for the number of rows that the daemon has stored. */
  async reached(enough: (rows: number) => boolean): Promise<void> {
    for (;;) {
      const report = await this.audit()
      const rows =
        report?.mailboxes.reduce((sum, { handled, uncertain }) => sum + handled + uncertain, 0) ?? 0
      if (report && enough(rows)) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** One more process on the same store and queue. */
  anotherDaemon(name: string, roles: string): DaemonChild {
    const { directory } = this
    const configPath = join(directory, 'replyd.yaml')
    return new DaemonChild({ directory, configPath, webPort: 0, token: '', roles, name })
  }

  audit(): Promise<Audit | null> {
    return this.daemon.get<Audit>('/api/audit')
  }

  /** Whether every mail has been read and brought to rest, as the daemon itself sees it. */
  async isSettled(): Promise<boolean> {
    const report = await this.audit()
    if (!report?.ok) return false
    const arrived = report.mailboxes.reduce((sum, each) => sum + each.arrived, 0)
    const waiting = report.mailboxes.reduce((sum, each) => sum + each.waiting, 0)
    return waiting === 0 && arrived >= (this.expectedRows ?? this.delivered.length + this.duplicates.length)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon.stop()
    for (const cleanup of this.#cleanups.reverse()) await cleanup()
    if (!process.env.REPLYD_CHAOS_KEEP) rmSync(this.directory, { recursive: true, force: true })
  }
}

interface Parts {
  combination: Combination
  peers: Peers
  prefix: string
  addresses: string[]
  directory: string
  imap: ChaosProxy
  redis: ChaosProxy | null
  postgres: ChaosProxy | null
  redisServer: Redis
  postgresServer: Postgres
  smtp: { server: ScriptedServer; script: SmtpFault }
  model: { server: StandIn; behaviour: ModelFault }
  daemon: DaemonChild
  databaseUrl: string | null
  cleanups: (() => Promise<unknown>)[]
}

async function buildParts(peers: Peers, combination: Combination, options: WorldOptions): Promise<Parts> {
  const prefix = `w${process.pid.toString(36)}x${(++worlds).toString(36)}`
  const directory = mkdtempSync(join(tmpdir(), 'replyd-chaos-'))
  const addresses = Array.from({ length: options.accounts ?? 1 }, (_, at) => `u${at}${prefix}@chaos.test`)
  const cleanups: (() => Promise<unknown>)[] = []
  const own = <T extends AsyncDisposable>(resource: T): T => {
    cleanups.push(async () => resource[Symbol.asyncDispose]())
    return resource
  }
  const redisServer = options.ownRedis ? own(await startRedis(options.ownRedis)) : peers.redis
  const postgresServer = options.ownPostgres ? own(await startPostgres(options.ownPostgres)) : peers.postgres
  const imap = own(await ChaosProxy.start(peers.dovecot.imapPort))
  const redis = combination.redis ? own(await ChaosProxy.start(redisServer.port)) : null
  const postgres = combination.postgres ? own(await ChaosProxy.start(postgresServer.port)) : null
  const databaseUrl = combination.postgres ? await postgresServer.createDatabase() : null
  const smtp = { script: (() => undefined) as SmtpFault, server: null as unknown as ScriptedServer }
  smtp.server = own(await ScriptedServer.start((moment, context) => smtp.script(moment, context)))
  const model = { behaviour: (() => undefined) as ModelFault, server: null as unknown as StandIn }
  model.server = own(await startStandIn({ behaviour: (request) => model.behaviour(request) }))
  mkdirSync(join(directory, 'data'))
  if (options.prepare) cleanups.push(await options.prepare(join(directory, 'data')))
  const webPort = await freePort()
  const token = `token-${prefix}-0123456789`
  const state = {
    directory: './data',
    ...(redis
      ? { redisUrl: redisServer.newDatabase().replace(`:${redisServer.port}`, `:${redis.port}`) }
      : {}),
    ...(databaseUrl
      ? { databaseUrl: databaseUrl.replace(`:${postgresServer.port}`, `:${postgres?.port}`) }
      : {}),
  }
  const servers = { imapPort: imap.port, smtpPort: smtp.server.port, baseUrl: model.server.baseUrl }
  const configPath = join(directory, 'replyd.yaml')
  const document = documentOf(addresses, peers.dovecot.password, servers, options.account ?? {})
  writeFileSync(
    configPath,
    stringify({ ...document, state, web: { port: webPort, token }, ...(options.document ?? {}) }),
  )
  const daemon = new DaemonChild({ directory, configPath, webPort, token, nodeArgs: options.nodeArgs })
  return {
    combination,
    peers,
    prefix,
    addresses,
    directory,
    imap,
    redis,
    postgres,
    redisServer,
    postgresServer,
    smtp,
    model,
    daemon,
    databaseUrl,
    cleanups,
  }
}

function documentOf(
  addresses: readonly string[],
  password: string,
  ports: { imapPort: number; smtpPort: number; baseUrl: string },
  account: Record<string, unknown>,
) {
  const login = (user: string) => ({ host: '127.0.0.1', user, password, secure: false })
  return {
    accounts: addresses.map((address) => ({
      address,
      authservIds: [authservId],
      imap: { ...login(address), port: ports.imapPort, poll: '2s' },
      smtp: { ...login(address), port: ports.smtpPort },
      since: 'all',
      instructions,
      sentCopy: true,
      ...account,
    })),
    model: {
      name: standInModel,
      baseUrl: ports.baseUrl,
      apiKey: 'none',
      timeout: '3s',
      concurrency: 4,
      price: { input: 0, output: 0 },
    },
    replies: { mode: 'send', undo: '0s', html: false },
    budget: { perDay: 1000 },
    log: { level: 'info' },
  }
}
