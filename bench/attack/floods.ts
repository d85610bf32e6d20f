/**
 * Every listener and every adapter meets its flood at once, in a daemon whose memory is bounded: it stays up, and the
 * quiet account is answered.
 */
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { entryName, Vault } from '../../src/oauth/vault.ts'
import { type Flood, FloodingServer } from '../../test/imap/flooding-server.ts'
import { deliverAll } from '../../test/live/servers/index.ts'
import { type Answer, type Moment, ScriptedServer } from '../../test/smtp/scripted-server.ts'
import type { Area, Attack, Held } from './attack.ts'
import { type Bound, boundMemory } from './cgroup.ts'
import { HostileHttp, json, type Manner } from './hostile-http.ts'
import { flood } from './http.ts'
import { authservId, type Letter, letter, stamped } from './letter.ts'
import { NameServer } from './name-server.ts'
import { accountAt, type Servers, startServers, until, Victim } from './victim.ts'

/** MB. The heap of the daemon, and all of its memory with the buffers of the kernel. */
const [heapMb, boundMb] = [256, 512]
const megabyte = 2 ** 20
const quiet = 'quiet@replyd.test'
const most = 192 * megabyte

const imapFloods: [string, Flood][] = [
  ['before its greeting', { most, at: 'greeting', text: '* NOTHING\r\n' }],
  ['instead of its capabilities', { most, at: 'CAPABILITY', text: '* 7 EXISTS\r\n' }],
  ['while it is asked to select', { most, at: 'EXAMINE', text: '* 7 EXISTS\r\n' }],
  ['while the client idles', { most, at: 'IDLE', text: '* 7 EXISTS\r\n' }],
  ['in one line without end', { most, at: 'EXAMINE', text: 'a' }],
  ['in long lines', { most, at: 'EXAMINE', text: `* OK ${'a'.repeat(100_000)}\r\n` }],
  ['in literals', { most, at: 'EXAMINE', text: `* 1 FETCH (BODY[] {65500}\r\n${'a'.repeat(65_500)})\r\n` }],
  ['in brackets without end', { most, at: 'CAPABILITY', text: '(' }],
  ['with a literal of two gigabytes', { most, at: 'LOGIN', text: `* 1 FETCH (BODY[] {2000000000}\r\n` }],
]

const smtpFloods: [Moment, Answer][] = [
  ['greeting', 'flood'],
  ['EHLO', 'flood'],
  ['AUTH', 'flood'],
  ['RCPT', 'flood'],
  ['dot', 'flood'],
  ['greeting', 'drip'],
  ['EHLO', 'silence'],
]

const manners: Manner[] = [
  'endless body',
  'endless chunks of one octet',
  'endless header',
  'endless interim answers',
  'an octet a second',
  'a bomb of gzip',
]

const authenticated = {
  authservIds: [authservId],
  replies: { mode: 'send', undo: '0s', minConfidence: 0 },
}
const cap = 'caps on octets, answers and time of each command'

class Scene implements AsyncDisposable {
  readonly servers: Servers
  readonly names: NameServer
  readonly imap: FloodingServer[]
  readonly smtp: ScriptedServer[]
  readonly model: HostileHttp
  readonly provider: HostileHttp
  readonly hook: HostileHttp
  readonly victim: Victim
  readonly bound: Bound | null

  private constructor(
    parts: Pick<
      Scene,
      'servers' | 'names' | 'imap' | 'smtp' | 'model' | 'provider' | 'hook' | 'victim' | 'bound'
    >,
  ) {
    ;({ servers: this.servers, names: this.names, imap: this.imap, smtp: this.smtp } = parts)
    ;({ model: this.model, provider: this.provider, hook: this.hook } = parts)
    ;({ victim: this.victim, bound: this.bound } = parts)
  }

  static async start(): Promise<Scene> {
    const [servers, names] = await Promise.all([startServers(), NameServer.start()])
    const imap = await Promise.all(imapFloods.map(([, each]) => FloodingServer.start(each)))
    const smtp = await Promise.all(
      smtpFloods.map(([at, answer]) =>
        ScriptedServer.start((moment) => (moment === at ? answer : undefined)),
      ),
    )
    const model = await HostileHttp.start((request) => floodOrForward(request, servers.model.baseUrl))
    const provider = await HostileHttp.start(
      (request) => manners[Number(/^POST \/(\d)/.exec(request)?.[1])] ?? 'silence',
    )
    const hook = await HostileHttp.start(
      (request) => manners[Number(/^POST \/(\d)/.exec(request)?.[1])] ?? 'silence',
    )
    const victim = await Victim.build(servers, {
      accounts: [
        accountAt(servers, quiet),
        accountAt(servers, 'model@replyd.test'),
        accountAt(servers, 'held@replyd.test', { replies: { mode: 'review' } }),
        accountAt(servers, 'dns@replyd.test', { replies: authenticated.replies }),
        ...imap.map(({ port }, at) => accountAt(servers, `imap${at}@replyd.test`, { imap: { port } })),
        ...smtp.map(({ port }, at) =>
          accountAt(servers, `smtp${at}@replyd.test`, { smtp: { port }, ...authenticated }),
        ),
        ...manners.map((_, at) => oauthAccount(servers, at, provider)),
      ],
      document: {
        model: {
          name: 'replyd-stand-in',
          baseUrl: `${model.url}/v1`,
          apiKey: 'none',
          timeout: '5s',
          concurrency: 10,
          price: { input: 0, output: 0 },
        },
        webhooks: manners.map((_, at) => ({ url: `${hook.url}/${at}`, secret: 'a secret of the hook' })),
      },
      nodeArgs: [`--max-old-space-size=${heapMb}`, ...names.nodeArgs()],
    })
    for (const at of manners.keys()) signIn(victim, at, provider)
    victim.daemon.start()
    const bound = boundMemory(victim.daemon.pid ?? 0, boundMb)
    await victim.logged('"daemon.started"')
    return new Scene({ servers, names, imap, smtp, model, provider, hook, victim, bound })
  }

