import { expect, test } from '@jest/globals'
import { quietMsFor } from '../../src/imap/watch.ts'

test.each([
  ['a poll each minute', 60_000, 75_000],
  ['the usual poll', 120_000, 135_000],
  ['rare polls, at a server that disconnects after three minutes', 600_000, 170_000],
])('the silence of IDLE is not probed before the next poll: %s', (_, pollMs, quietMs) => {
  expect(quietMsFor(pollMs)).toBe(quietMs)
})
