/**
 * Every listener and every adapter is flooded at the same time, in a daemon with limited memory: it stays up, and the
 * quiet account is answered.
 */
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { entryName, Vault } from '../../src/oauth/vault.ts'
import { deliverAll } from '../../test/live/servers/index.ts'
import { Apart } from './apart.ts'
import type { Area, Attack, Held } from './attack.ts'
import { type Bound, boundMemory } from './cgroup.ts'
import { type Client, type FloodApi, httpFloods, imapFloods, smtpFloods } from './flood-servers.ts'
import { flood } from './http.ts'
import { authservId, type Letter, letter, question, stamped } from './letter.ts'
import { type Mood, nameServerArgs } from './name-server.ts'
import { accountAt, type Servers, startServers, until, Victim } from './victim.ts'

/** MB. The daemon's heap, and its whole memory including kernel buffers. */
const [heapMb, boundMb] = [256, 512]
const megabyte = 2 ** 20
const quiet = 'quiet@replyd.test'

const authenticated = {
  authservIds: [authservId],
  replies: { mode: 'send', undo: '0s', minConfidence: 0 },
}
const cap = 'caps on octets, answers and time of each command'

/** Milliseconds. The longest deadline of an adapter that waits for a slow answer: a model, a page. */
const cutOffMs = 45_000

class Scene implements AsyncDisposable {
  readonly #servers: Servers
  readonly apart: Apart<FloodApi>
  readonly victim: Victim
  readonly #bound: Bound | null

  private constructor(servers: Servers, apart: Apart<FloodApi>, victim: Victim, bound: Bound | null) {
    this.#servers = servers
    this.apart = apart
    this.victim = victim
    this.#bound = bound
  }

  static async start(): Promise<Scene> {
    const servers = await startServers()
    const apart = await Apart.start<FloodApi>('flood-servers.ts', [servers.model.baseUrl])
    const ports = await apart.call('ports')
    const victim = await Victim.build(servers, {
      accounts: accountsOn(servers, ports),
      document: documentFor(ports),
      nodeArgs: [`--max-old-space-size=${heapMb}`, ...nameServerArgs(ports.dns)],
    })
    for (const at of httpFloods.keys()) signIn(victim, at, ports.http.provider)
    victim.daemon.start()
    const bound = boundMemory(victim.daemon.pid ?? 0, boundMb)
    await victim.logged('"daemon.started"')
    const scene = new Scene(servers, apart, victim, bound)
    // All dialogues begin now: the slow ones take minutes.
    for (const at of smtpFloods.keys()) {
      const [to, domain] = [`smtp${at}@replyd.test`, `smtp${at}.example`]
      await scene.deliver(to, stamped(letter({ to, from: `kim@${domain}` }), domain))
    }
    return scene
  }

