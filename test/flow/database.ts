import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDatabase, startPostgres } from '../live/servers/index.ts'
import { madeOnce } from '../made-once.ts'
import { prepareStore } from '../store-template.ts'

/** The database of which the others are copies: creating the tables again takes longer. */
const template = 'replyd_template'

/**
 * The URL of a new, empty store, for tests that do not depend on the kind of store: the embedded one takes several
 * times the CPU time. Some files of test/flow use the embedded one. The first worker that asks starts the server; it
 * ends with the run.
 */
export async function newDatabase(): Promise<string> {
  const directory = await madeOnce('postgres', async (made) => {
    // Autovacuum of each database of the run would only take time.
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
