/** Backup and restore between the embedded store and PostgreSQL, in every direction, and the files that they refuse. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { silentLog } from '../../src/base/log.ts'
import { backedUpTables } from '../../src/store/backup.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { restoreBackup } from '../../src/store/restore.ts'
import { loadWebhook } from '../../src/store/webhooks.ts'
import { run } from '../cli/run.ts'
import { fillState } from '../store-template.ts'
import { seedAll } from './seed.ts'
import { type Postgres, startPostgres } from './servers/index.ts'

type Kind = 'embedded' | 'PostgreSQL'

const directory = mkdtempSync(join(tmpdir(), 'replyd-backup-'))
let postgres: Postgres
let places = 0

/** The environment of a daemon that has that store. */
type Place = Record<string, string> & { REPLYD_DATA: string }

async function newPlace(kind: Kind): Promise<Place> {
  const place: Place = {
    REPLYD_ADDRESS: 'me@example.com',
    IMAP_URL: 'imap://me:pw@127.0.0.1:1',
    SMTP_URL: 'smtp://me:pw@127.0.0.1:1',
    OPENAI_API_KEY: 'none',
    REPLYD_KEY: 'the same on both machines',
    REPLYD_DATA: join(directory, `place-${places++}`),
  }
  if (kind === 'PostgreSQL') place.DATABASE_URL = await postgres.createDatabase()
  return place
}

const open = (
  { REPLYD_DATA, DATABASE_URL = null }: Place & { DATABASE_URL?: string | null },
  asItIs = false,
) => openDatabase({ directory: REPLYD_DATA, databaseUrl: DATABASE_URL }, silentLog, { asItIs })

