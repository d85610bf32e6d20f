import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { providers } from '../../../src/base/providers.ts'
import { Asker } from '../../../src/cli/init/asker.ts'
import { authorityFiles } from '../../../src/cli/init/authority.ts'
import { discover, type Network } from '../../../src/cli/init/discover.ts'
import {
  configText,
  environmentText,
  settingIn,
  withAccount,
  withAuthservId,
  withSetting,
} from '../../../src/cli/init/files.ts'
import { answersFile, Memory } from '../../../src/cli/init/memory.ts'
import { fetchPage, staysWithin } from '../../../src/cli/init/network.ts'
import type { Probe } from '../../../src/cli/init/probe.ts'
import { askPlace, servers } from '../../../src/cli/init/servers.ts'
import type { InitOptions } from '../../../src/cli/init/talk.ts'
import { init } from '../../../src/cli/init.ts'
import { loadConfig } from '../../../src/config/config.ts'
import { parseDotEnv } from '../../../src/config/interpolation.ts'

const nothing = async (): Promise<never> => {
  throw new Error('not there')
}
const offline: Network = { resolveMx: nothing, resolveSrv: nothing, fetchText: nothing }

const autoconfig = `<clientConfig><emailProvider>
  <incomingServer type="pop3"><hostname>pop.example.net</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
  <incomingServer type="imap"><hostname>plain.example.net</hostname><port>143</port><socketType>plain</socketType></incomingServer>
  <incomingServer type="imap"><hostname>imap.example.net</hostname><port>993</port><socketType>SSL</socketType></incomingServer>
  <outgoingServer type="smtp"><hostname>smtp.example.net</hostname><port>587</port><socketType>STARTTLS</socketType></outgoingServer>
</emailProvider></clientConfig>`

const autodiscover = `<!DOCTYPE x [<!ENTITY a "&b;&b;"><!ENTITY b "bomb">]><Autodiscover><Response><Account>
  <Protocol><Type>POP3</Type><Server>pop.host.example</Server><Port>995</Port><SSL>on</SSL></Protocol>
  <Protocol><Type>IMAP</Type><Server>&a;</Server><Port>993</Port><SSL>on</SSL></Protocol>
  <Protocol><Type>IMAP</Type><Server>imap.host.example</Server><Port>993</Port><SSL>on</SSL></Protocol>
  <Protocol><Type>SMTP</Type><Server>plain.host.example</Server><Port>25</Port><SSL>off</SSL></Protocol>
  <Protocol><Type>SMTP</Type><Server>smtp.host.example</Server><Port>587</Port><Encryption>TLS</Encryption></Protocol>
</Account></Response></Autodiscover>`

describe('a page from a stranger', () => {
  test.each([
    ['https://own.example/x', 'https://own.example/y', true],
    ['https://own.example/x', 'https://www.own.example/x', true],
    ['https://own.example/x', 'http://own.example/x', false],
    ['https://own.example/x', 'https://else.example.org/x', false],
    ['https://own.example/x', 'https://own.example.org/x', false],
    ['https://own.co.uk/x', 'https://other.co.uk/x', false],
    ['https://own.github.io/x', 'https://other.github.io/x', false],
    ['https://192.0.2.1/x', 'https://192.0.2.2/x', false],
  ])('%s may redirect to %s: %s', (from, to, may) =>
    expect(staysWithin(new URL(from), new URL(to))).toBe(may),
  )

  test('is not asked for without TLS', () =>
    expect(fetchPage('http://own.example/x')).rejects.toThrow('http://own.example is not HTTPS'))
})

