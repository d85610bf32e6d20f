/**
 * Redis and PostgreSQL: other installations on them, wiped keys, jobs and rows that somebody else wrote, and passwords.
 */
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { deliverAll, startRedis } from '../../test/live/servers/index.ts'
import { ScriptedServer } from '../../test/smtp/scripted-server.ts'
import { type Area, type Attack, differs } from './attack.ts'
import { ask } from './http.ts'
import { type Letter, letter } from './letter.ts'
import { accountAt, runCommand, type Servers, startServers, until, Victim, webToken } from './victim.ts'

interface World {
  servers: Servers
  smtp: ScriptedServer
  /** Holds every reply. */
  victim: Victim
}

const address = 'held@replyd.test'
const rowIsTruth = 'the row is the truth, the job a nudge'
const namespace = 'a namespace from the id of the store and the accounts'

const deliver = (servers: Servers, to: string, mails: readonly Letter[]) =>
  deliverAll(
    servers.dovecot,
    mails.map(({ octets }) => ({ user: to, octets })),
  )

async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url)
  redis.on('error', () => undefined)
  try {
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}

/** The Message-IDs of the replies to that mail in a store. */
async function replyIdOf({ db }: Victim, { id }: Letter): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    'select r.reply_message_id as id from replyd.reply r join replyd.message m on m.id = r.id where m.message_id = $1',
    [id],
  )
  return rows.map((row) => row.id)
}

let names = 0
const someone = () => `n${++names}@replyd.test`

