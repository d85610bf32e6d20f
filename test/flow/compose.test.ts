/**
 * The services of docker-compose.yml as plain processes: the same environment and file, and an imitated `--scale`. Only
 * the parts that Docker itself provides differ: host names, the published port, and the place of the volumes.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { parseDotEnv } from '../../src/config/interpolation.ts'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import {
  type Dovecot,
  deliverAll,
  freePort,
  type Postgres,
  type Redis,
  startDovecot,
  startPostgres,
  startRedis,
} from '../live/servers/index.ts'
import { type Child, startChild } from './child.ts'
import { filledUp, readMailbox } from './mailboxes.ts'

const address = 'compose@shop.example'
const directory = mkdtempSync(join(tmpdir(), 'replyd-compose-'))
const textOf = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')
const secrets = {
  REPLYD_WEB_PASSWORD: 'a password for tests',
  POSTGRES_PASSWORD: 'word8word',
  REDIS_PASSWORD: 'word8redis',
}

let dovecot: Dovecot
let redis: Redis
let postgres: Postgres
let standIn: StandIn
const children: Child[] = []
let port = 0

beforeAll(async () => {
  ;[dovecot, redis, postgres, standIn, port] = await Promise.all([
    startDovecot(),
    // With the settings from docker-compose.yml.
    startRedis({ appendonly: true }),
    startPostgres({ fsync: false }),
    startStandIn(),
    freePort(),
  ])
})

afterAll(async () => {
  await Promise.all(children.map((child) => child.stop()))
  await Promise.all([dovecot?.stop(), redis?.stop(), postgres?.stop(), standIn?.close()])
  rmSync(directory, { recursive: true, force: true })
})

interface Urls {
  redis: string
  database: string
}

/** The environment of a container of the service: the image's and the file's, nothing from this process. */
function environmentOf(service: string, urls: Urls): Record<string, string> {
  const { environment } = parse(textOf('docker-compose.yml'), { merge: true }).services[service]
  const image = Object.fromEntries(
    [...textOf('Dockerfile').matchAll(/\b(NODE_ENV|REPLYD_\w+)=(\S+)/g)].map(([, name, value]) => [
      name,
      value,
    ]),
  )
  const given: Record<string, string> = { ...image, ...environment }
  const translated = Object.entries(given).map(([name, value]) => {
    const text = value
      .replace(/\$\{(\w+)[^}]*\}/g, (_, variable: keyof typeof secrets) => secrets[variable])
      .replace(`redis://:${secrets.REDIS_PASSWORD}@redis:6379`, urls.redis)
      .replace(/^postgres:.*@postgres:5432\/replyd$/, urls.database)
      .replace(/^\/(config|data)\b/, join(directory, '$1'))
      .replace(/^0\.0\.0\.0:8025$/, `0.0.0.0:${port}`)
    return [name, text]
  })
  return { PATH: process.env.PATH ?? '', ...Object.fromEntries(translated) }
}

const variable = (name: string) => `\${${name}}`

function writeConfiguration(): void {
  mkdirSync(join(directory, 'config'))
  const document = {
    accounts: [
      {
        address,
        imap: {
          host: dovecot.host,
          port: dovecot.imapPort,
          secure: false,
          password: variable('MAIL_PASSWORD'),
        },
        smtp: { host: '127.0.0.1', port: 1, secure: false },
        since: 'all',
      },
    ],
    model: {
      name: standInModel,
      baseUrl: standIn.baseUrl,
      apiKey: variable('OPENAI_API_KEY'),
      concurrency: 10,
    },
  }
  writeFileSync(join(directory, 'config/replyd.yaml'), stringify(document))
}

test('replyd with two more workers: mail comes in, drafts come out', async () => {
  writeConfiguration()
  const urls = { redis: redis.newDatabase(), database: await postgres.createDatabase() }
  // The file's `env_file`.
  const secret = parseDotEnv(`MAIL_PASSWORD=${dovecot.password}\nOPENAI_API_KEY=none\n`)
  const { services } = parse(textOf('docker-compose.yml'), { merge: true })
  const [, image = '[]'] = /^CMD (\[.*\])$/m.exec(textOf('Dockerfile')) ?? []
  const start = async (service: string) => {
    const environment = { ...environmentOf(service, urls), ...secret }
    const args: string[] = services[service].command ?? JSON.parse(image)
    children.push(await startChild({ args, environment, cwd: directory }))
  }
  await Promise.all([start('replyd'), start('work'), start('work')])
  const mails = Array.from({ length: 6 }, (_, n) => ({
    user: address,
    octets: `From: Ann <ann${n}@buyers.example>\r\nTo: ${address}\r\nSubject: Hours\r\nMessage-ID: <hours-${n}@buyers.example>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n\r\nWhen are you open?\r\n`,
    reversePath: `ann${n}@buyers.example`,
  }))
  await deliverAll(dovecot, mails)
  const drafts = async () => (await readMailbox(dovecot, address, 'Drafts')).map(({ inReplyTo }) => inReplyTo)
  await filledUp(dovecot, address, 'Drafts', mails.length)
  expect((await drafts()).sort()).toEqual(mails.map((_, n) => `<hours-${n}@buyers.example>`))
  // The container's HEALTHCHECK, word for word.
  const [, check = ''] = /CMD (\["node", "-e".*\])$/m.exec(textOf('Dockerfile')) ?? []
  const [command = '', ...args] = JSON.parse(check) as string[]
  const status = await new Promise((resolve) =>
    execFile(command, args, { env: environmentOf('replyd', urls) }, (error) => resolve(error?.code ?? 0)),
  )
  expect(status).toBe(0)
  // Beyond loopback the pages require the password.
  const page = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' })
  expect([page.status, page.headers.get('location')]).toEqual([303, '/login'])
  for (const child of children.splice(0)) expect(await child.stop()).toBe(0)
})
