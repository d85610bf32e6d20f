/** Mail servers with a certificate or a version of TLS that must not be believed. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, type Server, type TlsOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { deliverAll } from '../../test/live/servers/index.ts'
import type { Area, Attack } from './attack.ts'
import { authservId, letter, stamped } from './letter.ts'
import { NameServer } from './name-server.ts'
import { accountAt, type Servers, startServers, until, Victim } from './victim.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/tls/${name}`, import.meta.url))
const key = readFileSync(fixture('key.pem'))
const secret = 'hunter2-hunter2'
const only = (version: 'TLSv1' | 'TLSv1.1'): TlsOptions => ({
  minVersion: version,
  maxVersion: version,
  ciphers: 'DEFAULT:@SECLEVEL=0',
})

interface Case {
  name: string
  options?: TlsOptions
  certificate?: string
  /** What the account trusts in addition to the authorities of Node.js. */
  trusted?: string
  /** Words in the log that say why it was refused. */
  words: string
}

const cases: Case[] = [
  { name: 'a certificate of an unknown issuer', words: 'comes from an unknown issuer' },
  {
    name: 'an expired certificate',
    certificate: 'expired.pem',
    trusted: 'expired.pem',
    words: 'has expired',
  },
  { name: 'the certificate of another name', trusted: 'cert.pem', words: 'is for another name' },
  { name: 'TLS 1.0 alone', trusted: 'cert.pem', options: only('TLSv1'), words: 'does not support TLS 1.2' },
  { name: 'TLS 1.1 alone', trusted: 'cert.pem', options: only('TLSv1.1'), words: 'does not support TLS 1.2' },
]

/** Accepts everything, so that a client that trusts it reveals the login. */
class Believer implements AsyncDisposable {
  heard = ''
  connections = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(greeting: string, options: TlsOptions) {
    this.#server = createServer(options, (socket) => {
      socket.on('error', () => undefined)
      socket.write(`${greeting}\r\n`)
      socket.on('data', (octets) => {
        this.heard += octets.toString('latin1')
        const [word = ''] = octets.toString('latin1').split(' ')
        socket.write(greeting.startsWith('*') ? `${word} OK done\r\n` : '250-x\r\n250 AUTH PLAIN\r\n')
      })
    })
    this.#server.on('tlsClientError', () => undefined)
    this.#server.on('connection', (socket: Socket) => {
      this.connections++
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
    })
  }

  static async start(
    protocol: Protocol,
    { certificate = 'cert.pem', options = {} }: Case,
  ): Promise<Believer> {
    const greeting = protocol === 'IMAP' ? '* OK hello' : '220 hello'
    const believer = new Believer(greeting, { key, cert: readFileSync(fixture(certificate)), ...options })
    believer.#server.listen(0, '127.0.0.1')
    await once(believer.#server, 'listening')
    return believer
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

type Protocol = 'IMAP' | 'SMTP'
interface Trial {
  protocol: Protocol
  case: Case
  address: string
  host: string
  server: Believer
}

/** One account for each case and protocol. */
async function trialsOf(): Promise<Trial[]> {
  const both = (['IMAP', 'SMTP'] as const).flatMap((protocol) =>
    cases.map((each, at) => ({ protocol, case: each, id: `${protocol.toLowerCase()}${at}` })),
  )
  return Promise.all(
    both.map(async ({ protocol, case: each, id }) => ({
      ...{ protocol, case: each, address: `${id}@replyd.test`, host: `${id}.victim.example` },
      server: await Believer.start(protocol, each),
    })),
  )
}

function accountOf(servers: Servers, { protocol, case: each, address, host, server }: Trial) {
  const tls = each.trusted ? { tls: { ca: fixture(each.trusted) } } : {}
  const login = { host, port: server.port, secure: true, user: address, password: secret, ...tls }
  return protocol === 'IMAP'
    ? accountAt(servers, address, { imap: login })
    : accountAt(servers, address, {
        smtp: login,
        authservIds: [authservId],
        replies: { mode: 'send', undo: '0s', minConfidence: 0 },
      })
}

const attackOf = (victim: Victim, { protocol, case: each, host, server }: Trial): Attack => ({
  name: `${protocol}: a server with ${each.name}`,
  holds: 'TLS 1.2 at least, and a certificate that is checked before anything is said; the log says why',
  run: async () => {
    const told = () =>
      victim.daemon
        .log()
        .split('\n')
        .some((line) => line.includes(host) && line.includes(each.words))
    await until(`the log does not say that ${host} ${each.words}`, () => server.connections > 0 && told())
    return server.heard === '' ? null : `it was told ${server.heard.slice(0, 40)}`
  },
})

export const tls: Area = {
  name: 'TLS',
  open: async () => {
    const [servers, names, trials] = await Promise.all([startServers(), NameServer.start(), trialsOf()])
    const victim = await Victim.start(servers, {
      accounts: trials.map((trial) => accountOf(servers, trial)),
      nodeArgs: names.nodeArgs(),
    })
    const writing = trials.filter(({ protocol }) => protocol === 'SMTP')
    await deliverAll(
      servers.dovecot,
      writing.map(({ address, host }) => {
        const mail = letter({ to: address, from: `kim@${host}` })
        return { user: address, octets: stamped(mail, host).octets }
      }),
    )
    return {
      attacks: trials.map((trial) => attackOf(victim, trial)),
      async [Symbol.asyncDispose]() {
        await victim[Symbol.asyncDispose]()
        const rest = [names, servers, ...trials.map(({ server }) => server)]
        await Promise.all(rest.map((each) => each[Symbol.asyncDispose]()))
      },
    }
  },
}
