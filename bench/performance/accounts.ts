/**
 * A hundred mailboxes in one daemon, one with a wrong password and one behind a proxy that stalls with work in
 * progress. A second daemon has a single account on the same servers; mails to it and to the others alternate, so
 * that the load of the machine affects both alike.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { stringify } from 'yaml'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { Relay } from '../../test/live/relay.ts'
import {
  type Dovecot,
  deliverAll,
  freePort,
  type Postgres,
  type Redis,
  startDovecot,
  startPostgres,
  startRedis,
} from '../../test/live/servers/index.ts'
import { DaemonChild } from '../chaos/child.ts'
import { type BenchOptions, type Figure, figure, mediansOf, quantile } from './figure.ts'

const accountsInAll = 100
/** Spam that waits to be moved in the stalling account: more mails than workers for it. */
const stalledMails = 150
const patienceMs = 60_000

interface Peers {
  dovecot: Dovecot
  redis: Redis
  postgres: Postgres
  standIn: StandIn
  /** Resolves with the moment of the triage request for the mail with that token; performance.now(). */
  asked(token: string): Promise<number>
}

interface Login {
  address: string
  port: number
  password: string
}

const addressOf = (name: string) => `${name}@replyd.test`

function letter(to: string, token: string, text: string): string {
  const header = [
    `Message-ID: <${token}@customers.example>`,
    `From: Customer <c-${token}@customers.example>`,
    `To: ${to}`,
    `Subject: Question ${token}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
  ]
  return `${header.join('\r\n')}\r\n\r\nHello,\r\n\r\n${text}\r\nThis is mail ${token}.\r\n\r\nCustomer\r\n`
}

const question = 'When will my order arrive?'
const spam =
  'Your account has been limited. Verify your account and confirm your password immediately: http://login.example/v'

async function startDaemon(
  peers: Peers,
  logins: readonly Login[],
): Promise<DaemonChild & { directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'replyd-bench-'))
  const [webPort, token] = [await freePort(), 'token-0123456789-bench']
  const state = {
    directory: './data',
    databaseUrl: await peers.postgres.createDatabase(),
    redisUrl: peers.redis.newDatabase(),
  }
  const document = {
    accounts: logins.map(({ address, port, password }) => ({
      address,
      imap: { host: '127.0.0.1', port, password, secure: false },
      smtp: { host: '127.0.0.1', port: 1, secure: false },
      since: 'all',
    })),
    model: { name: standInModel, baseUrl: peers.standIn.baseUrl, apiKey: 'none', concurrency: 10 },
    budget: { perDay: 1000 },
    state,
    web: { port: webPort, token },
  }
  const configPath = join(directory, 'replyd.yaml')
  writeFileSync(configPath, stringify(document))
  const daemon = new DaemonChild({ directory, configPath, webPort, token })
  daemon.start()
  const baselines = logins.filter(({ password }) => password === peers.dovecot.password).length
  await until(() => daemon.log().split('"watch.baseline"').length > baselines)
  return Object.assign(daemon, { directory })
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + patienceMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${patienceMs / 1000} s`)
    await delay(50)
  }
}

let tokens = 0

/** Milliseconds from the end of the delivery to the first request to the model. */
async function reaction(peers: Peers, address: string): Promise<number> {
  const token = `t${++tokens}x`
  const asked = peers.asked(token)
  await deliverAll(peers.dovecot, [{ user: address, octets: letter(address, token, question) }])
  const storedAt = performance.now()
  const late = delay(patienceMs, Number.POSITIVE_INFINITY, { ref: false })
  return (await Promise.race([asked, late])) - storedAt
}

const rssMb = ({ pid }: DaemonChild) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024

/** Makes the proxy stall once the daemon has begun to move the spam of that account. */
async function stall(peers: Peers, relay: Relay, address: string): Promise<void> {
  const moving = new Promise<void>((resolve) => {
    relay.hooks = {
      toServer: (text) => {
        if (!/ (UID )?(MOVE|STORE) /.test(text)) return text
        relay.frozen = true
        resolve()
        return null
      },
    }
  })
  const mails = Array.from({ length: stalledMails }, () => letter(address, `s${++tokens}x`, spam))
  await deliverAll(
    peers.dovecot,
    mails.map((octets) => ({ user: address, octets })),
  )
  await moving
}

async function run(peers: Peers): Promise<Figure[]> {
  const { dovecot } = peers
  await using relay = await Relay.start(dovecot.imapPort)
  const login = (name: string, port = dovecot.imapPort, password = dovecot.password) => {
    return { address: addressOf(`${name}-${++tokens}`), port, password }
  }
  const alone = login('alone')
  const [wrong, stalls] = [login('wrong', dovecot.imapPort, 'not the password'), login('stalls', relay.port)]
  const healthy = Array.from({ length: accountsInAll - 2 }, () => login('healthy'))
  await using single = await startDaemon(peers, [alone])
  await using many = await startDaemon(peers, [wrong, stalls, ...healthy])
  // At the first mails no code is compiled yet.
  for (const { address } of [alone, alone, alone, ...healthy.slice(0, 10)]) await reaction(peers, address)
  await stall(peers, relay, stalls.address)
  const [singleMs, manyMs]: [number[], number[]] = [[], []]
  for (const { address } of healthy) {
    singleMs.push(await reaction(peers, alone.address))
    manyMs.push(await reaction(peers, address))
  }
  const rss = rssMb(many)
  const stillStalls = relay.frozen && many.log().includes('does not answer')
  if (!stillStalls) throw new Error('the stalled account did not stall')
  relay.frozen = false
  for (const { directory } of [single, many]) rmSync(directory, { recursive: true, force: true })
  return [
    figure({
      name: `reaction of ${healthy.length} healthy accounts, p50`,
      value: quantile(manyMs, 0.5),
      unit: 'ms',
      limit: { name: 'one account alone', value: quantile(singleMs, 0.5) },
      target: { of: 'ratio', atMost: 1.5 },
    }),
    figure({
      name: `reaction of ${healthy.length} healthy accounts, p95`,
      value: quantile(manyMs, 0.95),
      unit: 'ms',
      limit: { name: 'one account alone', value: quantile(singleMs, 0.95) },
    }),
    figure({
      name: `resident memory with ${accountsInAll} accounts`,
      value: rss,
      unit: 'MB',
      target: { of: 'value', atMost: 300 },
    }),
  ]
}

export async function accounts({ runs, say }: BenchOptions): Promise<Figure[]> {
  const waiting = new Map<string, (at: number) => void>()
  await using dovecot = await startDovecot()
  await using redis = await startRedis({ appendonly: true })
  await using postgres = await startPostgres()
  await using standIn = await startStandIn({
    behaviour: ({ question: { mail, task } }) => {
      const token = /This is mail (\w+)\./.exec(mail)?.[1] ?? ''
      if (task === 'triage') waiting.get(token)?.(performance.now())
      return undefined
    },
  })
  const asked = (token: string) => new Promise<number>((resolve) => waiting.set(token, resolve))
  const found: Figure[][] = []
  for (let each = 1; each <= runs; each++) {
    found.push(await run({ dovecot, redis, postgres, standIn, asked }))
    say(`accounts ${each}/${runs}`)
  }
  return mediansOf(found)
}
