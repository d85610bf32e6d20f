/** The cost of each statement on a mail's path in a store of 10,000 rows, and in one of 1,000,000. */
import { performance } from 'node:perf_hooks'
import pg from 'pg'
import { silentLog } from '../../src/base/log.ts'
import { sharesOf } from '../../src/model/budget/shares.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { guardHistory } from '../../src/store/guard-history.ts'
import { knownSender } from '../../src/store/history.ts'
import { storeIngested } from '../../src/store/ingested.ts'
import { countDue, findDue, findKnownMails, loadMessage } from '../../src/store/messages.ts'
import { settleAbandonedCalls, settleModelCall } from '../../src/store/model-calls.ts'
import { move } from '../../src/store/moves.ts'
import { listMails, waitingMails } from '../../src/store/review-lists.ts'
import { reserveModelCall } from '../../src/store/spending.ts'
import { type Postgres, startPostgres } from '../../test/live/servers/index.ts'
import { type BenchOptions, type Figure, figure, median, mediansOf } from './figure.ts'

const account = 'a@growth.test'
const sizes = [10_000, 1_000_000] as const
const repetitions = 200

/** A ledger as after years of use: all mails done, one in ten with a reply, each with its events and calls. */
const fillings = [
  `insert into replyd.message (id, account, mailbox, uid_validity, uid, message_id, size, internal_date, flags, from_address,
     subject, ingested_at, step, disposition, reason, due_at, updated_at)
   select 'm' || lpad(n::text, 9, '0'), $1, 'INBOX', '1', n, '<' || n || '@x>', 3000, at, '[]', 'c' || n % 50000 || '@x.example',
     'Order ' || n, at, 'done', case n % 10 when 0 then 'sent' else 'declined' end, 'list', at, at
     from (select n, timestamptz '2026-11-01' - make_interval(secs => ($2::int - n) * 60.0) as at from generate_series(1, $2::int) n) x`,
  `insert into replyd.reply (id, account, state, kind, reply_message_id, octets, reverse_path, addressee, addressees, subject, text, draft_text,
     text_hash, confidence, composed, claims, sources, hold_reason, created_at, claimed_at)
   select id, account, 'sent', 'send', '<r' || id || '@x>', '', account, from_address, jsonb_build_array(from_address), subject, '', '',
     id, 1, '{}', '[]', '[]', '', internal_date, internal_date from replyd.message where disposition = 'sent'`,
  `insert into replyd.event (message_id, at, step, disposition, reason, actor)
   select id, internal_date, step, disposition, reason, 'replyd' from replyd.message, generate_series(1, 2)`,
  `insert into replyd.model_call (id, message_id, account, step, day, at, model, prompt_hash, cost, settled)
   select 'c' || id, id, account, 'triage', to_char(internal_date, 'YYYY-MM-DD'), internal_date, 'm', 'p', 0.0001, true from replyd.message`,
]

async function filled(url: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const [at, sql] of fillings.entries()) await client.query(sql, at === 0 ? [account, rows] : [])
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
}

type Statement = (db: Database, n: number, rows: number) => Promise<unknown>

const now = new Date('2026-11-24T10:00:00Z')
const newId = (n: number) => `z${String(n).padStart(9, '0')}`
const old = (n: number, rows: number) => `m${String(1 + ((n * 7919) % rows)).padStart(9, '0')}`

const newMail = (n: number) => ({
  ...{ id: newId(n), account, mailbox: 'INBOX', uidValidity: '2', uid: n, messageId: `<new-${n}@x>` },
  ...{
    emailId: null,
    threadId: null,
    size: 3000,
    internalDate: now,
    flags: [],
    fromAddress: `c${n}@x.example`,
  },
  ...{ fromName: null, subject: 'Order' },
  ...({ step: 'triage', disposition: 'pending', reason: 'ingested' } as const),
})

const newQuestion = (n: number) => ({
  ...{ account, now, id: newId(n), coming: { messageId: `<new-${n}@x>`, digest: `d${n}` } },
  ...{ own: `<new-${n}@x>`, authors: [`c${n}@x.example`], addressee: `c${n}@x.example`, hash: null },
})

const newCall = (n: number) => ({
  ...{ id: `call-${n}`, messageId: newId(n), account, step: 'triage', day: '2026-11-24', model: 'm' },
  ...{ promptHash: 'p', knowledgeHash: null, worstCase: 0.001 },
  shares: sharesOf(
    { address: `c${n}@x.example`, known: false, doubtful: false },
    { perSender: 1, perDomain: 1, reserve: 0 },
  ),
})

