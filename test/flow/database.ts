import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDatabase, startPostgres } from '../live/servers/index.ts'
import { madeOnce } from '../made-once.ts'
import { prepareStore } from '../store-template.ts'

/** The database that the others are copies of: to make the tables anew takes longer. */
const template = 'replyd_template'

/**
 * The URL of a new, empty store, for tests that would do the same on any store: the embedded one takes several times the CPU
 * time. Some files of test/flow run on that one. The worker that asks first starts the server; it ends with the run.
 */
export async function newDatabase(): Promise<string> {
  const directory = await madeOnce('postgres', async (made) => {
    // Visits to each database of the run would only take time.
    const settings = { max_connections: '1000', autovacuum: 'off' }
    const { url } = await startPostgres({ fsync: false, settings })
    await prepareStore({ directory: made, databaseUrl: await createDatabase(url, template) })
    mkdirSync(made)
    writeFileSync(join(made, 'url'), url)
  })
  if (!directory) throw new Error('only a run of the tests has a PostgreSQL of its own')
  const url = readFileSync(join(directory, 'url'), 'utf8')
  return createDatabase(url, `test_${randomUUID().replaceAll('-', '')}`, template)
}
