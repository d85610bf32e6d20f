/** Other users and files of the machine: permissions, links, locks, `.env`, the configuration, and what is shown on a terminal. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { deliverAll } from '../../test/live/servers/index.ts'
import { type Area, type Attack, differs } from './attack.ts'
import { backupAttacks } from './backups.ts'
import { letter } from './letter.ts'
import { tokenAttacks } from './tokens.ts'
import { accountAt, runCommand, type Servers, scratch, startServers, Victim } from './victim.ts'

const address = 'me@replyd.test'
const otherUsers = 0o077

/** Paths in a folder that other users may read or write. */
function exposed(folder: string): string[] {
  return [folder, ...readdirSync(folder).map((name) => join(folder, name))].filter(
    (path) => (statSync(path).mode & otherUsers) !== 0,
  )
}

const embedded = (servers: Servers, document = {}): Promise<Victim> =>
  Victim.build(servers, {
    accounts: [accountAt(servers, address, { imap: { port: 9 } })],
    embedded: true,
    document,
  })

/** Starts it without a umask, and waits until it runs. */
async function startOpenly(victim: Victim): Promise<void> {
  const before = process.umask(0)
  victim.daemon.start()
  process.umask(before)
  await victim.logged('"daemon.started"')
}

interface State {
  name: string
  holds: string
  /** Before the start. */
  prepare: (data: string, victim: Victim) => void
  /** While it runs. */
  judge: (data: string, victim: Victim) => string | null | Promise<string | null>
}

const forYouAlone = 'taken from other users on every start'

const states: State[] = [
  {
    name: 'a umask of 0: the files of the state directory are readable',
    holds: 'explicit modes of everything that is written',
    prepare: (data) => chmodSync(join(data, '..'), 0o755),
    judge: (data) => differs(exposed(data), []),
  },
  {
    name: 'a state directory of mode 777 with files of mode 666, from a restored copy',
    holds: forYouAlone,
    prepare: (data) => {
      mkdirSync(data)
      chmodSync(data, 0o777)
      for (const name of ['oauth.json.old', 'oauth.key', 'notes'])
        writeFileSync(join(data, name), 'c2VjcmV0IG9mIHRoZSBhdHRhY2s=\n', { mode: 0o666 })
      for (const name of readdirSync(data)) chmodSync(join(data, name), 0o666)
    },
    judge: (data) => differs(exposed(data), []),
  },
  {
    name: 'an .env of mode 666',
    holds: 'repaired at the start, with a line that says so',
    prepare: (data) => {
      writeFileSync(join(data, '../.env'), 'REPLYD_SOMETHING=1\n')
      chmodSync(join(data, '../.env'), 0o666)
    },
    judge: (data, victim) =>
      (statSync(join(data, '../.env')).mode & otherUsers) !== 0
        ? 'it was left so'
        : differs(victim.daemon.log().includes('now only you can read it'), true),
  },
  {
    name: 'a lock that names a living process of somebody else',
    holds: 'the lock names the start time of its process too',
    prepare: (data) => {
      mkdirSync(data, { mode: 0o700 })
      writeFileSync(join(data, 'lock'), `${process.pid} 12345\n`)
    },
    judge: () => null,
  },
  {
    name: 'a lock of 5 MB of nonsense',
    holds: 'what is no pid is no holder',
    prepare: (data) => {
      mkdirSync(data, { mode: 0o700 })
      writeFileSync(join(data, 'lock'), 'x'.repeat(5 << 20))
    },
    judge: () => null,
  },
  {
    name: 'a lock that is a link to a file of the owner',
    holds: 'a lock is made, never written through',
    prepare: (data) => {
      mkdirSync(data, { mode: 0o700 })
      writeFileSync(join(data, '../precious'), 'precious', { mode: 0o600 })
      symlinkSync('../precious', join(data, 'lock'))
    },
    judge: (data) => differs(readFileSync(join(data, '../precious'), 'utf8'), 'precious'),
  },
]

