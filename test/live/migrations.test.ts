/** Forward migrations from every released version, with rows, on both databases; and programs that are refused. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ConfigError } from '../../src/base/errors.ts'
import { silentLog } from '../../src/base/log.ts'
import { backedUpTables } from '../../src/store/backup.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { findDue } from '../../src/store/messages.ts'
import { migrate, newestSchema, schemaVersion } from '../../src/store/migrate.ts'
import { migrations } from '../../src/store/migrations.ts'
import { restoreBackup } from '../../src/store/restore.ts'
import { seedAll } from './seed.ts'
import { type Postgres, startPostgres } from './servers/index.ts'

const fixtures = join(import.meta.dirname, '../fixtures/schema')
const versions = readdirSync(fixtures)
  .filter((name) => name.endsWith('.sql'))
  .map((name) => Number.parseInt(name, 10))
  .sort((a, b) => a - b)
const fixture = (name: string) => readFileSync(join(fixtures, name), 'utf8')
const directory = mkdtempSync(join(tmpdir(), 'replyd-migrations-'))

let postgres: Postgres
beforeAll(async () => {
  postgres = await startPostgres({ fsync: false })
})
afterAll(async () => {
  await postgres?.stop()
  rmSync(directory, { recursive: true, force: true })
})

const open = async (databaseUrl: string | null, asItIs = false) =>
  openDatabase({ directory: mkdtempSync(join(directory, 'state-')), databaseUrl }, silentLog, { asItIs })

async function rowsOf(db: Database): Promise<Record<string, Record<string, unknown>[]>> {
  const found: Record<string, Record<string, unknown>[]> = {}
  for (const table of await backedUpTables(db)) {
    const { rows } = await db.query<{ row: Record<string, unknown> }>(
      `select to_json(t) as row from replyd.${table} t order by t::text`,
    )
    found[table] = rows.map(({ row }) => row)
  }
  return found
}

// A version that is not released yet changes in place: then `npm run schema`. A released one never does.
test.each(migrations.map(({ version, sql }) => [version, sql] as const))(
  'version %d is the one in test/fixtures/schema',
  (version, sql) => expect(sql).toBe(fixture(`${version}.sql`)),
)

const later = {
  version: newestSchema + 1,
  sql: `alter table replyd.message add column novelty text not null default 'none';
        alter table replyd.digest rename column day to calendar_day;
        create index message_by_novelty on replyd.message (novelty);`,
}

describe.each([
  ['embedded', false],
  ['PostgreSQL', true],
])('%s', (_name, withPostgres) => {
  test('a store with rows goes to a newer version and keeps them all; a fault in it changes nothing', async () => {
    await using db = await open(withPostgres ? await postgres.createDatabase() : null)
    await seedAll(db)
    const before = await rowsOf(db)
    const broken = { version: later.version, sql: `${later.sql} select * from replyd.nowhere;` }
    await expect(migrate(db, [...migrations, broken])).rejects.toThrow('nowhere')
    expect([await schemaVersion(db), await rowsOf(db)]).toEqual([newestSchema, before])
    await migrate(db, [...migrations, later])
    await migrate(db, [...migrations, later])
    const after = await rowsOf(db)
    expect(await schemaVersion(db)).toBe(later.version)
    expect(after.message).toEqual(before.message?.map((row) => ({ ...row, novelty: 'none' })))
    expect(after.digest).toEqual(before.digest?.map(({ day, ...row }) => ({ ...row, calendar_day: day })))
    const untouched = Object.keys(before).filter((table) => table !== 'message' && table !== 'digest')
    for (const table of untouched) expect([table, after[table]]).toEqual([table, before[table]])
    // A program that does not know that version does not touch it.
    const refusal = migrate(db)
    await expect(refusal).rejects.toThrow(ConfigError)
    await expect(refusal).rejects.toThrow(
      `The store was written by a newer replyd (schema ${later.version}, this one knows ${newestSchema}): update replyd`,
    )
  })
})

test.each(versions)('a store of version %d comes to the newest with all its rows', async (version) => {
  const lines = fixture(`${version}.jsonl`).trim().split('\n')
  await using db = await open(await postgres.createDatabase(), true)
  async function* each() {
    yield* lines
  }
  const { rows } = await restoreBackup(db, each(), new Date('2027-01-01T00:00:00Z'), null)
  expect(await schemaVersion(db)).toBe(newestSchema)
  for (const [table, count] of Object.entries(rows)) expect([table, count > 0]).toEqual([table, true])
  expect(Object.values(rows).reduce((sum, n) => sum + n, 0)).toBe(lines.length - 2)
  const { rows: mails } = await db.query<{ id: string }>('select id from replyd.message order by id')
  expect(mails.map(({ id }) => id)).toEqual(['m-approved', 'm-held', 'm-sending', 'm-sent', 'm-uncertain'])
})

const oldFaults = {
  'header cut at 262144 octets': { code: 'header-cut', part: null },
  'message cut at 41943040 octets': { code: 'message-cut', part: null },
  'parts nested too deep': { code: 'nested-too-deep', part: null },
  'more than 500 parts': { code: 'too-many-parts', part: null },
  'several Content-Type fields': { code: 'several-content-types', part: null },
  'encrypted (PGP)': { code: 'encrypted-text', part: null },
  'text part 1.2 was cut': { code: 'text-cut', part: '1.2' },
  'text part 1 was not read': { code: 'text-unread', part: '1' },
  'the mail could not be read: closed': { code: 'fetch-failed', part: null },
}

test('what version 1 wrote as text becomes codes: faults, what was not read, and the list of reasons', async () => {
  await using db = await open(null, true)
  await migrate(db, migrations.slice(0, 1))
  const mail = async (id: string, detail: string, holdReason: string, faults: string[]) => {
    await db.query(
      `insert into replyd.message (id, account, mailbox, uid_validity, uid, size, internal_date, flags, ingested_at, step,
         disposition, reason, detail, due_at, updated_at)
       values ($1, 'a@x.example', 'INBOX', '1', $2, 1, now(), '[]', now(), 'done', 'drafted', 'mode-draft', $3, now(), now())`,
      [id, id.charCodeAt(0), detail],
    )
    await db.query(
      `insert into replyd.reply (id, account, state, kind, reply_message_id, octets, reverse_path, addressee, addressees,
         subject, text, draft_text, text_hash, confidence, composed, claims, sources, hold_reason, attempt_group, created_at)
       values ($1, 'a@x.example', 'saved', 'draft', $2, '', 'a@x.example', 'b@x.example', '[]', '', '', '', '', 1, '{}', '[]', '[]', $3,
         0, now())`,
      [id, `<${id}@x>`, holdReason],
    )
    await db.query(
      `insert into replyd.body (id, header, structure, text, html, hidden_text, faults) values ($1, '', '{}', '', null, false, $2)`,
      [id, JSON.stringify(faults)],
    )
  }
  await mail('a', 'mode-draft urgent', 'mode-draft urgent', Object.keys(oldFaults))
  await mail('b', 'cut: thread: 3 messages\nmissing: a price', '', [])
  await migrate(db)
  const details = await db.query<{ detail: string | null; omitted: string[] }>(
    'select m.detail, r.omitted from replyd.message m join replyd.reply r on r.id = m.id order by m.id',
  )
  expect(details.rows).toEqual([
    { detail: null, omitted: [] },
    { detail: 'cut: thread: 3 messages\nmissing: a price', omitted: ['cut: thread: 3 messages'] },
  ])
  const bodies = await db.query<{ faults: unknown[] }>('select faults from replyd.body order by id')
  expect(bodies.rows[0]?.faults).toEqual(
    Object.entries(oldFaults).map(([text, fault]) => ({ ...fault, text })),
  )
  expect(bodies.rows[1]?.faults).toEqual([])
})

test('if several start at once on an empty database, one makes the schema', async () => {
  const url = await postgres.createDatabase()
  const stores = await Promise.all([open(url), open(url), open(url), open(url)])
  const { rows } = await (stores[0] as Database).query(
    'select version from replyd.migration order by version',
  )
  expect(rows).toEqual(migrations.map(({ version }) => ({ version })))
  await Promise.all(stores.map((each) => each[Symbol.asyncDispose]()))
})

test('a newer store is refused at the start, in one line', async () => {
  const url = await postgres.createDatabase()
  const db = await open(url)
  await db.query('insert into replyd.migration (version) values (999)')
  await db[Symbol.asyncDispose]()
  await expect(open(url)).rejects.toThrow(
    /^The store was written by a newer replyd \(schema 999.*update replyd$/,
  )
})

/** Lines of a version 1 backup whose rows are in every state of that version, with a head and an end that fit. */
function oldWords(): string[] {
  const states: Record<string, [step: string, disposition: string, reason: string]> = {
    'm-approved': ['hold', 'waiting', 'composed'],
    'm-held': ['wait', 'held', 'mode-review'],
    'm-sending': ['deliver', 'waiting', 'mode-draft'],
    'm-sent': ['done', 'sent', 'gate-error'],
    'm-uncertain': ['wait', 'uncertain', 'send-unconfirmed'],
  }
  return changedBackup('1.jsonl', (table, row) => {
    if (table === 'reply' && row.id === 'm-approved') return { ...row, state: 'composed' }
    if (table !== 'message' && table !== 'event') return row
    const [step, disposition, reason] =
      states[String(row.message_id).replace(/^<(.+)@example.org>$/, '$1')] ?? []
    const codes =
      table === 'message' && reason === 'gate-error' ? { codes: ['unknown-sender', 'gate-error'] } : {}
    return { ...row, step, disposition, reason, ...codes }
  })
}

