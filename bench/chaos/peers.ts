import { startDovecot, startPostgres, startRedis } from '../../test/live/servers/index.ts'
import type { Peers } from './world.ts'

export async function openPeers(): Promise<Peers & AsyncDisposable> {
  const [dovecot, redis, postgres] = await Promise.all([
    startDovecot(),
    startRedis(),
    startPostgres({ fsync: false }),
  ])
  const dispose = async () => {
    await Promise.all([dovecot, redis, postgres].map((server) => server[Symbol.asyncDispose]()))
  }
  return { dovecot, redis, postgres, [Symbol.asyncDispose]: dispose }
}

/** Starts the shared servers, and always stops them. */
export async function withPeers<T>(work: (peers: Peers) => Promise<T>): Promise<T> {
  await using peers = await openPeers()
  return await work(peers)
}