const stateAttacks = (servers: Servers): Attack[] =>
  states.map(({ name, holds, prepare, judge }) => ({
    name,
    holds,
    run: async () => {
      await using victim = await embedded(servers)
      const data = join(victim.directory, 'data')
      prepare(data, victim)
      await startOpenly(victim)
      return await judge(data, victim)
    },
  }))

/** The daemon refuses to start, and the file that a link points to is unchanged. */
const linkAttacks = (servers: Servers): Attack[] =>
  (['api.json', 'oauth.key', 'oauth.json'] as const).map((name) => ({
    name: `data/${name} is a link to a file that others may read`,
    holds: 'a link is refused, and its target left alone',
    run: async () => {
      await using victim = await embedded(servers)
      const [data, target] = [join(victim.directory, 'data'), join(victim.directory, 'target')]
      mkdirSync(data, { mode: 0o700 })
      writeFileSync(target, 'c2VjcmV0IG9mIHRoZSBhdHRhY2s=\n')
      chmodSync(target, 0o644)
      symlinkSync('../target', join(data, name))
      const { status } = await runCommand(['start', '--once'], { cwd: victim.directory })
      if (status === 0 || status === null) return `it started (${status})`
      const { mode } = statSync(target)
      return differs([mode & 0o777, readFileSync(target, 'utf8')], [0o644, 'c2VjcmV0IG9mIHRoZSBhdHRhY2s=\n'])
    },
  }))

/** Anybody who knows the key can forge backups and Message-IDs, and everybody knows an empty key. */
const emptyKey = (servers: Servers): Attack => ({
  name: 'data/oauth.key is empty, as after a full disk',
  holds: 'a key that was cut off is refused',
  run: async () => {
    await using victim = await embedded(servers)
    const data = join(victim.directory, 'data')
    mkdirSync(data, { mode: 0o700 })
    writeFileSync(join(data, 'oauth.key'), '', { mode: 0o600 })
    const { status, stderr } = await runCommand(['start', '--once'], { cwd: victim.directory })
    return differs([status, stderr.includes('holds no complete key')], [2, true])
  },
})

const minimal = (more: Record<string, unknown> = {}) => ({
  accounts: [
    { address, imap: { host: 'imap.shop.example', password: 'x' }, smtp: { host: 'smtp.shop.example' } },
  ],
  ...more,
})

interface Configured {
  name: string
  holds: string
  yaml: string
  environment?: Record<string, string>
  env?: string
  judge: (ran: Awaited<ReturnType<typeof runCommand>>, folder: string) => string | null
}

const refused = ({ status, stderr }: { status: number | null; stderr: string }) =>
  status === 2 ? null : `status ${status}: ${stderr.slice(0, 100)}`

const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'abcdefghi'
  .split('')
  .slice(1)
  .map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghi'[at]}`).join(',')}]`)
  .join('\n')}\n`

const judgePlain: Configured['judge'] = (ran) =>
  refused(ran) ?? (/TLS|plain|encrypt/i.test(ran.stderr) ? null : ran.stderr.slice(0, 150))

/** Names that begin or end like loopback, or look like it, but are not. */
const lookAlikes = [
  ...['localhost.evil.example', '127.0.0.1.evil.example', '0.0.0.0', '127.0.0.1@evil.example'],
  ...['localhost.', 'x.localhost', '[::]', '[::ffff:128.0.0.1]'],
]
const places: [string, (host: string) => Record<string, unknown>][] = [
  ['the model', (host) => ({ model: { baseUrl: `http://${host}/v1` } })],
  ['a webhook', (host) => ({ webhooks: [{ url: `http://${host}/`, secret: 'a secret of the hook' }] })],
  ['Redis', (host) => ({ state: { redisUrl: `redis://${host}:6379` } })],
  ['PostgreSQL', (host) => ({ state: { databaseUrl: `postgres://${host}/replyd` } })],
]

