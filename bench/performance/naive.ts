/** replyd beside the tutorial worker and beside a pipeline without a ledger: the same mails, model, queue and servers. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fill, type Passage, pass, withDisposition } from './backlog.ts'
import { type BenchOptions, type Figure, figure, mediansOf } from './figure.ts'
import { type Peers, withPeers } from './peers.ts'

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

interface Rival {
  rival: 'naive' | 'floor'
  concurrency: number
  calls?: 1 | 2
  end?: 'draft' | 'send'
}

/** Runs one of the two rivals on an account with this many mails. */
async function runRival(
  peers: Peers,
  mails: number,
  rival: Rival,
): Promise<Pick<Passage, 'mailsPerSecond' | 'cpuMsPerMail'>> {
  const [user = ''] = fill(peers, mails, mails)
  const { dovecot, counterpart, redis } = peers
  const order = {
    ...rival,
    imap: { host: dovecot.host, port: dovecot.imapPort, user, pass: dovecot.password },
    smtpPort: counterpart.smtpPort,
    redisUrl: redis.newDatabase(),
    baseUrl: counterpart.baseUrl,
  }
  const args = ['--import', file('../../scripts/typescript.mjs'), file('rival.ts'), JSON.stringify(order)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 900_000 })
  const { replies, ms, cpuMs } = JSON.parse(stdout) as { replies: number; ms: number; cpuMs: number }
  return { mailsPerSecond: (replies * 1000) / ms, cpuMsPerMail: cpuMs / replies }
}

interface Condition {
  latencyMs: number
  /** Concurrent model calls. */
  concurrency: number
  /** The least ratio to the tutorial worker, and to the floor. */
  atLeast: { naive: number; floor: number }
  /** The tutorial worker handles one mail after the other, as is BullMQ's default: a few mails show its speed. */
  naiveMails: (mails: number) => number
}

const conditions: readonly Condition[] = [
  {
    latencyMs: 0,
    concurrency: 50,
    atLeast: { naive: 2.5, floor: 0.5 },
    naiveMails: (mails) => Math.min(mails, 300),
  },
  { latencyMs: 300, concurrency: 50, atLeast: { naive: 40, floor: 0.95 }, naiveMails: () => 20 },
  { latencyMs: 1000, concurrency: 100, atLeast: { naive: 90, floor: 0.95 }, naiveMails: () => 10 },
]

async function compare(peers: Peers, mails: number, condition: Condition): Promise<Figure[]> {
  const { latencyMs, concurrency, atLeast } = condition
  await peers.counterpart.order({ latencyMs })
  const naive = await runRival(peers, condition.naiveMails(mails), { rival: 'naive', concurrency: 1 })
  const floor = await runRival(peers, mails, { rival: 'floor', concurrency, calls: 2, end: 'draft' })
  const ours = await pass(
    peers,
    mails,
    { addresses: fill(peers, mails, mails), concurrency },
    withDisposition('drafted'),
  )
  await peers.counterpart.order({ latencyMs: 0 })
  const model = latencyMs === 0 ? '0 ms' : `${latencyMs} ms, ${concurrency} in flight`
  const value = ours.mailsPerSecond
  const figures = [
    figure({
      name: `against the tutorial worker, ${model}`,
      value,
      unit: 'mails/s',
      limit: { name: 'bench/naive.ts', value: naive.mailsPerSecond },
      target: { of: 'ratio', atLeast: atLeast.naive },
    }),
    figure({
      name: `against the pipeline without a ledger, two calls, ${model}`,
      value,
      unit: 'mails/s',
      limit: { name: 'bench/floor.ts', value: floor.mailsPerSecond },
      target: { of: 'ratio', atLeast: atLeast.floor },
    }),
  ]
  if (latencyMs > 0) return figures
  const cpu = (name: string, ms: number) => figure({ name: `CPU, ${name}`, value: ms, unit: 'ms/mail' })
  return [
    ...figures,
    cpu('the tutorial worker', naive.cpuMsPerMail),
    figure({
      ...cpu('replyd, against the pipeline without a ledger', ours.cpuMsPerMail),
      limit: { name: 'bench/floor.ts', value: floor.cpuMsPerMail },
      target: { of: 'ratio', atMost: 1.6 },
    }),
  ]
}

export async function naive({ runs, mails, say }: BenchOptions): Promise<Figure[]> {
  return withPeers(async (peers) => {
    const all: Figure[][] = []
    for (let run = 1; run <= runs; run++) {
      const figures: Figure[] = []
      for (const condition of conditions)
        figures.push(...(await compare(peers, Math.min(mails, 2_000), condition)))
      all.push(figures)
      say(`naive ${run}/${runs}`)
    }
    return mediansOf(all)
  })
}
