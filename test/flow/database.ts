import { afterAll } from '@jest/globals'
import { type Postgres, startPostgres } from '../live/servers/index.ts'

/** Of this test file. */
let postgres: Promise<Postgres> | undefined

afterAll(async () => {
  await (await postgres)?.[Symbol.asyncDispose]()
})

/**
 * The URL of an empty database, for tests that would do the same on any store: the embedded one takes several times the CPU
 * time. Some files of test/flow run on that one.
 */
export async function newDatabase(): Promise<string> {
  postgres ??= startPostgres({ fsync: false })
  return (await postgres).createDatabase()
}
