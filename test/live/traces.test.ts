/** Jobs are traced to an OpenTelemetry collector, on both queues, and no word of a mail gets there. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import pg from 'pg'
import { pino } from 'pino'
import { silentLog } from '../../src/base/log.ts'
import { openQueues } from '../../src/queue/queues.ts'
import { type Postgres, type Redis, startPostgres, startRedis } from './servers/index.ts'

interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Record<string, string> }[]
  status: { code: number }
}

const [producer, consumer] = [4, 5]
let redis: Redis
let postgres: Postgres
let collector: Server
let endpoint = ''
let bodies: string[] = []
let status = 200

beforeAll(async () => {
  ;[redis, postgres] = await Promise.all([startRedis(), startPostgres({ fsync: false })])
  collector = createServer(async (request, response) => {
    expect([request.method, request.url, request.headers['content-type']]).toEqual([
      'POST',
      '/v1/traces',
      'application/json',
    ])
    bodies.push(await text(request))
    response.writeHead(status).end('{}')
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`
})

beforeEach(() => {
  bodies = []
  status = 200
})

afterAll(async () => {
  collector.close()
  await Promise.all([redis?.stop(), postgres?.stop()])
})

/** Runs three jobs, of which one fails, and closes the queues. */
async function runJobs(withRedis: boolean, log = silentLog): Promise<void> {
  const pool = new pg.Pool({
    connectionString: await postgres.createDatabase(),
    options: '-c search_path=bullmq,public',
  })
  pool.on('error', () => undefined)
  await pool.query('create schema if not exists bullmq')
  const redisUrl = withRedis ? redis.newDatabase() : null
  {
    await using queues = await openQueues({ redisUrl, pool, namespace: 'replyd', traces: endpoint }, log)
    await new Promise<void>((resolve, reject) => {
      let left = 3
      const { drain } = queues.work('model', 1, async (_step, id) => {
        if (--left === 0) drain(5000).then(resolve, reject)
        if (id === 'm2') throw new Error('Ann <ann@buyers.example> wrote: secret words')
      })
      const requests = ['m1', 'm2', 'm3'].map(
        (messageId) => ({ queue: 'model', step: 'triage', messageId }) as const,
      )
      queues.enqueue(requests).catch(reject)
    })
  }
  await pool.end()
}

const spans = (): Span[] =>
  bodies.flatMap((body) => JSON.parse(body).resourceSpans[0].scopeSpans[0].spans as Span[])
const attribute = ({ attributes }: Span, name: string) =>
  attributes.find(({ key }) => key === name)?.value.stringValue

test.each([
  ['Redis', true],
  ['PostgreSQL', false],
])('%s: each job is a child of the span that enqueued it', async (_name, withRedis) => {
  await runJobs(withRedis)
  const enqueued = spans().find(({ kind }) => kind === producer)
  const ran = spans().filter(({ kind }) => kind === consumer)
  expect(ran.map((span) => attribute(span, 'bullmq.job.id')).sort()).toEqual([
    'triage-m1',
    'triage-m2',
    'triage-m3',
  ])
  for (const span of ran) {
    expect(span.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect([span.traceId, span.parentSpanId]).toEqual([enqueued?.traceId, enqueued?.spanId])
    expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true)
    expect(span.startTimeUnixNano).toHaveLength(19)
  }
  const resource = JSON.parse(bodies[0] ?? '').resourceSpans[0].resource.attributes
  expect(resource).toContainEqual({ key: 'service.name', value: { stringValue: 'replyd' } })
  expect(bodies.join('')).not.toMatch(/secret words|buyers\.example/)
})

test('a collector that refuses is said once, and every job runs', async () => {
  status = 503
  const warnings: string[] = []
  await runJobs(true, pino({ level: 'warn' }, { write: (line: string) => warnings.push(line) }))
  expect(bodies.length).toBeGreaterThan(0)
  const refused = warnings.filter((line) => line.includes('traces.not-taken'))
  expect(refused).toEqual([expect.stringContaining('HTTP 503')])
})
