/** Throughput when the model is the bottleneck: its latency, or its provider's limits. */
import { setTimeout as delay } from 'node:timers/promises'
import type { RateLimit } from '../../src/demo/stand-in/wire.ts'
import { startStandIn } from '../../src/demo/stand-in.ts'
import { fill, withDisposition } from './backlog.ts'
import { type BenchOptions, type Figure, figure, mediansOf } from './figure.ts'
import { type Peers, withPeers } from './peers.ts'
import { Rig } from './rig.ts'

/** Triage and compose. */
const callsPerMail = 2

/**
 * Mails per second, without the first and the last tenth, when fewer calls than allowed are in progress.
 */
async function atLatency(peers: Peers, most: number, latencyMs: number, inFlight: number): Promise<Figure> {
  const limit = (inFlight * 1000) / (latencyMs * callsPerMail)
  const mails = Math.min(most, Math.round(limit * 20))
  await peers.counterpart.order({ latencyMs })
  await using rig = await Rig.build(peers, { addresses: fill(peers, mails, mails), concurrency: inFlight })
  rig.daemon.start()
  await rig.loggedAt('watch.baseline')
  const drafted = () => withDisposition('drafted')(rig)
  const [from, to] = [Math.round(mails * 0.2), Math.round(mails * 0.8)]
  const startedAt = await rig.when(from, drafted)
  const first = await drafted()
  const endedAt = await rig.when(to, drafted)
  const last = await drafted()
  await peers.counterpart.order({ latencyMs: 0 })
  return figure({
    name: `model at ${latencyMs} ms, ${inFlight} in flight`,
    value: ((last - first) * 1000) / (endedAt - startedAt),
    unit: 'mails/s',
    limit: { name: 'calls in flight / (latency × calls per mail)', value: limit },
    target: { of: 'ratio', atLeast: 0.95 },
  })
}

/** As if somebody else had used the key for a minute: then only the rate matters, not the contents of a full bucket. */
async function useUp(
  baseUrl: string,
  { requestsPerMinute = 0, tokensPerMinute = 0 }: RateLimit,
): Promise<void> {
  const ask = (tokens: number) =>
    fetch(`${baseUrl}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], max_tokens: tokens }),
    }).then((response) => response.text())
  if (tokensPerMinute > 0) await ask(tokensPerMinute - 1000)
  for (let done = 0; done < requestsPerMinute; done += 25) {
    await Promise.all(Array.from({ length: Math.min(25, requestsPerMinute - done) }, () => ask(1)))
  }
}

const settleMs = 8_000
const windowMs = 30_000

async function underLimit(peers: Peers, limits: RateLimit): Promise<Figure[]> {
  let asked = 0
  await using standIn = await startStandIn({
    limits,
    latencyMs: 300,
    behaviour: ({ promptTokens, body }) => {
      asked += promptTokens + (body.maxTokens ?? 0)
      return undefined
    },
  })
  await useUp(standIn.baseUrl, limits)
  const counterpart = { ...peers.counterpart, baseUrl: standIn.baseUrl }
  const mails = 800
  await using rig = await Rig.build(
    { ...peers, counterpart },
    { addresses: fill(peers, mails, mails), concurrency: 50 },
  )
  rig.daemon.start()
  await rig.loggedAt('watch.baseline')
  await rig.when(1, () => withDisposition('drafted')(rig))
  await delay(settleMs)
  const [before, askedBefore, startedAt] = [standIn.counters(), asked, performance.now()]
  await delay(windowMs)
  const minutes = (performance.now() - startedAt) / 60_000
  const after = standIn.counters()
  const calls = after.requests - before.requests
  const refused = after.limited - before.limited
  const perRequests = limits.requestsPerMinute !== undefined
  const name = perRequests
    ? `${limits.requestsPerMinute} requests a minute`
    : `${limits.tokensPerMinute} tokens a minute`
  const used = (perRequests ? calls - refused : asked - askedBefore) / minutes
  return [
    figure({
      name: `under a limit of ${name}`,
      value: used,
      unit: perRequests ? 'calls/min' : 'tokens/min',
      limit: { name: "the provider's limit", value: limits.requestsPerMinute ?? limits.tokensPerMinute ?? 0 },
      target: { of: 'ratio', atLeast: 0.95 },
    }),
    figure({
      name: `share of 429, ${name}`,
      value: (100 * refused) / calls,
      unit: '%',
      target: { of: 'value', atMost: 1 },
    }),
  ]
}

export async function model({ runs, mails, say }: BenchOptions): Promise<Figure[]> {
  return withPeers(async (peers) => {
    const all: Figure[][] = []
    for (let run = 1; run <= runs; run++) {
      all.push([
        await atLatency(peers, mails, 300, 50),
        await atLatency(peers, mails, 1000, 100),
        ...(await underLimit(peers, { requestsPerMinute: 900 })),
        ...(await underLimit(peers, { tokensPerMinute: 600_000 })),
      ])
      say(`model ${run}/${runs}`)
    }
    return mediansOf(all)
  })
}
