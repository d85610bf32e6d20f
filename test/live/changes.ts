/**
 * Waits for changes that other processes make to a ledger on PostgreSQL: a trigger installed by the test reports each
 * change.
 */
import { EventEmitter, once } from 'node:events'
import pg from 'pg'

const channel = 'replyd_test'
const tables = ['message', 'lease']

/** The ledger must exist, because its tables get the trigger. */
export async function watchLedger(databaseUrl: string): Promise<Changes> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(
    `create or replace function public.tell_test() returns trigger language plpgsql
       as $$ begin perform pg_notify('${channel}', ''); return null; end $$`,
  )
  for (const table of tables)
    await client.query(
      `create or replace trigger tell_test after insert or update or delete on replyd.${table} execute function public.tell_test()`,
    )
  await client.query(`listen ${channel}`)
  return new Changes(client)
}

export class Changes implements AsyncDisposable {
  readonly #client: pg.Client
  readonly #events = new EventEmitter()
  #count = 0

  constructor(client: pg.Client) {
    this.#client = client
    client.on('notification', () => {
      this.#count++
      this.#events.emit('change')
    })
  }

  /** Looks now, and again after each change, until it finds something. */
  async until<T>(look: () => Promise<T | null>): Promise<T> {
    for (;;) {
      const before = this.#count
      const found = await look()
      if (found !== null) return found
      if (this.#count === before) await once(this.#events, 'change')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end()
  }
}
