/** A backlog of mail: how fast it is stored, and how fast it becomes drafts or sent replies. */
import { type BenchOptions, type Figure, figure, mediansOf } from './figure.ts'
import { appendLimit, plainIngest, submissionLimit } from './limits.ts'
import { fillInbox, makeMail, newToken } from './mails.ts'
import { type Peers, withPeers } from './peers.ts'
import { newDomain, Rig, type RigOptions } from './rig.ts'

/** An account may send 50 automatic replies in an hour. */
export const perSender = 50
/** Concurrent model calls. */
export const concurrency = 50
/** The embedded store is meant for one mailbox, so its backlog is shorter. */
const mostEmbedded = 1_000

export interface Passage {
  mailsPerSecond: number
  cpuMsPerMail: number
  /** Peak of resident memory, MB. */
  rssMb: number
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
  fillInbox(peers.dovecot, address, mails)
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

async function measured(rig: Rig, mails: number, done: (rig: Rig) => Promise<number>): Promise<Passage> {
  rig.daemon.start()
  return await afterBaseline(rig, mails, done)
}

export async function afterBaseline(
  rig: Rig,
  mails: number,
  done: (rig: Rig) => Promise<number>,
): Promise<Passage> {
  const startedAt = await rig.loggedAt('watch.baseline')
  const cpuBefore = rig.cpuMs()
  const endedAt = await rig.when(mails, () => done(rig))
  return {
    mailsPerSecond: (mails * 1000) / (endedAt - startedAt),
    cpuMsPerMail: (rig.cpuMs() - cpuBefore) / mails,
    rssMb: rig.rssMb('VmHWM'),
  }
}

/** Counts mails that are stored and have a job. */
async function ingested(rig: Rig): Promise<number> {
  const [rows, jobs] = [await rig.count('replyd.message'), await rig.jobs('model')]
  return Math.min(rows, jobs)
}

export const withDisposition = (disposition: string) => (rig: Rig) =>
  rig.count(`replyd.message where disposition = '${disposition}'`)

async function onServers(peers: Peers, mails: number): Promise<Figure[]> {
  const plain = await plainIngest(peers, mails)
  const stored = await pass(peers, mails, { addresses: fill(peers, mails, mails), roles: 'watch' }, ingested)
  const appends = await appendLimit(peers, Math.min(mails, 1000))
  const drafting = { addresses: fill(peers, mails, mails) }
  const drafted = await pass(peers, mails, drafting, withDisposition('drafted'))
  const pooled = await submissionLimit(peers, Math.min(mails, 1000), true)
  const sending = { addresses: fill(peers, mails, perSender), mode: 'send' } as const
  const sent = await pass(peers, mails, sending, withDisposition('sent'))
  const bound = Math.min(pooled, appends)
  const boundName = pooled < appends ? 'nodemailer pooled' : 'APPEND, for the copy in Sent'
  return [
    figure({
      name: 'ingest: rows committed, jobs queued',
      value: stored.mailsPerSecond,
      unit: 'mails/s',
      limit: { name: 'fetch, parse, one durable insert', value: plain },
      target: { of: 'ratio', atLeast: 0.7 },
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
