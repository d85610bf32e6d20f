import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { silentLog } from '../src/base/log.ts'
import { openQueues } from '../src/queue/queues.ts'
import { openDatabase } from '../src/store/database.ts'
import { madeOnce } from './made-once.ts'

/**
 * Copies an empty embedded store with the newest schema into a state directory, because PGlite takes seconds of CPU
 * time to make one. Outside of a test run this does nothing, and the store is made when it is first opened.
 */
export async function fillState(directory: string): Promise<void> {
  const template = await madeOnce('embedded-store', make)
  if (!template) return
  mkdirSync(directory, { recursive: true })
  await promisify(execFile)('cp', ['-R', join(template, 'pglite'), directory])
}

const make = (directory: string) => prepareStore({ directory, databaseUrl: null })

/** Creates the tables of an empty store. */
export async function prepareStore(settings: {
  directory: string
  databaseUrl: string | null
}): Promise<void> {
  await using db = await openDatabase(settings, silentLog)
  await using _queues = await openQueues({ redisUrl: null, pool: db.pool, namespace: 'replyd' }, silentLog)
}
