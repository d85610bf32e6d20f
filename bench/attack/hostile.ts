/**
 * Servers that lie: mail servers that want the password in plain text, models, webhooks, and servers that `init` asks.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTls, TLSSocket } from 'node:tls'
import { Redis } from 'ioredis'
import { entryName, Vault } from '../../src/oauth/vault.ts'
import { deliverAll } from '../../test/live/servers/index.ts'
import { type Answer, type Moment, ScriptedServer } from '../../test/smtp/scripted-server.ts'
import { type Area, type Attack, differs } from './attack.ts'
import { forwarded, HostileHttp, json, type Manner } from './hostile-http.ts'
import { authservId, letter, stamped } from './letter.ts'
import { NameServer } from './name-server.ts'
import { signInAttacks } from './sign-in.ts'
import { accountAt, runCommand, type Servers, scratch, startServers, until, Victim } from './victim.ts'

const secret = 'hunter2-hunter2'
const escapes = '\u001b]0;owned\u0007\u009b31m'
const controls = /(?!\n)\p{Cc}/u
const key = readFileSync(new URL('../../test/fixtures/tls/key.pem', import.meta.url), 'utf8')
const cert = readFileSync(new URL('../../test/fixtures/tls/cert.pem', import.meta.url), 'utf8')
const ca = new URL('../../test/fixtures/tls/cert.pem', import.meta.url).pathname

/** How a man in the middle of IMAP behaves. */
interface ImapManner {
  greeting: string
  capabilities: string
  /** Answer to STARTTLS, without its tag; null: TLS begins. */
  starttls: string | null
  login: string
}

const plain: ImapManner = {
  greeting: '* OK hello',
  capabilities: 'IMAP4rev1',
  starttls: 'BAD what',
  login: 'OK welcome',
}