/** If a parameter is given twice, the driver uses the last. */
const twice: Configured[] = [
  'evil.example/x?sslmode=require&sslmode=disable',
  '127.0.0.1/x?host=127.0.0.1&host=evil.example',
].map((rest) => ({
  name: `PostgreSQL without TLS at ${rest}`,
  holds: 'parameters are read as the driver reads them',
  yaml: stringify(minimal({ state: { databaseUrl: `postgres://${rest}` } })),
  judge: judgePlain,
}))

const plaintext: Configured[] = places.flatMap(([what, keys]) =>
  lookAlikes.map((host) => ({
    name: `${what} without TLS at ${host}`,
    holds: 'only literal loopback addresses and localhost are this machine',
    yaml: stringify(minimal(keys(host))),
    judge: judgePlain,
  })),
)

const credentials = 'hunter2-hunter2'
const hidden: [string, Record<string, unknown>][] = [
  ['the URL of Redis', { state: { redisUrl: `redis://me:${credentials}@127.0.0.1:6379` } }],
  ['the URL of PostgreSQL', { state: { databaseUrl: `postgres://me:${credentials}@127.0.0.1/x` } }],
  [
    'a parameter of the URL of PostgreSQL',
    { state: { databaseUrl: `postgres://127.0.0.1/x?password=${credentials}` } },
  ],
  [
    'the path of a webhook',
    { webhooks: [{ url: `http://127.0.0.1/${credentials}`, secret: 'a secret of the hook' }] },
  ],
  ['the URL of the model', { model: { baseUrl: `http://${credentials}@127.0.0.1/v1` } }],
  ['the collector of traces', { log: { traces: `http://me:${credentials}@127.0.0.1:4318` } }],
]

