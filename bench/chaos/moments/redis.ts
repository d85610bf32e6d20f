import { Redis } from 'ioredis'
import { type Redis as RedisServer, startRedis } from '../../../test/live/servers/index.ts'
import { later, type Moment, usualMails } from '../moment.ts'
import type { World } from '../world.ts'

export async function tell(server: RedisServer, ...command: string[]): Promise<void> {
  const client = new Redis(server.url, { lazyConnect: true, maxRetriesPerRequest: 2 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.call(command[0] ?? 'PING', ...command.slice(1))
  } finally {
    client.disconnect()
  }
}

function moment(name: string, inject: Moment['inject'], more: Partial<Moment> = {}): Moment {
  return { name: `redis: ${name}`, where: ({ redis }) => redis, options: { ownRedis: {} }, inject, ...more }
}

/** Delivers mail, injects the fault, then delivers more mail. */
async function around(world: World, blow: () => Promise<unknown>): Promise<void> {
  await world.deliver(usualMails)
  await later(Math.random() * 150)
  await blow()
  await world.deliver(usualMails)
}

export const redisMoments: readonly Moment[] = [
  moment('FLUSHALL', (world) => around(world, () => tell(world.redisServer, 'FLUSHALL'))),
  moment('restart without persistence', (world) =>
    around(world, async () => {
      await world.redisServer.kill()
      await world.redisServer.start()
    }),
  ),
  moment(
    'failover to a replica',
    async (world) => {
      const { port } = world.redisServer
      await using replica = await startRedis({ settings: { replicaof: `127.0.0.1 ${port}` } })
      await around(world, async () => {
        world.redis?.retarget(replica.port)
        await world.redisServer.kill()
        await tell(replica, 'REPLICAOF', 'NO', 'ONE')
        world.redis?.cutAll()
      })
      await later(1000)
      // And back: an empty Redis takes over from the second.
      await world.redisServer.start()
      world.redis?.retarget(port)
      world.redis?.cutAll()
    },
    { mostRounds: 8 },
  ),
  moment('OOM under noeviction', async (world) => {
    await around(world, () => tell(world.redisServer, 'CONFIG', 'SET', 'maxmemory', '1'))
    await later(1500)
    await tell(world.redisServer, 'CONFIG', 'SET', 'maxmemory', '0')
  }),
  moment('READONLY', async (world) => {
    await around(world, () => tell(world.redisServer, 'REPLICAOF', '127.0.0.1', '1'))
    await later(1500)
    await tell(world.redisServer, 'REPLICAOF', 'NO', 'ONE')
  }),
  moment(
    '60 s outage',
    async (world) => {
      await around(world, () => world.redisServer.kill())
      await later(60_000)
      await world.redisServer.start()
    },
    { mostRounds: 1 },
  ),
  moment(
    'short outage',
    async (world) => {
      await around(world, () => world.redis?.down() ?? Promise.resolve())
      await later(500 + Math.random() * 2000)
      await world.redis?.up()
    },
    { mostRounds: 10 },
  ),
]
