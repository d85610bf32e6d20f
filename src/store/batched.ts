/** Statements for many rows, exposed as functions for one row; see Batcher. */
import { Batcher, type Options } from '../base/batcher.ts'
import type { Database, Queryable } from './database.ts'

type GatherOptions<In> = Pick<Options<In>, 'nameOf'> & {
  /** Commit several statements together. */
  inTransaction?: boolean
  /** An error after which each input is tried separately, in addition to a refusal by the server. */
  splitsOn?: (error: unknown) => boolean
}

/** While mails arrive fast, a statement waits this long for more rows (milliseconds): it costs more than its rows. */
const lingerMs = 20

/**
 * Turns a function for many inputs, which answers in their order, into a function for one. Within a transaction,
 * which belongs to its caller, it runs immediately and unbatched.
 */
export function batched<In, Out>(
  run: (db: Queryable, inputs: readonly In[]) => Promise<readonly Out[]>,
  { nameOf, inTransaction = false, splitsOn }: GatherOptions<In> = {},
): (db: Queryable, input: In) => Promise<Out> {
  const lines = new WeakMap<Queryable, Batcher<In, Out>>()
  const lineOf = (db: Database) => {
    const known = lines.get(db)
    if (known) return known
    const ask = (inputs: readonly In[]) =>
      inTransaction ? db.transaction((session) => run(session, inputs)) : run(db, inputs)
    const line = new Batcher<In, Out>(ask, {
      ...{ nameOf, lingerMs },
      splitsOn: (error) => wasRefused(error) || splitsOn?.(error) === true,
    })
    lines.set(db, line)
    return line
  }
  return async (db, input) => (isDatabase(db) ? lineOf(db).ask(input) : ((await run(db, [input]))[0] as Out))
}

const isDatabase = (db: Queryable): db is Database => 'transaction' in db

/**
 * The server refused, so nothing was done. After a lost connection the outcome is unknown, and nothing is retried
 * here.
 */
const wasRefused = (error: unknown): boolean => (error as { severity?: unknown }).severity === 'ERROR'
