/** From mail to model: how long after the server's own notice the first question is sent. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ImapFlow } from 'imapflow'
import { deliverAll } from '../../test/live/servers/index.ts'
import { type BenchOptions, type Figure, figure, mediansOf, quantile } from './figure.ts'
import { connect } from './imap.ts'
import { makeMail, newToken } from './mails.ts'
import { type Peers, withPeers } from './peers.ts'
import { newDomain, Rig } from './rig.ts'

/** Mails of a run. */
const mailsEach = 100
/** At the first mails no code is compiled yet, but a daemon runs for weeks. */
const warmUps = 30

interface Reaction {
  /** From the end of the delivery to the observer's EXISTS, milliseconds. */
  noticeMs: number
  /** From the end of the delivery to the triage request. */
  requestMs: number
}

/** The machine's own clock, as in the counterpart. */
const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6

async function react(peers: Peers, user: string, observer: ImapFlow): Promise<Reaction> {
  const token = newToken()
  const noticed = new Promise<number>((resolve) => observer.once('exists', () => resolve(monotonicMs())))
  const asked = new Promise<number>((resolve) =>
    peers.counterpart.onTriage((seen, atMs) => {
      if (seen === token) resolve(atMs)
    }),
  )
  await deliverAll(peers.dovecot, [{ user, octets: makeMail(token, user) }])
  const storedAt = monotonicMs()
  const [noticedAt, askedAt] = await Promise.all([noticed, asked])
  return { noticeMs: noticedAt - storedAt, requestMs: askedAt - storedAt }
}

async function idle(client: ImapFlow): Promise<void> {
  while (client.usable) await client.idle().catch(() => undefined)
}

async function reactions(peers: Peers): Promise<Reaction[]> {
  const user = `reactor@${newDomain()}`
  await using rig = await Rig.build(peers, { addresses: [user], since: 'now' })
  await using observer = await connect(peers.dovecot, user)
  await observer.mailboxOpen('INBOX', { readOnly: true })
  void idle(observer)
  rig.daemon.start()
  await rig.loggedAt('watch.baseline')
  await peers.counterpart.order({ tell: true })
  for (let warm = 0; warm < warmUps; warm++) await react(peers, user, observer)
  const found: Reaction[] = []
  for (let mail = 0; mail < mailsEach; mail++) {
    found.push(await react(peers, user, observer))
    // Not in step with any timer of the server or the daemon.
    await delay(100 + 300 * Math.random())
  }
  await peers.counterpart.order({ tell: false })
  peers.counterpart.onTriage(null)
  return found
}

/** Quantiles are taken over all runs together, because one hundredth of a run is less than a mail. */
export async function reaction({ runs, say }: BenchOptions): Promise<Figure[]> {
  return withPeers(async (peers) => {
    const all: Reaction[] = []
    for (let run = 1; run <= runs; run++) {
      all.push(...(await reactions(peers)))
      say(`reaction ${run}/${runs}`)
    }
    const after = all.map(({ noticeMs, requestMs }) => requestMs - noticeMs)
    const middle = (pick: (one: Reaction) => number) => quantile(all.map(pick), 0.5)
    return mediansOf([
      [
        figure({
          name: "request after the observer's notice, p50",
          value: quantile(after, 0.5),
          unit: 'ms',
          target: { of: 'value', atMost: 12 },
        }),
        figure({
          name: "request after the observer's notice, p99",
          value: quantile(after, 0.99),
          unit: 'ms',
          target: { of: 'value', atMost: 35 },
        }),
        figure({
          name: 'from storing to the request, p50',
          value: middle(({ requestMs }) => requestMs),
          unit: 'ms',
          limit: { name: 'from storing to the notice', value: middle(({ noticeMs }) => noticeMs) },
          target: { of: 'ratio', atMost: 1.1 },
        }),
      ],
    ])
  })
}
