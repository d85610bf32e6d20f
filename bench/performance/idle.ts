/** The cost of mailboxes while no mail arrives: 1, 100 and 1,000 of them in one daemon on one IMAP server. */
import { setTimeout as delay } from 'node:timers/promises'
import { statementsSince } from './counters.ts'
import { type BenchOptions, type Figure, figure, mediansOf } from './figure.ts'
import { type Peers, withPeers } from './peers.ts'
import { newDomain, Rig } from './rig.ts'

/** After this time the work of the start is over: the observers' first looks and the learning of styles. */
export const settleMs = 45_000
/** Two rounds of the observers. */
const watchedMs = 60_000

async function resting(peers: Peers, count: number): Promise<Figure[]> {
  const domain = newDomain()
  const addresses = Array.from({ length: count }, (_, at) => `idle${at}@${domain}`)
  await using rig = await Rig.build(peers, { addresses, since: 'now' })
  const startedAt = Date.now()
  rig.daemon.start()
  const baselineMs = (await rig.loggedAt('watch.baseline', count)) - startedAt
  const startCpuMs = rig.cpuMs()
  await delay(settleMs)
  const [cpuBefore, statementsOf, from] = [rig.cpuMs(), await statementsSince(peers), performance.now()]
  await delay(watchedMs)
  const seconds = (performance.now() - from) / 1000
  const [cpuMs, { statements, rowsWritten }] = [rig.cpuMs() - cpuBefore, await statementsOf()]
  const warnings = rig.daemon.log().split('"level":40').length - 1
  const of = `${count.toLocaleString('en')} idle ${count === 1 ? 'account' : 'accounts'}`
  const all = count === 1000
  const plain = (name: string, value: number, unit: string) => figure({ name: `${of}: ${name}`, value, unit })
  const bounded = (name: string, value: number, unit: string, atMost: number) =>
    all
      ? figure({ name: `${of}: ${name}`, value, unit, target: { of: 'value', atMost } })
      : plain(name, value, unit)
  return [
    bounded("the daemon's CPU", cpuMs / seconds, 'ms/s', 50),
    plain('SQL statements', statements / seconds, '/s'),
    plain('rows written', rowsWritten / seconds, '/s'),
    bounded('warnings in the log', warnings, 'lines', 0),
    bounded('resident', rig.rssMb(), 'MB', 260),
    bounded('to the last baseline', baselineMs / 1000, 's', 25),
    plain("the daemon's CPU to the last baseline", startCpuMs, 'ms'),
  ]
}

export async function idle({ runs, say }: BenchOptions): Promise<Figure[]> {
  return withPeers(async (peers) => {
    const all: Figure[][] = []
    for (let run = 1; run <= runs; run++) {
      const figures: Figure[] = []
      for (const count of [1, 100, 1000]) {
        const found = await resting(peers, count)
        for (const { name, value, unit } of found) say(`  ${name}: ${value.toFixed(1)} ${unit}`)
        figures.push(...found)
      }
      all.push(figures)
      say(`idle ${run}/${runs}`)
    }
    return mediansOf(all)
  })
}
