/** Strangers who write so much mail that none of the day's budget is left for anybody else. */
import { deliverAll } from '../../test/live/servers/index.ts'
import type { Area, Attack } from './attack.ts'
import { authservId, letter, question } from './letter.ts'
import { accountAt, type Servers, startServers, until, Victim } from './victim.ts'

const shop = 'shop@replyd.test'
/** US dollars: enough for the questions of some dozen people. */
const perDay = 0.1
/** Of the day's budget, for one sender or one domain. */
const share = 0.1
const mails = 60

interface Crowd {
  name: string
  author: (n: number) => string
}

const crowds: Crowd[] = [
  { name: 'plus tags of one mailbox', author: (n) => `kim+${n}@tags.example` },
  { name: 'addresses of many subdomains', author: (n) => `sales@host${n}.wide.example` },
  { name: 'numbered addresses of one domain', author: (n) => `kim${n}@numbered.example` },
  {
    name: 'many names at one domain',
    author: (n) => `${String.fromCharCode(97 + (n % 26))}${'x'.repeat(n % 7)}.y@names.example`,
  },
]

interface World {
  servers: Servers
  victim: Victim
}

async function write({ servers }: World, authors: readonly string[]): Promise<string[]> {
  const written = authors.map((from, n) => {
    const { id, octets } = letter({ to: shop, from, text: `${question}Number ${n}\r\n` })
    const results = `Authentication-Results: ${authservId}; dmarc=pass header.from=${from.split('@')[1]}\r\n`
    return { id, octets: results + octets }
  })
  await deliverAll(
    servers.dovecot,
    written.map(({ octets }) => ({ user: shop, octets })),
  )
  return written.map(({ id }) => id)
}

async function spent({ victim }: World): Promise<number> {
  const { rows } = await victim.db.query<{ cost: number }>(
    'select coalesce(sum(cost), 0)::float8 as cost from replyd.model_call',
  )
  return rows[0]?.cost ?? 0
}

/** How many of these mails are postponed because a share is used up; null while any is still in progress. */
async function putOff({ victim }: World, ids: readonly string[]): Promise<number | null> {
  const { rows } = await victim.db.query<{ settled: number; waiting: number }>(
    `select count(*) filter (where step in ('done', 'review'))::int as settled,
        count(*) filter (where last_error in ('sender-share-reached', 'domain-share-reached'))::int as waiting
       from replyd.message where message_id = any($1)`,
    [ids],
  )
  const { settled = 0, waiting = 0 } = rows[0] ?? {}
  return settled + waiting >= ids.length ? waiting : null
}

const attackOf = (world: World, { name, author }: Crowd, at: number): Attack => ({
  name: `${mails} mails from ${name}`,
  holds: 'a tenth of the day for a sender and for a domain; the others have the rest',
  run: async () => {
    const before = await spent(world)
    const ids = await write(
      world,
      Array.from({ length: mails }, (_, n) => author(n)),
    )
    const waiting = await until('the flood is still worked on', async () => {
      const count = await putOff(world, ids)
      return count === null ? null : { count }
    })
    if (waiting.count === 0) return 'nothing was put off, so nothing is shown'
    const part = ((await spent(world)) - before) / perDay
    if (part > share + 1e-6) return `it cost ${(part * 100).toFixed(1)} % of the day`
    const [next = ''] = await write(world, [`kim@honest${at}.example`])
    const row = await world.victim.settled(next)
    if (row.disposition !== 'drafted') return `another sender: ${row.disposition}, ${row.reason}`
    return { figure: `${waiting.count} put off at ${(part * 100).toFixed(1)} % of the day` }
  },
})

export const money: Area = {
  name: 'money',
  open: async () => {
    const servers = await startServers()
    const price = { input: 0.15, cachedInput: 0.075, output: 0.6 }
    const victim = await Victim.start(servers, {
      accounts: [accountAt(servers, shop, { authservIds: [authservId] })],
      document: {
        model: {
          name: 'replyd-stand-in',
          baseUrl: servers.model.baseUrl,
          apiKey: 'none',
          concurrency: 10,
          price,
        },
        budget: { perDay },
      },
    })
    const world = { servers, victim }
    return {
      attacks: crowds.map((crowd, at) => attackOf(world, crowd, at)),
      async [Symbol.asyncDispose]() {
        await victim[Symbol.asyncDispose]()
        await servers[Symbol.asyncDispose]()
      },
    }
  },
}
