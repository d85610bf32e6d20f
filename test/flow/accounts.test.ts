/** Several accounts in one daemon: a problem with one does not delay the others. */
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type StandIn, standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { Relay } from '../live/relay.ts'
import { type Dovecot, deliverAll, startDovecot } from '../live/servers/index.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'
import { readMailbox } from './mailboxes.ts'

const healthy = ['a', 'b', 'c', 'd'].map((name) => `${name}@replyd.test`)
/** More spam than workers that file, and more letters than workers that write. */
const stalledMails = { spam: 24, letters: 6 }
const modelConcurrency = 4
/** The number of model requests for the failing account's mails after which its mail server fails. */
const enough = 2

let dovecot: Dovecot
let standIn: StandIn
/** The model answers requests for the failing account's mails only once its mail server has failed. */
let stall: { reach: () => void; reached: boolean; waiting: (() => void)[] }

beforeAll(async () => {
  dovecot = await startDovecot()
  standIn = await startStandIn({
    behaviour: async ({ question }) => {
      if (question.mail.includes('from the stalled account') && !stall.reached) await isStalled()
      return undefined
    },
  })
})

afterAll(async () => {
  await dovecot?.stop()
  await standIn?.close()
})

function isStalled(): Promise<void> {
  return new Promise((resolve) => {
    stall.waiting.push(resolve)
    if (stall.waiting.length < enough) return
    stall.reached = true
    stall.reach()
    for (const go of stall.waiting) go()
  })
}

/** Spam to be moved, and letters whose thread is looked up in \\Sent: each occupies a worker that waits for IMAP. */
const lettersTo = (stalled: string) =>
  Array.from({ length: stalledMails.spam + stalledMails.letters }, (_, n) => {
    const spam = n >= stalledMails.letters
    const text = spam
      ? 'Your account has been limited. Verify your account and confirm your password immediately: http://login.example/v'
      : 'When will my order arrive?'
    const thread = [`References: <earlier-${n}@replyd.test>`, `In-Reply-To: <earlier-${n}@replyd.test>`]
    const body = `${text}\r\nThis is mail ${n} from the stalled account.`
    return { user: stalled, octets: letter(stalled, `queued-${n}`, body, spam ? [] : thread) }
  })

function letter(to: string, id: string, text: string, fields: readonly string[] = []): string {
  const header = [
    `Message-ID: <${id}@customers.example>`,
    `From: Customer <c-${id}@customers.example>`,
    `To: ${to}`,
    `Subject: Order ${id}`,
    'Date: Tue, 24 Nov 2026 10:00:00 +0000',
    ...fields,
  ]
  return `${header.join('\r\n')}\r\n\r\nHello,\r\n\r\n${text}\r\n\r\nCustomer\r\n`
}

const accountOn = (address: string, port: number, password = dovecot.password) => ({
  address,
  imap: { host: dovecot.host, port, secure: false, user: address, password },
  smtp: { host: dovecot.host, port: 1, secure: false },
  since: 'all',
})

/** RFC 4616 */
const credentials = (user: string, password: string) =>
  Buffer.from(`\0${user}\0${password}`).toString('base64')

async function start(accounts: unknown[]): Promise<RunningDaemon> {
  const imap = { host: dovecot.host, port: dovecot.imapPort, user: '', password: '' }
  const smtp = { host: dovecot.host, port: 1 }
  const model = {
    name: standInModel,
    baseUrl: standIn.baseUrl,
    apiKey: 'none',
    concurrency: modelConcurrency,
  }
  const databaseUrl = await newDatabase()
  return startDaemon({ address: '', imap, smtp, standIn, databaseUrl, document: { accounts, model } })
}

/** Resolves when mails of the account have reached the model and its server has failed; then the model answers them. */
function willStall(reach: () => void): Promise<void> {
  return new Promise((resolve) => {
    stall = { reached: false, waiting: [], reach: () => [reach(), resolve()] }
  })
}

/** Delivers a mail to each healthy account, and returns the outcome. */
async function healthyAnswer(running: RunningDaemon, round: string): Promise<string[]> {
  await deliverAll(
    dovecot,
    healthy.map((user) => ({
      user,
      octets: letter(user, `${round}-${user[0]}`, 'When will my order arrive?'),
    })),
  )
  const rows = await Promise.all(
    healthy.map((address) =>
      running.settledWith(
        ({ account, messageId }) => account === address && messageId?.startsWith(`<${round}-`) === true,
      ),
    ),
  )
  return rows.map(({ disposition }) => disposition)
}

test('a wrong password stops its account, which says so, and an account that stalls delays no other', async () => {
  const [stalled, wrong] = ['stalls@replyd.test', 'wrong@replyd.test']
  await using stalling = await Relay.start(dovecot.imapPort)
  let logins = 0
  await using counting = await Relay.start(dovecot.imapPort, {
    toServer: (text) => {
      if (/AUTHENTICATE|LOGIN/.test(text)) logins++
      return text
    },
  })
  const reached = willStall(() => {
    stalling.frozen = true
  })
  await deliverAll(dovecot, lettersTo(stalled))
  await using running = await start([
    accountOn(stalled, stalling.port),
    accountOn(wrong, counting.port, 'not the password'),
    ...healthy.map((address) => accountOn(address, dovecot.imapPort)),
  ])
  await reached
  expect(await healthyAnswer(running, 'stalled')).toEqual(healthy.map(() => 'drafted'))
  for (const address of healthy) expect(await readMailbox(dovecot, address, 'Drafts')).toHaveLength(1)
  const { db } = running.daemon.context
  const atStalled = await db.query<{ disposition: string; mails: number }>(
    'select disposition, count(*)::float8 as mails from replyd.message where account = $1 group by 1',
    [stalled],
  )
  expect(atStalled.rows).toEqual([
    { disposition: 'pending', mails: stalledMails.spam + stalledMails.letters },
  ])
  const states = await db.query<{ account: string; stopped: string }>(
    'select account, stopped from replyd.account_state where stopped is not null',
  )
  const refusal = expect.stringMatching(/^IMAP login as wrong@replyd\.test at \S+ was refused: .*password/)
  expect(states.rows).toEqual([{ account: wrong, stopped: refusal }])
  // The watcher's login and, if it was already in progress, that of the connection for commands.
  expect(logins).toBeLessThanOrEqual(2)
  stalling.frozen = false
  stalling.cutAll()
})

test('a password that is changed while replyd runs stops no other account', async () => {
  const stalled = 'changes@replyd.test'
  let changed = false
  await using changing = await Relay.start(dovecot.imapPort, {
    toServer: (text) =>
      changed ? text.replace(credentials(stalled, dovecot.password), credentials(stalled, 'changed')) : text,
  })
  void willStall(() => {
    changed = true
    changing.cutAll()
  })
  await deliverAll(dovecot, lettersTo(stalled))
  await using running = await start([
    accountOn(stalled, changing.port),
    ...healthy.map((address) => accountOn(address, dovecot.imapPort)),
  ])
  const [error, account] = await once(running.daemon.pipeline, 'owner-action')
  expect([String(error), account]).toEqual([expect.stringMatching(/login as .* was refused/), stalled])
  expect(await healthyAnswer(running, 'changed')).toEqual(healthy.map(() => 'drafted'))
})