  async deliver(user: string, { octets }: Letter): Promise<void> {
    await deliverAll(this.servers.dovecot, [{ user, octets }])
  }

  /** Null with the peak of memory if the quiet account is answered now, by the process that was started. */
  async stands(): Promise<string | Held> {
    const mail = letter({ to: quiet })
    await this.deliver(quiet, mail)
    const row = await this.victim.settled(mail.id)
    if (row.disposition !== 'drafted')
      return `the quiet account's mail became ${row.disposition}: ${row.reason}`
    if (this.victim.daemon.starts !== 1) return 'the daemon ended, and was started again'
    const kernel = this.bound?.peakMb()
    return { figure: `peak ${this.victim.peakMb()} MB${kernel ? `, ${kernel} MB with the kernel's` : ''}` }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.victim[Symbol.asyncDispose]()
    this.bound?.[Symbol.dispose]()
    const parts = [...this.imap, ...this.smtp, this.model, this.provider, this.hook, this.names, this.servers]
    await Promise.all(parts.map((each) => each[Symbol.asyncDispose]()))
  }
}

const client = 'client-of-the-attack'
const tokenUrl = (at: number, { url }: HostileHttp) => `${url}/${at}/token`

function oauthAccount(servers: Servers, at: number, provider: HostileHttp) {
  const oauth2 = { provider: 'custom', clientId: client, tokenUrl: tokenUrl(at, provider) }
  const address = `oauth${at}@replyd.test`
  const { password: _, ...imap } = accountAt(servers, address).imap as Record<string, unknown>
  return {
    address,
    imap: { ...imap, oauth2 },
    smtp: { host: '127.0.0.1', port: 9, secure: false },
    since: 'all',
  }
}

/** A sign-in whose access token has expired: each connection asks the provider. */
function signIn({ directory }: Victim, at: number, provider: HostileHttp): void {
  const name = entryName(`oauth${at}@replyd.test`, client, tokenUrl(at, provider))
  const grant = { accessToken: 'old', refreshToken: 'kept', expiresAt: 0 }
  new Vault(`${directory}/data`, null).write(name, { grant, refused: null })
}

/** Mails whose subject says so are flooded, the others are answered by the stand-in. */
async function floodOrForward(request: string, baseUrl: string): Promise<Manner | string> {
  const wanted = /flood number (\d)/.exec(request)
  if (wanted) return manners[Number(wanted[1])] ?? 'silence'
  const [head = ''] = request.split('\r\n\r\n', 1)
  const [, method = 'GET', path = ''] = /^(\S+) \/v1(\S*)/.exec(head) ?? []
  const body = Buffer.from(request.slice(head.length + 4), 'latin1')
  const answer = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(method === 'POST' ? { body } : {}),
  })
  return json(await answer.text(), `${answer.status} ${answer.statusText}`)
}

function webFloods(scene: Scene): Attack[] {
  const { url } = scene.victim
  const { hostname, port } = new URL(url)
  const holds = 'limits on body, header, connections and time of the listener'
  const form = 'content-type: application/x-www-form-urlencoded'
  const open = (count: number, text: string) =>
    Array.from({ length: count }, () => {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => undefined)
      socket.on('connect', () => socket.write(text))
      return socket
    })
  return [
    {
      name: 'web: four endless uploads at once',
      holds,
      strike: async () => {
        const heads = ['POST /login', 'POST /api/forget', 'POST /replies/x/approve', 'PUT /'].map(
          (line) => `${line} HTTP/1.1\r\n${form}`,
        )
        const ends = await Promise.all(heads.map((head) => flood(url, head, 400 * megabyte)))
        const sent = ends.reduce((sum, each) => sum + each.sent, 0)
        return sent > 100 * megabyte ? `${Math.round(sent / megabyte)} MB were taken` : scene.stands()
      },
    },
    {
      name: 'web: 250 connections that never end their header',
      holds,
      strike: async () => {
        const sockets = open(250, 'GET / HTTP/1.1\r\nhost: x\r\nx-slow: ')
        const outcome = await scene.stands()
        for (const socket of sockets) socket.destroy()
        return outcome
      },
    },
    {
      name: 'web: 200 listeners to live updates that never read',
      holds,
      strike: async () => {
        const sockets = open(200, `GET /events HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`)
        for (const socket of sockets) socket.pause()
        const outcome = await scene.stands()
        for (const socket of sockets) socket.destroy()
        return outcome
      },
    },
    {
      name: 'web: requests without end whose answers are never read',
      holds: 'answers wait for their reader',
      strike: async () => {
        const request = `GET /history HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`.repeat(500)
        const sockets = open(8, request)
        let sent = 0
        for (const socket of sockets) {
          socket.pause()
          const more = () => {
            while (!socket.destroyed && sent < 100 * megabyte) {
              sent += request.length
              if (!socket.write(request)) return
            }
          }
          socket.on('drain', more)
          socket.once('connect', more)
        }
        const outcome = await scene.stands()
        for (const socket of sockets) socket.destroy()
        return sent >= 100 * megabyte ? '100 MB of requests were taken' : outcome
      },
    },
  ]
}