/** Records everything that it receives, in plain text or after intercepting TLS. */
class Middle implements AsyncDisposable {
  heard = ''
  connections = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(manner: ImapManner, tls: boolean) {
    const serve = (socket: Socket) => {
      this.connections++
      this.#talk(socket, manner)
      socket.write(`${manner.greeting}\r\n`)
    }
    this.#server = tls ? createTls({ key, cert }, serve) : createServer(serve)
    this.#server.on('tlsClientError', () => {
      this.connections++
    })
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
    })
  }

  static async start(manner: Partial<ImapManner>, tls = false): Promise<Middle> {
    const middle = new Middle({ ...plain, ...manner }, tls)
    middle.#server.listen(0, '127.0.0.1')
    await once(middle.#server, 'listening')
    return middle
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  #talk(socket: Socket, manner: ImapManner): void {
    socket.on('error', () => undefined)
    const hear = (octets: Buffer) => {
      this.heard += octets.toString('latin1')
      for (const line of octets.toString('latin1').split('\r\n').filter(Boolean)) {
        const [tag = '', word = ''] = line.split(' ')
        const command = word.toUpperCase()
        if (command === 'CAPABILITY')
          socket.write(`* CAPABILITY ${manner.capabilities}\r\n${tag} OK done\r\n`)
        else if (command === 'LOGIN') socket.write(`${tag} ${manner.login}\r\n`)
        else if (command !== 'STARTTLS') socket.write(`${tag} OK done\r\n`)
        else if (manner.starttls !== null) socket.write(`${tag} ${manner.starttls}\r\n`)
        else {
          socket.off('data', hear)
          socket.write(`${tag} OK begin\r\n`)
          this.#talk(new TLSSocket(socket, { isServer: true, key, cert }), manner)
        }
      }
    }
    socket.on('data', hear)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

const isToldIn = (text: string) =>
  [
    secret,
    Buffer.from(secret).toString('base64'),
    Buffer.from(`\0me@replyd.test\0${secret}`).toString('base64'),
  ].some((each) => text.includes(each)) || /^\S+ (?:LOGIN|AUTHENTICATE)\b|^AUTH\b/im.test(text)

const tlsFirst = 'TLS before the login, with a certificate of a known authority, beyond this machine'

/** The login is never revealed, whatever the server sends. */
function middleAttacks(servers: Servers, names: NameServer): Attack[] {
  const imap: [string, Partial<ImapManner>, { tls?: boolean; keys?: Record<string, unknown> }?][] = [
    ['offers no STARTTLS', {}],
    ['refuses STARTTLS', { capabilities: 'IMAP4rev1 STARTTLS', starttls: 'NO not today' }],
    ['greets with PREAUTH', { greeting: '* PREAUTH you are logged in' }],
    [
      'offers AUTH=PLAIN in its greeting',
      { greeting: '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello' },
    ],
    ['breaks STARTTLS open', { capabilities: 'IMAP4rev1 STARTTLS', starttls: null }],
    ['breaks TLS open', {}, { tls: true, keys: { secure: true } }],
    ['has no TLS on a port for TLS', {}, { keys: { secure: true } }],
    ['has the certificate of another name', {}, { tls: true, keys: { secure: true, tls: { ca } } }],
  ]
  const onImap = imap.map(
    ([name, manner, { tls = false, keys = {} } = {}]): Attack => ({
      name: `IMAP: who is in the middle ${name}`,
      holds: tlsFirst,
      run: async () => {
        await using middle = await Middle.start(manner, tls)
        const login = {
          host: 'imap.victim.example',
          port: middle.port,
          secure: false,
          user: 'me@replyd.test',
          password: secret,
        }
        await using _victim = await Victim.start(servers, {
          accounts: [accountAt(servers, 'me@replyd.test', { imap: { ...login, ...keys } })],
          nodeArgs: names.nodeArgs(),
        })
        await until('nobody came', () => middle.connections > 1)
        return isToldIn(middle.heard) ? 'the login was told' : null
      },
    }),
  )
  const smtp: [string, (moment: Moment) => Answer | undefined][] = [
    ['offers no STARTTLS', () => undefined],
    [
      'refuses STARTTLS',
      (moment) =>
        moment === 'EHLO'
          ? '250-x\r\n250-STARTTLS\r\n250 AUTH PLAIN'
          : moment === 'STARTTLS'
            ? '454 not now'
            : undefined,
    ],
    [
      'breaks STARTTLS open',
      (moment) =>
        moment === 'EHLO'
          ? '250-x\r\n250-STARTTLS\r\n250 AUTH PLAIN'
          : moment === 'STARTTLS'
            ? '220 go'
            : undefined,
    ],
  ]
  const onSmtp = smtp.map(
    ([name, script]): Attack => ({
      name: `SMTP: who is in the middle ${name}`,
      holds: tlsFirst,
      run: async () => {
        await using server = await ScriptedServer.start(script)
        const to = 'me@replyd.test'
        await using _victim = await Victim.start(servers, {
          accounts: [
            sending(servers, to, { host: 'smtp.victim.example', port: server.port, password: secret }),
          ],
          nodeArgs: names.nodeArgs(),
        })
        await deliverAll(servers.dovecot, [
          { user: to, octets: stamped(letter({ to, from: 'kim@honest.example' }), 'honest.example').octets },
        ])
        await until('nobody came', () => server.connections > 0 && server.commands.length > 0)
        await server.empty()
        return isToldIn(server.commands.join('\n')) || server.mails.length > 0 ? 'the login was told' : null
      },
    }),
  )
  return [...onImap, ...onSmtp]
}

const sending = (servers: Servers, to: string, smtp: Record<string, unknown>) =>
  accountAt(servers, to, {
    smtp,
    authservIds: [authservId],
    replies: { mode: 'send', undo: '0s', minConfidence: 0 },
  })

/** A log must be safe to show on a terminal, and contain no secret. */
const logFault = ({ daemon }: Victim): string | null => {
  const log = daemon.log()
  if (log.includes(secret)) return 'the password is in the log'
  const decoded = log.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return controls.test(log) || controls.test(decoded.replaceAll('\\n', ' '))
    ? 'the log has control characters'
    : null
}

function echoAttacks(servers: Servers): Attack[] {
  return [
    {
      name: 'IMAP: the refusal of a login repeats the password, with escape sequences',
      holds: 'what a server says is cleaned before it is logged',
      run: async () => {
        await using middle = await Middle.start({ login: `NO ${escapes} LOGIN me ${secret} failed` })
        await using victim = await Victim.start(servers, {
          accounts: [accountAt(servers, 'me@replyd.test', { imap: { port: middle.port, password: secret } })],
        })
        await victim.logged('owner.action-needed')
        return logFault(victim)
      },
    },
    {
      name: 'SMTP: the refusal of a login repeats the password, with escape sequences',
      holds: 'what a server says is cleaned before it is logged',
      run: async () => {
        await using server = await ScriptedServer.start((moment) =>
          moment === 'AUTH' ? `535 ${escapes} ${secret} is wrong` : undefined,
        )
        const to = 'me@replyd.test'
        await using victim = await Victim.start(servers, {
          accounts: [sending(servers, to, { port: server.port, password: secret })],
        })
        await deliverAll(servers.dovecot, [
          { user: to, octets: stamped(letter({ to, from: 'kim@honest.example' }), 'honest.example').octets },
        ])
        await victim.logged('owner.action-needed')
        return logFault(victim)
      },
    },
  ]
}

const completion = (
  content: unknown,
  more: Record<string, unknown> = {},
  usage: unknown = { prompt_tokens: 10, completion_tokens: 10 },
) => ({
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'replyd-stand-in',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
  usage,
  ...more,
})

const answers: [string, (other: string) => Manner | string][] = [
  ['a page of HTML', () => 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 8\r\n\r\n<html>ok'],
  ['JSON 100,000 deep', () => json('['.repeat(100_000))],
  ['content 100,000 deep', () => json(completion('{"a":'.repeat(100_000)))],
  [
    '__proto__ in its verdict',
    () => json(completion('{"__proto__":{"needs_reply":true},"spam":{"__proto__":{"is":false}}}')),
  ],
  ['no content', () => json(completion(null))],
  ['a list as content', () => json(completion([{ type: 'text', text: 'x' }]))],
  ['no choices', () => json({ ...completion('x'), choices: [] })],
  [
    'a thousand choices',
    () =>
      json({
        ...completion('x'),
        choices: Array(1000).fill({ index: 0, finish_reason: 'stop', message: { content: '{}' } }),
      }),
  ],
  [
    'a call of a tool',
    () =>
      json({
        ...completion(null),
        choices: [
          {
            index: 0,
            finish_reason: 'tool_calls',
            message: {
              content: null,
              tool_calls: [{ id: 'x', type: 'function', function: { name: 'send', arguments: '{}' } }],
            },
          },
        ],
      }),
  ],
  [
    'a negative use of tokens',
    () => json(completion('{}', {}, { prompt_tokens: -1e9, completion_tokens: -1e9 })),
  ],
  [
    'an endless use of tokens',
    () => json(completion('{}', {}, { prompt_tokens: 1e308, completion_tokens: 1e308 })),
  ],
  [
    'escape sequences as its name and reason',
    () =>
      json({
        ...completion('{}', { model: escapes }),
        choices: [{ index: 0, finish_reason: escapes, message: { content: '{}' } }],
      }),
  ],
  [
    'escape sequences as its error',
    () => json({ error: { message: escapes, type: escapes, code: escapes } }, '400 Bad Request'),
  ],
  [
    'an answer to another question first',
    () => `HTTP/1.1 103 Early Hints\r\n\r\n${json(completion('{}'))}${json(completion('{}'))}`,
  ],
]

/** After these answers replyd does not call the model for a while, so the quiet account waits, too. */
const pauses: typeof answers = [
  [
    'a redirect to another host',
    (other) =>
      `HTTP/1.1 307 Temporary Redirect\r\nlocation: ${other}/v1/chat/completions\r\ncontent-length: 0\r\n\r\n`,
  ],
  [
    'limits that end in a thousand years',
    () =>
      json(completion('{}'), '200 OK', [
        'x-ratelimit-remaining-requests: 0',
        'x-ratelimit-limit-requests: 1',
        'x-ratelimit-reset-requests: 9999999h',
      ]),
  ],
  [
    'a refusal for a thousand years',
    () =>
      json(
        { error: { message: 'slow down', type: 'requests', code: 'rate_limit_exceeded' } },
        '429 Too Many Requests',
        ['retry-after: 31536000000'],
      ),
  ],
]

interface Scene extends AsyncDisposable {
  servers: Servers
  victim: Victim
  other: HostileHttp
  model: HostileHttp
  provider: HostileHttp
  hook: HostileHttp
}

const quiet = 'quiet@replyd.test'
const loud = 'loud@replyd.test'

/** Null if the quiet account is answered, and nothing was sent to the other host. */
async function quietly({ servers, victim, other }: Scene): Promise<string | null> {
  const mail = letter({ to: quiet })
  await deliverAll(servers.dovecot, [{ user: quiet, octets: mail.octets }])
  const row = await victim.settled(mail.id)
  if (row.disposition !== 'drafted') return `${row.disposition}: ${row.reason}`
  if (victim.daemon.starts !== 1) return 'the daemon ended'
  return other.requests.length > 0 ? 'the other host was asked' : logFault(victim)
}

/** Sends the mail with that number, and resolves with its id once the model was asked about it. */
async function askAbout({ servers, model }: Scene, at: number): Promise<string> {
  const subject = `answer number ${at} please`
  const mail = letter({ to: loud, subject })
  await deliverAll(servers.dovecot, [{ user: loud, octets: mail.octets }])
  await until('it was not asked', () => model.requests.some((text) => text.includes(subject)))
  return mail.id
}

const modelAttacks = (scene: Scene): Attack[] =>
  answers.map(([name], at) => ({
    name: `model: ${name}`,
    holds: 'answers are checked against a schema, numbers and waits have bounds, no redirect is followed',
    run: async () => {
      await askAbout(scene, at)
      const outcome = await quietly(scene)
      if (outcome !== null) return outcome
      const { rows } = await scene.victim.db.query<{ cost: number }>(
        'select min(cost)::float8 as cost from replyd.model_call',
      )
      return (rows[0]?.cost ?? 0) < 0 ? 'a call has a negative cost' : null
    },
  }))

/** How many seconds the mail waits, or the model's whole queue; 0 if the mail is settled, null if nothing waits. */
async function pauseOf({ victim }: Scene, id: string): Promise<number | null> {
  const { rows } = await victim.db.query<{ step: string; seconds: number }>(
    'select step, extract(epoch from due_at - now())::float8 as seconds from replyd.message where message_id = $1',
    [id],
  )
  const [row] = rows
  if (!row) return null
  if (['done', 'review'].includes(row.step)) return 0
  if (row.seconds > 0) return row.seconds
  const redis = new Redis(victim.redisUrl ?? '')
  try {
    const [limiter] = await redis.keys('replyd-*:model:limiter')
    const ms = limiter ? await redis.pttl(limiter) : 0
    // Up to a second the key only counts jobs.
    return ms > 1000 ? ms / 1000 : null
  } finally {
    redis.disconnect()
  }
}

/** The longest pause that a server may ask for, seconds. */
const longestPause = 600

/** Each with a separate daemon, because the model is not asked during the pause. */
const pauseAttacks = (names: NameServer): Attack[] =>
  pauses.map(([name], at) => ({
    name: `model: ${name}`,
    holds: 'no redirect is followed; a wait that a server asks for is ten minutes at most',
    run: async () => {
      await using scene = await openScene(names)
      const id = await askAbout(scene, answers.length + at)
      const seconds = await until('it was neither put off nor ended', () => pauseOf(scene, id))
      const { other, victim } = scene
      if (other.requests.length > 0) return 'the other host was asked'
      if (victim.daemon.starts !== 1) return 'the daemon ended'
      if (seconds > longestPause) return `it waits for ${Math.round(seconds)} s`
      return logFault(victim) ?? { figure: `it waits for ${Math.round(seconds)} s` }
    },
  }))

const grants: [string, (other: string) => Manner | string][] = [
  [
    'a redirect to another host',
    (other) => `HTTP/1.1 307 Temporary Redirect\r\nlocation: ${other}/token\r\ncontent-length: 0\r\n\r\n`,
  ],
  ['a token with line ends', () => json({ access_token: 'x\r\nA1 LOGOUT\r\n', expires_in: 3600 })],
  ['a token of 200 KB', () => json({ access_token: 'x'.repeat(200_000), expires_in: 3600 })],
  ['a lifetime of minus one', () => json({ access_token: 'x', expires_in: -1 })],
  ['an endless lifetime', () => json({ access_token: 'x', expires_in: 1e308 })],
  ['a token that is an object', () => json({ access_token: { toString: 'x' }, expires_in: {} })],
  [
    'escape sequences as its error',
    () => json({ error: 'invalid_grant', error_description: escapes }, '400 Bad Request'),
  ],
]

const grantAttacks = (scene: Scene): Attack[] =>
  grants.map(([name], at) => ({
    name: `sign-in (OAuth2): ${name}`,
    holds: 'no redirect is followed, tokens and lifetimes are checked',
    run: async () => {
      await until('it was not asked', () =>
        scene.provider.requests.some((text) => text.startsWith(`POST /${at}/`)),
      )
      return quietly(scene)
    },
  }))

const subjects = [
  '<!channel> <https://evil.example|Your bank>',
  '<@U123> <#C123>',
  '[Your bank](https://evil.example)',
  'https://evil.example/login',
  '@everyone *bold* `x`',
]

const hookAttacks = (scene: Scene): Attack[] => [
  {
    name: 'webhook: a redirect to a host of the internal network',
    holds: 'no redirect is followed',
    run: async () => {
      const to = 'held@replyd.test'
      await deliverAll(
        scene.servers.dovecot,
        subjects.map((subject) => ({ user: to, octets: letter({ to, subject }).octets })),
      )
      await until('it was not told', () =>
        scene.hook.requests.some((text) => text.startsWith('POST /redirect')),
      )
      return quietly(scene)
    },
  },
  ...subjects.map(
    (subject): Attack => ({
      name: `webhook: the subject ${subject}`,
      holds: "Slack's markup and links are made harmless",
      run: async () => {
        const body = await until('it was not told', () => {
          const found = scene.hook.requests.find(
            (text) => text.startsWith('POST /ok') && text.includes(JSON.stringify(subject)),
          )
          return found ? (JSON.parse(found.split('\r\n\r\n')[1] ?? '{}') as { text: string }) : null
        })
        return /<[!@#]|<https?:|https?:\/\/|@everyone/.test(body.text) ? body.text.slice(0, 100) : null
      },
    }),
  ),
]

/** A certificate for the hosts that `init` asks about a domain; the attacker owns that domain. */
function certificateFor(folder: string, hosts: string[]): { key: string; cert: string; path: string } {
  const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}`
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=x',
    '-addext',
    names,
  ]
  const { status, stderr } = spawnSync('openssl', [...args, '-keyout', keyPath, '-out', certPath], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`openssl: ${stderr}`)
  return { key: readFileSync(keyPath, 'utf8'), cert: readFileSync(certPath, 'utf8'), path: certPath }
}

const page = (imap: string, smtp: string) =>
  `<clientConfig><incomingServer type="imap"><hostname>${imap}</hostname><port>993</port><socketType>SSL</socketType></incomingServer><outgoingServer type="smtp"><hostname>${smtp}</hostname><port>465</port><socketType>SSL</socketType></outgoingServer></clientConfig>`
const xml = (text: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`

const pages: [string, () => Manner | string][] = [
  ['an endless page', () => 'endless body'],
  ['an endless header', () => 'endless header'],
  ['an octet a second', () => 'an octet a second'],
  ['a bomb of gzip', () => 'a bomb of gzip'],
  [
    'a bomb of entities',
    () =>
      xml(
        `<!DOCTYPE x [<!ENTITY a "${'a'.repeat(1000)}"><!ENTITY b "${'&a;'.repeat(1000)}">]>${page('&b;', '&b;')}`,
      ),
  ],
  ['YAML as the name of a host', () => xml(page('x, secure: false }\n    web: { host: 0.0.0.0', 'y'))],
  [
    'a file of this machine as entity',
    () => xml(`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>${page('&a;', '&a;')}`),
  ],
  [
    'a redirect to another domain',
    () => 'HTTP/1.1 302 Found\r\nlocation: https://elsewhere.example/x.xml\r\ncontent-length: 0\r\n\r\n',
  ],
  [
    'a server without TLS',
    () => xml(page('imap.evil.example', 'smtp.evil.example').replaceAll('SSL', 'plain')),
  ],
]

/** Nothing that these servers say may get into the file, and the command ends. */
function discoveryAttacks(names: NameServer): Attack[] {
  const domain = 'discovered.example'
  const hosts = [
    domain,
    `autoconfig.${domain}`,
    `autodiscover.${domain}`,
    'elsewhere.example',
    'autoconfig.thunderbird.net',
  ]
  const run = async (answer: (request: string) => Manner | string) => {
    using folder = scratch('discovery')
    const made = certificateFor(folder.path, hosts)
    await using web = await HostileHttp.start(answer, made)
    const ran = await runCommand(
      ['init', '--yes', '--no-check', '--address', `me@${domain}`, '--folder', folder.path],
      {
        cwd: folder.path,
        environment: { NODE_EXTRA_CA_CERTS: made.path, MAIL_PASSWORD: secret, OPENAI_API_KEY: 'none' },
        nodeArgs: ['--max-old-space-size=64', ...names.nodeArgs(web.port)],
        withinMs: 60_000,
      },
    )
    const path = join(folder.path, 'replyd.yaml')
    return { ran, asked: web.requests.length, yaml: existsSync(path) ? readFileSync(path, 'utf8') : '' }
  }
  const onPages = pages.map(
    ([name, answer]): Attack => ({
      name: `discovery: ${name}`,
      holds: 'HTTPS, 200 KB and five seconds for a page, no foreign redirect, host names only',
      run: async () => {
        const { ran, asked, yaml } = await run(answer)
        if (asked === 0) return `nothing was asked: ${ran.stderr.slice(0, 100)}`
        if (ran.status === null) return 'it did not end'
        return yaml !== ''
          ? `it wrote ${yaml.slice(0, 80)}`
          : /heap|at .*\.js:/.test(ran.stderr)
            ? ran.stderr.slice(0, 100)
            : null
      },
    }),
  )
  const targets: [string, string][] = [
    ['hosts of another domain', 'imap.evil.example'],
    ['a variable of replyd.yaml below the own domain', `\${MAIL_PASSWORD}.${domain}`],
    ['a path below the own domain', `evil.example/.${domain}`],
  ]
  const bySrv = targets.map(
    ([name, target]): Attack => ({
      name: `discovery: forged DNS (SRV) names ${name}, with --yes`,
      holds: 'what unsigned DNS says of another domain needs a person; host names only',
      run: async () => {
        for (const service of ['_imaps', '_submissions'])
          names.srv.set(`${service}._tcp.${domain}`, [1, 993, target])
        const { ran, yaml } = await run(() => json({}, '404 Not Found'))
        names.srv.clear()
        const asked = names.asked.some((each) => each.includes(secret.toLowerCase()))
        return differs([ran.status === 0, yaml, asked], [false, '', false])
      },
    }),
  )
  const near: Attack = {
    name: 'discovery: the page of an honest domain (is taken)',
    holds: 'nothing: this is what the others differ from',
    run: async () => {
      const { ran, yaml } = await run(() => xml(page(`imap.${domain}`, `smtp.${domain}`)))
      return differs([ran.status, yaml.includes(`imap.${domain}`)], [0, true])
    },
  }
  return [near, ...onPages, ...bySrv]
}

async function openScene(names: NameServer): Promise<Scene> {
  const servers = await startServers()
  const other = await HostileHttp.start(() => json({}))
  const model = await HostileHttp.start(async (request) => {
    const number = /answer number (\d+) please/.exec(request)?.[1]
    if (number !== undefined) return [...answers, ...pauses][Number(number)]?.[1](other.url) ?? 'silence'
    return forwarded(request, servers.model.baseUrl)
  })
  const provider = await HostileHttp.start(
    (request) => grants[Number(/^POST \/(\d+)/.exec(request)?.[1])]?.[1](other.url) ?? 'silence',
  )
  const hook = await HostileHttp.start((request) =>
    request.startsWith('POST /redirect')
      ? `HTTP/1.1 307 Temporary Redirect\r\nlocation: ${other.url}/\r\ncontent-length: 0\r\n\r\n`
      : json({}),
  )
  const client = 'client-of-the-attack'
  const victim = await Victim.build(servers, {
    accounts: [
      accountAt(servers, quiet),
      accountAt(servers, loud),
      accountAt(servers, 'held@replyd.test', { replies: { mode: 'review' } }),
      ...grants.map((_, at) => {
        const oauth2 = { provider: 'custom', clientId: client, tokenUrl: `${provider.url}/${at}/token` }
        const { password: _password, ...imap } = accountAt(servers, `oauth${at}@replyd.test`).imap as Record<
          string,
          unknown
        >
        return {
          address: `oauth${at}@replyd.test`,
          imap: { ...imap, oauth2 },
          smtp: { host: '127.0.0.1', port: 9, secure: false },
        }
      }),
    ],
    document: {
      model: {
        name: 'replyd-stand-in',
        baseUrl: `${model.url}/v1`,
        apiKey: secret,
        timeout: '10s',
        price: { input: 1, output: 1 },
      },
      webhooks: ['redirect', 'ok'].map((path) => ({
        url: `${hook.url}/${path}`,
        secret: 'a secret of the hook',
      })),
    },
    nodeArgs: names.nodeArgs(),
  })
  for (const at of grants.keys()) {
    const name = entryName(`oauth${at}@replyd.test`, client, `${provider.url}/${at}/token`)
    new Vault(`${victim.directory}/data`, null).write(name, {
      grant: { accessToken: 'old', refreshToken: secret, expiresAt: 0 },
      refused: null,
    })
  }
  victim.daemon.start()
  await victim.logged('"daemon.started"')
  return {
    servers,
    victim,
    other,
    model,
    provider,
    hook,
    async [Symbol.asyncDispose]() {
      await victim[Symbol.asyncDispose]()
      await Promise.all([other, model, provider, hook, servers].map((each) => each[Symbol.asyncDispose]()))
    },
  }
}

export const hostile: Area = {
  name: 'servers',
  open: async () => {
    const names = await NameServer.start()
    const scene = await openScene(names)
    return {
      attacks: [
        ...middleAttacks(scene.servers, names),
        ...echoAttacks(scene.servers),
        ...hookAttacks(scene),
        ...grantAttacks(scene),
        ...signInAttacks(),
        ...discoveryAttacks(names),
        ...modelAttacks(scene),
        ...pauseAttacks(names),
      ],
      async [Symbol.asyncDispose]() {
        await scene[Symbol.asyncDispose]()
        await names[Symbol.asyncDispose]()
      },
    }
  },
}