function neighbours(servers: Servers): Attack[] {
  const pair = async (shared: { databaseUrl?: string; redisUrl?: string }, addresses: [string, string]) =>
    Promise.all(
      addresses.map((each) => Victim.start(servers, { ...shared, accounts: [accountAt(servers, each)] })),
    ) as Promise<[Victim, Victim]>
  const bothDraft = async ([one, other]: [Victim, Victim], [first, second]: [string, string]) => {
    const [a, b] = [letter({ to: first }), letter({ to: second })]
    await deliver(servers, first, [a])
    await deliver(servers, second, [b])
    const rows = await Promise.all([one.settled(a.id), other.settled(b.id)])
    return differs(
      rows.map(({ disposition }) => disposition),
      ['drafted', 'drafted'],
    )
  }
  return [
    {
      name: 'two installations on one Redis take jobs of each other',
      holds: namespace,
      run: async () => {
        const addresses: [string, string] = [someone(), someone()]
        const [one, other] = await pair({ redisUrl: servers.redis.newDatabase() }, addresses)
        await using _one = one
        await using _other = other
        return await bothDraft([one, other], addresses)
      },
    },
    {
      name: 'two installations on one database and one Redis take mail of each other',
      holds: namespace,
      run: async () => {
        const addresses: [string, string] = [someone(), someone()]
        const shared = {
          redisUrl: servers.redis.newDatabase(),
          databaseUrl: await servers.postgres.createDatabase(),
        }
        const one = await Victim.start(servers, { ...shared, accounts: [accountAt(servers, addresses[0])] })
        await using _one = one
        const other = await Victim.start(servers, { ...shared, accounts: [accountAt(servers, addresses[1])] })
        await using _other = other
        return await bothDraft([one, other], addresses)
      },
    },
    {
      name: 'two processes for one account answer a mail twice',
      holds: 'a lease with a fence for each mailbox, and conditional updates',
      run: async () => {
        const [to] = [someone()]
        const shared = {
          redisUrl: servers.redis.newDatabase(),
          databaseUrl: await servers.postgres.createDatabase(),
        }
        await using one = await Victim.start(servers, { ...shared, accounts: [accountAt(servers, to)] })
        await using _other = await Victim.start(servers, { ...shared, accounts: [accountAt(servers, to)] })
        const mails = Array.from({ length: 10 }, () => letter({ to }))
        await deliver(servers, to, mails)
        for (const mail of mails) await one.settled(mail.id)
        const rows = await one.rows()
        return differs([rows.length, new Set(rows.map(({ disposition }) => disposition)).size], [10, 1])
      },
    },
    {
      name: 'an installation with an embedded database starts on the Redis of another',
      holds: namespace,
      run: async () => {
        const redisUrl = servers.redis.newDatabase()
        return withRedis(redisUrl, async (redis) => {
          const foreign = ['replyd-0123456789ab:model:wait', 'replyd:model:wait', 'bull:model:wait']
          for (const key of foreign) await redis.rpush(key, 'job of another')
          await using victim = await Victim.build(servers, {
            accounts: [accountAt(servers, someone())],
            embedded: true,
            document: { state: { directory: './data', redisUrl } },
          })
          victim.daemon.start()
          await victim.logged('"daemon.started"')
          return differs(await redis.exists(...foreign), foreign.length)
        })
      },
    },
    {
      name: 'two embedded installations at the same path, as in two containers, share a Redis',
      holds: 'an id of its own for each store, and a queue that somebody works on is not emptied',
      run: async () => {
        const redisUrl = servers.redis.newDatabase()
        const embedded = {
          accounts: [accountAt(servers, someone())],
          embedded: true,
          document: { state: { directory: './data', redisUrl } },
        }
        const database = new URL(redisUrl).pathname.slice(1)
        // Workers name their connections after the queue.
        const namespace = () =>
          until('nobody works on the queue', () =>
            withRedis(redisUrl, async (redis) => {
              const clients = (await redis.client('LIST')) as string
              const own = clients.split('\n').filter((line) => line.includes(` db=${database} `))
              return /name=(replyd-[0-9a-f]+):/.exec(own.join('\n'))?.[1] ?? null
            }),
          )
        await using victim = await Victim.build(servers, embedded)
        victim.daemon.start()
        const first = await namespace()
        await victim.daemon.stop()
        renameSync(join(victim.directory, 'data'), join(victim.directory, 'first'))
        victim.daemon.start()
        return (await namespace()) === first ? 'both have one namespace' : null
      },
    },
    {
      name: 'two installations give the same mail a reply with the same Message-ID',
      holds: 'a key in each state directory',
      run: async () => {
        const to = someone()
        const mail = letter({ to })
        await deliver(servers, to, [mail])
        const [one, other] = await pair({}, [to, to])
        await using _one = one
        await using _other = other
        await Promise.all([one.settled(mail.id), other.settled(mail.id)])
        const ids = [...(await replyIdOf(one, mail)), ...(await replyIdOf(other, mail))]
        return differs(new Set(ids).size, 2)
      },
    },
    {
      name: 'Redis is wiped (FLUSHALL) while twenty mails are in progress',
      holds: 'the sweeper makes jobs from rows again',
      run: async () => {
        const to = someone()
        const redisUrl = servers.redis.newDatabase()
        await using victim = await Victim.start(servers, { redisUrl, accounts: [accountAt(servers, to)] })
        const mails = Array.from({ length: 20 }, () => letter({ to }))
        await deliver(servers, to, mails)
        await until('nothing was stored', async () => (await victim.rows()).length > 5)
        await withRedis(redisUrl, (redis) => redis.flushdb())
        for (const mail of mails) await victim.settled(mail.id)
        const rows = await victim.rows()
        return differs([rows.length, rows.every(({ disposition }) => disposition === 'drafted')], [20, true])
      },
    },
  ]
}

type Job = [name: string, queue: 'model' | 'mailbox', step: string, data: (held: string) => unknown]

