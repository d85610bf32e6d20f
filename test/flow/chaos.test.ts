/**
 * One fault at each of the most harmful moments, each in a different combination. `npm run chaos` runs all of them.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { moments } from '../../bench/chaos/moments/index.ts'
import { openPeers } from '../../bench/chaos/peers.ts'
import { type Outcome, runMoment } from '../../bench/chaos/run.ts'
import { combinations, type Peers } from '../../bench/chaos/world.ts'

let peers: Peers & AsyncDisposable

beforeAll(async () => {
  peers = await openPeers()
  startAll()
})

afterAll(async () => {
  await Promise.allSettled(runs.values())
  await peers?.[Symbol.asyncDispose]()
})

const chosen = [
  ['imap: after the last FETCH row, before the commit', 'redis+postgres'],
  ['imap: APPEND to Drafts stored, OK lost', 'redis'],
  ['imap: APPEND to Drafts stored, OK lost, killed', 'embedded'],
  ['imap: restart with a new UIDVALIDITY', 'redis'],
  ['smtp: cut after RCPT', 'redis+postgres'],
  ['smtp: 4yz at RCPT', 'redis'],
  ['smtp: final dot, accepted, cut before 250', 'redis'],
  ['smtp: 250 sent, killed before it was read', 'embedded'],
  ['model: 500', 'redis'],
  ['writes: connections cut right after the claim of a reply', 'redis+postgres'],
  ['mailbox: delivered again', 'redis'],
  ['mailbox: moved away and back', 'redis+postgres'],
] as const

const runs = new Map<string, Promise<Outcome>>()
/** Moments mostly wait for servers, so several run at a time. */
const atOnce = 3

function startAll(): void {
  const lanes: Promise<unknown>[] = Array.from({ length: atOnce }, () => Promise.resolve())
  for (const [at, [name, place]] of chosen.entries()) {
    const run = (lanes[at % atOnce] ?? Promise.resolve()).then(() => runNamed(name, place))
    run.catch(() => undefined)
    lanes[at % atOnce] = run.catch(() => undefined)
    runs.set(`${name} ${place}`, run)
  }
}

function runNamed(name: string, place: string): Promise<Outcome> {
  const moment = moments.find((each) => each.name === name)
  const combination = combinations.find((each) => each.name === place)
  if (!moment || !combination) throw new Error(`no moment ${name} in ${place}`)
  return runMoment(moment, combination, peers, 1)
}

test.each(chosen)('%s [%s]: nothing lost, nothing duplicated', async (name, place) => {
  const outcome = await runs.get(`${name} ${place}`)
  expect(outcome?.problems).toEqual([])
  expect(outcome).toMatchObject({ injected: 1, lost: 0, duplicated: 0, misplaced: 0, other: 0, ok: true })
  expect(outcome?.handled).toBe(outcome?.arrived)
})
