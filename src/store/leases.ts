import { EventEmitter, once } from 'node:events'
import { reasonOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { batched } from './batched.ts'
import type { Queryable } from './database.ts'

/** A dead holder's lease is taken over after this. Milliseconds. */
const leaseMs = 20_000
const renewMs = 5_000

/**
 * Takes leases. The fence grows with every change of holder, and a holder's commits are checked against it. Uses the
 * database's time, so that the clocks of several machines do not matter. A lease that another process holds is not
 * locked, so nobody waits for that process.
 * @param ttlMs how long a lease lasts, milliseconds
 * @returns the fences by name; without those that another process holds
 */
export async function takeLeases(
  db: Queryable,
  names: readonly string[],
  holder: string,
  ttlMs: number,
): Promise<Map<string, number>> {
  const { rows } = await db.query<Fence>(
    `insert into replyd.lease as l (name, holder, fence, expires_at)
       select name, $2::text, 1, clock_timestamp() + make_interval(secs => $3::float8 / 1000)
         from unnest($1::text[]) as wanted (name)
        where not exists (select 1 from replyd.lease other
          where other.name = wanted.name and other.holder <> $2 and other.expires_at > clock_timestamp())
        order by name
     on conflict (name) do update set holder = $2, fence = l.fence + case when l.holder = $2 then 0 else 1 end,
       expires_at = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
       where l.holder = $2 or l.expires_at <= clock_timestamp()
     returning name, fence::float8 as fence`,
    [names, holder, ttlMs],
  )
  return fencesOf(rows)
}

/** As takeLeases, for one lease. @returns the fence; null when another process holds it */
export async function takeLease(
  db: Queryable,
  name: string,
  holder: string,
  ttlMs: number,
): Promise<number | null> {
  return (await takeLeases(db, [name], holder, ttlMs)).get(name) ?? null
}

/** Renews what this holder still holds, even if it has expired meanwhile. @returns the fences by name */
export async function renewLeases(
  db: Queryable,
  names: readonly string[],
  holder: string,
  ttlMs: number,
): Promise<Map<string, number>> {
  // Locked in order of name, as in takeLeases: two processes never wait for each other.
  const { rows } = await db.query<Fence>(
    `with held as materialized (
       select name from replyd.lease where name = any($1::text[]) and holder = $2 order by name for no key update)
     update replyd.lease l set expires_at = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
       from held where l.name = held.name
     returning l.name, l.fence::float8 as fence`,
    [names, holder, ttlMs],
  )
  return fencesOf(rows)
}

interface Fence {
  name: string
  fence: number
}

const fencesOf = (rows: readonly Fence[]) => new Map(rows.map(({ name, fence }) => [name, fence]))

/** The holders of unexpired leases, each with the names of its leases among these. */
export async function leaseHolders(db: Queryable, names: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ holder: string; names: string[] }>(
    `select holder, array_agg(name) as names from replyd.lease
      where name = any($1::text[]) and expires_at > clock_timestamp() group by holder`,
    [names],
  )
  return new Map(rows.map((row) => [row.holder, row.names]))
}

/** Ends those that the holder has, at once. */
export async function releaseLeases(db: Queryable, names: readonly string[], holder: string): Promise<void> {
  await db.query(
    `with held as materialized (
       select name from replyd.lease where name = any($1::text[]) and holder = $2 order by name for no key update)
     update replyd.lease l set expires_at = clock_timestamp() from held where l.name = held.name`,
    [names, holder],
  )
}

interface Holder {
  /** This process's name in the leases. */
  holder: string
  /** Whether a holder's process has certainly ended. Its leases are then taken over at once. */
  isGone: (holder: string) => boolean
}

/** One lease that this process wants, held or not. */
export class Lease {
  readonly name: string
  #fence: number | null = null
  #lost = new AbortController()
  readonly #events = new EventEmitter().setMaxListeners(0)

  constructor(name: string) {
    this.name = name
  }

  /** null while another process holds it. */
  get fence(): number | null {
    return this.#fence
  }