  async deliver(user: string, { octets }: Letter): Promise<void> {
    await deliverAll(this.#servers.dovecot, [{ user, octets }])
  }

  readonly #stood = new Map<string, Promise<string | Held>>()

  /** The result of `stands`, found once for all floods of a kind, because they run at the same time. */
  standsUnder(kind: string): Promise<string | Held> {
    const stood = this.#stood.get(kind) ?? this.stands()
    this.#stood.set(kind, stood)
    return stood
  }

  /**
   * The peak of memory if the quiet account is answered now, by the process that was started; otherwise what is wrong.
   */
  async stands(): Promise<string | Held> {
    const mail = letter({ to: quiet })
    await this.deliver(quiet, mail)
    const row = await this.victim.settled(mail.id)
    if (row.disposition !== 'drafted')
      return `the quiet account's mail became ${row.disposition}: ${row.reason}`
    if (this.victim.daemon.starts !== 1) return 'the daemon ended, and was started again'
    const kernel = this.#bound?.peakMb()
    return {
      figure: `peak ${this.victim.takePeakMb()} MB${kernel ? `, ${kernel} MB with the kernel's` : ''}`,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.victim[Symbol.asyncDispose]()
    this.#bound?.[Symbol.dispose]()
    await Promise.all([this.apart, this.#servers].map((each) => each[Symbol.asyncDispose]()))
  }
}

type Ports = ReturnType<FloodApi['ports']>

const accountsOn = (servers: Servers, { imap, smtp, http }: Ports) => [
  accountAt(servers, quiet),
  accountAt(servers, 'model@replyd.test'),
  accountAt(servers, 'held@replyd.test', { replies: { mode: 'review' } }),
  accountAt(servers, 'dns@replyd.test', { replies: authenticated.replies }),
  accountAt(servers, 'lookup@replyd.test', { lookups: [lookupAt(http.lookup)] }),
  accountAt(servers, 'pages@replyd.test', {
    knowledge: { folder: './knowledge', urls: httpFloods.map((_, at) => `${http.page}/${at}/`) },
  }),
  ...imap.map((port, at) => accountAt(servers, `imap${at}@replyd.test`, { imap: { port } })),
  ...smtp.map((port, at) =>
    accountAt(servers, `smtp${at}@replyd.test`, { smtp: { port }, ...authenticated }),
  ),
  ...httpFloods.map((_, at) => oauthAccount(servers, at, http.provider)),
]

const lookupAt = (url: string) => ({
  name: 'ticket',
  when: { match: String.raw`ticket (\d)` },
  http: { url: `${url}/{match}` },
  public: true,
  fields: { status: '$.status' },
})

const documentFor = ({ http }: Ports) => ({
  model: {
    name: 'replyd-stand-in',
    baseUrl: `${http.model}/v1`,
    apiKey: 'none',
    timeout: '5s',
    concurrency: 10,
    price: { input: 0, output: 0 },
  },
  webhooks: httpFloods.map((_, at) => ({ url: `${http.hook}/${at}`, secret: 'a secret of the hook' })),
})

const client = 'client-of-the-attack'
const tokenUrl = (at: number, url: string) => `${url}/${at}/token`

function oauthAccount(servers: Servers, at: number, provider: string) {
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
function signIn({ directory }: Victim, at: number, provider: string): void {
  const name = entryName(`oauth${at}@replyd.test`, client, tokenUrl(at, provider))
  const grant = { accessToken: 'old', refreshToken: 'kept', expiresAt: 0 }
  new Vault(`${directory}/data`, null).write(name, { grant, refused: null })
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
      run: async () => {
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
      run: async () => {
        const sockets = open(250, 'GET / HTTP/1.1\r\nhost: x\r\nx-slow: ')
        const outcome = await scene.stands()
        for (const socket of sockets) socket.destroy()
        return outcome
      },
    },
    {
      name: 'web: 200 listeners to live updates that never read',
      holds,
      run: async () => {
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
      run: async () => {
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
    run: async () => ((await scene.apart.call('imapCutOff', at)) ? scene.stands() : 'it was not cut off'),
  }))

const smtpAttacks = (scene: Scene): Attack[] =>
  smtpFloods.map(([moment, answer], at) => ({
    name: `SMTP: ${answer === 'flood' ? 'endless lines' : answer} instead of the answer to ${moment === 'dot' ? 'the final dot' : moment}`,
    holds: 'a cap on what is said, one deadline over the whole dialogue',
    run: async () => {
      const floods = ['flood', 'endless line'].includes(answer)
      await until('nothing was submitted', async () => {
        const { connections, flooded } = await scene.apart.call('smtp', at)
        return connections > 0 && (!floods || flooded > 0)
      })
      if (!floods) return scene.standsUnder('SMTP')
      await until('the dialogue did not end', async () => (await scene.apart.call('smtp', at)).open === 0)
      const { flooded, connections } = await scene.apart.call('smtp', at)
      return flooded > 50 * megabyte * connections ? 'it was not cut off' : scene.standsUnder('SMTP')
    },
  }))

/** Waits until the client has cut off the answer of one kind; it must not have read much of it. */
async function brokenOff(scene: Scene, client: Client, at: number): Promise<string | Held> {
  const look = () => scene.apart.call('http', client, at)
  await until('it was not asked', async () => (await look()).asked > 0)
  await until('the answer was not broken off', async () => (await look()).open === 0, cutOffMs)
  const { asked, flooded } = await look()
  // Octets in kernel buffers count, too.
  return flooded > 20 * megabyte * asked
    ? `${Math.round(flooded / megabyte)} MB were taken`
    : scene.standsUnder(client)
}

function httpAttacks(scene: Scene): Attack[] {
  const holds = 'a cap on octets and one deadline for the whole exchange'
  const ask: [Client, string, (at: number) => Promise<void>][] = [
    [
      'model',
      'model',
      (at) =>
        scene.deliver(
          'model@replyd.test',
          letter({ to: 'model@replyd.test', subject: `flood number ${at}` }),
        ),
    ],
    ['provider', 'sign-in (OAuth2)', async () => undefined],
    [
      'hook',
      'webhook',
      async (at) => {
        if (at === 0) await scene.deliver('held@replyd.test', letter({ to: 'held@replyd.test' }))
      },
    ],
    [
      'lookup',
      'lookup',
      (at) =>
        scene.deliver(
          'lookup@replyd.test',
          letter({ to: 'lookup@replyd.test', text: `${question}It is about ticket ${at}.\r\n` }),
        ),
    ],
    ['page', 'web page of the knowledge', async () => undefined],
  ]
  return ask.flatMap(([client, name, provoke]) => {
    let provoked: Promise<unknown> | undefined
    return httpFloods.map(
      (manner, at): Attack => ({
        name: `${name}: ${manner}`,
        holds,
        run: async () => {
          provoked ??= Promise.all(httpFloods.map((_, each) => provoke(each)))
          await provoked
          return brokenOff(scene, client, at)
        },
      }),
    )
  })
}

const moods: [Mood, string][] = [
  ['endless', 'never ends'],
  ['silent', 'is silent'],
  ['fails', 'fails'],
]

const dnsAttacks = (scene: Scene): Attack[] =>
  moods.map(([mood, name], at) => ({
    name: `DNS: a name server that ${name}`,
    holds: 'four seconds and 16 KB for a name',
    run: async () => {
      await scene.apart.call('mood', mood)
      const domain = `dns${at}.example`
      const signature = `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=${domain}; s=k; h=from:subject:date;\r\n bh=${'A'.repeat(43)}=; b=${'A'.repeat(86)}==`
      const mail = letter({ to: 'dns@replyd.test', from: `kim@${domain}`, fields: [signature] })
      await scene.deliver('dns@replyd.test', mail)
      const outcome = await scene.stands()
      const row = await scene.victim.settled(mail.id)
      await scene.apart.call('mood', 'answers')
      return row.disposition === 'sent' ? 'it was answered unproven' : outcome
    },
  }))

/** A dialogue has a deadline of three minutes; all of them began when the area began. */
const slowDialogues = (scene: Scene): Attack => ({
  name: 'SMTP: the dialogues that go on, an octet a second or none',
  holds: 'three minutes up to the login, silence of 90 seconds',
  run: async () => {
    const slow = [...smtpFloods.keys()].filter((at) => !smtpFloods[at]?.[1].startsWith('endless'))
    await until(
      'they go on',
      async () => {
        const all = await Promise.all(slow.map((at) => scene.apart.call('smtp', at)))
        return all.every(({ connections, open }) => connections > open)
      },
      // On a quiet machine this begins before the first minute is over.
      300_000,
    )
    return scene.stands()
  },
})

/** All floods continue, and postponed work is tried again. */
const lasting = (scene: Scene): Attack => ({
  name: 'all of them together, for ten seconds more',
  holds: 'every one of the limits above',
  run: async () => {
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
      attacks: [...attacks, lasting(scene), slowDialogues(scene)],
      [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
    }
  },
}
