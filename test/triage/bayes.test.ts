import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { evaluateBayes } from '../../src/eval/bayes.ts'
import { detection } from '../../src/eval/statistics.ts'
import { parseOctets } from '../../src/mail/mime/octets.ts'
import { boundsOf, type Example, ratherSpam, score, train } from '../../src/triage/bayes.ts'
import { spamTokens } from '../../src/triage/spam-tokens.ts'

const corpus = new URL('../fixtures/corpus/', import.meta.url)

function examples(): Example[] {
  const labels = readFileSync(new URL('spam.labels.jsonl', corpus), 'utf8').trim().split('\n')
  return labels.map((line) => {
    const { file, expect: expected } = JSON.parse(line) as { file: string; expect: { spam: boolean } }
    return { spam: expected.spam, tokens: spamTokens(parseOctets(readFileSync(new URL(file, corpus)))) }
  })
}

const corpusExamples = examples()

test.each([
  ['the even half, asked about the odd one', 2, 0, 0.95],
  ['the odd half, asked about the even one', 2, 1, 0.91],
] as const)('trained on %s it finds spam and leaves wanted mail alone', (_name, parts, learned, recall) => {
  const model = train(corpusExamples.filter((_, at) => at % parts === learned))
  const asked = corpusExamples.filter((_, at) => at % parts !== learned)
  const found = detection(
    asked.map(({ spam, tokens }) => ({ expected: spam, given: score(model, tokens) >= ratherSpam })),
  )
  expect(found.precision?.value).toBeGreaterThanOrEqual(0.99)
  expect(found.recall?.value).toBeGreaterThanOrEqual(recall)
})

test('over ten folds, too', () => {
  const answers = Array.from({ length: 10 }, (_, fold) => {
    const model = train(corpusExamples.filter((_, at) => at % 10 !== fold))
    const asked = corpusExamples.filter((_, at) => at % 10 === fold)
    return asked.map(({ spam, tokens }) => ({ expected: spam, given: score(model, tokens) >= ratherSpam }))
  }).flat()
  const { precision, recall } = detection(answers)
  expect(precision?.value).toBeGreaterThanOrEqual(0.99)
  expect(recall?.value).toBeGreaterThanOrEqual(0.95)
})

test('of its own verdicts, under 1 in 200 is wrong, on mail that neither it nor its bounds have seen', () => {
  const named = corpusExamples.map((example, at) => ({ ...example, file: `${at}.eml` }))
  const { alone } = evaluateBayes(named)
  expect(alone?.wrong?.value).toBeLessThan(0.005)
  expect(alone?.answered?.value).toBeGreaterThan(0.5)
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

/** Spam and wanted mail alternately, oldest first. */
const mixed = (counts: { spam: number; ham: number }): Example[] =>
  Array.from({ length: Math.max(counts.spam, counts.ham) }, (_, at) => [
    ...(at < counts.spam ? [{ spam: true, tokens: ['pills', `own-spam-${at % 7}`] }] : []),
    ...(at < counts.ham ? [{ spam: false, tokens: ['meeting', `own-ham-${at % 7}`] }] : []),
  ]).flat()

test.each([
  ['enough of each, and easy to tell apart', 200, true],
  ['one too few', 199, false],
] as const)('%s: answers alone: %s examples', (_name, spam, alone) => {
  const { spamFrom, hamTo } = boundsOf(mixed({ spam, ham: 200 }))
  expect([spamFrom !== null, hamTo !== null]).toEqual([alone, alone])
})

test.each([
  [
    'wanted mail that looks like spam takes back what was sure',
    { spam: false, tokens: ['pills', 'own-spam-1', 'own-spam-2'] },
    [false, true],
  ],
  [
    'spam that looks like wanted mail takes back what was sure',
    { spam: true, tokens: ['meeting', 'own-ham-1', 'own-ham-2'] },
    [true, false],
  ],
])('among the newest, %s', (_name, newest, alone) => {
  const examples = [...mixed({ spam: 250, ham: 250 }), ...Array.from({ length: 30 }, () => newest)]
  const { spamFrom, hamTo } = boundsOf(examples)
  expect([spamFrom !== null, hamTo !== null]).toEqual(alone)
})

test('one mistake among the newest raises the bound above it', () => {
  const older = mixed({ spam: 300, ham: 300 })
  const newest = [
    ...Array.from({ length: 20 }, () => ({ spam: true, tokens: ['pills', 'own-spam-1', 'own-spam-2'] })),
    { spam: false, tokens: ['pills'] },
    ...Array.from({ length: 39 }, () => ({ spam: false, tokens: ['meeting'] })),
  ]
  const { spamFrom } = boundsOf([...older, ...newest])
  expect(spamFrom).not.toBeNull()
  expect(spamFrom).toBeGreaterThan(boundsOf(older).spamFrom ?? 1)
})

test('classes that look alike leave nothing for the filter to decide alone', () => {
  const same = Array.from({ length: 400 }, (_, at) => ({ spam: at % 2 === 0, tokens: ['hello', 'world'] }))
  expect(boundsOf(same)).toEqual({ spamFrom: null, hamTo: null })
})
