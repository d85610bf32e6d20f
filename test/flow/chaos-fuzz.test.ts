/** Bad input through ingest, guard, triage and compose. `npm run chaos -- --only fuzz` does the same with 20,000 mails. */
import { expect, test } from '@jest/globals'
import { fuzzMails } from '../../bench/chaos/fuzz.ts'
import { newDatabase } from './database.ts'

test('no mail crashes a step, none takes a second of CPU, each gets a disposition, and memory stays', async () => {
  const result = await fuzzMails(150, 20_261_124, () => undefined, {
    every: 25,
    databaseUrl: await newDatabase(),
  })
  expect(result.crashes).toEqual([])
  expect(result.slow).toEqual([])
  expect(result.grownMb).toBeLessThan(300)
  const ended = Object.values(result.dispositions).reduce((sum, count) => sum + count, 0)
  expect(ended).toBe(result.mails)
  expect(result.mails).toBeGreaterThan(250)
})
