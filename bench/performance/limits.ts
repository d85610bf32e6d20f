/** How fast the parts are on their own, on this machine, now: the limits for the other benches. */
import { Queue, Worker } from 'bullmq'
import type { ImapFlow } from 'imapflow'
import { Redis } from 'ioredis'
import { createTransport } from 'nodemailer'
import pg from 'pg'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { deliverAll } from '../../test/live/servers/index.ts'
import { type BenchOptions, type Figure, figure, mediansOf } from './figure.ts'
import { connect, fetchSources, fetchTexts, rate } from './imap.ts'
import { fillInbox, makeMail, newToken } from './mails.ts'
import { type Peers, withPeers } from './peers.ts'
import { newDomain } from './rig.ts'

/** Mails a second. */
export interface ReadingLimits {
  sources: number
  texts: number
}

/** Uses a separate mailbox, which is read once beforehand, so that the server's index is warm as after a delivery. */
export async function readingLimits(peers: Peers, mails: number): Promise<ReadingLimits> {
  const user = `reader@${newDomain()}`
  fillInbox(
    peers.dovecot,
    user,
    Array.from({ length: mails }, () => makeMail(newToken(), user)),
  )
  await using client = await connect(peers.dovecot, user)
  await client.mailboxOpen('INBOX', { readOnly: true })
  await fetchTexts(client)
  const texts = await rate(mails, () => fetchTexts(client))
  return { texts, sources: await rate(mails, () => fetchSources(client)) }
}

/**
 * Mails a second when each is fetched in a batch, parsed, and inserted with a commit that reaches the disk: the minimum
 * for a program that loses nothing. No guard, no job.
 */
export async function plainIngest(peers: Peers, mails: number): Promise<number> {
  const [user, size] = [`keeper@${newDomain()}`, 200]
  fillInbox(
    peers.dovecot,
    user,
    Array.from({ length: mails }, () => makeMail(newToken(), user)),
  )
  await using client = await connect(peers.dovecot, user)
  const db = new pg.Client({ connectionString: await peers.postgres.createDatabase() })
  await db.connect()
  await db.query('create table mail (uid int primary key, header text, body text, html text)')
  const store = async (uid: number, source: Buffer) => {
    const { fields, text, html } = parseOctets(source)
    const values = [uid, JSON.stringify(fields), text, html]
    await db.query({ name: 'store', text: 'insert into mail values ($1, $2, $3, $4)', values })
  }
  await client.mailboxOpen('INBOX', { readOnly: true })
  const found = await rate(mails, async () => {
    for (let first = 1; first <= mails; first += size)
      for (const { uid, source } of await client.fetchAll(`${first}:${first + size - 1}`, {
        uid: true,
        source: true,
      }))
        if (source) await store(uid, source)
  })
  await db.end()
  return found
}

/** Drafts a second, one APPEND after the other: more connections do not help, because the mailbox is locked. */
export async function appendLimit(peers: Peers, mails: number): Promise<number> {
  const user = `writer@${newDomain()}`
  await using client = await connect(peers.dovecot, user)
  await client.mailboxOpen('Drafts')
  const draft = makeMail(newToken(), user)
  const append = () => client.append('Drafts', draft, ['\\Draft', '\\Seen'], new Date())
  for (let warm = 0; warm < 20; warm++) await append()
  return await rate(mails, async () => {
    for (let sent = 0; sent < mails; sent++) await append()
  })
}

/** Mails a second from nodemailer to a server that only counts. */
export async function submissionLimit(peers: Peers, mails: number, pool: boolean): Promise<number> {
  const shared = { host: '127.0.0.1', port: peers.counterpart.smtpPort, secure: false, ignoreTLS: true }
  const transport = pool
    ? createTransport({ ...shared, pool: true, maxConnections: 5, maxMessages: 1_000_000 })
    : createTransport(shared)
  const raw = makeMail(newToken(), 'to@bench.test')
  const send = () => transport.sendMail({ envelope: { from: 'a@bench.test', to: 'b@bench.test' }, raw })
  const sendAll = (count: number) => inParallel(count, 10, send)
  await sendAll(50)
  const found = await rate(mails, () => sendAll(mails))
  transport.close()
  return found
}

export async function inParallel(count: number, width: number, work: () => Promise<unknown>): Promise<void> {
  let left = count
  const worker = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: width }, worker))
}

/** Empty jobs a second. */
async function queueLimit(peers: Peers, jobs: number): Promise<number> {
  const connection = new Redis(peers.redis.newDatabase(), { maxRetriesPerRequest: null })
  const options = { connection: connection as never }
  const queue = new Queue('noop', options)
  const all = Array.from({ length: jobs }, (_, at) => ({ name: 'noop', data: { id: `j${at}` } }))
  await queue.addBulk(all.map((job) => ({ ...job, opts: { removeOnComplete: true } })))
  let done = 0
  const found = await rate(jobs, async () => {
    const finished = new Promise<void>((resolve) => {
      const worker = new Worker('noop', async () => undefined, { ...options, concurrency: 10 })
      worker.on('error', () => undefined)
      worker.on('completed', () => {
        if (++done === jobs) worker.close().then(resolve, () => resolve())
      })
    })
    await finished
  })
  await queue.close()
  connection.disconnect()
  return found
}

/** From the end of a delivery to EXISTS on a connection in IDLE, milliseconds. */
async function idleNotice(peers: Peers): Promise<number> {
  const user = `idler@${newDomain()}`
  await using client = await connect(peers.dovecot, user)
  await client.mailboxOpen('INBOX', { readOnly: true })
  const idling = client.idle()
  const noticed = exists(client)
  await deliverAll(peers.dovecot, [{ user, octets: makeMail(newToken(), user) }])
  const storedAt = performance.now()
  const at = await noticed
  client.close()
  await idling.catch(() => undefined)
  return at - storedAt
}

const exists = (client: ImapFlow) =>
  new Promise<number>((resolve) => client.once('exists', () => resolve(performance.now())))

export async function limits({ runs, mails, say }: BenchOptions): Promise<Figure[]> {
  return withPeers(async (peers) => {
    const all: Figure[][] = []
    const some = Math.min(mails, 1000)
    for (let run = 1; run <= runs; run++) {
      const reading = await readingLimits(peers, mails)
      const noticeMs = await idleNotice(peers)
      const of = (name: string, value: number, unit = 'mails/s') => figure({ name, value, unit })
      all.push([
        of('IDLE notice after storing', noticeMs, 'ms'),
        of('imapflow, whole source', reading.sources),
        of('imapflow, envelope, structure, then text parts', reading.texts),
        of('APPEND to Drafts', await appendLimit(peers, some)),
        of('nodemailer, a connection per mail', await submissionLimit(peers, some, false)),
        of('nodemailer, pooled', await submissionLimit(peers, some, true)),
        of('BullMQ on Redis, no-op jobs', await queueLimit(peers, mails * 2), 'jobs/s'),
      ])
      say(`limits ${run}/${runs}`)
    }
    return mediansOf(all)
  })
}
