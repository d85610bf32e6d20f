/**
 * Tells the processes that share the store that the connection to a mailbox is lost: by a lease, which expires if the
 * process that watches the mailbox ends. Learns from them that somebody wants it to connect at once.
 */
import type { Watcher } from '../receive/watch.ts'
import { type Leases, leaseHolders, takeAskedAgain } from '../store/leases.ts'
import type { Queryable } from '../store/queryable.ts'

/** Milliseconds. */
const lookEveryMs = 5_000

const prefix = 'lost '

type Watching = Pick<Watcher, 'address' | 'holdsLease' | 'health' | 'tryAgain'>

export class LostConnections implements Disposable {
  readonly #db: Queryable
  readonly #leases: Leases
  readonly #watchers: readonly Watching[]
  readonly #told = new Set<string>()
  readonly #timer: NodeJS.Timeout

  constructor(db: Queryable, leases: Leases, watchers: readonly Watching[]) {
    this.#db = db
    this.#leases = leases
    this.#watchers = watchers
    this.#timer = setInterval(() => void this.look(), lookEveryMs).unref()
  }

  /** Never throws: a lease that could not be released expires. */
  async look(): Promise<void> {
    for (const watcher of this.#watchers) {
      const isLost = watcher.holdsLease && watcher.health()?.state === 'waiting'
      const { address } = watcher
      if (isLost === this.#told.has(address)) continue
      if (isLost) {
        this.#told.add(address)
        this.#leases.want(`${prefix}${address}`)
      } else {
        this.#told.delete(address)
        await this.#leases.release(`${prefix}${address}`).catch(() => undefined)
      }
    }
    const asked = await takeAskedAgain(this.#db, [...this.#told]).catch((): string[] => [])
    for (const watcher of this.#watchers) if (asked.includes(watcher.address)) watcher.tryAgain()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

/** The accounts among these whose watching process has no connection. */
export async function lostConnections(db: Queryable, addresses: readonly string[]): Promise<string[]> {
  if (addresses.length === 0) return []
  const holders = await leaseHolders(
    db,
    addresses.map((address) => `${prefix}${address}`),
  )
  return [...holders.values()].flat().map((name) => name.slice(prefix.length))
}