async function contents(db: Database): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const table of await backedUpTables(db)) {
    const { rows } = await db.query<{ row: string }>(
      `select row_to_json(t)::text as row from replyd.${table} t`,
    )
    found[table] = rows.map(({ row }) => row.replace(/[+-]\d\d:\d\d"/g, '"')).sort()
  }
  return found
}

/** A backup of a full store, and its contents. */
async function fullBackup(kind: Kind): Promise<{ file: string; before: Record<string, string[]> }> {
  const place = await newPlace(kind)
  if (kind !== 'PostgreSQL') await fillState(place.REPLYD_DATA)
  const db = await open(place)
  await seedAll(db)
  await db.query(`insert into replyd.push_device (id, endpoint, keys, actor, device, session, added_at, last_event, due_at)
    select 'of-a-login', endpoint, keys, actor, device, 'h', added_at, last_event, due_at from replyd.push_device`)
  const before = await contents(db)
  await db[Symbol.asyncDispose]()
  const file = join(directory, `backup-${places}.gz`)
  const outcome = await run(['backup', file], { environment: place })
  expect(outcome).toMatchObject({ status: 0, err: '' })
  expect(outcome.out).toContain('5 mails, 5 replies')
  return { file, before }
}

beforeAll(async () => {
  postgres = await startPostgres({ fsync: false })
})

afterAll(async () => {
  await postgres?.stop()
  rmSync(directory, { recursive: true, force: true })
})

describe.each([
  ['embedded', 'PostgreSQL'],
  ['PostgreSQL', 'embedded'],
  ['PostgreSQL', 'PostgreSQL'],
] as const)('from %s to %s', (from, to) => {
  test('every row of every table is there again, and numbering continues where it was', async () => {
    const { file, before } = await fullBackup(from)
    for (const [table, rows] of Object.entries(before))
      expect([table, rows.length > 0]).toEqual([table, true])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const place = await newPlace(to)
    const outcome = await run(['restore', file], { environment: place })
    expect(outcome).toMatchObject({ status: 0, err: '' })
    expect(outcome.out).toMatch(
      /5 mails, 5 replies.*\n.*schema \d.*\nApproved replies .* again: 1\. Replies that were being sent .*: 1\.\n.*\nEverybody logs in again/,
    )
    await using db = await open(place)
    const after = await contents(db)
    const changes = (table: string) => (after[table] ?? []).filter((row) => !before[table]?.includes(row))
    // Approved replies wait for a person again; nothing else has changed.
    for (const table of ['message', 'reply', 'event', 'reply_change']) {
      const changed = changes(table).map((row) => JSON.parse(row) as Record<string, unknown>)
      expect([table, changed.map((row) => row.id ?? row.message_id)]).toEqual([table, [expect.anything()]])
    }
    expect(JSON.parse(changes('message')[0] ?? '')).toMatchObject({
      id: 'm-approved',
      step: 'review',
      disposition: 'held',
      reason: 'restored',
    })
    expect(changes('restore')).toHaveLength(1)
    // Everybody has to log in again; until then the browser of an earlier login gets no notifications.
    expect([after.session, after.used_code]).toEqual([[], []])
    expect(after.push_device).toEqual(before.push_device?.filter((row) => !row.includes('of-a-login')))
    const different = [
      'message',
      'reply',
      'event',
      'reply_change',
      'restore',
      'session',
      'used_code',
      'push_device',
    ]
    for (const table of Object.keys(before)) {
      if (different.includes(table)) continue
      expect([table, after[table]]).toEqual([table, before[table]])
    }
    // The restore itself wrote one event, with the next unused number.
    const ids = after.event?.map((row) => (JSON.parse(row) as { id: number }).id) ?? []
    expect(new Set(ids).size).toBe(6)
  })
})

describe('restore refuses', () => {
  let file = ''
  beforeAll(async () => {
    file = (await fullBackup('PostgreSQL')).file
  })

  const changed = (change: (text: string) => string | Buffer): string => {
    const path = join(directory, `changed-${places++}.gz`)
    const text = change(gunzipSync(readFileSync(file)).toString())
    writeFileSync(path, typeof text === 'string' ? gzipSync(text) : text)
    return path
  }

  const cases: [string, () => string, RegExp][] = [
    [
      'a changed character',
      () => changed((text) => text.replace('<m-sent@', '<m-sans@')),
      /checksum differs/,
    ],
    ['a missing end', () => changed((text) => text.slice(0, text.lastIndexOf('{"end"'))), /is cut off/],
    ['half a file', () => changed(() => readFileSync(file).subarray(0, 700)), /damaged or cut off/],
    [
      'a row that fits no table',
      () => changed((text) => text.replace('"uid":4000000000', '"uid":"x"')),
      /does not fit/,
    ],
    [
      'an unknown table',
      () => changed((text) => text.replace('{"lease"', '{"pg_user"')),
      /not a row of a known/,
    ],
    [
      'a newer schema',
      () => changed((text) => text.replace(/"schema":\d+/, '"schema":999')),
      /by a newer replyd/,
    ],
    ['another file', () => changed(() => gzipSync('Dear Sir,\n')), /not a backup of replyd/],
    ['what is not gzipped', () => changed(() => Buffer.from('Dear Sir')), /is not a backup/],
  ]
  test.each(cases)('%s, in one line, and nothing is restored', async (_name, make, message) => {
    const place = await newPlace('PostgreSQL')
    const outcome = await run(['restore', make()], { environment: place })
    expect(outcome).toMatchObject({ status: 2, out: '' })
    expect(outcome.err).toMatch(message)
    expect(outcome.err.trim().split('\n')).toHaveLength(1)
    expect(await run(['restore', file], { environment: place })).toMatchObject({ status: 0 })
  })

  /** Changed by somebody who knows the format, but not the key. */
  const forged = (change: (end: Record<string, unknown>) => object) =>
    changed((text) => {
      const lines = text.replace('"a@example.org","rule":"allow"', '"m@evil.example","rule":"allow"')
      const at = lines.lastIndexOf('{"end"')
      const end = JSON.parse(lines.slice(at)) as Record<string, unknown>
      const sha256 = createHash('sha256').update(lines.slice(0, at)).digest('hex')
      return `${lines.slice(0, at)}${JSON.stringify(change({ ...end, sha256 }))}\n`
    })

  test.each<[string, () => string]>([
    ['with the old signature', () => forged((end) => end)],
    ['without any', () => forged(({ mac: _, ...end }) => end)],
    ['with one that is no text', () => forged((end) => ({ ...end, mac: { length: 64 } }))],
  ])('a forged one %s, unless the owner wants it all the same', async (_name, make) => {
    const place = await newPlace('PostgreSQL')
    const path = make()
    const outcome = await run(['restore', path], { environment: place })
    expect(outcome).toMatchObject({ status: 2, out: '', err: expect.stringContaining('may be forged') })
    expect(await run(['restore', path, '--unverified'], { environment: place })).toMatchObject({ status: 0 })
  })

  test.each([
    ['where numbers go on', /"event\.id":\["\d+"/, '"event.id":["9223372036854775807"'],
    ['how many rows there are', /"message":5,/, ''],
    ['that it is of the first format, whose end is not signed', '"format":2', '"format":1'],
  ])('one in which somebody has changed only %s', async (_name, from, to) => {
    const path = changed((text) => {
      const other = text.replace(from, to)
      const at = other.lastIndexOf('{"end"')
      const sha256 = createHash('sha256').update(other.slice(0, at)).digest('hex')
      return other.replace(/"sha256":"\w+"/, `"sha256":"${sha256}"`)
    })
    const outcome = await run(['restore', path], { environment: await newPlace('PostgreSQL') })
    expect(outcome).toMatchObject({ status: 2, out: '', err: expect.stringContaining('may be forged') })
  })

  test('without the key, or with another one; with the key file of the old directory it is restored', async () => {
    const { REPLYD_KEY: _, ...old } = await newPlace('PostgreSQL')
    const db = await open(old as Place)
    await seedAll(db)
    await db[Symbol.asyncDispose]()
    const path = join(directory, `own-key-${places++}.gz`)
    expect(await run(['backup', path], { environment: old })).toMatchObject({
      status: 0,
      out: expect.stringContaining(`keep a copy of ${join(old.REPLYD_DATA, 'oauth.key')}`),
    })
    const { REPLYD_KEY = '', ...place } = await newPlace('PostgreSQL')
    expect(await run(['restore', path], { environment: place })).toMatchObject({
      status: 2,
      err: expect.stringContaining('there is no key here'),
    })
    const letter = changed(() => Buffer.from('Dear Sir'))
    expect(await run(['restore', letter], { environment: place })).toMatchObject({
      status: 2,
      err: expect.stringContaining('is not a backup'),
    })
    expect(await run(['restore', path], { environment: { ...place, REPLYD_KEY } })).toMatchObject({
      status: 2,
      err: expect.stringContaining('may be forged'),
    })
    const key = join(old.REPLYD_DATA, 'oauth.key')
    expect(await run(['restore', path, '--key', key], { environment: place })).toMatchObject({ status: 0 })
  })

  test('a store that is not empty', async () => {
    const place = await newPlace('PostgreSQL')
    await run(['restore', file], { environment: place })
    const outcome = await run(['restore', file], { environment: place })
    expect(outcome).toMatchObject({ status: 2, err: expect.stringContaining('The store is not empty') })
  })

  test('a file that is not there', async () => {
    const outcome = await run(['restore', '/nowhere.gz'], { environment: await newPlace('PostgreSQL') })
    expect(outcome).toMatchObject({ status: 2, err: expect.stringContaining('/nowhere.gz does not exist') })
  })
})

test('the first format is read, too; where numbers continue is taken from its rows, because it is not signed', async () => {
  const fixture = readFileSync(join(import.meta.dirname, '../fixtures/schema/17.jsonl'), 'utf8')
  const end = /"event\.id":\["\d+",true\]/
  expect(fixture).toMatch(end)
  async function* lines() {
    yield* fixture.replace(end, '"event.id":["1",true]').trim().split('\n')
  }
  await using db = await open(await newPlace('PostgreSQL'), true)
  await restoreBackup(db, lines(), new Date('2027-01-01T00:00:00Z'), Buffer.alloc(32))
  // The sixth event is that of the restore itself.
  const { rows } = await db.query('select max(id)::int as id from replyd.event')
  expect(rows).toEqual([{ id: 6 }])
})

test('a backup contains neither logins nor the URL of a webhook', async () => {
  const place = await newPlace('PostgreSQL')
  const db = await open(place)
  await seedAll(db)
  await loadWebhook(db, 'https://hooks.slack.example/services/T0/B0/hush', new Date())
  await db[Symbol.asyncDispose]()
  const file = join(directory, `private-${places}.gz`)
  expect(await run(['backup', file], { environment: place })).toMatchObject({ status: 0 })
  const text = gunzipSync(readFileSync(file)).toString()
  expect(text).toContain('{"webhook":')
  expect(text).not.toMatch(/\{"(?:session|used_code)":|hush/)
})

test('backup never overwrites, and says when there is nothing', async () => {
  const file = join(directory, 'precious')
  writeFileSync(file, 'precious')
  const place = await newPlace('PostgreSQL')
  expect(await run(['backup', file], { environment: place })).toMatchObject({
    status: 2,
    err: expect.stringContaining('already exists'),
  })
  expect(readFileSync(file, 'utf8')).toBe('precious')
  const outcome = await run(['backup', join(directory, 'nothing')], { environment: place })
  expect(outcome).toMatchObject({ status: 2, err: expect.stringContaining('nothing to back up') })
})
