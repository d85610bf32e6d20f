import { type PgPool, type Queue, runMigrations, UnrecoverableError, Worker } from 'bullmq'
import type { Step } from '../base/dispositions.ts'
import { ConfigError, RateLimitedError, reasonOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import {
  type Classes,
  type Processor,
  postgresClasses,
  type QueueName,
  queueNames,
  RetryLater,
  redisClasses,
} from './backends.ts'
import { openRedis } from './redis.ts'
import { openTraces, type Traces, type TracesWanted } from './traces.ts'

export { type QueueName, queueNames, RetryLater } from './backends.ts'

/** A job is only a trigger: it names a row and the step that was next when it was written. */
export interface JobRequest {
  queue: QueueName
  step: Step
  messageId: string
  /** Milliseconds until it may run. */
  delayMs?: number
}

export interface Work {
  /** Stops taking jobs and waits for running ones. */
  drain(timeoutMs: number): Promise<void>
  /** Changes the number of concurrent jobs, at least 1. */
  resize(concurrency: number): unknown
}

export type Handler = (step: Step, messageId: string, signal: AbortSignal) => Promise<void>

export interface Queues extends AsyncDisposable {
  readonly kind: 'redis' | 'postgres'
  /** Adds jobs; an existing one stays unchanged. Rejects quickly while the queue can't be reached. */
  enqueue(requests: readonly JobRequest[]): Promise<void>
  /** Like `enqueue`, but cheap when most of the jobs exist. */
  enqueueMissing(requests: readonly JobRequest[]): Promise<void>
  /** Lets delayed jobs run now; has no effect on others. */
  hasten(requests: readonly JobRequest[]): Promise<void>
  work(queue: QueueName, concurrency: number, handler: Handler): Work
  /** Jobs by state, for health and metrics. */
  counts(queue: QueueName): Promise<Record<string, number>>
  /** BullMQ's own object, for the queue board. */
  board(queue: QueueName): Queue
  /** True while the queue answers. */
  ping(): Promise<boolean>
}

/** Jobs. */
const askedTogether = 100

interface QueueSettings extends TracesWanted {
  redisUrl: string | null
  /** Pool for BullMQ's PostgreSQL backend when there is no Redis. */
  pool: unknown
  /** Prefix of every key and queue name, because two installations may share a server. */
  namespace: string
  /** No other process can use this store: jobs left in the queues by an earlier one are dropped at start. */
  alone?: boolean
}

/**
 * Redis if a URL is given, otherwise BullMQ's PostgreSQL backend on the store's pool.
 * @throws ConfigError when Redis refuses the login
 */
export async function openQueues(settings: QueueSettings, log: Log): Promise<Queues> {
  const { namespace } = settings
  const traces = await openTraces(settings, log)
  if (settings.redisUrl) {
    const connections = await openRedis(settings.redisUrl, log)
    const onRedis = new BullQueues(log, redisClasses(connections, namespace, traces?.telemetry), traces)
    return settings.alone ? onRedis.emptied() : onRedis.unpaused()
  }
  const pool = settings.pool as PgPool
  const client = await pool.connect()
  try {
    await runMigrations(client)
  } finally {
    client.release()
  }
  const onPostgres = new BullQueues(log, postgresClasses(pool, namespace, traces?.telemetry), traces)
  return settings.alone ? onPostgres.emptied() : onPostgres.unpaused()
}

class BullQueues implements Queues {
  readonly kind: 'redis' | 'postgres'
  readonly #log: Log
  readonly #classes: Classes
  readonly #traces: Traces | null
  readonly #queues = new Map<QueueName, Queue>()
  readonly #workers: Worker[] = []

  constructor(log: Log, classes: Classes, traces: Traces | null) {
    this.#traces = traces
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

  /**
   * Drops all jobs: those of a killed process would block their rows until their locks expire. The sweeper recreates
   * them. A queue that another process works on is left alone: it belongs to the original of a copied state directory.
   * So is a queue if Redis does not reveal who works on it.
   */
  async emptied(): Promise<this> {
    const workers = await this.#countWorkers()
    if (workers === null) {
      const reason =
        'Redis forbids CLIENT LIST: jobs of a process that was killed stay until their locks expire'
      this.#log.info({ event: 'queue.kept', reason })
      return this.unpaused()
    }
    if (workers > 0) {
      const reason = 'another replyd works on it: a copied state directory needs a separate Redis'
      this.#log.warn({ event: 'queue.shared', reason })
      return this.unpaused()
    }
    for (const queue of this.#queues.values()) {
      await queue.obliterate({ force: true })
      // Obliterating pauses the queue.
      await queue.resume()
    }
    return this
  }

  /** Number of workers of all processes; null if Redis does not reveal it. */
  async #countWorkers(): Promise<number | null> {
    if (this.kind !== 'redis') return 0
    try {
      const workers = await Promise.all([...this.#queues.values()].map((queue) => queue.getWorkers()))
      // BullMQ invents a worker without an address if the command does not exist.
      return workers.flat().every(({ addr }) => addr !== undefined) ? workers.flat().length : null
    } catch (error) {
      if (/NOPERM|unknown command/i.test(reasonOf(error))) return null
      throw error
    }
  }

  /** Restarting clears a pause of the model and retries, at the cost of at most one refusal. */
  async unpaused(): Promise<this> {
    await this.board('model').removeRateLimitKey()
    return this
  }

  async enqueue(requests: readonly JobRequest[]): Promise<void> {
    for (const name of queueNames) {
      const jobs = requests.filter((request) => request.queue === name).map(asJob)
      if (jobs.length > 0) await this.board(name).addBulk(jobs)
    }
  }

  async enqueueMissing(requests: readonly JobRequest[]): Promise<void> {
    const { countExisting } = this.#classes
    if (countExisting === null) return this.enqueue(requests)
    for (let at = 0; at < requests.length; at += askedTogether) {
      const some = requests.slice(at, at + askedTogether)
      const counts = await Promise.all(
        queueNames.map((name) => {
          const ids = some.filter(({ queue }) => queue === name).map((request) => asJob(request).opts.jobId)
          return ids.length === 0 ? 0 : countExisting(this.board(name), ids)
        }),
      )
      if (counts.reduce((sum, count) => sum + count) < some.length) await this.enqueue(some)
    }
  }

  async hasten(requests: readonly JobRequest[]): Promise<void> {
    for (const request of requests) {
      const job = await this.board(request.queue).getJob(asJob(request).opts.jobId)
      // It may start running at this very moment.
      if (job && (await job.isDelayed())) await job.promote().catch(() => undefined)
    }
  }

  work(name: QueueName, concurrency: number, handler: Handler): Work {
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
    return {
      drain: (timeoutMs) => drain(worker, timeoutMs),
      resize: (jobs) => Object.assign(worker, { concurrency: jobs }),
    }
  }

  async counts(name: QueueName): Promise<Record<string, number>> {
    return this.board(name).getJobCounts('active', 'delayed', 'wait', 'failed')
  }

  ping = (): Promise<boolean> => this.#classes.ping().catch(() => false)

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => drain(worker, 5_000)))
    await Promise.allSettled([...this.#queues.values()].map((queue) => queue.close()))
    await this.#classes.close()
    await this.#traces?.[Symbol.asyncDispose]()
  }
}

function asJob({ step, messageId, delayMs }: JobRequest) {
  return {
    name: step,
    data: { messageId },
    opts: {
      jobId: `${step}-${messageId}`,
      delay: Math.ceil(delayMs ?? 0),
      // The row decides when to give up.
      attempts: 1_000_000,
      backoff: { type: 'custom' },
      removeOnComplete: true,
      removeOnFail: true,
    },
  }
}

/** Stops taking jobs and waits; BullMQ's own close has no timeout. */
export async function drain(worker: Worker, timeoutMs: number): Promise<void> {
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
