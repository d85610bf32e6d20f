/** One strike of the moments that hurt most, each in another combination. `npm run chaos` strikes all, everywhere. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { moments } from '../../bench/chaos/moments/index.ts'
import { openPeers } from '../../bench/chaos/peers.ts'
import { runMoment } from '../../bench/chaos/run.ts'
import { combinations, type Peers } from '../../bench/chaos/world.ts'

let peers: Peers & AsyncDisposable

beforeAll(async () => {
  peers = await openPeers()
}, 60_000)

afterAll(async () => {
  await peers?.[Symbol.asyncDispose]()
})

const chosen = [
  ['imap: after the last FETCH row, before the commit', 'redis+postgres'],
  ['imap: APPEND to Drafts stored, OK lost', 'redis'],
  ['imap: APPEND to Drafts stored, OK lost, killed', 'embedded'],
  ['imap: MOVE applied, unanswered', 'redis+postgres'],
  ['imap: restart with a new UIDVALIDITY', 'redis'],
  ['smtp: cut after RCPT', 'redis+postgres'],
  ['smtp: 4yz at RCPT', 'redis'],
  ['smtp: 5yz at dot', 'redis+postgres'],
  ['smtp: final dot, accepted, cut before 250', 'redis'],
  ['smtp: 250 sent, killed before it was read', 'embedded'],
  ['model: 500', 'redis'],
  ['model: not JSON at all', 'redis+postgres'],
  ['redis: short outage', 'redis'],
  ['postgres: after the claim, killed', 'redis+postgres'],
  ['mailbox: delivered again', 'redis'],
  ['mailbox: moved away and back', 'redis+postgres'],
] as const

test.each(chosen)(
  '%s [%s]: nothing lost, nothing doubled',
  async (name, place) => {
    const moment = moments.find((each) => each.name === name)
    const combination = combinations.find((each) => each.name === place)
    if (!moment || !combination) throw new Error('no such moment')
    const outcome = await runMoment(moment, combination, peers, 1)
    expect(outcome.problems).toEqual([])
    expect(outcome).toMatchObject({ struck: 1, lost: 0, duplicated: 0, misplaced: 0, other: 0, ok: true })
    expect(outcome.handled).toBe(outcome.arrived)
  },
  180_000,
)
