/** Jobs are traced through BullMQ's `telemetry`, on both queues, and no word of a mail gets into the traces. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Span, SpanOptions, Telemetry } from 'bullmq'
import pg from 'pg'
import { silentLog } from '../../src/base/log.ts'
import { openQueues } from '../../src/queue/queues.ts'
import { type Postgres, type Redis, startPostgres, startRedis } from './servers/index.ts'

const [producer, consumer] = [3, 4]
let redis: Redis
let postgres: Postgres

beforeAll(async () => {
  ;[redis, postgres] = await Promise.all([startRedis(), startPostgres({ fsync: false })])
})

afterAll(async () => {
  await Promise.all([redis?.stop(), postgres?.stop()])
})

interface Recorded {
  id: string
  parent: string | null
  kind: number | undefined
  ended: boolean
  attributes: Record<string, unknown>
  /** Everything else that was reported about it. */
  told: unknown[]
}

/** A tracer of the test's own: a context is the id of a span. */
class Recorder implements Telemetry<string | null> {
  readonly spans: Recorded[] = []
  readonly #active = new AsyncLocalStorage<string | null>()

  readonly tracer = {
    startSpan: (name: string, options?: SpanOptions, context?: string | null): Span => {
      const parent = context ?? this.#active.getStore() ?? null
      const id = `${name} ${this.spans.length}`
      const span: Recorded = { id, parent, kind: options?.kind, ended: false, attributes: {}, told: [] }
      this.spans.push(span)
      return {
        setSpanOnContext: () => id,
        setAttribute: (key, value) => void Object.assign(span.attributes, { [key]: value }),
        setAttributes: (attributes) => void Object.assign(span.attributes, attributes),
        addEvent: (...told) => void span.told.push(told),
        recordException: (...told) => void span.told.push(told),
        end: () => {
          span.ended = true
        },
      }
    },
  }

  readonly contextManager = {
    with: <A extends () => unknown>(context: string | null, work: A) =>
      this.#active.run(context, work) as ReturnType<A>,
    active: () => this.#active.getStore() ?? null,
    getMetadata: (context: string | null) => JSON.stringify({ context }),
    fromMetadata: (active: string | null, metadata: string) =>
      (JSON.parse(metadata) as { context: string | null }).context ?? active,
  }
}

/** Runs three jobs, of which one fails, and closes the queues. */
async function runJobs(withRedis: boolean, telemetry: Telemetry): Promise<void> {
  const pool = new pg.Pool({
    connectionString: await postgres.createDatabase(),
    options: '-c search_path=bullmq,public',
  })
  pool.on('error', () => undefined)
  await pool.query('create schema if not exists bullmq')
  const redisUrl = withRedis ? redis.newDatabase() : null
  {
    await using queues = await openQueues({ redisUrl, pool, namespace: 'replyd', telemetry }, silentLog)
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

test.each([
  ['Redis', true],
  ['PostgreSQL', false],
])('%s: each job is a child of the span that enqueued it', async (_name, withRedis) => {
  const recorder = new Recorder()
  await runJobs(withRedis, recorder)
  const { spans } = recorder
  const enqueued = spans.find(({ kind }) => kind === producer)
  const ran = spans.filter(({ kind }) => kind === consumer)
  expect(ran.map(({ attributes }) => attributes['bullmq.job.id']).sort()).toEqual([
    'triage-m1',
    'triage-m2',
    'triage-m3',
  ])
  for (const { parent, ended } of ran) expect([parent, ended]).toEqual([enqueued?.id, true])
  expect(ran.flatMap(({ told }) => told)).toContainEqual(['job failed'])
  expect(JSON.stringify(spans)).not.toMatch(/secret words|buyers\.example/)
})