describe('discovery', () => {
  test('asks autodiscover last, by POST, and expands no entities', async () => {
    const asked: (string | undefined)[] = []
    const fetchText = async (url: string, post?: string) => {
      if (!url.startsWith('https://autodiscover.host.example/')) return nothing()
      asked.push(post)
      return autodiscover
    }
    expect(await discover('me&you@host.example', { ...offline, fetchText })).toMatchObject({
      imap: { host: 'imap.host.example', port: 993, secure: true },
      smtp: { host: 'smtp.host.example', port: 587, secure: false },
      source: 'found at autodiscover.host.example (autodiscover)',
    })
    expect(asked).toEqual([expect.stringContaining('<EMailAddress>me&#38;you@host.example</EMailAddress>')])
  })

  test('the table has at least thirty providers, each domain once', () => {
    expect(providers.length).toBeGreaterThanOrEqual(30)
    const domains = providers.flatMap((provider) => provider.domains)
    expect(new Set(domains).size).toBe(domains.length)
  })

  test('knows the large providers without the network', async () => {
    const found = await discover('Me@GMAIL.com', offline)
    expect(found).toMatchObject({ imap: { host: 'imap.gmail.com', port: 993 }, oauth2: 'google' })
    expect(found?.hint).toMatch(/app password/)
  })

  test('finds a domain that is hosted at one of them by its MX record', async () => {
    const resolveMx = async () => [
      { exchange: 'backup.example', priority: 50 },
      { exchange: 'company-example.mail.protection.outlook.com.', priority: 0 },
    ]
    const found = await discover('me@company.example', { ...offline, resolveMx })
    expect(found).toMatchObject({ smtp: { host: 'smtp.office365.com', secure: false }, oauth2: 'microsoft' })
  })

  test('an MX record that only resembles one of them does not count', async () => {
    const resolveMx = async () => [{ exchange: 'notgoogle.com', priority: 0 }]
    expect(await discover('me@company.example', { ...offline, resolveMx })).toBeNull()
  })

  test('reads SRV records (RFC 6186), where "." says that there is no such service', async () => {
    const resolveSrv = async (name: string) => {
      if (name.startsWith('_imaps')) return [{ name: '.', port: 0, priority: 0 }]
      if (name.startsWith('_imap.')) return [{ name: 'mail.own.example', port: 143, priority: 0 }]
      if (name.startsWith('_submissions')) return [{ name: 'mail.own.example.', port: 465, priority: 0 }]
      return nothing()
    }
    expect(await discover('me@own.example', { ...offline, resolveSrv })).toMatchObject({
      imap: { host: 'mail.own.example', port: 143, secure: false },
      smtp: { host: 'mail.own.example', port: 465, secure: true },
    })
  })

  test('autoconfig over HTTPS outranks SRV records', async () => {
    const resolveSrv = async () => [{ name: 'mail.evil.example', port: 993, priority: 0 }]
    const fetchText = async () => autoconfig
    const found = await discover('me@own.example', { ...offline, resolveSrv, fetchText })
    expect(found).toMatchObject({ imap: { host: 'imap.example.net' } })
  })

  test.each([
    ['mail.own.example', false],
    ['own.example', false],
    ['MAIL.own.example', false],
    ['mail.evil.example', true],
    ['mail.notown.example', true],
  ])('of SRV records %s has to be confirmed by a person: %s', async (name, unproven) => {
    const resolveSrv = async () => [{ name, port: 993, priority: 0 }]
    expect(await discover('me@own.example', { ...offline, resolveSrv })).toMatchObject({ unproven })
  })

  // DNS names may hold any octets; c-ares escapes some of them.
  test.each([
    `\\\${MAIL_PASSWORD}.own.example`,
    `\${MAIL_PASSWORD}.own.example`,
    'evil.example/.own.example',
    'a b.own.example',
  ])('a forged SRV record with the name %s yields no server', async (name) => {
    const resolveSrv = async () => [{ name, port: 993, priority: 0 }]
    expect(await discover('me@own.example', { ...offline, resolveSrv })).toBeNull()
  })

  test("reads Mozilla's autoconfig, and takes no server without TLS", async () => {
    const asked: string[] = []
    const fetchText = async (url: string) => {
      asked.push(url)
      return url.startsWith('https://own.example/') ? autoconfig : nothing()
    }
    expect(await discover('me@own.example', { ...offline, fetchText })).toMatchObject({
      imap: { host: 'imap.example.net', port: 993, secure: true },
      smtp: { host: 'smtp.example.net', port: 587, secure: false },
      source: 'found at own.example (autoconfig)',
    })
    // Only the domain's own server learns the address.
    expect(asked.filter((url) => url.includes('me%40')).map((url) => new URL(url).host)).toEqual([
      'autoconfig.own.example',
    ])
  })
})

describe('.env', () => {
  test.each(['plain', 'with "quotes"', 'back\\slash', '# not a comment', 'a$b', "it's"])(
    'keeps %s as it is',
    (secret) => {
      expect(parseDotEnv(environmentText('', { SECRET: secret }))).toEqual({ SECRET: secret })
    },
  )

  test('existing lines stay, even without a final line end', () => {
    expect(environmentText('# mine\nA=1', { A: '2', B: '3' })).toBe('# mine\nA=1\nB="3"\n')
  })
})

