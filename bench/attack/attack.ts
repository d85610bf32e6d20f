/** Defines an attack, and runs a whole area of them one after the other, each with a deadline. */
import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '../../src/base/errors.ts'

export interface Attack {
  /** What the attacker tries, as text; unique within its area. */
  name: string
  /** What stops it: one clause for the table. */
  holds: string
  /** Runs the attack. Null or a figure if it was held; otherwise what got through. */
  run: () => Promise<string | null | Held>
}

/** It was held, and something was measured. */
export interface Held {
  figure: string
}

/** Attacks that share a target. Everything they start listens on loopback and ends with them. */
export interface Area {
  name: string
  open: () => Promise<AsyncDisposable & { attacks: readonly Attack[] }>
}

export interface Result extends Pick<Attack, 'name' | 'holds'> {
  area: string
  /** Null when it held. */
  broken: string | null
  figure?: string
  /** Milliseconds. */
  took: number
}

/**
 * Milliseconds. An attack that is not over by then counts as broken, because something hangs; so does an attack for
 * which the area had no time left.
 */
const [longestRun, longestArea] = [180_000, 480_000]

/** @param onResult called when each one ends */
export async function runArea(
  { name: area, open }: Area,
  onResult: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = []
  const note = (result: Omit<Result, 'area'>) => {
    results.push({ area, ...result })
    onResult({ area, ...result })
  }
  const begun = performance.now()
  const since = (moment: number) => Math.round(performance.now() - moment)
  try {
    await using target = await open()
    for (const { name, holds, run } of target.attacks) {
      const begin = performance.now()
      const left = longestArea - since(begun)
      const outcome =
        left > 0 ? await withinTime(run, Math.min(left, longestRun)) : 'not run: the area took too long'
      const broken = typeof outcome === 'string' ? outcome : null
      const figure = typeof outcome === 'string' ? {} : outcome
      note({ name, holds, broken, ...figure, took: since(begin) })
    }
  } catch (error) {
    note({
      name: 'the area as a whole',
      holds: '',
      broken: `it failed: ${reasonOf(error)}`,
      took: since(begun),
    })
  }
  return results
}

/** @param most milliseconds */
async function withinTime(run: Attack['run'], most: number): Promise<string | null | Held> {
  const stop = new AbortController()
  const late = delay(most, 'did not end', { signal: stop.signal }).catch(() => null)
  try {
    return await Promise.race([run(), late])
  } catch (error) {
    // Nothing was proven, so this is not a success.
    return `could not be tried: ${reasonOf(error)}`
  } finally {
    stop.abort()
  }
}

/** Null when they are equal, else both. */
export function differs(found: unknown, expected: unknown): string | null {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)]
  return one === other ? null : `${one} instead of ${other}`.slice(0, 200)
}
