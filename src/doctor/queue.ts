/** Redis: reachable, recent enough, and configured so that it loses nothing. */
import { Redis } from 'ioredis'
import { reasonOf } from '../base/errors.ts'
import { withoutPassword } from '../config/hidden.ts'
import type { Config } from '../config/settings.ts'
import { connectionFailure, failed, passed, type Verdict, warned } from './failure.ts'

export async function checkQueue(
  { redisUrl, databaseUrl }: Config['state'],
  patienceMs: number,
): Promise<Verdict> {
  if (redisUrl === null) {
    return passed(`in ${databaseUrl === null ? 'the built-in database' : 'PostgreSQL'} (no REDIS_URL)`)
  }
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: patienceMs,
    commandTimeout: patienceMs,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
  })
  let lost: unknown = null
  redis.on('error', (error) => {
    lost = error
  })
  try {
    await redis.connect()
    await redis.ping()
    return await settingsVerdict(redis, redisUrl)
  } catch (error) {
    return unreachable(lost ?? error, redisUrl)
  } finally {
    redis.disconnect()
  }
}

function unreachable(error: unknown, redisUrl: string): Verdict {
  if (/NOAUTH|WRONGPASS|invalid password|NOPERM/i.test(reasonOf(error))) {
    return failed(
      `Redis refused the login: ${reasonOf(error)}`,
      'Check user and password in REDIS_URL (state.redisUrl).',
    )
  }
  const { hostname, port, protocol } = new URL(redisUrl)
  const peer = { host: hostname || 'localhost', port: Number(port || 6379), secure: protocol === 'rediss:' }
  const verdict = connectionFailure(error, { ...peer, keys: 'state.redisUrl', protocol: 'Redis' })
  return {
    ...verdict,
    advice: 'Check REDIS_URL (state.redisUrl), and that Redis runs and can be reached from here.',
  }
}

async function settingsVerdict(redis: Redis, redisUrl: string): Promise<Verdict> {
  const information = await redis.info()
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(information)?.[1] ?? ''
  const version = field('redis_version')
  const faults: string[] = []
  if (Number.parseFloat(version) < 6.2) faults.push('BullMQ needs Redis 6.2 or newer')
  const policy = field('maxmemory_policy')
  if (policy !== '' && policy !== 'noeviction')
    faults.push(`maxmemory-policy is ${policy}, which drops jobs when memory is short: set noeviction`)
  if (field('aof_enabled') === '0')
    faults.push(
      'the append-only file is off, so a restart forgets the jobs (replyd recreates them): set appendonly yes',
    )
  const detail = `Redis ${version} at ${withoutPassword(redisUrl)}`
  return faults.length === 0
    ? passed(detail)
    : warned(`${detail}; ${faults.join('; ')}`, 'Change redis.conf, then restart Redis.')
}
