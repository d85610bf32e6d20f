import { expect, test } from '@jest/globals'
import {
  type BacktestCase,
  byCategory,
  type CaseOutcome,
  compare,
  differencesOf,
} from '../../src/eval/comparison.ts'
import type { Judged } from '../../src/eval/judging.ts'

const sentence = 'we are going to send the kettle to you on monday because it is not here' // 16 words

test.each([
  ['the same', sentence, 'en', 0, true],
  ['one word of sixteen', sentence.replace('monday', 'friday'), 'en', 1 / 16, true],
  ['another language', 'Wir senden Ihnen den Kessel am Montag, da er noch nicht da ist.', 'de-AT', 1, false],
] as const)('%s', (_name, ours, language, edit, sameLanguage) => {
  expect(compare(ours, language, sentence)).toMatchObject({ edit, sameLanguage })
})

test('a text too short to tell its language counts for neither', () => {
  expect(compare('OK 123', 'en', '123')).toMatchObject({ sameLanguage: null, words: { ours: 2, theirs: 1 } })
})

const verdict = (category: string) =>
  ({
    category,
    sentiment: { label: 'neutral' },
    urgency: 1,
    language: 'en',
    manipulation: false,
  }) as unknown as Judged['verdict']

function outcome(category: string, edit: number | null, text = 'some text'): CaseOutcome {
  return {
    judged: {
      stage: 'model',
      to: 'compose',
      reason: 'needs-reply',
      verdict: verdict(category),
      durationMs: 1,
    },
    text: edit === null ? null : text,
    language: 'en',
    asks: { answered: edit === null ? 0 : 1, of: edit === null ? 0 : 2 },
    missing: [],
    claims: 0,
    comparison: edit === null ? null : { edit, words: { ours: 30, theirs: 20 }, sameLanguage: true },
    fault: null,
  }
}

const caseOf = (id: string, ...outcomes: CaseOutcome[]): BacktestCase => ({
  id,
  subject: id,
  at: new Date(0),
  sent: '',
  outcomes,
})

test('by category: the largest first, then all; failures are left out', () => {
  const rows = byCategory([
    caseOf('a', outcome('billing', 0.1)),
    caseOf('b', outcome('billing', 0.11)),
    caseOf('c', outcome('billing', null)),
    caseOf('d', outcome('hours', 0)),
    caseOf('e', { ...outcome('hours', null), fault: 'broken' }),
  ])
  expect(rows).toMatchObject([
    // 0.1 still counts as unchanged, 0.11 does not; median of 0.1 and 0.11 by nearest rank: 0.1; 30 / 20 words.
    {
      category: 'billing',
      mails: 3,
      written: { count: 2, of: 3 },
      unchanged: { count: 1, of: 3 },
      edit: 0.1,
      length: 1.5,
    },
    { category: 'hours', mails: 1, written: { count: 1, of: 1 }, unchanged: { count: 1, of: 1 }, edit: 0 },
    {
      category: 'all',
      mails: 4,
      written: { count: 3, of: 4 },
      unchanged: { count: 2, of: 4 },
      asks: { count: 3, of: 6 },
    },
  ])
})

test('differences of two sets of prompts: verdicts, texts, and nothing where both are the same', () => {
  const differences = differencesOf([
    caseOf('same', outcome('billing', 0), outcome('billing', 0)),
    caseOf('text', outcome('billing', 0.5, 'one two'), outcome('billing', 0, 'one three')),
    caseOf('verdict', outcome('billing', 0), outcome('hours', 0)),
    caseOf('silent', outcome('billing', 0.2), outcome('billing', null)),
    caseOf('broken', outcome('billing', 0.2), { ...outcome('hours', null), fault: 'broken' }),
  ])
  expect(differences).toEqual([
    { id: 'verdict', subject: 'verdict', verdict: ['category: billing → hours'], text: 0, edits: [0, 0] },
    { id: 'silent', subject: 'silent', verdict: [], text: 1, edits: [0.2, null] },
    { id: 'text', subject: 'text', verdict: [], text: 0.5, edits: [0.5, 0] },
  ])
})