  /** Fires when the lease that is held now is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Resolves with the fence once the lease is held; with null when the signal fires first. */
  async held(signal: AbortSignal): Promise<number | null> {
    while (this.#fence === null && !signal.aborted)
      await once(this.#events, 'held', { signal }).catch(() => undefined)
    return signal.aborted ? null : this.#fence
  }

  /** Another process has taken it over: a commit was refused because of its fence. */
  lose(): void {
    this.settle(null)
  }

  /** Applies the store's current state. */
  settle(fence: number | null): void {
    const before = this.#fence
    this.#fence = fence
    if (before !== null && fence !== before) this.#lost.abort()
    if (fence === null || fence === before) return
    if (this.#lost.signal.aborted) this.#lost = new AbortController()
    this.#events.emit('held')
  }
}

/**
 * The leases of this process. One statement renews all that it holds, another asks for those that it does not hold.
 */
export class Leases implements Disposable {
  readonly #db: Queryable
  readonly #holder: Holder
  readonly #log: Log
  readonly #wanted = new Map<string, Lease>()
  readonly #release: (db: Queryable, name: string) => Promise<void>
  readonly #everyMs: number
  #timer: NodeJS.Timeout | undefined
  #isOver = false
  #round: Promise<void> | null = null

  /** @param everyMs time between two renewals, milliseconds */
  constructor(db: Queryable, holder: Holder, log: Log, everyMs = renewMs) {
    this.#everyMs = everyMs
    this.#db = db
    this.#holder = holder
    this.#log = log
    this.#release = batched(async (session, names) => {
      await releaseLeases(session, names, holder.holder)
      return names.map(() => undefined)
    })
  }

  /** Requests and renews the lease until it is released. @param lease a released one to hold again */
  want(name: string, lease = new Lease(name)): Lease {
    this.#wanted.set(name, lease)
    this.#timer ??= setInterval(() => this.#renew(), this.#everyMs).unref()
    // Together with those requested in the same turn of the event loop.
    setImmediate(() => void this.#renewAfterRound())
    return lease
  }

  /** Takes it for a moment, without renewing it. @returns the fence; null when another process holds it */
  async takeOnce(name: string): Promise<number | null> {
    return (await takeOver(this.#db, [name], this.#holder)).get(name) ?? null
  }

  /** @throws errors of the store: the lease expires then */
  async release(name: string): Promise<void> {
    this.#wanted.get(name)?.settle(null)
    this.#wanted.delete(name)
    // A statement in progress could take it again.
    await this.#round
    await this.#release(this.#db, name)
  }

  async #renewAfterRound(): Promise<void> {
    await this.#round
    this.#renew()
  }

  #renew(): void {
    // The store may be closed already.
    if (this.#isOver) return
    this.#round ??= this.#settleAll().finally(() => {
      this.#round = null
    })
  }

  /** While the store can't be reached the fences stay: a new holder has a higher one, and commits check it. */
  async #settleAll(): Promise<void> {
    const wanted = [...this.#wanted.values()]
    const held = wanted.filter(({ fence }) => fence !== null)
    const missing = wanted.filter(({ fence }) => fence === null)
    const renew = (names: readonly string[]) => renewLeases(this.#db, names, this.#holder.holder, leaseMs)
    try {
      if (held.length > 0) settle(held, await renew(namesOf(held)))
      if (missing.length > 0) settle(missing, await takeOver(this.#db, namesOf(missing), this.#holder))
    } catch (error) {
      this.#log.warn({ event: 'watch.lease-failed', leases: wanted.length, reason: reasonOf(error) })
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    clearInterval(this.#timer)
  }
}

const namesOf = (leases: readonly Lease[]) => leases.map(({ name }) => name)

function settle(leases: readonly Lease[], fences: ReadonlyMap<string, number>): void {
  for (const lease of leases) lease.settle(fences.get(lease.name) ?? null)
}

/** Takes free leases and, without waiting, those of a dead process. */
async function takeOver(
  db: Queryable,
  names: readonly string[],
  { holder, isGone }: Holder,
): Promise<Map<string, number>> {
  const taken = await takeLeases(db, names, holder, leaseMs)
  const missing = names.filter((name) => !taken.has(name))
  if (missing.length === 0) return taken
  const dead = [...(await leaseHolders(db, missing))].filter(([other]) => isGone(other))
  for (const [other, theirs] of dead) await releaseLeases(db, theirs, other)
  const freed = dead.flatMap(([, theirs]) => theirs)
  return freed.length === 0 ? taken : new Map([...taken, ...(await takeLeases(db, freed, holder, leaseMs))])
}

/** Milliseconds. The watching process checks more often. */
const forgottenAfterMs = 20_000
/** The same holder for all processes, so that each may ask. */
const anyAsker = 'asked'
const askedPrefix = 'again '

/**
 * Asks the process that watches a mailbox to connect at once. The request is a lease that is never renewed, so it
 * expires if no process waits for it.
 */
export async function askAgain(db: Queryable, address: string): Promise<void> {
  await takeLease(db, `${askedPrefix}${address}`, anyAsker, forgottenAfterMs)
}

/** The mailboxes for which such a request exists; each request is returned once. */
export async function takeAskedAgain(db: Queryable, addresses: readonly string[]): Promise<string[]> {
  if (addresses.length === 0) return []
  const { rows } = await db.query<{ name: string }>(
    `update replyd.lease set expires_at = clock_timestamp()
      where name = any($1::text[]) and expires_at > clock_timestamp() returning name`,
    [addresses.map((address) => `${askedPrefix}${address}`)],
  )
  return rows.map(({ name }) => name.slice(askedPrefix.length))
}
