/**
 * What a mail costs the daemon and its servers: CPU, statements, rows, and commands. Counts do not depend on the load.
 */
import { ChaosProxy } from '../chaos/proxy.ts'
import { afterBaseline, concurrency, fill, type Passage, perSender, withDisposition } from './backlog.ts'
import { type RedisWork, redisWorkSince, type Statements, statementsSince, treeCpuMs } from './counters.ts'
import { type BenchOptions, type Figure, figure, mediansOf } from './figure.ts'
import { type Peers, withPeers } from './peers.ts'
import { Rig, type RigOptions } from './rig.ts'

/** Per mail. */
interface Work extends Statements, RedisWork {
  /** CPU time of the daemon and of all servers except the model's, milliseconds. */
  allCpuMs: number
  imapCommands: number
  smtpCommands: number
}

/** Runs a backlog from the start of reading to the last of `mails`, and counts all requests to the servers. */
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

export async function work({ runs, mails, say }: BenchOptions): Promise<Figure[]> {
  return withPeers(async (peers) => {
    const all: Figure[][] = []
    for (let run = 1; run <= runs; run++) {
      const drafting = { addresses: fill(peers, mails, mails) }
      const drafted = await counted(peers, mails, drafting, withDisposition('drafted'))
      const sending = { addresses: fill(peers, mails, perSender), mode: 'send' } as const
      const sent = await counted(peers, mails, sending, withDisposition('sent'))
      all.push([
        ...workFigures('to a draft', drafted, { cpuMs: 4.5, statements: 3.5 }),
        ...workFigures('to a sent reply', sent, { cpuMs: 6.5, statements: 7 }),
      ])
      say(`work ${run}/${runs}`)
    }
    return mediansOf(all)
  })
}