type Row = Record<string, unknown>

/** Lines of a backup, with other rows, and an end that fits. */
function changedBackup(file: string, change: (table: string, row: Row) => Row): string[] {
  const lines = fixture(file).trim().split('\n')
  const changed = lines.slice(0, -1).map((line) => {
    const [table, row] = Object.entries(JSON.parse(line))[0] as [string, Row]
    const other = change(table, row)
    return other === row ? line : JSON.stringify({ [table]: other })
  })
  const sha256 = createHash('sha256')
    .update(changed.map((line) => `${line}\n`).join(''))
    .digest('hex')
  return [...changed, JSON.stringify({ ...JSON.parse(lines.at(-1) as string), sha256 })]
}

test('the words of version 1 become those of version 2, in the rows and in what the sweeper looks through', async () => {
  await using db = await open(await postgres.createDatabase(), true)
  async function* lines() {
    yield* oldWords()
  }
  // Reading a backup migrates what it has read, as the start does.
  await restoreBackup(db, lines(), new Date('2027-01-01T00:00:00Z'), null)
  const { rows } = await db.query(
    `select m.id, m.step, m.disposition, m.reason, e.step as "at", e.disposition as "became", e.reason as "because"
       from replyd.message m join replyd.event e on e.message_id = m.id where e.reason <> 'restored' order by m.id`,
  )
  const states = rows as Record<string, string>[]
  expect(states.map(({ id, step, disposition }) => [id, step, disposition])).toEqual([
    ['m-approved', 'decide', 'pending'],
    ['m-held', 'review', 'held'],
    ['m-sending', 'deliver', 'pending'],
    ['m-sent', 'done', 'sent'],
    ['m-uncertain', 'review', 'uncertain'],
  ])
  expect(states.map(({ id, at, became, because }) => [id, at, became, because])).toEqual([
    ['m-approved', 'decide', 'pending', 'composed'],
    ['m-held', 'review', 'held', 'mode-review'],
    ['m-sending', 'deliver', 'pending', 'mode-draft'],
    ['m-sent', 'done', 'sent', 'guard-error'],
    ['m-uncertain', 'review', 'uncertain', 'send-unconfirmed'],
  ])
  const { rows: codes } = await db.query(`select codes from replyd.message where id = 'm-sent'`)
  expect(codes).toEqual([{ codes: ['unknown-sender', 'guard-error'] }])
  expect((await findDue(db, new Date('2027-01-01T00:00:00Z'), 10)).map(({ id }) => id)).toEqual([
    'm-approved',
    'm-sending',
  ])
  const { rows: grants } = await db.query('select category from replyd.autonomy_grant')
  expect(grants).toEqual([{ category: 'other' }])
  const { rows: indexes } = await db.query<{ definition: string }>(
    `select indexdef as definition from pg_indexes where schemaname = 'replyd' and indexdef like '% WHERE %step%'`,
  )
  expect(indexes).toHaveLength(2)
  for (const { definition } of indexes) expect(definition).not.toMatch(/'wait'/)
})

