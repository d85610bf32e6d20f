/** Notifications reach a push service as browsers can read them: real encryption, a service on loopback, a real store. */
import { createECDH, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import type { StepContext } from '../../src/context.ts'
import { changeAccountState } from '../../src/store/accounts.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { addPushDevice, changePushDevice, listPushDevices } from '../../src/store/push-devices.ts'
import { Pusher } from '../../src/web/push/pusher.ts'
import type { Health } from '../../src/web/web-context.ts'
import { fillState } from '../store-template.ts'
import { seedMails } from './seed.ts'

// @ts-expect-error: the package has no types.
const { decrypt } = (await import('http_ece')).default as {
  decrypt: (octets: Buffer, options: object) => Buffer
}

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'replyd-push-'))
let db: Database
let service: Server
let status = 201
const received: { headers: NodeJS.Dict<string | string[]>; octets: Buffer }[] = []
let now = new Date('2026-03-10T12:00:00Z')

beforeAll(async () => {
  await fillState(directory)
  db = await openDatabase({ directory, databaseUrl: null }, silentLog)
  await seedMails(db, ['held', 'approved'], 'a@example.org')
  await db.query(`update replyd.message set disposition = 'held', step = 'review'`)
  const keys = { key: readFileSync(fixture('key.pem')), cert: readFileSync(fixture('cert.pem')) }
  service = createServer(keys, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    received.push({ headers: request.headers, octets: Buffer.concat(chunks) })
    response.writeHead(status).end()
  })
  await once(service.listen(0, '127.0.0.1'), 'listening')
})