const imapAttacks = (scene: Scene): Attack[] =>
  imapFloods.map(([name], at) => ({
    name: `IMAP: a server floods ${name}`,
    holds: cap,
    strike: async () => {
      const server = scene.imap[at]
      if (!(await server?.cutOff)) return 'it was not cut off'
      return scene.stands()
    },
  }))

const smtpAttacks = (scene: Scene): Attack[] =>
  smtpFloods.map(([moment, answer], at) => ({
    name: `SMTP: ${answer} instead of the answer to ${moment === 'dot' ? 'the final dot' : moment}`,
    holds: 'a cap on what is said, one deadline over the whole dialogue',
    strike: async () => {
      const server = scene.smtp[at] as ScriptedServer
      await scene.deliver(
        `smtp${at}@replyd.test`,
        stamped(letter({ to: `smtp${at}@replyd.test`, from: `kim@smtp${at}.example` }), `smtp${at}.example`),
      )
      await until('nothing was submitted', () => server.connections > 0)
      if (answer !== 'flood') return scene.stands()
      await until('it did not flood', () => server.flooded > 0)
      await server.empty()
      return server.flooded > 50 * megabyte ? 'it was not cut off' : scene.stands()
    },
  }))

/** One of the model, the provider and the hook. */
function httpAttacks(scene: Scene): Attack[] {
  const holds = 'a cap on octets and one deadline for the whole exchange'
  const cutOff = async (server: HostileHttp, path: RegExp) => {
    await until('it was not asked', () => server.requests.some((request) => path.test(request)))
    return scene.stands()
  }
  return manners.flatMap((manner, at): Attack[] => [
    {
      name: `model: ${manner}`,
      holds,
      strike: async () => {
        const mail = letter({ to: 'model@replyd.test', subject: `flood number ${at}` })
        await scene.deliver('model@replyd.test', mail)
        return cutOff(scene.model, new RegExp(`flood number ${at}`))
      },
    },
    {
      name: `sign-in (OAuth2): ${manner}`,
      holds,
      strike: () => cutOff(scene.provider, new RegExp(`^POST /${at}/token`)),
    },
    {
      name: `webhook: ${manner}`,
      holds: 'the body of the answer is not read; ten seconds',
      strike: async () => {
        if (at === 0) await scene.deliver('held@replyd.test', letter({ to: 'held@replyd.test' }))
        return cutOff(scene.hook, new RegExp(`^POST /${at} `))
      },
    },
  ])
}

const dnsAttacks = (scene: Scene): Attack[] =>
  (['endless', 'silent', 'fails'] as const).map((mood, at) => ({
    name: `DNS: a name server that ${mood === 'endless' ? 'never ends' : mood === 'silent' ? 'is silent' : 'fails'}`,
    holds: 'four seconds and 16 KB for a name',
    strike: async () => {
      scene.names.mood = mood
      const domain = `dns${at}.example`
      const signature = `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=${domain}; s=k; h=from:subject:date;\r\n bh=${'A'.repeat(43)}=; b=${'A'.repeat(86)}==`
      const mail = letter({ to: 'dns@replyd.test', from: `kim@${domain}`, fields: [signature] })
      await scene.deliver('dns@replyd.test', mail)
      const outcome = await scene.stands()
      const row = await scene.victim.settled(mail.id)
      scene.names.mood = 'answers'
      return row.disposition === 'sent' ? 'it was answered unproven' : outcome
    },
  }))

/** All that floods floods still, and what was put off is tried again. */
const lasting = (scene: Scene): Attack => ({
  name: 'all of them together, for ten seconds more',
  holds: 'every one of the limits above',
  strike: async () => {
    await delay(10_000)
    return scene.stands()
  },
})

export const floods: Area = {
  name: 'floods',
  open: async () => {
    const scene = await Scene.start()
    const attacks = [imapAttacks, webFloods, smtpAttacks, httpAttacks, dnsAttacks].flatMap((make) =>
      make(scene),
    )
    return {
      attacks: [...attacks, lasting(scene)],
      [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
    }
  },
}
