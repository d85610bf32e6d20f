/**
 * Each write on a mail's path: the daemon is killed before and after it, the connections are cut with its answer, a
 * reviewer decides before and after it, and the write is held up while another process does the work.
 */
import pg from 'pg'
import type { DaemonChild } from '../child.ts'
import type { Kind } from '../mails.ts'
import { later, type Moment, mailsWithoutSending } from '../moment.ts'
import type { Link, Passed } from '../proxy.ts'
import type { World } from '../world.ts'
import { tell } from './redis.ts'

interface Write {
  name: string
  /** Matches its parameters: a connection that has prepared the statement no longer sends its text. */
  pattern: RegExp
  /** By default kinds of mail whose replies are not sent by SMTP. */
  mails?: readonly Kind[]
  /** The kills after which nobody can know whether the reply was sent. */
  uncertain?: readonly When[]
}

type When = 'before' | 'after'

const writes: readonly Write[] = [
  { name: 'the rows of a batch', pattern: /"mailbox":"INBOX","uidValidity":/ },
  { name: 'a reservation', pattern: /"worstCase":/ },
  { name: 'the cost of a call', pattern: /"cachedInput":/ },
  { name: "triage's verdict", pattern: /"from":"triage"/ },
  { name: 'the reply', pattern: /"at":"compose"/ },
  { name: 'the decision', pattern: /"from":"decide"/ },
  { name: 'the beginning of a draft', pattern: /"to":"saving"/ },
  { name: 'the place of a draft', pattern: /"to":"saved"/ },
  { name: 'the claim of a reply', pattern: /"to":"sending"/, mails: ['send'], uncertain: ['after'] },
  { name: 'the note that it was sent', pattern: /"to":"sent"/, mails: ['send'], uncertain: ['before'] },
  { name: 'the end of a sent reply', pattern: /"to":"done","disposition":"sent"/, mails: ['send'] },
]

/** ReadyForQuery outside a transaction: what the connection wrote is committed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a length of the protocol
const committed = /Z\0\0\0\x05I$/

/** Calls `act` once: with the statement before it reaches the server, or with the answer after its commit. */
function atWrite(world: World, { pattern }: Write, when: When, act: (text: string) => Passed): Promise<void> {
  const proxy = world.postgres
  if (!proxy) return Promise.reject(new Error('no PostgreSQL here'))
  if (when === 'before') return proxy.once('toServer', (text) => (pattern.test(text) ? act(text) : undefined))
  let writing: Link | null = null
  return new Promise((resolve) => {
    const stop = proxy.watch((text, link, direction) => {
      if (direction === 'toServer' && writing === null && pattern.test(text)) writing = link
      if (direction !== 'toClient' || link !== writing || !committed.test(text)) return undefined
      stop()
      resolve()
      return act(text)
    })
  })
}

/** Holds the write; resolves when it has arrived, with a function that lets it pass. */
async function heldWrite(world: World, write: Write, when: When): Promise<() => void> {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  await atWrite(world, write, when, (text) => released.then(() => text))
  return release
}

function killed(write: Write, when: When): Moment {
  return {
    name: `writes: killed ${when} ${write.name}`,
    where: ({ postgres }) => postgres,
    uncertain: write.uncertain?.includes(when) ?? false,
    async inject(world) {
      const fired = atWrite(world, write, when, () => {
        world.daemon.kill()
        return null
      })
      await world.deliver(write.mails ?? mailsWithoutSending)
      await fired
    },
  }
}

/** The connections are lost with the write's answer or right after it. No process dies, so nothing is uncertain. */
function cut(write: Write, answer: 'lost' | 'passed'): Moment {
  return {
    name: `writes: connections cut ${answer === 'lost' ? 'with the answer to' : 'right after'} ${write.name}`,
    where: ({ postgres }) => postgres,
    async inject(world) {
      const fired = atWrite(world, write, 'after', (text) => {
        setImmediate(() => world.postgres?.cutAll())
        return answer === 'lost' ? null : text
      })
      await world.deliver(write.mails ?? mailsWithoutSending)
      await fired
    },
  }
}

