/** The commands of an account that wait for a connection, and which of them goes next. */
import type { Slot } from './pooled-connection.ts'

export interface WaitingCommand {
  /** Where it has to run (placeKey); null when any connection will do. */
  place: string | null
  /** How often a later one went first because it needed no SELECT. */
  overtaken: number
  start(slot: Slot): void
  fail(error: Error): void
}

/** One whose `expiry`, if there is one, ends with the waiting. */
export function waitingFor(
  place: string | null,
  resolve: (slot: Slot) => void,
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

/** The next command may be overtaken this often by those that fit the mailbox a connection has selected. */
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

  /** Takes out the first that can run there without SELECT. */
  takeFitting(place: string | null): WaitingCommand | undefined {
    const [first] = this.#line
    if (!first || first.overtaken >= MAX_OVERTAKEN) return undefined
    const index = this.#line.findIndex((waiting) => waiting.place === null || waiting.place === place)
    if (index > 0) first.overtaken++
    return index < 0 ? undefined : this.#line.splice(index, 1)[0]
  }

  takeFirst(): WaitingCommand | undefined {
    return this.#line.shift()
  }

  failAll(error: Error): void {
    for (const waiting of this.#line.splice(0)) waiting.fail(error)
  }

  /** @returns how many are left, without an error all */
  failBehindFirst(error: Error | null): number {
    if (error) for (const waiting of this.#line.splice(1)) waiting.fail(error)
    return this.#line.length
  }
}