/** In the order of a mail's path; each n is used once. */
const perMail: Record<string, Statement> = {
  'look up known Message-IDs': (db, n) => findKnownMails(db, account, [`<new-${n}@x>`], []),
  'history of sender and thread': (db, n, rows) =>
    guardHistory(db, { ...newQuestion(n), thread: [`<r${old(n, rows)}@x>`] }),
  'insert the row': (db, n) => storeIngested(db, { messages: [newMail(n)] }, now),
  'load the row': (db, n) => loadMessage(db, newId(n)),
  'what is known of the sender': (db, n) => knownSender(db, account, `c${n}@x.example`, newId(n)),
  'reserve a call': (db, n) => reserveModelCall(db, newCall(n), { perDay: 1000, accountPerDay: null }, now),
  'settle a call': (db, n) =>
    settleModelCall(db, `call-${n}`, { input: 1, cachedInput: 0, output: 1, cost: 0.0001, durationMs: 1 }),
  'commit a step': (db, n) => move(db, 'decline', { id: newId(n), at: 'triage', reason: 'list-mail' }, now),
}

const beside: Record<string, Statement> = {
  'the sweeper: due rows': (db) => findDue(db, now, 2000),
  'the sweeper: lost calls': (db) => settleAbandonedCalls(db, new Date(0)),
  'count of due rows': (db) => countDue(db, now),
  'a page of the mail list': (db, n, rows) => listMails(db, { before: old(n, rows), limit: 50 }),
  'the page of what waits': (db) => waitingMails(db, {}),
}

type Times = Map<string, number[]>

const times = (statements: Record<string, Statement>): Times =>
  new Map(Object.keys(statements).map((name) => [name, []]))

/** Runs each statement in both stores alternately, so that a busy moment of the machine affects both. Milliseconds. */
async function timed(stores: readonly Database[], statements: Record<string, Statement>, from: number) {
  const all = stores.map(() => times(statements))
  for (let n = from + 1; n <= from + repetitions; n++) {
    for (const [name, run] of Object.entries(statements)) {
      for (const [at, db] of stores.entries()) {
        const startedAt = performance.now()
        await run(db, n, sizes[at] ?? 1)
        all[at]?.get(name)?.push(performance.now() - startedAt)
      }
    }
  }
  return all as [Times, Times]
}

const sumOfMedians = (all: Times): number => [...all.values()].reduce((sum, each) => sum + median(each), 0)

function compared(name: string, value: number, before: number, target = false): Figure {
  return figure({
    name,
    value,
    unit: 'ms',
    limit: { name: 'with 10,000 rows', value: before },
    ...(target ? { target: { of: 'ratio', atMost: 1.2 } as const } : {}),
  })
}

const each = ([small, large]: [Times, Times]): Figure[] =>
  [...large].map(([name, all]) => compared(name, median(all), median(small.get(name) ?? [])))

async function storeOf(postgres: Postgres, rows: number): Promise<Database> {
  const url = await postgres.createDatabase()
  const db = await openDatabase({ directory: '', databaseUrl: url }, silentLog)
  await filled(url, rows)
  return db
}

/** Rows, events and calls with their indexes; without the text of the mails, which is kept for `state.keep`. */
async function sizeOf(db: Database): Promise<Figure> {
  const { rows } = await db.query<{ octets: number }>(
    `select sum(pg_total_relation_size(c.oid))::float8 as octets from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'replyd' and c.relkind = 'r'`,
  )
  const value = (rows[0]?.octets ?? Number.NaN) / sizes[1] / 1024
  return figure({ name: 'the ledger, for each mail', value, unit: 'KiB' })
}

export async function growth({ runs, say }: BenchOptions): Promise<Figure[]> {
  const postgres = await startPostgres({ fsync: false })
  try {
    await using small = await storeOf(postgres, sizes[0])
    await using large = await storeOf(postgres, sizes[1])
    const all: Figure[][] = []
    for (let run = 0; run < runs; run++) {
      const mail = await timed([small, large], perMail, run * repetitions)
      const rest = await timed([small, large], beside, run * repetitions)
      const whole = compared(
        'all statements of a mail, 1,000,000 rows',
        sumOfMedians(mail[1]),
        sumOfMedians(mail[0]),
        true,
      )
      all.push([whole, ...each(mail), ...each(rest), await sizeOf(large)])
      say(`growth ${run + 1}/${runs}`)
    }
    return mediansOf(all)
  } finally {
    await postgres.stop()
  }
}
