/** Mail that has waited: how fast it is stored, and how fast it becomes drafts or sent replies. */
import { ChaosProxy } from '../chaos/proxy.ts'
import { type RedisWork, redisWorkSince, type Statements, statementsSince, treeCpuMs } from './counters.ts'
import { type BenchOptions, type Figure, figure, mediansOf } from './figure.ts'
import { appendLimit, readingLimits, submissionLimit } from './limits.ts'
import { layDown, makeMail, newToken } from './mails.ts'
import { type Peers, withPeers } from './peers.ts'
import { newDomain, Rig, type RigOptions } from './rig.ts'

/** An account may send 50 automatic replies in an hour. */
const perSender = 50
/** Concurrent model calls. */
const concurrency = 50
/** The embedded store is for one mailbox: its backlog is shorter. */
const mostEmbedded = 1_000

export interface Passage {
  mailsPerSecond: number
  cpuMsPerMail: number
  /** The most that was resident, MB. */
  rssMb: number
}

/** For each mail. */
interface Work extends Statements, RedisWork {
  /** Of the daemon and of all servers but the model's, milliseconds. */
  allCpuMs: number
  imapCommands: number
  smtpCommands: number
}

/** New accounts with this many mails in each INBOX. @returns their addresses */
export function fill(peers: Peers, mails: number, perAccount: number): string[] {
  const domain = newDomain()
  const addresses = Array.from({ length: Math.ceil(mails / perAccount) }, (_, at) => `u${at}@${domain}`)
  for (const [at, address] of addresses.entries())
    lay(peers, address, Math.min(perAccount, mails - at * perAccount))
  return addresses
}

function lay(peers: Peers, address: string, count: number): void {
  const mails = Array.from({ length: count }, () => makeMail(newToken(), address))
  layDown(peers.dovecot, address, mails)
}

/** From the start of reading to the last of `mails`, as `done` counts them. */
export async function pass(
  peers: Peers,
  mails: number,
  options: RigOptions,
  done: (rig: Rig) => Promise<number>,
): Promise<Passage> {
  await using rig = await Rig.build(peers, { concurrency, ...options })
  return await measured(rig, mails, done)
}

/** The same, with all that the servers were asked. */
async function counted(
  peers: Peers,
  mails: number,
  options: RigOptions,
  done: (rig: Rig) => Promise<number>,
): Promise<Passage & Work> {
  await using proxy = await ChaosProxy.start(peers.dovecot.imapPort)
  await using rig = await Rig.build(peers, { concurrency, ...options, imapPort: proxy.port })
  rig.daemon.start()
  await rig.loggedAt('watch.baseline')
  let imapCommands = 0
  proxy.watch((text, _link, direction) => {
    if (direction === 'toServer') imapCommands += text.match(/^[A-Z0-9]+ (?:UID )?[A-Z]+[ \r]/gm)?.length ?? 0
    return undefined
  })
  const servers = [peers.dovecot, peers.redis, peers.postgres].map(({ pid = 0 }) => pid)
  const serversCpuMs = () => servers.reduce((sum, pid) => sum + treeCpuMs(pid), 0)
  const [statements, redisWork] = [await statementsSince(peers), await redisWorkSince(peers)]
  const [{ smtpCommands }, cpuBefore] = [await peers.counterpart.order({}), serversCpuMs()]
  const passage = await afterBaseline(rig, mails, done)
  const [sql, redis] = [await statements(), await redisWork()]
  const { smtpCommands: smtpAfter } = await peers.counterpart.order({})
  const work = { ...sql, ...redis, imapCommands, smtpCommands: smtpAfter - smtpCommands }
  const each = Object.fromEntries(Object.entries(work).map(([name, value]) => [name, value / mails]))
  const allCpuMs = passage.cpuMsPerMail + (serversCpuMs() - cpuBefore) / mails
  return { ...passage, ...(each as unknown as Omit<Work, 'allCpuMs'>), allCpuMs }
}

function workFigures(
  to: string,
  work: Passage & Work,
  most: { cpuMs: number; statements: number },
): Figure[] {
  const each = (name: string, value: number, unit: string, atMost?: number) =>
    figure({
      ...{ name: `${to}: ${name}`, value, unit },
      ...(atMost === undefined ? {} : { target: { of: 'value', atMost } }),
    })
  return [
    each("the daemon's CPU", work.cpuMsPerMail, 'ms/mail', most.cpuMs),
    each('CPU of the daemon, Dovecot, PostgreSQL and Redis', work.allCpuMs, 'ms/mail'),
    each('SQL statements', work.statements, '/mail', most.statements),
    each('rows written', work.rowsWritten, '/mail'),
    each('write-ahead log', work.walOctets / 1024, 'KiB/mail'),
    each('Redis commands, those of scripts included', work.commands, '/mail'),
    each('Redis scripts', work.scripts, '/mail'),
    each('IMAP commands', work.imapCommands, '/mail'),
    each('SMTP commands', work.smtpCommands, '/mail'),
  ]
}