interface Listed {
  id: string
  subject: string
  disposition: string
}

/** The expected outcomes of mails that a reviewer has decided on, by subject. */
const decided = new WeakMap<World, Map<string, string>>()

/** Tries to take back or reject every reply, in a separate process, and records what was accepted. */
async function review(world: World, daemon: DaemonChild): Promise<void> {
  const ends = decided.get(world) ?? new Map<string, string>()
  decided.set(world, ends)
  for (const { id, subject, disposition } of (await daemon.get<Listed[]>('/api/mails')) ?? []) {
    if (ends.has(subject) || disposition === 'rejected') continue
    if (await daemon.get(`/api/replies/${id}/cancel`, 'POST')) ends.set(subject, 'held')
    else if (await daemon.get(`/api/replies/${id}/reject`, 'POST')) ends.set(subject, 'rejected')
  }
}

async function answering(daemon: DaemonChild): Promise<void> {
  while ((await daemon.get('/api/mails')) === null) await later(100)
}

function reviewed(write: Write, when: When): Moment {
  return {
    name: `writes: a reviewer decides ${when} ${write.name}`,
    where: ({ postgres }) => postgres,
    alsoFine: ['held', 'rejected'],
    mostRounds: 3,
    async inject(world) {
      await using second = await world.anotherDaemon('reviewer', 'web')
      second.start()
      await answering(second)
      const held = heldWrite(world, write, when)
      await world.deliver(['send', 'draft'])
      const release = await held
      await review(world, second)
      release()
    },
    async check(world) {
      const mails = (await world.daemon.get<Listed[]>('/api/mails')) ?? []
      const ends = [...(decided.get(world) ?? [])]
      const endOf = (subject: string) => mails.find((mail) => mail.subject === subject)?.disposition
      return ends.flatMap(([subject, end]) =>
        endOf(subject) === end
          ? []
          : [`a reviewer left ${subject} ${end}, but it is ${endOf(subject) ?? 'gone'}`],
      )
    },
  }
}

/** Resolves when no mail has a step to run. */
async function atRest(world: World): Promise<void> {
  const client = new pg.Client({ connectionString: world.databaseUrl ?? '' })
  client.on('error', () => {})
  await client.connect()
  try {
    for (;;) {
      const { rows } = await client.query(
        "select count(*)::int as n from replyd.message where step not in ('done', 'review')",
      )
      if (rows[0].n === 0) return
      await later(100)
    }
  } finally {
    await client.end()
  }
}

/** A frozen machine whose job is lost writes after another has done its work. */
function overtaken(write: Write): Moment {
  return {
    name: `writes: held up at ${write.name} while another process works`,
    where: ({ redis, postgres }) => redis && postgres,
    options: { ownRedis: {} },
    // The other process finds a reply that is being sent by a process it does not know.
    uncertain: write.mails !== undefined,
    mostRounds: 5,
    async inject(world) {
      const held = heldWrite(world, write, 'before')
      await world.deliver(write.mails ?? mailsWithoutSending)
      const release = await held
      world.redis?.freezeAll()
      await tell(world.redisServer, 'FLUSHALL')
      await using second = await world.anotherDaemon('second', 'work')
      second.start()
      await atRest(world)
      release()
      world.redis?.cutAll()
    },
  }
}

/** A process without the lease must not store rows. */
const canBeOvertaken = ({ name }: Write) => name !== 'the rows of a batch'

/** Between it and the final dot the store is asked once more. */
const isClaim = ({ name }: Write) => name === 'the claim of a reply'

export const writeMoments: readonly Moment[] = writes.flatMap((write) => [
  killed(write, 'before'),
  killed(write, 'after'),
  cut(write, 'lost'),
  ...(isClaim(write) ? [cut(write, 'passed')] : []),
  reviewed(write, 'before'),
  reviewed(write, 'after'),
  ...(canBeOvertaken(write) ? [overtaken(write)] : []),
])
