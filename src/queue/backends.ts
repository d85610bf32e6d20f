/** BullMQ's classes on Redis and on PostgreSQL, with their common options. */
import type { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type BackendFactory,
  type ConnectionOptions,
  createRedisBackend,
  type IQueueBackend,
  type Job,
  type PgPool,
  PostgresConnection,
  PostgresQueueBackend,
  Queue,
  type Telemetry,
  Worker,
  withBackend,
} from 'bullmq'
import type { RedisConnections } from './redis.ts'

export type Processor = (job: Job, token?: string, signal?: AbortSignal) => Promise<void>

export interface Classes {
  kind: 'redis' | 'postgres'
  queue(name: QueueName): Queue
  worker(name: QueueName, processor: Processor, concurrency: number): Worker
  /** How many of these jobs exist; null where one statement adds all that are missing. */
  countExisting: ((queue: Queue, ids: readonly string[]) => Promise<number>) | null
  ping(): Promise<boolean>
  close(): Promise<void>
}

const workerOptions = (name: QueueName, concurrency: number) => ({
  concurrency,
  // A worker without a limiter ignores Queue.rateLimit, which pauses the queue for all of them.
  ...(name === 'model' ? { limiter: { max: 1_000_000, duration: 1000 } } : {}),
  // A lock is renewed after half of this time. A job of a killed process runs again within these two intervals.
  lockDuration: 15_000,
  stalledInterval: 5_000,
  // A restart during a job must never end as `failed`: the row decides, not BullMQ.
  maxStalledCount: 1_000_000,
  maxStartedAttempts: 1_000_000,
  settings: {
    backoffStrategy: (_attempts: number, _type?: string, error?: Error) =>
      // Whole milliseconds: the PostgreSQL backend stores bigints and refuses fractions.
      error instanceof RetryLater ? Math.max(1, Math.ceil(error.delayMs)) : 1000,
  },
})

export function redisClasses(
  connections: RedisConnections,
  prefix: string,
  telemetry: Telemetry | undefined,
): Classes {
  // BullMQ's types expect ioredis 5; version 6 has the same commands.
  const producer = connections.producer as unknown as ConnectionOptions
  const traced = telemetry ? { telemetry } : {}
  const worker = connections.worker as unknown as ConnectionOptions
  return {
    kind: 'redis',
    queue: (name) => new Queue(name, { connection: producer, prefix, ...traced }),
    worker: (name, processor, concurrency) =>
      new Worker(
        name,
        processor,
        { connection: worker, prefix, ...traced, ...workerOptions(name, concurrency) },
        (...given) => patient(createRedisBackend(...given)),
      ),
    countExisting: (queue, ids) => connections.producer.exists(...ids.map((id) => queue.toKey(id))),
    ping: () => connections.ping(),
    close: () => connections.close(),
  }
}

export function postgresClasses(pool: PgPool, prefix: string, telemetry: Telemetry | undefined): Classes {
  const traced = telemetry ? { telemetry } : {}
  const bound = withBackend(onPool)
  const tracked = trackedListeners(pool as unknown as EventEmitter)
  return {
    kind: 'postgres',
    queue: (name) =>
      tracked.of(
        () => new bound.Queue(`${prefix}-${name}`, { connection: pool, ...traced }),
      ) as unknown as Queue,
    worker: (name, processor, concurrency) =>
      tracked.of(
        () =>
          new bound.Worker(`${prefix}-${name}`, processor, {
            connection: pool,
            ...traced,
            ...workerOptions(name, concurrency),
          }),
      ) as unknown as Worker,
    countExisting: null,
    ping: () => pool.query('select 1').then(() => true),
    close: async () => tracked.remove(),
  }
}

/** The schema was migrated when the queues were opened. BullMQ checks it once, and keeps a failure forever. */
class OpenedConnection extends PostgresConnection {
  override async waitUntilReady(): Promise<void> {}
}

const onPool: BackendFactory<PostgresQueueBackend, PgPool> = (
  name,
  options,
  { withBlockingConnection } = {},
) => {
  const listener = withBlockingConnection ? name : undefined
  return patient(
    new PostgresQueueBackend(new OpenedConnection(options.connection), name, options, true, listener),
  )
}

/** Milliseconds until a worker asks for a job again after its request has failed. */
const pauseMs = 500

/** A worker of BullMQ asks again at once, thousands of times a second, and each failure is a line in the log. */
function patient<Backend extends IQueueBackend>(backend: Backend): Backend {
  const moveToActive = backend.moveToActive.bind(backend)
  backend.moveToActive = async (...asked) => {
    try {
      return await moveToActive(...asked)
    } catch (error) {
      await delay(pauseMs, undefined, { ref: false })
      throw error
    }
  }
  return backend
}

/** BullMQ's objects listen for the pool's errors, even after they are closed. */
function trackedListeners(pool: EventEmitter) {
  const added: ((error: Error) => void)[] = []
  return {
    of<T>(make: () => T): T {
      const before = pool.listeners('error').length
      const made = make()
      added.push(...(pool.listeners('error').slice(before) as typeof added))
      return made
    },
    remove(): void {
      for (const listener of added.splice(0)) pool.off('error', listener)
    },
  }
}

/** Queues follow the resource that they ration: tokens and requests, or connections to mail servers. */
export type QueueName = 'model' | 'mailbox'
export const queueNames: readonly QueueName[] = ['model', 'mailbox']

/** Thrown by a handler: run the same job again after that time. The row says the same, so a lost job is recreated. */
export class RetryLater extends Error {
  override name = 'RetryLater'
  readonly delayMs: number
  constructor(delayMs: number, options?: ErrorOptions) {
    super(`retry in ${Math.round(delayMs)} ms`, options)
    this.delayMs = delayMs
  }
}
