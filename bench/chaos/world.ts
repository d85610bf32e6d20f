/** One daemon, its peers, and the proxies between them. Each world has a separate account and store. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { StandIn } from '../../src/demo/stand-in.ts'
import type { Audit } from '../../src/observe/audit.ts'
import { deliverAll, freePort, type Postgres, type Redis } from '../../test/live/servers/index.ts'
import type { Answer, ScriptedServer, Moment as SmtpMoment } from '../../test/smtp/scripted-server.ts'
import { DaemonChild } from './child.ts'
import { addressed, type Delivered, type Kind, makeMail } from './mails.ts'
import { answerFor, type ModelFault } from './model.ts'
import {
  buildParts,
  type Combination,
  type Parts,
  type Peers,
  type SmtpFault,
  type WorldOptions,
} from './parts.ts'
import type { ChaosProxy } from './proxy.ts'

export { type Combination, combinations, type Peers, type SmtpFault, type WorldOptions } from './parts.ts'

export class World implements AsyncDisposable {
  readonly combination: Combination
  readonly peers: Peers
  readonly addresses: string[]
  readonly directory: string
  readonly delivered: (Delivered & { address: string })[] = []
  /** Mails that the SMTP server has accepted, or would have. */
  readonly accepted: Buffer[] = []
  /** Tokens of mails that were delivered a second time. */
  readonly duplicates: string[] = []
  /** The number of rows expected at the end, if it is not the number of delivered mails. */
  expectedRows: number | null = null
  smtpFault: SmtpFault = () => undefined
  modelFault: ModelFault = () => undefined
  readonly imap: ChaosProxy
  readonly redis: ChaosProxy | null
  readonly postgres: ChaosProxy | null
  readonly redisServer: Redis
  readonly postgresServer: Postgres
  readonly smtp: ScriptedServer
  /** Times of SMTP logins, in milliseconds. */
  readonly smtpLoginsAt: number[] = []
  readonly model: StandIn
  readonly daemon: DaemonChild
  /** URL of the store, without a proxy in front of it; null if it is embedded. */
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
    if (moment === 'AUTH') this.smtpLoginsAt.push(performance.now())
    const mail = moment === 'dot' ? this.smtp.mails.at(-1) : undefined
    const before = this.accepted.length
    const answer = await this.smtpFault(moment, context)
    const refused = typeof answer === 'string' && /^[45]/.test(answer)
    // The fault itself may have delivered it.
    if (mail && !refused && this.accepted.length === before && answer !== 'drop') this.accepted.push(mail)
    return answer
  }

  /** A mail's name: short and unique. */
  newToken(): string {
    return `${this.#prefix}n${(++this.#mails).toString(36)}`
  }

  /** Delivers one mail of each kind by LMTP, bypassing all faults. */
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

  /** Resolves when the condition holds for the number of rows that the daemon has stored. */
  async reached(enough: (rows: number) => boolean): Promise<void> {
    for (;;) {
      const report = await this.audit()
      const rows =
        report?.mailboxes.reduce((sum, { handled, uncertain }) => sum + handled + uncertain, 0) ?? 0
      if (report && enough(rows)) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** One more process on the same store and queue, with a separate port. */
  async anotherDaemon(name: string, roles: string): Promise<DaemonChild> {
    const { directory } = this
    const document = parse(readFileSync(join(directory, 'replyd.yaml'), 'utf8'))
    const webPort = await freePort()
    const configPath = join(directory, `${name}.yaml`)
    writeFileSync(configPath, stringify({ ...document, web: { ...document.web, port: webPort } }))
    return new DaemonChild({ directory, configPath, webPort, token: document.web.token, roles, name })
  }

  audit(): Promise<Audit | null> {
    return this.daemon.get<Audit>('/api/audit', 'POST')
  }

  /** Whether every mail has been read and settled, as the daemon itself sees it. */
  async isSettled(): Promise<boolean> {
    const report = await this.audit()
    if (!report?.ok) return false
    const arrived = report.mailboxes.reduce((sum, each) => sum + each.arrived, 0)
    const pending = report.mailboxes.reduce((sum, each) => sum + each.pending, 0)
    return pending === 0 && arrived >= (this.expectedRows ?? this.delivered.length + this.duplicates.length)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon.stop()
    for (const cleanup of this.#cleanups.reverse()) await cleanup()
    if (!process.env.REPLYD_CHAOS_KEEP) rmSync(this.directory, { recursive: true, force: true })
  }
}