test('version 20 renames a reason and a kind of claim everywhere', async () => {
  await using db = await open(await postgres.createDatabase(), true)
  const claims = [
    { claim: '**bold**', kind: 'mended' },
    { claim: '14 Euro', kind: 'price' },
    { claim: 'Kind regards', kind: 'mended' },
  ]
  async function* lines() {
    yield* changedBackup('19.jsonl', (table, row) => {
      if (table === 'reply') return row.id === 'm-held' ? { ...row, hold_reason: 'mended', claims } : row
      return table === 'message' || table === 'event' ? { ...row, reason: 'mended' } : row
    })
  }
  await restoreBackup(db, lines(), new Date('2027-01-01T00:00:00Z'), null)
  const { rows } = await db.query(
    `select m.reason, e.reason as because, r.hold_reason as held, r.claims from replyd.message m
       join replyd.event e on e.message_id = m.id and e.reason <> 'restored'
       join replyd.reply r on r.id = m.id where m.id = 'm-held'`,
  )
  const renamed = claims.map((each) => (each.kind === 'mended' ? { ...each, kind: 'removed' } : each))
  expect(rows).toEqual([
    { reason: 'text-removed', because: 'text-removed', held: 'text-removed', claims: renamed },
  ])
  const { rows: states } = await db.query('select state from replyd.rate_limit')
  expect(states).toEqual([{ state: { a: 1 } }])
})

