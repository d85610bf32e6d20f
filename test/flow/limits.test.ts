/**
 * A provider with rate limits, refusals and charges: nothing is lost, hardly any call is refused, and the owner is
 * told.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Override, type StandIn, type StandInRequest, startStandIn } from '../../src/demo/stand-in.ts'
import { type Dovecot, deliverAll, type Redis, startDovecot, startRedis } from '../live/servers/index.ts'
import { type RunningDaemon, startDaemon } from './daemon.ts'
import { newDatabase } from './database.ts'

let dovecot: Dovecot
let redis: Redis

beforeAll(async () => {
  ;[dovecot, redis] = await Promise.all([startDovecot(), startRedis()])
})

afterAll(async () => {
  await Promise.all([dovecot, redis].map((server) => server?.stop()))
})

async function deliver(address: string, count: number): Promise<void> {
  const letters = Array.from({ length: count }, (_, n) => {
    const from = `customer${n}@customers.example`
    const header = `Message-ID: <o-${n}@customers.example>\r\nFrom: ${from}\r\nTo: ${address}\r\nSubject: Order ${n}`
    const octets = `${header}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n\r\nHello,\r\n\r\nwhen will my order number ${n} arrive?\r\n`
    return { user: address, octets, reversePath: from }
  })
  await deliverAll(dovecot, letters)
}

const open = (
  address: string,
  standIn: StandIn,
  state: { redisUrl: string | null; databaseUrl: string | null },
): Promise<RunningDaemon> =>
  startDaemon({
    address,
    imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    ...state,
    document: { budget: { perDay: 100 } },
    model: { price: { input: 1, output: 1 } },
  })

/** As if somebody else had just used the key. */
async function useUp(standIn: StandIn, calls: number): Promise<void> {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], max_tokens: 1 })
  const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } }
  for (let done = 0; done < calls; done += 50) {
    const some = Array.from({ length: Math.min(50, calls - done) }, () =>
      fetch(`${standIn.baseUrl}/chat/completions`, init).then((response) => response.text()),
    )
    await Promise.all(some)
  }
}

describe.each([
  ['Redis and PostgreSQL', 'shared'],
  ['the embedded state', 'embedded'],
])('on %s', (_name, kind) => {
  const stateOf = async () =>
    kind === 'shared'
      ? { redisUrl: redis.newDatabase(), databaseUrl: await newDatabase() }
      : { redisUrl: null, databaseUrl: null }

  test('40 calls under a limit of 600 a minute that is used up: at most one is refused', async () => {
    const address = `limits-${kind}@shop.example`
    await using standIn = await startStandIn({ limits: { requestsPerMinute: 600 }, latencyMs: 20 })
    await useUp(standIn, 600)
    const before = standIn.counters()
    await deliver(address, 20)
    await using running = await open(address, standIn, await stateOf())
    const rows = await running.settled(20)
    expect(rows.map(({ disposition }) => disposition)).toEqual(rows.map(() => 'drafted'))
    const { requests, limited } = standIn.counters()
    expect(limited - before.limited).toBeLessThanOrEqual(1)
    expect(requests - before.requests).toBeLessThanOrEqual(41)
  })

  test('a refusal pauses the queue and does not count as a failure of any mail', async () => {
    const address = `refused-${kind}@shop.example`
    const refused: string[] = []
    let asked = 0
    const behaviour = ({ number, question }: StandInRequest): Override | undefined => {
      asked++
      if (number !== 4 && number !== 20) return undefined
      refused.push(question.facts.get('subject') ?? '')
      const error = { message: 'slow down', type: 'requests', code: 'rate_limit_exceeded' }
      return { status: 429, body: { error }, headers: { 'retry-after-ms': '600' } }
    }
    await using standIn = await startStandIn({ behaviour })
    await deliver(address, 20)
    await using running = await open(address, standIn, await stateOf())
    const rows = await running.settled(20)
    expect(new Set(rows.map(({ disposition }) => disposition))).toEqual(new Set(['drafted']))
    expect(refused).toHaveLength(2)
    const { rows: calls } = await running.daemon.context.db.query<{ n: number }>(
      'select count(*)::int as n from replyd.model_call where settled and cost > 0',
    )
    // Refused calls were not charged. On a busy machine a call may time out, which is charged, and be made again.
    expect(calls).toEqual([{ n: asked - 2 }])
    expect(asked).toBeGreaterThanOrEqual(42)
  })
})

test.each([
  [401, 'invalid_api_key', 'refused the API key'],
  [429, 'insufficient_quota', 'the quota at'],
])('%i %s stops the model and notifies the owner once; a restart continues', async (status, code, words) => {
  const address = `${code}@shop.example`
  const state = { redisUrl: redis.newDatabase(), databaseUrl: await newDatabase() }
  const broken: Override = { status, body: { error: { message: 'no', type: code, code } } }
  let isRepaired = false
  await using standIn = await startStandIn({ behaviour: () => (isRepaired ? undefined : broken) })
  const told: string[] = []
  {
    await using running = await open(address, standIn, state)
    const { pipeline, context } = running.daemon
    const stopped = new Promise<void>((resolve) =>
      pipeline.on('owner-action', ({ message }) => {
        told.push(message)
        resolve()
      }),
    )
    await deliver(address, 5)
    await stopped
    expect(pipeline.modelStopped).toContain(words)
    const { rows } = await context.db.query(`select 1 from replyd.message where step in ('review', 'done')`)
    expect(rows).toEqual([])
  }
  expect(told).toEqual([expect.stringContaining(words)])
  isRepaired = true
  await using running = await open(address, standIn, state)
  const rows = await running.settled(5)
  expect(rows.map(({ disposition }) => disposition)).toEqual(rows.map(() => 'drafted'))
})
