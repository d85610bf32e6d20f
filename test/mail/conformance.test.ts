import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { parseCases, runCases } from '../../src/eval/conformance.ts'

const directory = new URL('../fixtures/conformance/', import.meta.url)
const now = new Date('2026-03-10T09:00:00Z')

const read = (file: string) => readFileSync(new URL(file, directory))

test.each([
  ['cases.jsonl', 96],
  ['replies.jsonl', 25],
])('%s: all %d cases pass', async (name, total) => {
  const score = await runCases(parseCases(read(name).toString('utf8')), read, now)
  expect(score.results.filter((result) => !result.passed)).toEqual([])
  expect(score).toMatchObject({ passed: total, total })
})
