import { startDovecot, startPostgres, startRedis } from '../../test/live/servers/index.ts'
import type { Peers } from './world.ts'

/** Starts the shared servers, and ends them whatever happens. */
export async function withPeers<T>(work: (peers: Peers) => Promise<T>): Promise<T> {
  await using dovecot = await startDovecot()
  await using redis = await startRedis()
  await using postgres = await startPostgres({ fsync: false })
  return await work({ dovecot, redis, postgres })
}
