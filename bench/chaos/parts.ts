/** The parts of a world: private servers, proxies, a configuration, and a daemon that is not started yet. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import {
  type Dovecot,
  freePort,
  type Postgres,
  type PostgresOptions,
  type Redis,
  type RedisOptions,
  startPostgres,
  startRedis,
} from '../../test/live/servers/index.ts'
import { type Answer, ScriptedServer, type Moment as SmtpMoment } from '../../test/smtp/scripted-server.ts'
import { fillState } from '../../test/store-template.ts'
import { DaemonChild } from './child.ts'
import { authservId } from './mails.ts'
import { type ModelFault, writeKnowledge } from './model.ts'
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

/** How a world differs from the usual one. */
export interface WorldOptions {
  /** Merged over the account's keys. */
  account?: Record<string, unknown>
  /** Merged over the document's keys. */
  document?: Record<string, unknown>
  /** A separate server, because the fault breaks it. */
  ownRedis?: RedisOptions
  ownPostgres?: PostgresOptions
  /** The state directory is made here before the start. */
  prepare?: (directory: string) => Promise<() => Promise<void>>
  nodeArgs?: string[]
  accounts?: number
}

/**
 * The reaction of the recording SMTP server at a given point; the last mail is the one whose final dot was just read.
 */
export type SmtpFault = (
  moment: SmtpMoment,
  context: { connection: number; count: number },
) => Answer | undefined | Promise<Answer | undefined>

let worlds = 0

export interface Parts {
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

export async function buildParts(
  peers: Peers,
  combination: Combination,
  options: WorldOptions,
): Promise<Parts> {
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
  writeKnowledge(directory)
  if (!combination.postgres && !options.prepare) await fillState(join(directory, 'data'))
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
    knowledge: './knowledge',
    budget: { perDay: 1000 },
    log: { level: 'info' },
  }
}
