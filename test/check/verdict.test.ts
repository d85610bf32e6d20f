import { describe, expect, test } from '@jest/globals'
import { checkDoubts, checkedSchema } from '../../src/check/verdict.ts'

const labels = new Map([
  ['K1', 'hours.md > Counter'],
  ['K2', 'hours.md > Office'],
  ['MAIL', 'mail'],
])
const schema = checkedSchema(['Hi Kim,', 'we are open until 7.', 'Bye'], ['Open when?'], labels)
const clear = {
  sentences: [
    { n: 1, verdict: 'courtesy', source: '' },
    { n: 2, evidence: 'open 8 to 19', against: '', verdict: 'supported', source: 'K1' },
    { n: 3, verdict: 'courtesy' },
  ],
  asks: [{ n: 1, where: 'S2', answered: true }],
  language: true,
  name: true,
  address: true,
  leak: false,
  promise: false,
  obeys: false,
}
const [first, second, third] = clear.sentences
const doubts = (change: object) => checkDoubts(schema.parse({ ...clear, ...change }))

test('a clear answer gives labels that the owner knows, and nothing that the checker wrote', () => {
  const checked = schema.parse(clear)
  expect(checked.sentences[1]).toEqual({
    text: 'we are open until 7.',
    verdict: 'supported',
    sources: ['hours.md > Counter'],
  })
  expect(JSON.stringify(checked)).not.toContain('open 8 to 19')
  expect(checkDoubts(checked)).toEqual([])
})

describe('a doubt', () => {
  test.each<[string, object, string[]]>([
    [
      'contradicted',
      { sentences: [first, { ...second, verdict: 'contradicted', against: 'K2' }, third] },
      ['contradicted'],
    ],
    ['not stated', { sentences: [first, { ...second, verdict: 'Not stated' }, third] }, ['not-stated']],
    ['a sentence left out', { sentences: [first, third] }, ['not-stated']],
    ['support by no source', { sentences: [first, { ...second, source: '' }, third] }, ['not-stated']],
    [
      'support by a source that was not given',
      { sentences: [first, { ...second, source: 'K9' }, third] },
      ['not-stated'],
    ],
    [
      'two words on one sentence: the worse counts',
      { sentences: [...clear.sentences, { n: 2, verdict: 'contradicted' }] },
      ['contradicted'],
    ],
    ['an ask open', { asks: [{ n: 1, answered: false }] }, ['ask-unanswered']],
    ['an ask left out', { asks: [] }, ['ask-unanswered']],
    ['another language', { language: false }, ['wrong-language']],
    ['another name', { name: false }, ['wrong-name']],
    ['another form of address', { address: false }, ['wrong-address']],
    ['a leak', { leak: true }, ['leak']],
    ['a promise', { promise: true }, ['promise']],
    ['obedience', { obeys: true }, ['obeys']],
  ])('%s', (_name, change, expected) => {
    expect(doubts(change)).toEqual(expected)
  })
})

test.each<[string, object]>([
  ['labels listed', { sentences: [first, { ...second, source: ['K1', 'MAIL'] }, third] }],
  ['numbers as words', { sentences: clear.sentences.map((each) => ({ ...each, n: `S${each.n}` })) }],
  ['flags as strings', { language: 'true', leak: 'no' }],
])('%s are forgiven', (_name, change) => {
  expect(doubts(change)).toEqual([])
})

test.each<[string, object]>([
  ['no sentences', { sentences: undefined }],
  ['no word on the language', { language: undefined }],
  ['an unknown verdict', { sentences: [{ n: 1, verdict: 'fine' }] }],
])('%s is no answer', (_name, change) => {
  expect(schema.safeParse({ ...clear, ...change }).success).toBe(false)
})