const jobs: Job[] = [
  ['deliver a held reply', 'mailbox', 'deliver', (messageId) => ({ messageId })],
  ['decide about a held reply again', 'model', 'decide', (messageId) => ({ messageId })],
  ['compose a held reply again', 'model', 'compose', (messageId) => ({ messageId })],
  ['judge a held mail again', 'model', 'triage', (messageId) => ({ messageId })],
  ['file a held mail as spam', 'mailbox', 'file', (messageId) => ({ messageId })],
  ['a step that is none', 'mailbox', 'send', (messageId) => ({ messageId })],
  ['the step `constructor`', 'mailbox', 'constructor', (messageId) => ({ messageId })],
  ['the step `__proto__`', 'mailbox', '__proto__', (messageId) => ({ messageId })],
  ['a mail that is not there', 'mailbox', 'deliver', () => ({ messageId: 'none' })],
  ['a list of ids', 'mailbox', 'deliver', (messageId) => ({ messageId: [messageId] })],
  ['an object as id', 'mailbox', 'deliver', () => ({ messageId: { $gt: '' } })],
  ['SQL as id', 'mailbox', 'deliver', () => ({ messageId: `x' or state = 'held' --` })],
  ['an id with NUL', 'mailbox', 'deliver', () => ({ messageId: 'a\u0000b' })],
  ['no id', 'mailbox', 'deliver', () => ({})],
  ['text instead of data', 'mailbox', 'deliver', () => 'deliver everything'],
  ['data of ten megabytes', 'mailbox', 'deliver', () => ({ messageId: 'a'.repeat(10 << 20) })],
]

/** A reply waits for a person; each forged job names it, or nonsense. */
function forgedJobs({ servers, smtp, victim }: World): Attack[] {
  let held: Promise<string> | undefined
  const hold = async () => {
    const mail = letter({ to: address })
    await deliver(servers, address, [mail])
    const row = await victim.settled(mail.id)
    if (row.disposition !== 'held') throw new Error(`it became ${row.disposition}: ${row.reason}`)
    return row.id
  }
  return jobs.map(([name, queueName, step, data]) => ({
    name: `a forged job: ${name}`,
    holds: rowIsTruth,
    run: async () => {
      held ??= hold()
      const id = await held
      await withRedis(victim.redisUrl ?? '', async (redis) => {
        const [meta = ''] = await redis.keys('replyd-*:model:meta')
        const queue = new Queue(queueName, { connection: redis as never, prefix: meta.split(':')[0] ?? '' })
        const job = await queue.add(step, data(id), { removeOnComplete: true, removeOnFail: true })
        await until('the job was not taken', async () => {
          const state = await queue.getJobState(job.id ?? '')
          return state === 'unknown' || state === 'delayed' || state === 'failed' || state === 'completed'
        })
        await job.remove().catch(() => undefined)
      })
      const row = (await victim.rows()).find((each) => each.id === id)
      const next = letter({ to: address })
      await deliver(servers, address, [next])
      const after = await victim.settled(next.id)
      return differs(
        [row?.disposition, row?.step, after.disposition, smtp.mails.length, victim.daemon.starts],
        ['held', 'review', 'held', 0, 1],
      )
    },
  }))
}

const oddRows: [string, string][] = [
  ['a step that is none', `step = 'send'`],
  ['an outcome with markup', `disposition = '<script>alert(1)</script>'`],
  ['a reason with markup', `reason = '<img src=x onerror=alert(1)>'`],
  ['nonsense as verdict', `verdict = '{"spam": "yes", "__proto__": {"x": 1}}'`],
  ['a list as verdict', `verdict = '[[[]]]'`],
  ['a date of infinity', `internal_date = 'infinity', due_at = 'infinity', updated_at = '-infinity'`],
  ['a date of the year 294276', `internal_date = '294276-12-31', updated_at = '0044-03-15 BC'`],
  [
    'markup in subject and name',
    `subject = '<script>alert(1)</script>', from_name = '"><svg onload=alert(1)>'`,
  ],
]

