/** The daemon's memory, how soon it watches, and the cost of a huge mail. */
import { setTimeout as delay } from 'node:timers/promises'
import { deliverAll } from '../../test/live/servers/index.ts'
import { ChaosProxy } from '../chaos/proxy.ts'
import { fill, withDisposition } from './backlog.ts'
import { type BenchOptions, type Figure, figure, mediansOf } from './figure.ts'
import { settleMs } from './idle.ts'
import { makeMail, newToken } from './mails.ts'
import { type Peers, withPeers } from './peers.ts'
import { newDomain, Rig, type RigOptions } from './rig.ts'

/** Between the usual mails and the huge one. */
const pauseMs = 5_000
const manyAccounts = 100
const attachmentOctets = 30 * 2 ** 20

/** Behind a proxy that sees IDLE and counts. */
async function withIdleRig<T>(
  peers: Peers,
  options: RigOptions,
  work: (rig: Rig, proxy: ChaosProxy, startMs: number) => Promise<T>,
): Promise<T> {
  await using proxy = await ChaosProxy.start(peers.dovecot.imapPort)
  await using rig = await Rig.build(peers, { ...options, imapPort: proxy.port })
  const startMs = await startedUntilIdle(rig, proxy)
  // It idles before it has a baseline: mail delivered in between would be ignored as old mail.
  await rig.loggedAt('watch.baseline')
  return await work(rig, proxy, startMs)
}

async function startedUntilIdle(rig: Rig, proxy: ChaosProxy): Promise<number> {
  const idles = proxy.once('toServer', (text) => (/\bIDLE\r\n/.test(text) ? text : undefined))
  const startedAt = performance.now()
  rig.daemon.start()
  await idles
  return performance.now() - startedAt
}

async function resting(peers: Peers): Promise<Figure[]> {
  const options: RigOptions = { addresses: [`idle@${newDomain()}`], since: 'now' }
  const onServers = await withIdleRig(peers, options, async (rig, proxy, firstMs) => {
    await delay(settleMs)
    const rssMb = rig.rssMb()
    await rig.daemon.stop()
    return { firstMs, rssMb, startMs: await startedUntilIdle(rig, proxy) }
  })
  const embedded = await withIdleRig(peers, { ...options, embedded: true }, async (rig, proxy, firstMs) => {
    const firstPeakMb = rig.rssMb('VmHWM')
    await rig.daemon.stop()
    const startMs = await startedUntilIdle(rig, proxy)
    await delay(settleMs)
    return { firstMs, firstPeakMb, startMs, rssMb: rig.rssMb() }
  })
  const start = (name: string, value: number, atMost: number) =>
    figure({ name, value, unit: 's', target: { of: 'value', atMost } })
  const memory = (name: string, value: number, atMost: number) =>
    figure({ name, value, unit: 'MB', target: { of: 'value', atMost } })
  return [
    start('start to the first IDLE, first start', onServers.firstMs / 1000, 1.2),
    start('start to the first IDLE, not the first start', onServers.startMs / 1000, 1.2),
    start('start to the first IDLE, embedded, not the first start', embedded.startMs / 1000, 1.5),
    start('start to the first IDLE, embedded, first start', embedded.firstMs / 1000, 3.5),
    memory('most memory of the first start, embedded', embedded.firstPeakMb, 500),
    memory('idle, one account', onServers.rssMb, 115),
    memory('idle, one account, embedded, not the first start', embedded.rssMb, 300),
  ]
}

async function many(peers: Peers): Promise<Figure> {
  const domain = newDomain()
  const addresses = Array.from({ length: manyAccounts }, (_, at) => `many${at}@${domain}`)
  await using rig = await Rig.build(peers, { addresses, since: 'now' })
  rig.daemon.start()
  await rig.loggedAt('watch.baseline', manyAccounts)
  await delay(settleMs)
  return figure({
    name: `idle, ${manyAccounts} accounts`,
    value: rig.rssMb(),
    unit: 'MB',
    target: { of: 'value', atMost: 300 },
  })
}

/** Memory when the last mails are drafted, compared with memory after the first fifth. */
async function flat(peers: Peers, mails: number): Promise<Figure> {
  await using rig = await Rig.build(peers, { addresses: fill(peers, mails, mails), concurrency: 50 })
  rig.daemon.start()
  // Before that, the store has no tables.
  await rig.loggedAt('watch.baseline')
  await rig.when(Math.ceil(mails / 5), () => withDisposition('drafted')(rig))
  const early = rig.rssMb()
  await rig.when(mails, () => withDisposition('drafted')(rig))
  return figure({
    name: `after ${mails} mails`,
    value: rig.rssMb(),
    unit: 'MB',
    limit: { name: 'after the first fifth', value: early },
    target: { of: 'ratio', atMost: 1.05 },
  })
}

function hugeMail(token: string, to: string): Buffer {
  const boundary = `huge${token}`
  const mail = makeMail(token, to).toString('latin1')
  const [head = '', ...rest] = mail.split('\r\n\r\n')
  const inner = /Content-Type: .*/.exec(head)?.[0] ?? ''
  const outer = head.replace(inner, `Content-Type: multipart/mixed; boundary="${boundary}"`)
  const line = `${'QUJD'.repeat(19)}\r\n`
  const attachment = line.repeat(Math.ceil(attachmentOctets / line.length))
  return Buffer.from(
    `${outer}\r\n\r\n--${boundary}\r\n${inner}\r\n\r\n${rest.join('\r\n\r\n')}\r\n--${boundary}\r\n` +
      'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n' +
      `Content-Disposition: attachment; filename="big.bin"\r\n\r\n${attachment}\r\n--${boundary}--\r\n`,
    'latin1',
  )
}

async function huge(peers: Peers): Promise<Figure[]> {
  const user = `huge@${newDomain()}`
  return withIdleRig(peers, { addresses: [user], since: 'now' }, async (rig, proxy) => {
    let octets = 0
    proxy.watch((text) => {
      octets += text.length
      return undefined
    })
    const drafted = (count: number) => rig.when(count, () => withDisposition('drafted')(rig))
    const usual = Array.from({ length: 20 }, () => ({ user, octets: makeMail(newToken(), user) }))
    await deliverAll(peers.dovecot, usual)
    await drafted(usual.length)
    await delay(pauseMs)
    const [before, rssBefore] = [octets, rig.rssMb()]
    await deliverAll(peers.dovecot, [{ user, octets: hugeMail(newToken(), user) }])
    await drafted(usual.length + 1)
    return [
      figure({
        name: 'IMAP traffic of a 30 MB mail, its draft included',
        value: (octets - before) / 1024,
        unit: 'KB',
        target: { of: 'value', atMost: 64 },
      }),
      figure({
        name: 'more memory after a 30 MB mail',
        value: rig.rssMb() - rssBefore,
        unit: 'MB',
        target: { of: 'value', atMost: 5 },
      }),
    ]
  })
}

export async function memory({ runs, mails, say }: BenchOptions): Promise<Figure[]> {
  return withPeers(async (peers) => {
    const all: Figure[][] = []
    for (let run = 1; run <= runs; run++) {
      const figures: Figure[] = []
      const parts = [resting, many, huge, (servers: Peers) => flat(servers, mails)]
      for (const part of parts) {
        const found = [await part(peers)].flat()
        for (const { name, value, unit } of found) say(`  ${name}: ${value.toFixed(1)} ${unit}`)
        figures.push(...found)
      }
      all.push(figures)
      say(`memory ${run}/${runs}`)
    }
    return mediansOf(all)
  })
}
