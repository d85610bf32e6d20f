// Writes test/fixtures/schema/N.sql and N.jsonl for the newest schema: its current migration, and a store of that
// version with something in every table. Run it while a version is not released yet; afterwards its files are frozen
// and a change is a new migration.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../src/base/log.ts'
import { backupLines } from '../src/store/backup.ts'
import { openDatabase } from '../src/store/database.ts'
import { migrations } from '../src/store/migrations.ts'
import { seedAll, seededAt } from '../test/live/seed.ts'
import { root } from './sources.mjs'

const { version, sql } = migrations.at(-1)
const directory = mkdtempSync(join(tmpdir(), 'replyd-schema-'))
const place = (ending) => join(root, `test/fixtures/schema/${version}.${ending}`)
try {
  const db = await openDatabase({ directory, databaseUrl: null }, silentLog)
  await seedAll(db)
  const lines = []
  await db.transaction(async (session) => {
    const about = { version: '0', at: seededAt, store: 'pglite', key: Buffer.alloc(32) }
    for await (const line of backupLines(session, about)) lines.push(line)
  })
  await db[Symbol.asyncDispose]()
  writeFileSync(place('sql'), sql)
  writeFileSync(place('jsonl'), lines.join(''))
  process.stderr.write(`schema: wrote ${place('sql')} and ${place('jsonl')}\n`)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