async function measured(rig: Rig, mails: number, done: (rig: Rig) => Promise<number>): Promise<Passage> {
  rig.daemon.start()
  return await afterBaseline(rig, mails, done)
}

async function afterBaseline(rig: Rig, mails: number, done: (rig: Rig) => Promise<number>): Promise<Passage> {
  const startedAt = await rig.loggedAt('watch.baseline')
  const cpuBefore = rig.cpuMs()
  const endedAt = await rig.when(mails, () => done(rig))
  return {
    mailsPerSecond: (mails * 1000) / (endedAt - startedAt),
    cpuMsPerMail: (rig.cpuMs() - cpuBefore) / mails,
    rssMb: rig.rssMb('VmHWM'),
  }
}

/** Stored, and each with its job. */
async function ingested(rig: Rig): Promise<number> {
  const [rows, jobs] = [await rig.count('replyd.message'), await rig.jobs('model')]
  return Math.min(rows, jobs)
}

export const withDisposition = (disposition: string) => (rig: Rig) =>
  rig.count(`replyd.message where disposition = '${disposition}'`)

async function onServers(peers: Peers, mails: number): Promise<Figure[]> {
  const reading = await readingLimits(peers, mails)
  const stored = await pass(peers, mails, { addresses: fill(peers, mails, mails), roles: 'watch' }, ingested)
  const appends = await appendLimit(peers, Math.min(mails, 1000))
  const drafted = await counted(
    peers,
    mails,
    { addresses: fill(peers, mails, mails) },
    withDisposition('drafted'),
  )
  const pooled = await submissionLimit(peers, Math.min(mails, 1000), true)
  const sending = { addresses: fill(peers, mails, perSender), mode: 'send' } as const
  const sent = await counted(peers, mails, sending, withDisposition('sent'))
  const bound = Math.min(pooled, appends)
  const boundName = pooled < appends ? 'nodemailer pooled' : 'APPEND, for the copy in Sent'
  return [
    figure({
      name: 'ingest: rows committed, jobs queued',
      value: stored.mailsPerSecond,
      unit: 'mails/s',
      limit: { name: "imapflow's batched fetch", value: reading.texts },
      target: { of: 'ratio', atLeast: 0.5 },
    }),
    figure({
      name: 'whole way to a saved draft',
      value: drafted.mailsPerSecond,
      unit: 'mails/s',
      limit: { name: 'APPEND to Drafts', value: appends },
      target: { of: 'ratio', atLeast: 0.6 },
    }),
    figure({
      name: 'whole way to a sent reply',
      value: sent.mailsPerSecond,
      unit: 'mails/s',
      limit: { name: boundName, value: bound },
      target: { of: 'ratio', atLeast: 0.4 },
    }),
    ...workFigures('to a draft', drafted, { cpuMs: 4.5, statements: 3.5 }),
    ...workFigures('to a sent reply', sent, { cpuMs: 6.5, statements: 7 }),
    figure({
      name: 'most memory under the backlog',
      value: drafted.rssMb,
      unit: 'MB',
      target: { of: 'value', atMost: 250 },
    }),
  ]
}

/** Twice as many mails: the first start prepares the database, which takes extra memory. */
async function embedded(peers: Peers, mails: number): Promise<Figure[]> {
  const [address = ''] = fill(peers, mails, mails)
  const drafts = (rig: Rig) => rig.draftsOf(peers, address)
  await using rig = await Rig.build(peers, { concurrency, addresses: [address], embedded: true })
  const drafted = await measured(rig, mails, drafts)
  await rig.daemon.stop()
  lay(peers, address, mails)
  rig.daemon.start()
  await rig.when(2 * mails, () => drafts(rig))
  return [
    figure({
      name: 'whole way to a saved draft, embedded state',
      value: drafted.mailsPerSecond,
      unit: 'mails/s',
      target: { of: 'value', atLeast: 60 },
    }),
    figure({
      name: 'most memory under the backlog, embedded state, not the first start',
      value: rig.rssMb('VmHWM'),
      unit: 'MB',
      target: { of: 'value', atMost: 600 },
    }),
    figure({
      name: 'most memory under the backlog, embedded state, first start included',
      value: drafted.rssMb,
      unit: 'MB',
    }),
  ]
}

export async function backlog({ runs, mails, say }: BenchOptions): Promise<Figure[]> {
  return withPeers(async (peers) => {
    const all: Figure[][] = []
    for (let run = 1; run <= runs; run++) {
      all.push([
        ...(await onServers(peers, mails)),
        ...(await embedded(peers, Math.min(mails, mostEmbedded))),
      ])
      say(`backlog ${run}/${runs}`)
    }
    return mediansOf(all)
  })
}
