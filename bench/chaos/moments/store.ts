import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { programPath } from '../child.ts'
import { claim, deliverUntilFired, later, type Moment, usualMails } from '../moment.ts'
import type { World } from '../world.ts'

const run = promisify(execFile)

const postgres = (name: string, inject: Moment['inject'], more: Partial<Moment> = {}): Moment => ({
  name: `postgres: ${name}`,
  where: (combination) => combination.postgres,
  options: { ownPostgres: { fsync: false } },
  inject,
  ...more,
})

const embedded = (name: string, inject: Moment['inject'], more: Partial<Moment> = {}): Moment => ({
  name: `pglite: ${name}`,
  where: (combination) => !combination.postgres,
  inject,
  ...more,
})

async function sql(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  await client.query(text)
  await client.end()
}

async function fillConnections(world: World): Promise<pg.Client[]> {
  const clients: pg.Client[] = []
  for (;;) {
    const client = new pg.Client({ connectionString: world.databaseUrl ?? '' })
    client.on('error', () => {})
    try {
      await client.connect()
      clients.push(client)
    } catch {
      return clients
    }
  }
}

/** Fills the disk until less than a page is left. */
function fill(directory: string): string {
  const path = join(directory, 'ballast')
  for (const size of [2 ** 20, 2 ** 16, 2 ** 12]) {
    for (;;) {
      try {
        writeFileSync(path, Buffer.alloc(size), { flag: 'a' })
      } catch {
        break
      }
    }
  }
  return path
}

async function smallDisk(directory: string): Promise<() => Promise<void>> {
  await run('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', directory])
  return async () => void (await run('umount', ['-l', directory]))
}

export const storeMoments: readonly Moment[] = [
  postgres('immediate stop and restart', async (world) => {
    await world.deliver(usualMails)
    await later(Math.random() * 200)
    await world.postgresServer.kill()
    await world.deliver(usualMails)
    await world.postgresServer.start()
  }),
  postgres(
    'connections cut',
    async (world) => {
      await world.deliver(usualMails)
      await later(Math.random() * 100)
      world.postgres?.cutAll()
    },
    { options: {} },
  ),
  postgres(
    'connection limit',
    async (world) => {
      await world.deliver(usualMails)
      world.postgres?.cutAll()
      const clients = await fillConnections(world)
      await world.deliver(usualMails)
      await later(1500)
      for (const client of clients) await client.end()
    },
    { options: { ownPostgres: { fsync: false, settings: { max_connections: '20' } } }, mostRounds: 10 },
  ),
  postgres(
    'serialisation failure',
    async (world, round) => {
      const url = world.databaseUrl ?? ''
      const name = new URL(url).pathname.slice(1)
      if (round === 1) {
        await sql(url, `alter database ${name} set default_transaction_isolation = 'serializable'`)
        world.postgres?.cutAll()
      }
      await world.deliver([...usualMails, ...usualMails, ...usualMails])
    },
    { mostRounds: 5 },
  ),
  postgres(
    'cut before the claim, on an SMTP server that takes the end of the connection for the final dot',
    (world) => {
      world.smtp.takesEndForDot = true
      return deliverUntilFired(
        world.postgres?.once('toServer', (text, link) => {
          if (!claim.test(text)) return undefined
          link.cut()
          return null
        }) ?? Promise.reject(new Error('no PostgreSQL here')),
        () => world.deliver(usualMails),
      )
    },
    { options: {} },
  ),
  embedded(
    'kill -9 at random instants',
    async (world) => {
      await world.deliver(usualMails)
      await later(Math.random() * 700)
      world.daemon.kill()
    },
    { uncertain: true },
  ),
  embedded(
    'disk full',
    async (world) => {
      const data = join(world.directory, 'data')
      await world.deliver(usualMails)
      const ballast = fill(data)
      await world.deliver(usualMails)
      await later(4000)
      unlinkSync(ballast)
    },
    { options: { prepare: smallDisk }, mostRounds: 4, uncertain: true },
  ),
  embedded(
    'second process on the same directory',
    async (world) => {
      await world.deliver(usualMails)
      const second = spawn(
        process.execPath,
        [programPath, 'start', '--config', join(world.directory, 'replyd.yaml')],
        {
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      )
      let words = ''
      second.stderr?.on('data', (chunk) => (words += chunk))
      const [status] = await once(second, 'exit')
      if (status !== 2 || !/in use by another replyd/.test(words)) {
        throw new Error(`the second process ended with ${status}: ${words}`)
      }
    },
    { mostRounds: 5 },
  ),
]