const forgedRows = ({ servers, victim }: World): Attack[] =>
  oddRows.map(([name, change]) => ({
    name: `a forged row: ${name}`,
    holds: 'what is read from the store is checked, and escaped',
    run: async () => {
      const mail = letter({ to: address })
      await deliver(servers, address, [mail])
      const { id } = await victim.settled(mail.id)
      await victim.db.query(`update replyd.message set ${change} where id = $1`, [id])
      const authorization = { authorization: `Bearer ${webToken}` }
      const pages: string[] = []
      for (const path of ['/', '/history', `/mails/${id}`, '/api/mails', `/api/mails/${id}`]) {
        const { status, text, headers } = await ask(`${victim.url}${path}`, {
          headers: path.startsWith('/api') ? authorization : {},
        })
        if (status >= 500) return `${path} is ${status}`
        if (String(headers['content-type']).includes('html')) pages.push(text)
      }
      await victim.db.query('delete from replyd.message where id = $1', [id])
      const next = letter({ to: address })
      await deliver(servers, address, [next])
      const after = await victim.settled(next.id)
      if (pages.some((page) => /<script>alert|<img src=x|<svg onload/.test(page)))
        return 'markup was shown as such'
      return differs([after.disposition, victim.daemon.starts], ['held', 1])
    },
  }))

const searches = [
  `' or 1=1 --`,
  `'; drop schema replyd cascade; --`,
  `" or ""="`,
  '%',
  '\\',
  `') union select 1 --`,
]

const injections = ({ victim }: World): Attack[] =>
  searches.map((text) => ({
    name: `a search for ${text}`,
    holds: 'parameters, never text of SQL',
    run: async () => {
      const query = new URLSearchParams({ q: text }).toString()
      const { status, text: answer } = await ask(`${victim.url}/api/mails?${query}`, {
        headers: { authorization: `Bearer ${webToken}` },
      })
      if (status !== 200) return `status ${status}`
      const found = (JSON.parse(answer) as { mails?: unknown[] }).mails ?? []
      const rows = await victim.rows()
      return rows.length === 0
        ? 'the rows are gone'
        : found.length > 0
          ? `${found.length} mails were found`
          : null
    },
  }))

function passwords(servers: Servers): Attack[] {
  const at = (name: string, login: string, runs: boolean): Attack => ({
    name: `Redis with a password, reached ${name}`,
    holds: 'one line that says so, without the password',
    run: async () => {
      await using redis = await startRedis({ settings: { masterauth: 'x' } })
      await withRedis(
        redis.url,
        (client) => client.config('SET', 'requirepass', 'right-right-right') as Promise<unknown>,
      )
      await using victim = await Victim.build(servers, {
        accounts: [accountAt(servers, someone())],
        redisUrl: redis.url.replace('redis://', `redis://${login}`),
      })
      const { status, stdout, stderr } = await runCommand(['start', '--once'], {
        cwd: victim.directory,
        withinMs: 40_000,
      })
      const said = stdout + stderr
      if (said.includes('wrong-wrong') || said.includes('right-right')) return 'the password was shown'
      return differs([status === 0, runs || /refused the login/.test(said)], [runs, true])
    },
  })
  return [
    at('without it', '', false),
    at('with a wrong one', ':wrong-wrong-wrong@', false),
    at('with the right one (runs)', ':right-right-right@', true),
  ]
}

export const queue: Area = {
  name: 'queue',
  open: async () => {
    const [servers, smtp] = await Promise.all([startServers(), ScriptedServer.start()])
    const victim = await Victim.start(servers, {
      accounts: [accountAt(servers, address, { smtp: { port: smtp.port }, replies: { mode: 'review' } })],
    })
    const world = { servers, smtp, victim }
    return {
      attacks: [
        ...forgedJobs(world),
        ...forgedRows(world),
        ...injections(world),
        ...neighbours(servers),
        ...passwords(servers),
      ],
      async [Symbol.asyncDispose]() {
        await victim[Symbol.asyncDispose]()
        await Promise.all([smtp[Symbol.asyncDispose](), servers[Symbol.asyncDispose]()])
      },
    }
  },
}