afterAll(async () => {
  service?.close()
  await db?.[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

const browser = createECDH('prime256v1')
browser.generateKeys()
const secret = randomBytes(16)
const endpoint = () => `https://127.0.0.1:${(service.address() as AddressInfo).port}/send/abc`

beforeEach(async () => {
  received.length = 0
  status = 201
  now = new Date('2026-03-10T12:00:00Z')
  await db.query('delete from replyd.push_device')
  const keys = {
    p256dh: browser.getPublicKey().toString('base64url'),
    auth: secret.toString('base64url'),
  }
  const about = { actor: 'Ann', device: 'Firefox on Linux', session: null, addedAt: now }
  expect(await addPushDevice(db, { id: 'd', endpoint: endpoint(), keys, ...about }, 10)).toBe(true)
})

const held = (id: string) =>
  db.query(
    `insert into replyd.event (message_id, at, step, disposition, reason, actor)
       values ($1, $2, 'compose', 'held', 'mode-review', 'replyd')`,
    [id, new Date(now.getTime() - 2_000)],
  )

const well: Health = { ok: true, parts: { store: 'ok', queue: 'ok', model: 'ok' } }

async function look(reachesAll = true): Promise<void> {
  const context = {
    ...{ db, log: silentLog, clock: { now: () => now }, newId: () => 'one' },
    config: { budget: { timeZone: 'UTC' }, state: { directory, key: null } },
    accounts: new Map([['me@shop.example', {}]]),
  } as unknown as StepContext
  const mayReach = reachesAll ? { mayReach: () => true } : {}
  await using pusher = new Pusher(context, async () => well, { caFile: fixture('cert.pem'), ...mayReach })
  await pusher.look()
}

const wishes = {
  ...{ waiting: true, trouble: true, detailed: false },
  ...{ digestAt: null, quietFrom: null, quietUntil: null },
}

const messages = () =>
  received.map(({ octets }) =>
    JSON.parse(decrypt(octets, { version: 'aes128gcm', privateKey: browser, authSecret: secret }).toString()),
  )

test('a waiting reply is announced once, encrypted for that browser, without details', async () => {
  await held('m-held')
  await look()
  await look()
  expect(messages()).toEqual([{ title: 'A reply waits for you', body: '', path: '/replies/m-held' }])
  const { headers, octets } = received[0] ?? { headers: {}, octets: Buffer.alloc(0) }
  expect(octets.toString('latin1')).not.toContain('reply waits')
  expect(headers).toMatchObject({ 'content-encoding': 'aes128gcm', ttl: '43200', topic: 'waiting' })
  expect(headers.authorization).toMatch(/^vapid t=[\w-]+\.[\w-]+\.[\w-]+, k=[\w-]{87}$/)
})

test('sender and subject are included if the person chose it', async () => {
  await changePushDevice(db, 'd', { ...wishes, detailed: true })
  await held('m-held')
  await look()
  expect(messages()[0].body).toBe('From a@example.org')
})

test('quiet hours hold it back; afterwards one notification tells what still waits', async () => {
  await changePushDevice(db, 'd', { ...wishes, quietFrom: '11:00', quietUntil: '13:00' })
  for (const id of ['m-held', 'm-approved']) await held(id)
  await look()
  expect(received).toEqual([])
  now = new Date('2026-03-10T13:00:00Z')
  await look()
  expect(messages()).toEqual([{ title: '2 replies wait for you', body: '', path: '/' }])
})

test('a stopped account is announced once, and again after it worked in between; not if nobody wants it', async () => {
  const stop = (stopped: string | null) => changeAccountState(db, 'me@shop.example', { stopped }, now)
  await stop('the password is wrong')
  await look()
  await look()
  expect(messages()).toEqual([
    expect.objectContaining({ title: 'replyd needs your help', path: '/settings', tag: 'trouble' }),
  ])
  expect(JSON.stringify(messages())).not.toContain('password')
  await stop(null)
  await look()
  await changePushDevice(db, 'd', { ...wishes, detailed: true })
  await stop('the password is wrong')
  await look()
  expect(messages()[1].body).toBe('me@shop.example has stopped: the password is wrong')
  await stop(null)
  await look()
  await changePushDevice(db, 'd', { ...wishes, trouble: false })
  await stop('the password is wrong')
  await look()
  expect(received).toHaveLength(2)
  await stop(null)
})

test('the daily summary says once a day how many wait, from its hour on, and replies are announced only if that is wanted', async () => {
  await changePushDevice(db, 'd', { ...wishes, waiting: false, digestAt: '12:30' })
  await held('m-held')
  await look()
  expect(received).toEqual([])
  now = new Date('2026-03-10T12:30:00Z')
  await look()
  await look()
  expect(messages()).toEqual([{ title: '2 replies wait for you today', body: '', path: '/', tag: 'digest' }])
  now = new Date('2026-03-11T12:31:00Z')
  await look()
  expect(received).toHaveLength(2)
})

test('is tried again when the push service fails, and not before its time', async () => {
  status = 503
  await held('m-held')
  await look()
  await look()
  expect(received).toHaveLength(1)
  status = 201
  now = new Date(now.getTime() + 3_600_000)
  await look()
  expect(received).toHaveLength(2)
  expect((await listPushDevices(db))[0]).toMatchObject({ attempts: 0, failingSince: null })
})

test.each([404, 410])('an ended subscription (HTTP %d) is forgotten', async (over) => {
  status = over
  await held('m-held')
  await look()
  expect(await listPushDevices(db)).toEqual([])
})

test('a browser cannot make replyd reach this machine, by address or by name', async () => {
  await held('m-held')
  await look(false)
  expect(received).toEqual([])
  expect(await listPushDevices(db)).toEqual([])
  const keys = { p256dh: browser.getPublicKey().toString('base64url'), auth: secret.toString('base64url') }
  const about = { actor: 'Ann', device: 'Firefox', session: null, addedAt: now }
  const named = endpoint().replace('127.0.0.1', 'localhost')
  await addPushDevice(db, { id: 'n', endpoint: named, keys, ...about }, 10)
  await held('m-held')
  await look(false)
  expect(received).toEqual([])
  expect((await listPushDevices(db))[0]?.attempts).toBe(1)
})
