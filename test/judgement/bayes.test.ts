import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { boundsOf, type Example, score, train } from '../../src/judgement/bayes.ts'
import { spamTokens } from '../../src/judgement/spam-tokens.ts'
import { parseOctets } from '../../src/mail/octets.ts'

const corpus = new URL('../fixtures/corpus/', import.meta.url)

function examples(): Example[] {
  const labels = readFileSync(new URL('spam.labels.jsonl', corpus), 'utf8').trim().split('\n')
  return labels.map((line) => {
    const { file, expect: expected } = JSON.parse(line) as { file: string; expect: { spam: boolean } }
    return { spam: expected.spam, tokens: spamTokens(parseOctets(readFileSync(new URL(file, corpus)))) }
  })
}

test('trained on half of the corpus it finds spam in the other half', () => {
  const all = examples()
  const model = train(all.filter((_, at) => at % 2 === 0))
  const others = all.filter((_, at) => at % 2 === 1)
  const called = others.filter(({ tokens }) => score(model, tokens) >= 0.65)
  const right = called.filter(({ spam }) => spam).length
  expect(right / called.length).toBeGreaterThanOrEqual(0.99)
  expect(right / others.filter(({ spam }) => spam).length).toBeGreaterThanOrEqual(0.9)
})

test.each([
  ['a word of spam', ['pills'], 'above'],
  ['a word of wanted mail', ['meeting'], 'below'],
  ['a word that nobody has written', ['xyzzy'], 'at'],
  ['a word of both', ['hello'], 'at'],
  ['nothing', [], 'at'],
] as const)('%s scores %s one half', (_name, tokens, side) => {
  const spam = { spam: true, tokens: ['pills', 'hello'] }
  const ham = { spam: false, tokens: ['meeting', 'hello'] }
  const value = score(train([spam, spam, spam, ham, ham, ham]), tokens)
  expect(value > 0.5 ? 'above' : value < 0.5 ? 'below' : 'at').toBe(side)
})

const many = (count: number, spam: boolean, tokens: string[]): Example[] =>
  Array.from({ length: count }, (_, at) => ({ spam, tokens: [...tokens, `own-${spam}-${at % 7}`] }))

test.each([
  ['enough of each, and easy to tell apart', 200, ['pills'], ['meeting'], true],
  ['one too few', 199, ['pills'], ['meeting'], false],
] as const)('%s: answers alone: %s examples', (_name, count, spam, ham, alone) => {
  const { spamFrom, hamTo } = boundsOf([...many(count, true, [...spam]), ...many(200, false, [...ham])])
  expect([spamFrom !== null, hamTo !== null]).toEqual([alone, alone])
})

test('classes that look the same leave nothing to be said alone', () => {
  const same = Array.from({ length: 400 }, (_, at) => ({ spam: at % 2 === 0, tokens: ['hello', 'world'] }))
  expect(boundsOf(same)).toEqual({ spamFrom: null, hamTo: null })
})
