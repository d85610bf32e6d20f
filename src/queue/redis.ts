import { Redis } from 'ioredis'
import { backoffMs } from '../base/backoff.ts'
import { ConfigError, reasonOf, TemporaryError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'

export interface RedisConnections {
  /** Fails fast while Redis is down, so that the watcher's cursor does not move. */
  readonly producer: Redis
  /** Waits until Redis is back. */
  readonly worker: Redis
  ping(): Promise<boolean>
  close(): Promise<void>
}

const firstAnswerMs = 10_000

/**
 * @throws ConfigError when Redis refuses the login; TemporaryError when it does not answer within 10 s
 */
export async function openRedis(url: string, log: Log): Promise<RedisConnections> {
  const retryStrategy = (times: number) => backoffMs(times, { firstMs: 100, factor: 2, longestMs: 10_000 })
  const producer = new Redis(url, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    retryStrategy,
    lazyConnect: true,
  })
  const worker = new Redis(url, { maxRetriesPerRequest: null, retryStrategy, lazyConnect: true })
  for (const redis of [producer, worker]) {
    redis.on('error', (error) => log.warn({ event: 'redis.connection-lost', reason: reasonOf(error) }))
  }
  const close = async () => {
    producer.disconnect()
    worker.disconnect()
  }
  try {
    await Promise.all([firstConnect(producer), firstConnect(worker)])
  } catch (error) {
    await close()
    throw error
  }
  return { producer, worker, close, ping: async () => (await producer.ping()) === 'PONG' }
}

async function firstConnect(redis: Redis): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  // When the login is refused, `connect` says only that the connection was closed.
  let reported = ''
  const report = (error: unknown) => {
    reported ||= reasonOf(error)
  }
  redis.once('error', report)
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TemporaryError('Redis does not answer (REDIS_URL)')), firstAnswerMs)
  })
  try {
    await Promise.race([redis.connect().then(() => redis.ping()), late])
  } catch (error) {
    const words = reported || reasonOf(error)
    if (/NOAUTH|WRONGPASS|invalid password/i.test(words)) {
      throw new ConfigError(`REDIS_URL: Redis refused the login: ${words}`, { cause: error })
    }
    if (error instanceof TemporaryError) throw error
    throw new TemporaryError(`Redis can't be reached (REDIS_URL): ${words}`, { cause: error })
  } finally {
    redis.off('error', report)
    clearTimeout(timer)
  }
}
