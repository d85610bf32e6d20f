/** The commands of an account that wait for a connection, and their order. */
import { fits } from './client.ts'
import type { PooledConnection } from './pooled-connection.ts'

export interface WaitingCommand {
  /** Where it has to run (placeKey); null if any connection will do. */
  place: string | null
  /** How often a later command went first because it needed no SELECT. */
  overtaken: number
  start(slot: PooledConnection): void
  fail(error: Error): void
}

/** A waiting command; its `expiry` timer, if any, is cleared when it leaves the line. */
export function waitingFor(
  place: string | null,
  resolve: (slot: PooledConnection) => void,
  reject: (error: Error) => void,
): WaitingCommand & { expiry?: NodeJS.Timeout } {
  const waiting: WaitingCommand & { expiry?: NodeJS.Timeout } = {
    place,
    overtaken: 0,
    start(slot) {
      clearTimeout(waiting.expiry)
      resolve(slot)
    },
    fail(error) {
      clearTimeout(waiting.expiry)
      reject(error)
    },
  }
  return waiting
}

/** How often the next command may be overtaken by commands that fit a connection's selected mailbox. */
const MAX_OVERTAKEN = 16

export class WaitingLine {
  #line: WaitingCommand[] = []

  get length(): number {
    return this.#line.length
  }

  push(waiting: WaitingCommand): void {
    this.#line.push(waiting)
  }

  remove(waiting: WaitingCommand): boolean {
    const index = this.#line.indexOf(waiting)
    if (index >= 0) this.#line.splice(index, 1)
    return index >= 0
  }

  /** Removes the first command that can run there without SELECT. */
  takeFitting(place: string | null): WaitingCommand | undefined {
    const [first] = this.#line
    if (!first || first.overtaken >= MAX_OVERTAKEN) return undefined
    const index = this.#line.findIndex((waiting) => waiting.place === null || fits(waiting.place, place))
    if (index > 0) first.overtaken++
    return index < 0 ? undefined : this.#line.splice(index, 1)[0]
  }

  takeFirst(): WaitingCommand | undefined {
    return this.#line.shift()
  }

  failAll(error: Error): void {
    for (const waiting of this.#line.splice(0)) waiting.fail(error)
  }

  /** @returns how many are left; all of them when there is no error */
  failBehindFirst(error: Error | null): number {
    if (error) for (const waiting of this.#line.splice(1)) waiting.fail(error)
    return this.#line.length
  }
}