/** Rows that a crash or failure of an earlier version left half done, by mail, and their repaired state. */
const halfDone: Record<string, [mail: string, reply: string, after: string]> = {
  'm-approved': ['review held', 'sending', 'review uncertain uncertain'],
  'm-held': ['review held', 'sent', 'done sent sent'],
  'm-sending': ['review held', 'approved', 'review held held'],
  'm-sent': ['deliver pending', 'saved', 'done drafted saved'],
  'm-uncertain': ['deliver approved', 'uncertain', 'review uncertain uncertain'],
}

test('mails and replies that an earlier version left half done are made consistent', async () => {
  await using db = await open(await postgres.createDatabase(), true)
  async function* lines() {
    yield* fixture('1.jsonl').trim().split('\n')
  }
  await restoreBackup(db, lines(), new Date('2027-01-01T00:00:00Z'), null)
  await db.query('delete from replyd.migration where version >= 6')
  for (const [id, [mail, state]] of Object.entries(halfDone)) {
    const [step, disposition] = mail.split(' ')
    await db.query('update replyd.message set step = $2, disposition = $3 where id = $1', [
      id,
      step,
      disposition,
    ])
    await db.query('update replyd.reply set state = $2 where id = $1', [id, state])
  }
  await migrate(db, migrations.slice(0, 6))
  const { rows } = await db.query<{ id: string; at: string }>(
    `select m.id, concat_ws(' ', m.step, m.disposition, r.state) as at from replyd.message m join replyd.reply r on r.id = m.id`,
  )
  const after = Object.fromEntries(rows.map(({ id, at }) => [id, at]))
  expect(after).toEqual(Object.fromEntries(Object.entries(halfDone).map(([id, [, , to]]) => [id, to])))
})
