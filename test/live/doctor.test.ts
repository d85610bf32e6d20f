import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import type { Check } from '../../src/doctor/doctor.ts'
import { run } from '../cli/run.ts'
import {
  type Dovecot,
  type Postfix,
  type Postgres,
  type Redis,
  startDovecot,
  startPostfix,
  startPostgres,
  startRedis,
} from './servers/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'replyd-doctor-live-'))
let dovecot: Dovecot
let postfix: Postfix
let redis: Redis
let plainRedis: Redis
let postgres: Postgres
let standIn: StandIn

beforeAll(async () => {
  const settings = { 'maxmemory-policy': 'allkeys-lru' }
  ;[dovecot, redis, plainRedis, postgres, standIn] = await Promise.all([
    startDovecot(),
    startRedis({ appendonly: true }),
    startRedis({ settings }),
    startPostgres(),
    startStandIn(),
  ])
  postfix = await startPostfix({ deliverTo: dovecot, auth: 'required' })
})

afterAll(async () => {
  await Promise.all([postfix, dovecot, redis, plainRedis, postgres].map((server) => server?.stop()))
  await standIn?.close()
  rmSync(directory, { recursive: true })
})

interface Changes {
  account?: string
  password?: string
  state?: string
}

async function doctor({ account = '', password = dovecot.password, state = '' }: Changes) {
  const path = join(directory, 'replyd.yaml')
  writeFileSync(
    path,
    `accounts:
  - address: support@replyd.test
    imap: { host: 127.0.0.1, port: ${dovecot.imapPort}, secure: false, password: ${password} }
    smtp: { host: 127.0.0.1, port: ${postfix.smtpPort}, secure: false }
${account}
model: { baseUrl: "${standIn.baseUrl}", apiKey: any, name: replyd-stand-in }
state: { directory: ./data ${state} }
`,
  )
  const { status, out } = await run(['doctor', '--json', '--config', path])
  const { checks }: { checks: Check[] } = JSON.parse(out)
  return { status, checks: Object.fromEntries(checks.map((check) => [check.name, check])) }
}

describe('doctor, on real servers', () => {
  test('reports success when everything is in order', async () => {
    const state = `, redisUrl: "${redis.url}", databaseUrl: "${await postgres.createDatabase()}"`
    const { status, checks } = await doctor({ state })
    expect(checks).toMatchObject({
      imap: {
        status: 'ok',
        detail: expect.stringMatching(/logged in to 127\.0\.0\.1:\d+ as support@replyd\.test, in plain text/),
      },
      capabilities: { status: 'ok', detail: expect.stringMatching(/IDLE, MOVE, UIDPLUS, SPECIAL-USE/) },
      mailboxes: {
        detail: expect.stringMatching(/INBOX holds 0 messages; drafts: Drafts; sent: Sent; junk: Junk/),
      },
      smtp: { status: 'ok' },
      model: {
        status: 'ok',
        detail: expect.stringMatching(
          /judged a mail \(\d+ tokens in, \d+ out\) in [\d.]+ s, \d+ tokens a second/,
        ),
      },
      queue: { status: 'ok', detail: expect.stringMatching(/^Redis \d/) },
      state: { status: 'ok', detail: expect.stringMatching(/^PostgreSQL \d/) },
    })
    expect(status).toBe(0)
  })

  test('leaves the mailbox as it is', async () => {
    await dovecot.deliver('support@replyd.test', 'From: a@b.example\r\nSubject: x\r\n\r\nx\r\n')
    const first = await doctor({})
    const second = await doctor({})
    expect(second.checks.mailboxes?.detail).toBe(first.checks.mailboxes?.detail)
    expect(first.checks.mailboxes?.detail).toMatch(/INBOX holds 1 message;/)
  })

  test('says of a wrong password that both logins were refused', async () => {
    const { status, checks } = await doctor({ password: 'wrong' })
    expect(checks.imap).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/refused the login of support@replyd\.test/),
    })
    expect(checks.smtp).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/refused the login of support@replyd\.test: 535/),
    })
    expect(status).toBe(1)
  })

  test('names the mailboxes there are when the configured one is missing', async () => {
    const { status, checks } = await doctor({ account: '    mailbox: Suport' })
    expect(checks.mailboxes).toMatchObject({
      status: 'failed',
      detail: 'there is no mailbox Suport',
      advice: expect.stringMatching(/There are: .*INBOX/),
    })
    expect(status).toBe(1)
  })

  test('warns of a Redis that forgets jobs', async () => {
    const { status, checks } = await doctor({ state: `, redisUrl: "${plainRedis.url}"` })
    expect(checks.queue).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/allkeys-lru.*append-only file is off/),
    })
    expect(status).toBe(0)
  })

  test('says of a database that does not exist that the login was refused', async () => {
    const url = new URL(postgres.url)
    url.pathname = '/nowhere'
    const { status, checks } = await doctor({ state: `, databaseUrl: "${url.href}"` })
    expect(checks.state).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/"nowhere" does not exist/),
      advice: expect.stringMatching(/DATABASE_URL/),
    })
    expect(status).toBe(1)
  })
})
