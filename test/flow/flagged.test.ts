/** kill -9 while a draft that the owner has flagged is on its way: the customer gets it once, or a person decides. */
import { once } from 'node:events'
import { readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openPeers } from '../../bench/chaos/peers.ts'
import { combinations, type Peers, World } from '../../bench/chaos/world.ts'
import { readMailbox, withClient } from './mailboxes.ts'

let peers: Peers & AsyncDisposable

beforeAll(async () => {
  peers = await openPeers()
})

afterAll(async () => {
  await peers?.[Symbol.asyncDispose]()
})

interface Listed {
  id: string
  disposition: string
}

async function buildWorld(): Promise<World> {
  // The combination that starts fastest.
  const combination = combinations.find(({ redis, postgres }) => redis && postgres)
  if (!combination) throw new Error('no such combination')
  return World.build(peers, combination, {
    account: { replies: { mode: 'draft', approve: 'flag', undo: '0s' } },
  })
}

interface Access {
  url: string
  token: string
}

const accessOf = (world: World) =>
  JSON.parse(readFileSync(join(world.directory, 'data', 'api.json'), 'utf8')) as Access

/** The pages' live updates, once at the beginning and with each change; null while the daemon is down. */
async function changesOf(world: World): Promise<AsyncIterable<unknown> | null> {
  try {
    const { url, token } = accessOf(world)
    return (await fetch(`${url}/events`, { headers: { authorization: `Bearer ${token}` } })).body
  } catch {
    return null
  }
}

/**
 * The mail's row, once it has that state; the daemon may go down in the meantime, and its log shows when it is back.
 */
async function becomes(world: World, ...dispositions: string[]): Promise<Listed> {
  for (;;) {
    const log = watch(world.daemon.logPath)
    const written = once(log, 'change')
    try {
      const changes = await changesOf(world)
      if (changes === null) await written
      for await (const _ of changes ?? []) {
        const [mail] = (await world.daemon.get<Listed[]>('/api/mails')) ?? []
        if (mail && dispositions.includes(mail.disposition)) return mail
      }
    } catch {
      // Its process was killed.
    } finally {
      log.close()
    }
  }
}

async function post(world: World, path: string): Promise<void> {
  const { url, token } = accessOf(world)
  const response = await fetch(`${url}/api${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
}

async function draftedAndFlagged(world: World): Promise<void> {
  world.daemon.start()
  await world.deliver(['send'])
  await becomes(world, 'drafted')
  await withClient(peers.dovecot, world.address, async (client) => {
    await client.mailboxOpen('Drafts')
    await client.messageFlagsAdd('1:*', ['\\Flagged'])
  })
}

test('killed at the final dot: it has gone out once, and nobody sends it again', async () => {
  await using world = await buildWorld()
  await draftedAndFlagged(world)
  world.smtpFault = (moment) => {
    if (moment === 'dot') world.daemon.kill()
    return undefined
  }
  // After a start the observer looks at once.
  world.daemon.kill()
  await becomes(world, 'uncertain')
  world.daemon.kill()
  await becomes(world, 'uncertain')
  expect(world.accepted).toHaveLength(1)
  expect(world.daemon.kills).toBe(3)
  // A person looks, and confirms that it arrived.
  const { id } = await becomes(world, 'uncertain')
  await post(world, `/replies/${id}/sent`)
  await becomes(world, 'sent')
  expect(world.accepted).toHaveLength(1)
  await world.daemon.stop()
  expect(await readMailbox(peers.dovecot, world.address, 'Drafts')).toEqual([])
  expect(await readMailbox(peers.dovecot, world.address, 'Sent')).toHaveLength(1)
})

test('killed between approval and sending: it goes out once after the start', async () => {
  await using world = await buildWorld()
  await draftedAndFlagged(world)
  await post(world, `/accounts/${encodeURIComponent(world.address)}/pause`)
  world.daemon.kill()
  await becomes(world, 'approved')
  world.daemon.kill()
  await becomes(world, 'approved')
  expect(world.accepted).toEqual([])
  await post(world, `/accounts/${encodeURIComponent(world.address)}/resume`)
  await becomes(world, 'sent')
  await world.daemon.stop()
  expect(world.accepted).toHaveLength(1)
  expect(await readMailbox(peers.dovecot, world.address, 'Drafts')).toEqual([])
  expect(await readMailbox(peers.dovecot, world.address, 'Sent')).toHaveLength(1)
})