describe('replyd init', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'replyd-init-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  async function run(
    options: Partial<InitOptions>,
    typed = '',
    environment: Record<string, string> = {},
    network = offline,
  ) {
    const stdout = new PassThrough()
    const out = text(stdout)
    const terminal = { environment, stdin: Readable.from([typed]), stdout, stderr: stdout }
    const status = await init({ folder, check: false, ...options }, terminal, network)
    stdout.end()
    return { status, out: await out }
  }

  const configuration = () =>
    loadConfig({
      path: join(folder, 'replyd.yaml'),
      environment: {},
      readFile: (path) => readFileSync(path, 'utf8'),
    })

  test('asks, proposes what it found, and writes a configuration that loads', async () => {
    const { status, out } = await run({}, 'me@fastmail.com\n\nthe secret\n\n\nsk-1\nreview-me-please\n')
    expect(status).toBe(0)
    expect(out).toMatch(/IMAP imap\.fastmail\.com:993 \(TLS\)/)
    expect(out).not.toMatch(/the secret|sk-1|review-me/)
    const { accounts, model, web } = configuration()
    expect(accounts[0]).toMatchObject({
      owner: { address: 'me@fastmail.com' },
      imap: { host: 'imap.fastmail.com', password: 'the secret' },
      smtp: { host: 'smtp.fastmail.com', port: 465, password: 'the secret' },
      replies: { mode: 'draft' },
    })
    expect(model.apiKey).toBe('sk-1')
    expect(web.passwordHash).not.toBeNull()
    expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600)
  })

  test('takes no foreign host from DNS with --yes', async () => {
    const resolveSrv = async () => [{ name: 'mail.evil.example', port: 993, priority: 0 }]
    const secrets = { MAIL_PASSWORD: 'one', OPENAI_API_KEY: 'two' }
    const asked = run({ yes: true, address: 'me@own.example' }, '', secrets, { ...offline, resolveSrv })
    await expect(asked).rejects.toThrow(/IMAP server/)
  })

  test('asks nothing with --yes, and takes secrets from the environment', async () => {
    const servers = { imap: 'mail.own.example', smtp: 'mail.own.example:587' }
    const secrets = { MAIL_PASSWORD: 'one', OPENAI_API_KEY: 'two' }
    await run({ yes: true, address: 'me@own.example', ...servers }, '', secrets)
    expect(configuration().accounts[0]).toMatchObject({
      imap: { port: 993, secure: true, password: 'one' },
      smtp: { port: 587, secure: false },
    })
  })

  const tls: Probe = { starts: 'tls', fault: null }
  const startTls: Probe = { starts: 'starttls', fault: null }
  const silent: Probe = { starts: null, fault: null }
  const closed: Probe = { starts: null, fault: 'nothing listens there' }
  const asked = (imap: string, network: Network) => {
    const stdout = new PassThrough()
    const terminal = { environment: {}, stdin: Readable.from([]), stdout, stderr: stdout }
    using asker = new Asker(terminal, true)
    const given = { imap, smtp: 'mail.own.example:587' }
    return servers('me@own.example', given, { asker, say: async () => undefined, network })
  }

  test.each<[string, Record<number, Probe>, { port: number; secure: boolean }]>([
    ['mail.own.example:10993', { 10993: tls }, { port: 10_993, secure: true }],
    ['mail.own.example:993', { 993: startTls }, { port: 993, secure: false }],
    ['mail.own.example:10143', { 10143: silent }, { port: 10_143, secure: true }],
    ['mail.own.example:143', { 143: silent }, { port: 143, secure: false }],
    ['mail.own.example', { 993: closed, 143: startTls }, { port: 143, secure: false }],
    ['mail.own.example', { 993: tls, 143: startTls }, { port: 993, secure: true }],
    ['mail.own.example', { 993: closed, 143: closed }, { port: 993, secure: true }],
  ])('%s is what it turns out to be (%#)', async (imap, answers, expected) => {
    const probe = async (_host: string, port: number) => answers[port] ?? silent
    const found = await asked(imap, { ...offline, probe })
    expect(found.imap).toEqual({ host: 'mail.own.example', ...expected })
  })

  test('an unreachable server is asked for again, with the typed name as the proposal; typed twice it is accepted', async () => {
    const stdout = new PassThrough()
    const out = text(stdout)
    const stdin = Readable.from(['mial.own.example\nmail.own.example\nsmtp.own.example:2465\n\n'])
    using asker = new Asker({ environment: {}, stdin, stdout, stderr: stdout }, false)
    const probe = async (host: string) => (host === 'mail.own.example' ? tls : closed)
    const talk = { asker, say: async () => undefined, network: { ...offline, probe } }
    const place = (kind: 'imap' | 'smtp') => askPlace(kind, undefined, null, talk, '1')
    expect(await place('imap')).toMatchObject({ host: 'mail.own.example', port: 993 })
    expect(await place('smtp')).toMatchObject({ host: 'smtp.own.example', port: 2465 })
    stdout.end()
    const question = 'IMAP server (host or host:port)'
    expect(await out).toContain(
      `${question}: ✗ nothing listens there. Press Enter if it is right anyway.\n${question} [mial.own.example]: SMTP`,
    )
  })

  const answers = {
    address: 'me@own.example',
    found: {
      imap: { host: 'i.example', port: 993, secure: true },
      smtp: { host: 's.example', port: 465, secure: true },
      source: 'x',
      hint: '',
      oauth2: null,
    },
    user: null,
    oauthClientId: null,
    password: 'MAIL_PASSWORD',
  }

  test('a setting replaces another or is added, and everything else stays', () => {
    const yaml = configText(answers)
    const named = withSetting(yaml, 0, ['imap', 'user'], 'ann')
    expect(named).toBe(yaml.replace(/("\$\{MAIL_PASSWORD\}") \}/, '$1, user: ann }'))
    expect(withSetting(named, 0, ['imap', 'user'], 'o"hara')).toContain('user: o"hara }')
    expect(withSetting(yaml, 0, ['tls', 'ca'], 'ca.pem')).toContain('\n    tls: { ca: ca.pem }\n')
    expect(settingIn(named, 0, ['imap', 'user'])).toBe('ann')
  })

  test('each of several mailboxes has its own password and its own server', () => {
    const two = withAccount(configText(answers), {
      ...answers,
      address: 'you@own.example',
      password: 'MAIL_PASSWORD_2',
      ca: 'ca.pem',
    })
    const settled = withAuthservId(two, 1, 'mx.own.example')
    writeFileSync(join(folder, 'replyd.yaml'), settled)
    writeFileSync(join(folder, '.env'), 'MAIL_PASSWORD=a\nMAIL_PASSWORD_2=b\nOPENAI_API_KEY=c\n')
    const { accounts } = configuration()
    expect(accounts.map(({ owner, imap }) => [owner.address, owner.authservIds, imap.password])).toEqual([
      ['me@own.example', [], 'a'],
      ['you@own.example', ['mx.own.example'], 'b'],
    ])
    expect(accounts.map(({ imap }) => imap.caFile)).toEqual([undefined, join(folder, 'ca.pem')])
  })

  test('writes down which model it was told to use, unless .env says so already', async () => {
    const environment = {
      MAIL_PASSWORD: 'x',
      OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
      REPLYD_MODEL: 'own-model',
    }
    writeFileSync(join(folder, '.env'), 'REPLYD_MODEL=mine\n')
    await run({ yes: true, address: 'me@gmail.com' }, '', environment)
    const { model } = configuration()
    expect([model.baseUrl, model.name]).toEqual(['http://127.0.0.1:1/v1', 'mine'])
  })

  test('says what is missing when nobody can be asked', async () => {
    await expect(run({ yes: true })).rejects.toThrow(/with --yes, --address has to be given/)
    const noHost = run({ yes: true, address: 'me@own.example' })
    await expect(noHost).rejects.toThrow(/with --yes, --imap has to be given/)
    const noPassword = run({ yes: true, address: 'me@gmail.com' })
    await expect(noPassword).rejects.toThrow(/with --yes, the variable MAIL_PASSWORD has to be given/)
    await expect(run({}, '')).rejects.toThrow(/no answer/)
    expect(existsSync(join(folder, 'replyd.yaml'))).toBe(false)
  })

  test.each([
    ['', {}, 'there is no answer to "Address that replyd answers for". Without a terminal give --address'],
    [
      'me@own.example\n',
      {},
      'there is no answer to "IMAP server (host or host:port)". Without a terminal give --imap',
    ],
    [
      '',
      { address: 'me@own.example', imap: 'imap.own.example', smtp: 'smtp.own.example', user: 'me' },
      'there is no answer to "Password for IMAP and SMTP". Without a terminal give the variable MAIL_PASSWORD',
    ],
  ])('an unanswered question in a pipe is named, with its remedy (%#)', async (typed, options, said) => {
    await expect(run(options, typed)).rejects.toThrow(said)
  })

  test('a mailbox can be set up only once, and an empty address for another one means that there is none', async () => {
    const servers = 'imap.own.example\nsmtp.own.example\n'
    const typed = `me@own.example\n${servers}\nthe secret\ny\nME@own.example\n\n\nsk-1\nreview-me-please\n`
    const { out, status } = await run({}, typed)
    expect(out).toContain('Its address; empty: no other mailbox: ✗ ME@own.example is set up already.\n')
    expect(status).toBe(0)
    expect(configuration().accounts).toHaveLength(1)
  })

  test('an empty environment variable counts as unset: .env and the answers count', async () => {
    const typed = 'me@fastmail.com\n\nthe secret\n\n\nsk-1\nreview-me-please\n'
    expect((await run({}, typed, { OPENAI_API_KEY: '', MAIL_PASSWORD: '' })).status).toBe(0)
    const path = join(folder, 'replyd.yaml')
    const environment = { OPENAI_API_KEY: '', MAIL_PASSWORD: '' }
    const { model } = loadConfig({ path, environment, readFile: (file) => readFileSync(file, 'utf8') })
    expect(model.apiKey).toBe('sk-1')
  })

  test('two empty answers go back to the first question of the mailbox, with what was typed', async () => {
    const typed = 'you@own.example\n\n\nme@fastmail.com\n\n\n\n\n\nthe secret\n\n\nkey\n\n'
    const { status, out } = await run({}, typed)
    expect(out).toMatch(/✗ An answer is needed here\. Enter again goes back; Ctrl\+C stops/)
    expect(out).toContain('Address that replyd answers for [you@own.example]: ')
    expect(out).toContain('Address that replyd answers for [me@fastmail.com]: ')
    expect(status).toBe(0)
    expect(configuration().accounts[0]?.owner.address).toBe('me@fastmail.com')
  })

  test.each(['2', '1.2.3', '-x', 'a..b', 'mail.', 'http://imap.own.example'])(
    '%s is no host: it is refused at once',
    async (host) => {
      const asked = await run({}, `me@own.example\n${host}\nlocalhost\nmüller.example:465\nme\nx\n\n3\n\n`)
      const isHost = host === 'mail.'
      expect(asked.out.includes(`✗ ${host} is not a host name`)).toBe(!isHost)
    },
  )

  test('the host of IMAP is proposed for SMTP', async () => {
    const { out } = await run({}, 'me@own.example\nmail.own.example:1993\n\n\nthe secret\n\n\nkey\n\n')
    expect(out).toContain('SMTP server (host or host:port) [mail.own.example]: ')
    expect(configuration().accounts[0]?.smtp).toMatchObject({ host: 'mail.own.example', port: 465 })
  })

  test('a link is no login name', async () => {
    const servers = { imap: 'mail.own.example', smtp: 'mail.own.example' }
    const typed = 'me@own.example\nhttp://own.example/v1\nOWN\\ann b\nthe secret\n\n\nkey\n\n'
    const { out } = await run(servers, typed)
    expect(out).toMatch(/✗ http:\/\/own\.example\/v1 is not a login name/)
    expect(configuration().accounts[0]?.imap.user).toBe('OWN\\ann b')
    const given = run({ ...servers, yes: true, force: true, address: 'me@own.example', user: 'imap://x' })
    await expect(given).rejects.toThrow(/imap:\/\/x is not a login name/)
  })

  test('with --ca the authority of the mail servers is trusted, if the file has a certificate', async () => {
    const environment = { MAIL_PASSWORD: 'x', OPENAI_API_KEY: 'y' }
    const options = { yes: true, address: 'me@gmail.com' }
    const certificate = readFileSync(new URL('../../fixtures/tls/cert.pem', import.meta.url))
    writeFileSync(join(folder, 'our-ca.pem'), certificate)
    await expect(run({ ...options, ca: join(folder, 'none.pem') }, '', environment)).rejects.toThrow(
      /none\.pem can't be read/,
    )
    await run({ ...options, ca: join(folder, 'our-ca.pem') }, '', environment)
    expect(readFileSync(join(folder, 'replyd.yaml'), 'utf8')).toContain('\n    tls: { ca: "our-ca.pem" }\n')
    expect(configuration().accounts[0]?.imap.caFile).toBe(join(folder, 'our-ca.pem'))
  })

  test('with --yes a missing variable is reported before anything is tried', async () => {
    const probe = async () => {
      throw new Error('tried')
    }
    const servers = { imap: '127.0.0.1:1', smtp: '127.0.0.1:1' }
    const options = { ...servers, check: true, yes: true, address: 'me@own.example' }
    const environment = { MAIL_PASSWORD: 'x' }
    const stated = run(options, '', environment, { ...offline, probe: async () => silent })
    await expect(stated).rejects.toThrow(/with --yes, the variable OPENAI_API_KEY has to be given/)
    await expect(run({ ...options, check: false }, '', environment, { ...offline, probe })).rejects.toThrow(
      /OPENAI_API_KEY/,
    )
  })

  test('with --yes an empty key says that the model comes later', async () => {
    const environment = { MAIL_PASSWORD: 'x', OPENAI_API_KEY: '' }
    const { status, out } = await run({ yes: true, address: 'me@gmail.com' }, '', environment)
    expect(status).toBe(0)
    expect(out).toMatch(/\nNext: choose a model\./)
  })

  test('somebody who starts over is asked for the password, which may be the old one', async () => {
    writeFileSync(join(folder, 'replyd.yaml'), 'accounts: []\n')
    writeFileSync(join(folder, '.env'), 'MAIL_PASSWORD="old one"\n')
    const options = { fresh: true, force: true, address: 'me@fastmail.com' }
    const { out } = await run(options, '\nnew one\n3\n\n')
    expect(out).toContain('Password for IMAP and SMTP; empty: that in .env (not shown): ')
    expect(parseDotEnv(readFileSync(join(folder, '.env'), 'utf8')).MAIL_PASSWORD).toBe('new one')
    await run(options, '\n\n3\n\n')
    expect(parseDotEnv(readFileSync(join(folder, '.env'), 'utf8')).MAIL_PASSWORD).toBe('new one')
  })

  test('writes OAuth2 for Microsoft, and names the next command', async () => {
    const { out } = await run({ yes: true, address: 'me@outlook.com', clientId: 'app-1' }, '', {
      OPENAI_API_KEY: 'key',
    })
    expect(configuration().accounts[0]?.imap.oauth2).toMatchObject({
      provider: 'microsoft',
      clientId: 'app-1',
    })
    expect(out).toMatch(/Next: replyd auth/)
  })

  test('asks again after an impossible answer', async () => {
    const typed =
      'me\nme@own.example\nbad host\nimap.own.example\nsmtp.own.example:99999\nsmtp.own.example:587\n'
    const { status, out } = await run({}, `${typed}\nthe secret\n\n\nkey\nshort\nlong enough\n`)
    expect(out).toMatch(/it needs at least 8 characters/)
    expect(out).toMatch(/me is not an address/)
    expect(out).toMatch(/✗ bad host is not a host name, such as imap\.example\.com\./)
    expect(out).toMatch(/✗ the port must be a number from 1 to 65535\./)
    expect(out).toMatch(/No servers were found for me@own\.example/)
    expect(status).toBe(0)
    expect(configuration().accounts[0]).toMatchObject({
      imap: { host: 'imap.own.example', port: 993, password: 'the secret' },
      smtp: { host: 'smtp.own.example', port: 587, secure: false },
    })
  })

  test('an empty answer to a question without a proposal gets an explanation, and so does an address without a dot', async () => {
    const typed =
      '\nladen@blumen\nladen@blumen.example\nimap.own.example\nsmtp.own.example\n\nthe secret\n\n\nkey\n\n'
    const { out } = await run({}, typed)
    expect(out).toMatch(/An answer is needed here/)
    expect(out).toMatch(/laden@blumen has no dot after the @/)
    expect(configuration().accounts[0]?.owner.address).toBe('laden@blumen.example')
  })

  test('an address without a dot is accepted when it is typed again', async () => {
    const typed = 'laden@blumen\n\nimap.own.example\nsmtp.own.example\n\nthe secret\n\n\nkey\n\n'
    await run({}, typed)
    expect(configuration().accounts[0]?.owner.address).toBe('laden@blumen')
  })

  test('fills in an empty line of .env', async () => {
    writeFileSync(join(folder, '.env'), '# mine\nMAIL_PASSWORD=\nOPENAI_API_KEY=key\n')
    const { out } = await run({ address: 'me@gmail.com' }, '\n\nthe secret\n\n\n')
    expect(out).toMatch(/with the key in OPENAI_API_KEY/)
    expect(readFileSync(join(folder, '.env'), 'utf8')).toMatch(
      /^# mine\nOPENAI_API_KEY=key\nMAIL_PASSWORD="the secret"\n/,
    )
  })

  test.each([
    ['exec', 'npx replyd start'],
    ['', 'replyd start'],
  ])('names the next command as it was called (%s)', async (npm_command, next) => {
    const environment = { npm_command, MAIL_PASSWORD: 'x', OPENAI_API_KEY: 'y' }
    const { out } = await run({ yes: true, address: 'me@gmail.com' }, '', environment)
    expect(out).toContain(`\nNext: ${next} --config ${join(folder, 'replyd.yaml')}\n`)
  })

  test('asks as the README says', async () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
    const shown = /^Address that replyd answers for[^`]*/m.exec(readme)?.[0] ?? ''
    const { out } = await run({}, 'me@fastmail.com\n\nthe secret\n\n\nkey\n\n', { npm_command: 'exec' })
    const questions = shown
      .split('\n')
      .filter((line) => /^(Use these|.*not shown|Another|Which|Keys| {2}\d {2}|Number|Written)/.test(line))
    expect(questions).toHaveLength(12)
    for (const question of questions) expect(out).toContain(question)
  })

  test('answers from before an interruption are kept, readable only by their owner, and not asked for again', async () => {
    const path = join(folder, answersFile)
    await expect(run({}, 'me@own.example\nimap.own.example\nsmtp.own.example\n')).rejects.toThrow(/no answer/)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await expect(run({}, '\nann\nthe secret\n')).rejects.toThrow(/no answer to "Another mailbox\?"/)
    const { status, out } = await run({}, '\n\n\nkey\n\n')
    expect(status).toBe(0)
    expect(out).toMatch(/^Continuing with your earlier answers/)
    expect(out).toContain(`
  Address that replyd answers for: me@own.example
  IMAP server: imap.own.example
  SMTP server: smtp.own.example
  Login name for IMAP and SMTP: ann
  Password for IMAP and SMTP: (not shown)
Keep these?`)
    expect(out.match(/Address that replyd answers for/g)).toHaveLength(1)
    expect(out).not.toMatch(/the secret/)
    expect(configuration().accounts[0]?.imap).toMatchObject({ user: 'ann', password: 'the secret' })
    expect(existsSync(path)).toBe(false)
  })

  test('a valid answer of an earlier init is proposed, and can be changed', async () => {
    await expect(run({}, 'me@own.example\nimap.own.example\nsmtp.own.example\n')).rejects.toThrow(/no answer/)
    const typed = 'n\nyou@own.example\n\nmail.own.example\n\nthe secret\n\n\nkey\n\n'
    const { status, out } = await run({}, typed)
    expect(out).toContain('Address that replyd answers for [me@own.example]: ')
    expect(status).toBe(0)
    expect(configuration().accounts[0]).toMatchObject({
      owner: { address: 'you@own.example' },
      imap: { host: 'imap.own.example' },
      smtp: { host: 'mail.own.example' },
    })
  })

  test('without a model everything else is written, and the next step is named', async () => {
    const { status, out } = await run({}, 'me@fastmail.com\n\nthe secret\n\n3\n\n', { npm_command: 'exec' })
    expect(status).toBe(0)
    expect(out).toMatch(/\nNext: choose a model\. Write OPENAI_API_KEY=… into \.env/)
    expect(readFileSync(join(folder, '.env'), 'utf8')).not.toMatch(/OPENAI/)
    const again = await run({}, '\n1\nkey\n')
    expect(again.out).toMatch(/Which model reads and writes for you\?/)
    expect(again.out).not.toMatch(/Password|Address that/)
    expect(configuration().model.apiKey).toBe('key')
  })

  test('faults of an existing replyd.yaml are reported before anything is asked', async () => {
    writeFileSync(join(folder, 'replyd.yaml'), 'acounts: []\n')
    await expect(run({ check: true }, '\n')).rejects.toThrow(/^Nothing was changed\. Correct replyd\.yaml/)
    await expect(run({ check: true, yes: true })).rejects.toThrow(/acounts: unknown key/)
    expect(existsSync(join(folder, answersFile))).toBe(false)
    const over = run({ check: true }, 'y\n')
    await expect(over).rejects.toThrow(/Address that replyd answers for/)
  })

  test('a variable that is not set yet is no fault: it is asked for', async () => {
    const environment = { MAIL_PASSWORD: 'x', OPENAI_API_KEY: 'y' }
    await run({ yes: true, address: 'me@gmail.com' }, '', environment)
    writeFileSync(join(folder, '.env'), '')
    await expect(run({ check: true }, '')).rejects.toThrow(
      /no answer to "replyd.yaml already exists. Keep it/,
    )
  })

  test('--fresh forgets what an earlier init left, and --yes uses none of it', async () => {
    await expect(run({}, 'me@own.example\n')).rejects.toThrow(/no answer/)
    await expect(run({ yes: true })).rejects.toThrow(/has to be given/)
    await expect(run({ fresh: true }, '')).rejects.toThrow(/no answer to "Address/)
  })

  test('what init and the README make in a clone is ignored by git', () => {
    const ignored = readFileSync(new URL('../../../.gitignore', import.meta.url), 'utf8').split('\n')
    const made = ['/replyd.yaml', '/replyd.yaml.old', '.env', answersFile, '/knowledge/']
    expect(ignored).toEqual(expect.arrayContaining([...made, ...authorityFiles.map((name) => `/${name}`)]))
  })

  test('an empty secret counts as missing', () => {
    const memory = new Memory(join(folder, answersFile), false)
    memory.keep('model.key', '', { question: 'Key of the model', hidden: true })
    memory.keep('MAIL_PASSWORD', 'x', { question: 'Password', hidden: true })
    expect(memory.answered().map(({ answer }) => answer)).toEqual(['', null])
  })

  test('a doubted answer is proposed, and asked for again', () => {
    const memory = new Memory(join(folder, 'answers'), false)
    memory.keep('1.imap', 'a.example')
    memory.doubt('1.imap')
    memory.doubt('1.smtp')
    const later = new Memory(join(folder, 'answers'), false)
    expect([later.settled('1.imap'), later.last('1.imap'), later.last('1.smtp')]).toEqual([
      null,
      'a.example',
      null,
    ])
    later.keep('1.imap', 'b.example')
    expect(new Memory(join(folder, 'answers'), false).settled('1.imap')).toBe('b.example')
  })

  test('makes the folder', async () => {
    const environment = { MAIL_PASSWORD: 'x', OPENAI_API_KEY: 'y' }
    const inner = join(folder, 'not', 'there')
    const { status } = await run({ yes: true, address: 'me@gmail.com', folder: inner }, '', environment)
    expect(status).toBe(0)
    expect(existsSync(join(inner, 'replyd.yaml'))).toBe(true)
  })

  test('a second run changes nothing that exists', async () => {
    const own = 'accounts: [] # mine\n'
    writeFileSync(join(folder, 'replyd.yaml'), own)
    writeFileSync(join(folder, '.env'), 'OPENAI_API_KEY=mine\n')
    await run({ yes: true, address: 'other@gmail.com' })
    expect(readFileSync(join(folder, 'replyd.yaml'), 'utf8')).toBe(own)
    expect(readFileSync(join(folder, '.env'), 'utf8')).toMatch(/^OPENAI_API_KEY=mine\nREPLYD_WEB_PASSWORD=/)
  })

  test('an old configuration is kept when it is replaced', async () => {
    writeFileSync(join(folder, 'replyd.yaml'), 'accounts: [] # mine\n')
    await run({ yes: true, force: true, address: 'me@gmail.com' }, '', {
      MAIL_PASSWORD: 'x',
      OPENAI_API_KEY: 'y',
    })
    expect(readFileSync(join(folder, 'replyd.yaml.old'), 'utf8')).toMatch(/# mine/)
    expect(configuration().accounts[0]?.owner.address).toBe('me@gmail.com')
  })
})
