import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/config.ts'
import { accountVariables, commonVariables } from '../../src/config/from-environment.ts'
import { parseDotEnv } from '../../src/config/interpolation.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const textOf = (path: string) => readFileSync(`${root}/${path}`, 'utf8')
const absent = () => {
  throw Object.assign(new Error('none'), { code: 'ENOENT' })
}

const known = new Set([
  ...[...accountVariables, ...commonVariables].map(({ name }) => name),
  ...['REPLYD_LISTEN', 'REPLYD_CONFIG', 'NODE_ENV'],
])

describe('the example files', () => {
  const example = textOf('replyd.example.yaml')
  const variables = Object.fromEntries(
    Object.keys(parseDotEnv(textOf('.env.example'))).map((name) => [name, 'long enough']),
  )
  const load = (text: string, environment: Record<string, string> = variables) =>
    loadConfig({
      path: 'replyd.yaml',
      environment,
      readFile: (name) => (name === 'replyd.yaml' ? text : absent()),
    })

  test('replyd.example.yaml is a sound configuration with the variables of .env.example', () => {
    expect(load(example)).toMatchObject({
      budget: { perDay: 1 },
      accounts: [{ replies: { mode: 'draft' } }],
    })
  })

  test('and is still sound with every commented key switched on', () => {
    const all = example.replace(/^(\s*)# (?=(?: {2,}|- |[a-zA-Z]+:))/gm, '$1')
    expect(all).toMatch(/^categories:\n {2}- \{ name: order status/m)
    const { accounts } = load(all)
    expect(accounts[0]).toMatchObject({
      owner: { displayName: 'Example Support', authservIds: ['mx.example.com'] },
      replies: { signature: 'Kind regards\nExample Support\n' },
      spam: { deny: ['annoying.example'] },
      categories: [{ name: 'order status' }, { name: 'complaint', mode: 'review' }],
    })
  })

  test("the README's own configuration is sound", () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(textOf('README.md')) ?? []
    expect(load(yaml, { MAIL_PASSWORD: 'x', OPENAI_API_KEY: 'y' }).accounts[0]?.imap.port).toBe(993)
  })

  test('the README links to files that exist', () => {
    const links = [...textOf('README.md').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path)
    expect(links.length).toBeGreaterThan(0)
    expect(links.filter((path) => !existsSync(`${root}/${path}`))).toEqual([])
  })
})

describe('docker-compose.yml', () => {
  const { services, volumes } = parse(textOf('docker-compose.yml'), { merge: true })

  test('gives replyd variables that it knows', () => {
    expect(Object.keys(services.replyd.environment).filter((name) => !known.has(name))).toEqual([])
  })

  test('gives it a sound configuration', () => {
    const interpolated = JSON.stringify(services.replyd.environment).replace(/\$\{(\w+)[^}]*\}/g, 'word8word')
    const environment: Record<string, string> = JSON.parse(interpolated)
    const image = Object.fromEntries(
      [...textOf('Dockerfile').matchAll(/(REPLYD_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
    )
    const readFile = (name: string) =>
      name === environment.REPLYD_CONFIG ? textOf('replyd.example.yaml') : absent()
    const secrets = { MAIL_PASSWORD: 'x', OPENAI_API_KEY: 'y' }
    const config = loadConfig({
      path: environment.REPLYD_CONFIG ?? null,
      environment: { ...image, ...secrets, ...environment },
      readFile,
    })
    expect(config).toMatchObject({
      state: {
        directory: '/data',
        databaseUrl: 'postgres://replyd:word8word@postgres:5432/replyd',
        redisUrl: 'redis://:word8word@redis:6379',
      },
      web: { host: '0.0.0.0', port: 8025, passwordHash: expect.stringMatching(/^scrypt/) },
    })
  })

  test('publishes nothing beyond this machine', () => {
    const ports = Object.values(services).flatMap((service) => Reflect.get(Object(service), 'ports') ?? [])
    expect(ports).toEqual(['127.0.0.1:8025:8025'])
  })

  test('keeps what has to survive in volumes, and waits for servers that are ready', () => {
    const named = Object.values(services)
      .flatMap((service) => Reflect.get(Object(service), 'volumes') as string[])
      .filter((volume) => !volume.startsWith('.'))
      .map((volume) => volume.split(':')[0])
    expect([...new Set(named)].sort()).toEqual(Object.keys(volumes).sort())
    for (const name of Object.keys(services.replyd.depends_on)) {
      expect(services[name].healthcheck.test).toBeDefined()
    }
    expect(Object.keys(services.replyd.depends_on)).toEqual(['redis', 'postgres'])
    expect(services.redis.command.at(-1)).toMatch(/--appendonly yes.*--maxmemory-policy noeviction/)
  })

  test('Redis and PostgreSQL let nobody in without a password, and publish no port', () => {
    const { redis, postgres } = services
    expect(redis.command.at(-1)).toContain('--requirepass "$$REDISCLI_AUTH"')
    expect(redis.environment.REDISCLI_AUTH).toMatch(/^\$\{REDIS_PASSWORD:\?/)
    expect(postgres.environment.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?/)
    expect(postgres.environment.POSTGRES_INITDB_ARGS).toContain('--auth-host=scram-sha-256')
    expect([redis.ports, postgres.ports]).toEqual([undefined, undefined])
  })

  test('workers are added with --scale, without pages and without a port', () => {
    expect(services.work).toMatchObject({
      command: ['start', '--roles', 'work'],
      healthcheck: { disable: true },
      deploy: { replicas: 0 },
      environment: services.replyd.environment,
    })
    expect(services.work.ports).toBeUndefined()
  })

  test('containers of replyd can write only to their volume, and gain no rights', () => {
    for (const name of ['replyd', 'work']) {
      expect(services[name]).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        tmpfs: ['/tmp'],
      })
    }
  })

  test('asks only for secrets that .env.example names', () => {
    const asked = [...textOf('docker-compose.yml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name)
    expect(asked.filter((name) => !(`${name}` in parseDotEnv(textOf('.env.example'))))).toEqual([])
  })
})

describe('packaging/replyd.service', () => {
  test('is a unit that systemd understands, and is in the package', () => {
    const unit = textOf('packaging/replyd.service')
    const sections = new Set([...unit.matchAll(/^\[(\w+)\]$/gm)].map(([, name]) => name))
    expect(sections).toEqual(new Set(['Unit', 'Service', 'Install']))
    const settings = Object.fromEntries(
      [...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value]) => [name, value]),
    )
    // A wrong configuration ends with status 2, and another start would not help.
    expect(settings).toMatchObject({
      ExecStart: '/usr/bin/env replyd start',
      RestartPreventExitStatus: '2',
      NoNewPrivileges: 'yes',
      ProtectSystem: 'strict',
      StateDirectory: 'replyd',
    })
    expect(settings.Environment?.split(' ').map((pair) => pair.split('=')[0])).toEqual(
      expect.arrayContaining(['REPLYD_CONFIG', 'REPLYD_DATA']),
    )
    const { files }: { files: string[] } = JSON.parse(textOf('package.json'))
    expect(files).toContain('packaging')
  })
})

describe('Dockerfile', () => {
  const lines = textOf('Dockerfile').split('\n')
  const copied = lines.flatMap((line) => /^COPY (?!--from)(.*) \S+$/.exec(line)?.[1]?.split(' ') ?? [])

  test('copies files that exist and that .dockerignore lets through', () => {
    const allowed = textOf('.dockerignore').split('\n')
    expect(copied).toContain('package-lock.json')
    expect(copied.filter((path) => !existsSync(`${root}/${path}`) || !allowed.includes(`!${path}`))).toEqual(
      [],
    )
  })

  test('copies all that the package publishes, except what is only for readers', () => {
    const { files }: { files: string[] } = JSON.parse(textOf('package.json'))
    const there = new Set([...copied, 'dist'])
    expect(files.filter((file) => !there.has(file) && !/^docs\/|example/.test(file))).toEqual([])
  })

  test('does not run as root', () => {
    expect(lines.lastIndexOf('USER node')).toBeGreaterThan(lines.lastIndexOf('FROM node:24-slim'))
  })
})
