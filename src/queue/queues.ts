import {
  type ConnectionOptions,
  createPostgresBackend,
  type Job,
  type PgPool,
  Queue,
  runMigrations,
  UnrecoverableError,
  Worker,
  withBackend,
} from 'bullmq'
import type { Step } from '../disposition.ts'
import { ConfigError, RateLimitedError, reasonOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { openRedis, type RedisConnections } from './redis.ts'

/** Queues follow the resource that they ration: tokens and requests, or connections to the mail servers. */
export type QueueName = 'model' | 'mailbox'
export const queueNames: readonly QueueName[] = ['model', 'mailbox']

/** A job is a nudge: it names a row and the step that was next when it was written. */
export interface Nudge {
  queue: QueueName
  step: Step
  messageId: string
  /** Milliseconds until it may run. */
  delayMs?: number
}

/** Thrown by a handler: run the same job again after that time. The row says the same, so a lost job is found again. */
export class RetryLater extends Error {
  override name = 'RetryLater'
  readonly delayMs: number
  constructor(delayMs: number, options?: ErrorOptions) {
    super(`retry in ${Math.round(delayMs)} ms`, options)
    this.delayMs = delayMs
  }
}

export type Handler = (step: Step, messageId: string, signal: AbortSignal) => Promise<void>

export interface Queues extends AsyncDisposable {
  readonly kind: 'redis' | 'postgres'
  /** Adds jobs; one that is there already stays as it is. Rejects quickly while the queue can't be reached. */
  enqueue(nudges: readonly Nudge[]): Promise<void>
  /** Starts working; `drain` on the returned object stops taking jobs and waits for those under way. */
  work(queue: QueueName, concurrency: number, handler: Handler): { drain(timeoutMs: number): Promise<void> }
  /** Jobs by state, for health and metrics. */
  counts(queue: QueueName): Promise<Record<string, number>>
  /** BullMQ's own object, for the queue board. */
  board(queue: QueueName): Queue
  /** True while the queue answers. */
  ping(): Promise<boolean>
}

interface Settings {
  redisUrl: string | null
  /** Where BullMQ's PostgreSQL backend lives when there is no Redis. */
  pool: unknown
  /** Prefix of every key and queue name: two installations may share a server. */
  namespace: string
  /** No other process can be at work on this store: what an earlier one left in the queues is dropped at the start. */
  alone?: boolean
}

/**
 * Redis when a URL is given, else BullMQ's PostgreSQL backend on the store's own pool.
 * @throws ConfigError when Redis refuses the login
 */
export async function openQueues(settings: Settings, log: Log): Promise<Queues> {
  if (settings.redisUrl) {
    const connections = await openRedis(settings.redisUrl, log)
    const onRedis = new BullQueues(settings.namespace, log, redisClasses(connections, settings.namespace))
    return settings.alone ? onRedis.emptied() : onRedis
  }
  const pool = settings.pool as PgPool
  const client = await pool.connect()
  try {
    await runMigrations(client)
  } finally {
    client.release()
  }
  const onPostgres = new BullQueues(settings.namespace, log, postgresClasses(pool, settings.namespace))
  return settings.alone ? onPostgres.emptied() : onPostgres
}

type Processor = (job: Job, token?: string, signal?: AbortSignal) => Promise<void>

interface Classes {
  kind: 'redis' | 'postgres'
  queue(name: QueueName): Queue
  worker(name: QueueName, processor: Processor, concurrency: number): Worker
  ping(): Promise<boolean>
  close(): Promise<void>
}

const workerOptions = (concurrency: number) => ({
  concurrency,
  // Renewed at half of it. A job whose process was killed runs again within these two.
  lockDuration: 15_000,
  stalledInterval: 5_000,
  // A restart during a job must never end as `failed`: the row decides, not BullMQ's verdict.
  maxStalledCount: 1_000_000,
  maxStartedAttempts: 1_000_000,
  settings: {
    backoffStrategy: (_attempts: number, _type?: string, error?: Error) =>
      // Whole milliseconds: the PostgreSQL backend stores them as bigint and refuses the rest.
      error instanceof RetryLater ? Math.max(1, Math.ceil(error.delayMs)) : 1000,
  },
})

function redisClasses(connections: RedisConnections, prefix: string): Classes {
  // BullMQ types ioredis 5's class; 6 has the same commands.
  const producer = connections.producer as unknown as ConnectionOptions
  const worker = connections.worker as unknown as ConnectionOptions
  return {
    kind: 'redis',
    queue: (name) => new Queue(name, { connection: producer, prefix }),
    worker: (name, processor, concurrency) =>
      new Worker(name, processor, { connection: worker, prefix, ...workerOptions(concurrency) }),
    ping: () => connections.ping(),
    close: () => connections.close(),
  }
}

function postgresClasses(pool: PgPool, prefix: string): Classes {
  const bound = withBackend(createPostgresBackend)
  return {
    kind: 'postgres',
    queue: (name) => new bound.Queue(`${prefix}-${name}`, { connection: pool }) as unknown as Queue,
    worker: (name, processor, concurrency) =>
      new bound.Worker(`${prefix}-${name}`, processor, {
        connection: pool,
        ...workerOptions(concurrency),
      }) as unknown as Worker,
    ping: () => pool.query('select 1').then(() => true),
    close: () => Promise.resolve(),
  }
}

class BullQueues implements Queues {
  readonly kind: 'redis' | 'postgres'
  readonly #log: Log
  readonly #classes: Classes
  readonly #queues = new Map<QueueName, Queue>()
  readonly #workers: Worker[] = []

  constructor(_namespace: string, log: Log, classes: Classes) {
    this.kind = classes.kind
    this.#log = log
    this.#classes = classes
    for (const name of queueNames) {
      const queue = classes.queue(name)
      queue.on('error', (error) => log.warn({ event: 'queue.error', queue: name, reason: reasonOf(error) }))
      this.#queues.set(name, queue)
    }
  }

  board(name: QueueName): Queue {
    const queue = this.#queues.get(name)
    if (!queue) throw new ConfigError(`no queue named ${name}`)
    return queue
  }

  /** Drops all jobs: those of a killed process would block their rows until their locks end. The sweeper makes new ones. */
  async emptied(): Promise<this> {
    for (const queue of this.#queues.values()) {
      await queue.obliterate({ force: true })
      // Obliterating pauses the queue first.
      await queue.resume()
    }
    return this
  }

  async enqueue(nudges: readonly Nudge[]): Promise<void> {
    for (const name of queueNames) {
      const jobs = nudges.filter((nudge) => nudge.queue === name).map(asJob)
      if (jobs.length > 0) await this.board(name).addBulk(jobs)
    }
  }

  work(name: QueueName, concurrency: number, handler: Handler): { drain(timeoutMs: number): Promise<void> } {
    const queue = this.board(name)
    const processor: Processor = async (job, _token, signal) => {
      const { messageId } = job.data as { messageId: string }
      try {
        await handler(job.name as Step, messageId, signal ?? new AbortController().signal)
      } catch (error) {
        if (error instanceof RateLimitedError) {
          await queue.rateLimit(Math.max(1, Math.ceil(error.retryAfterMs)))
          throw Worker.RateLimitError()
        }
        if (error instanceof RetryLater) throw error
        throw new UnrecoverableError(reasonOf(error))
      }
    }
    const worker = this.#classes.worker(name, processor, concurrency)
    worker.on('error', (error) =>
      this.#log.warn({ event: 'queue.worker-error', queue: name, reason: reasonOf(error) }),
    )
    this.#workers.push(worker)
    return { drain: (timeoutMs) => drain(worker, timeoutMs) }
  }

  async counts(name: QueueName): Promise<Record<string, number>> {
    return this.board(name).getJobCounts('active', 'delayed', 'wait', 'failed')
  }

  ping(): Promise<boolean> {
    return this.#classes.ping().catch(() => false)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => drain(worker, 5_000)))
    await Promise.allSettled([...this.#queues.values()].map((queue) => queue.close()))
    await this.#classes.close()
  }
}

function asJob({ step, messageId, delayMs }: Nudge) {
  return {
    name: step,
    data: { messageId },
    opts: {
      jobId: `${step}-${messageId}`,
      delay: Math.ceil(delayMs ?? 0),
      // The row says when to give up.
      attempts: 1_000_000,
      backoff: { type: 'custom' },
      removeOnComplete: true,
      removeOnFail: true,
    },
  }
}

/** Stops taking jobs and waits; BullMQ's own close has no time limit. */
async function drain(worker: Worker, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), timeoutMs)
  })
  const closed = worker.close().then(() => 'closed' as const)
  closed.catch(() => undefined)
  const outcome = await Promise.race([closed, tooLong])
  clearTimeout(timer)
  if (outcome === 'late') await worker.close(true)
}