const configured: Configured[] = [
  {
    name: 'YAML in the value of a variable',
    holds: 'variables are put into values, after parsing',
    yaml: `${stringify(minimal())}instructions: "\${EVIL}"\n`,
    environment: { EVIL: 'x"\nweb:\n  host: 0.0.0.0\nx: "' },
    judge: ({ status, stdout }) =>
      status === 0 && /host: 127\.0\.0\.1/.test(stdout) ? null : stdout.slice(0, 80),
  },
  {
    name: 'NODE_OPTIONS in .env loads a program',
    holds: '.env is read for replyd only, and never becomes the environment',
    yaml: stringify(minimal()),
    env: 'NODE_OPTIONS=--require ./evil.cjs\nLD_PRELOAD=./evil.so\nPATH=.\n',
    judge: ({ status }, folder) => (status === 0 && !existsSync(join(folder, 'run')) ? null : 'it ran'),
  },
  {
    name: 'a bomb of YAML aliases',
    holds: 'a limit on aliases',
    yaml: `${stringify(minimal())}${bomb}`,
    judge: refused,
  },
  {
    name: 'a YAML tag that makes a function',
    holds: 'the core schema of YAML only',
    yaml: `${stringify(minimal())}instructions: !!js/function 'function () { return 1 }'\n`,
    judge: (ran) => (ran.status === 2 || !/\[Function/.test(ran.stdout) ? null : 'it made one'),
  },
  {
    name: '__proto__ in the configuration',
    holds: 'unknown keys are refused',
    yaml: `${stringify(minimal())}__proto__:\n  web: { host: 0.0.0.0 }\n`,
    judge: refused,
  },
  {
    name: 'a key that is given twice',
    holds: 'refused',
    yaml: `${stringify(minimal({ web: { host: '127.0.0.1' } }))}web: { host: 0.0.0.0, password: aaaaaaaaaa }\n`,
    judge: refused,
  },
  {
    name: 'the pages on every address without a password',
    holds: 'refused',
    yaml: stringify(minimal({ web: { host: '0.0.0.0' } })),
    judge: refused,
  },
  ...plaintext,
  ...twice,
  ...hidden.map(
    ([what, keys]): Configured => ({
      name: `credentials in ${what}, shown by \`replyd config\``,
      holds: 'hidden in every URL',
      yaml: stringify(minimal(keys)),
      judge: ({ status, stdout }) =>
        status !== 0 ? `status ${status}` : stdout.includes(credentials) ? 'they were shown' : null,
    }),
  ),
]

const configAttacks = (): Attack[] =>
  configured.map(({ name, holds, yaml, environment = {}, env, judge }) => ({
    name,
    holds,
    run: async () => {
      using folder = scratch('attack')
      writeFileSync(join(folder.path, 'replyd.yaml'), yaml, { mode: 0o600 })
      writeFileSync(join(folder.path, 'evil.cjs'), `require('fs').writeFileSync('run', '')`)
      if (env !== undefined) writeFileSync(join(folder.path, '.env'), env, { mode: 0o600 })
      const ran = await runCommand(['config'], {
        cwd: folder.path,
        environment: { OPENAI_API_KEY: 'none', ...environment },
        nodeArgs: ['--max-old-space-size=128'],
        withinMs: 30_000,
      })
      return judge(ran, folder.path)
    },
  }))

/** Control characters except line ends, and those that change the direction of text. */
const controls = /(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/u
const evil = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202egnp.exe'

function terminalAttacks(): Attack[] {
  const mail = (subject: string) =>
    `From: "${evil}" <eve@evil.example>\r\nTo: ${address}\r\nSubject: ${subject}\r\nMessage-ID: <e@evil.example>\r\n\r\n${evil}\r\n`
  const encoded = `=?utf-8?B?${Buffer.from(evil).toString('base64')}?=`
  const cases: [string, string, string, string[]][] = [
    ['raw controls in subject and author', 'e.eml', mail(evil), []],
    ['controls in encoded words', 'e.eml', mail(encoded), []],
    ['the same as JSON', 'e.eml', mail(encoded), ['--json']],
    ['controls in the name of a file', `e${'\u001b[31m\u009b'}.eml`, mail('x'), []],
    ['the same of one that is not there', `gone${'\u001b[31m\u009b'}.eml`, '', []],
    ['the same of one that is not there, as JSON', `gone${'\u001b[31m\u009b'}.eml`, '', ['--json']],
  ]
  return cases.map(([name, file, octets, options]) => ({
    name: `terminal: ${name} (\`replyd explain\`)`,
    holds: 'controls, C1 and the turning of text are removed',
    run: async () => {
      using folder = scratch('attack')
      if (octets) writeFileSync(join(folder.path, file), octets)
      const ran = await runCommand(['explain', ...options, file], { cwd: folder.path })
      const shown = ran.stdout + ran.stderr
      if (shown === '') return 'it said nothing'
      const found = controls.exec(shown)
      return found ? `U+${found[0].codePointAt(0)?.toString(16)} was written` : null
    },
  }))
}

interface Planted {
  name: string
  plant: (folder: string, outside: string) => void
  /** Text that must not reach the model. */
  secret: string
  /** An event of the log that names it. */
  event?: string
}

const secretOf = (name: string) => `On Saturday we are open for ${name}.`
const planted: Planted[] = [
  {
    name: 'a link to a file outside',
    plant: (folder, outside) => {
      writeFileSync(join(outside, 'secret.md'), `# Saturday\n\n${secretOf('linkers')}\n`)
      symlinkSync(join(outside, 'secret.md'), join(folder, 'opening.md'))
    },
    secret: 'linkers',
    event: 'knowledge.outside',
  },
  {
    name: 'a link to a folder outside',
    plant: (folder, outside) => {
      mkdirSync(join(outside, 'more'))
      writeFileSync(join(outside, 'more/saturday.md'), `# Saturday\n\n${secretOf('folders')}\n`)
      symlinkSync(join(outside, 'more'), join(folder, 'more'))
    },
    secret: 'folders',
  },
  {
    name: 'a hidden file',
    plant: (folder) => writeFileSync(join(folder, '.saturday.md'), `# Saturday\n\n${secretOf('hiders')}\n`),
    secret: 'hiders',
  },
  {
    name: 'a pipe that nobody writes to',
    plant: (folder) => void spawnSync('mkfifo', [join(folder, 'saturday-hours.md')]),
    secret: 'pipers',
  },
  {
    name: 'a link to a device without an end',
    plant: (folder) => symlinkSync('/dev/zero', join(folder, 'zero.md')),
    secret: 'zeros',
  },
  {
    name: 'a file of ten gigabytes',
    plant: (folder) => {
      writeFileSync(join(folder, 'large.md'), `# Saturday\n\n${secretOf('giants')}\n`)
      truncateSync(join(folder, 'large.md'), 10 * 2 ** 30)
    },
    secret: 'giants',
    event: 'knowledge.too-much',
  },
  {
    name: 'a circle of links',
    plant: (folder) => symlinkSync('.', join(folder, 'again')),
    secret: 'again/again',
  },
]

/** All these files are in one folder, and a mail asks for their contents. */
function knowledgeAttacks(servers: Servers, prompts: string[]): Attack[] {
  let told: Promise<string> | undefined
  const tell = async () => {
    using outside = scratch('outside')
    await using victim = await Victim.build(servers, { accounts: [accountAt(servers, address)] })
    for (const { plant } of planted) plant(join(victim.directory, 'knowledge'), outside.path)
    victim.daemon.start()
    await victim.logged('"daemon.started"')
    const mail = letter({ to: address })
    await deliverAll(servers.dovecot, [{ user: address, octets: mail.octets }])
    await victim.settled(mail.id)
    return victim.daemon.log()
  }
  return planted.map(({ name, secret, event }) => ({
    name: `knowledge folder: ${name}`,
    holds: 'only plain files within the folder are read, up to a size; others are named and left out',
    run: async () => {
      told ??= tell()
      const log = await told
      if (!prompts.some((prompt) => prompt.includes('Saturday'))) return 'the knowledge was not used at all'
      if (prompts.some((prompt) => prompt.includes(secret))) return 'it went to the model'
      return event !== undefined && !log.includes(event) ? `the log has no ${event}` : null
    },
  }))
}

function composeAttacks(): Attack[] {
  const text = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8')
  const service = (name: string) =>
    new RegExp(`^  ${name}:\\n((?:    .*\\n|\\n)+)`, 'm').exec(text)?.[1] ?? ''
  return [
    {
      name: 'docker-compose.yml: somebody on the network of Redis without a password',
      holds: 'a password is required, and no port is published',
      run: async () =>
        differs([/--requirepass/.test(service('redis')), /ports:/.test(service('redis'))], [true, false]),
    },
    {
      name: 'docker-compose.yml: somebody on the network of PostgreSQL without a password',
      holds: 'scram, and no port is published',
      run: async () =>
        differs(
          [/scram-sha-256/.test(service('postgres')), /ports:/.test(service('postgres'))],
          [true, false],
        ),
    },
  ]
}

export const local: Area = {
  name: 'local',
  open: async () => {
    const prompts: string[] = []
    const servers = await startServers({
      behaviour: ({ body }) => {
        prompts.push(body.messages.map(({ content }) => content).join('\n'))
        return undefined
      },
    })
    return {
      attacks: [
        ...stateAttacks(servers),
        ...linkAttacks(servers),
        emptyKey(servers),
        ...tokenAttacks(),
        ...configAttacks(),
        ...terminalAttacks(),
        ...backupAttacks(servers),
        ...knowledgeAttacks(servers, prompts),
        ...composeAttacks(),
      ],
      [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
    }
  },
}
