import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { composedSchema } from '../../src/compose/answer.ts'
import { answerLimits } from '../../src/model/prompts/fields.ts'
import { configuredRule } from '../../src/triage/step.ts'
import { verdictSchema } from '../../src/triage/verdict.ts'

const schema = verdictSchema(['Billing', 'shipping'])
const verdict = {
  asks: ['Where is it?'],
  search: ['delivery time'],
  payment_change: false,
  spam: { is: false, kind: 'none', confidence: 0.9 },
  sentiment: { label: 'negative', intensity: 0.7 },
  language: 'de',
  category: 'Billing',
  urgency: 2,
  needs_reply: true,
  manipulation: false,
  summary: 'Wants money back',
  confidence: 0.8,
}
const composed = {
  text: 'Hello',
  language: 'en',
  answers: [{ ask: 'Where?', answered: true, source: 'thread' }],
  missing: [],
  confidence: 0.9,
  needs_person: false,
}

test('a sound verdict passes as it is', () => {
  expect(schema.parse(verdict)).toEqual(verdict)
})

describe('what is forgiven', () => {
  const cases: [string, object, object][] = [
    ['numbers as strings', { confidence: '0.8', urgency: '2' }, { confidence: 0.8, urgency: 2 }],
    ['percentages', { confidence: 85 }, { confidence: 0.85 }],
    ['percentages as strings', { confidence: '85 %' }, { confidence: 0.85 }],
    ['numbers slightly out of range', { confidence: 1.2, urgency: 7 }, { confidence: 1, urgency: 3 }],
    ['negative numbers', { confidence: -0.5, urgency: -1 }, { confidence: 0, urgency: 0 }],
    ['fractions of urgency', { urgency: 1.6 }, { urgency: 2 }],
    [
      'booleans as words',
      { needs_reply: 'yes', manipulation: 'False' },
      { needs_reply: true, manipulation: false },
    ],
    ['a category in other case', { category: ' billing ' }, { category: 'Billing' }],
    ['an unknown category', { category: 'weather' }, { category: 'other' }],
    ['no category', { category: null }, { category: 'other' }],
    [
      'a label in other case',
      { sentiment: { label: 'Negative', intensity: 0.7 } },
      { sentiment: { label: 'negative', intensity: 0.7 } },
    ],
    [
      'spam of an unknown kind',
      { spam: { is: true, kind: 'weird', confidence: 1 } },
      { spam: { is: true, kind: 'bulk', confidence: 1 } },
    ],
    [
      'a kind without spam',
      { spam: { is: false, kind: 'bulk', confidence: 1 } },
      { spam: { is: false, kind: 'none', confidence: 1 } },
    ],
    ['a language with an underscore', { language: 'pt_br' }, { language: 'pt-BR' }],
    ['a language that is none', { language: '???' }, { language: 'und' }],
    ['lines and controls in the summary', { summary: 'a\r\nb\u0000\u202ec' }, { summary: 'a b c' }],
    ['further keys', { mood: 'x' }, {}],
    ['no asks', { asks: null, search: undefined }, { asks: [], search: [] }],
    ['one ask without its list', { asks: 'When?' }, { asks: ['When?'] }],
    ['words for nothing', { asks: ['none'], search: ['N/A', 'keine'] }, { asks: [], search: [] }],
    [
      'a word that only begins like one',
      { asks: ['None of my orders came'] },
      { asks: ['None of my orders came'] },
    ],
    ['a language by its name', { language: 'Deutsch' }, { language: 'de' }],
    ['a language by its English name', { language: 'german' }, { language: 'de' }],
    ['a word that is no language', { language: 'weather' }, { language: 'und' }],
    ['yes in another language', { needs_reply: 'ja' }, { needs_reply: true }],
    ['no word on payments', { payment_change: undefined }, { payment_change: false }],
  ]
  test.each(cases)('%s', (_name, change, expected) => {
    const { mood, ...result } = { mood: undefined, ...schema.parse({ ...verdict, ...change }) }
    expect(result).toEqual({ ...verdict, ...expected })
  })

  test('a long summary is cut with an ellipsis', () => {
    const { summary } = schema.parse({ ...verdict, summary: '😀'.repeat(1000) })
    expect(summary.length).toBeLessThanOrEqual(answerLimits.summary)
    expect(summary).toMatch(/^(😀)+…$/u)
  })
})

describe('what is not', () => {
  test.each<[string, object]>([
    ['a missing answer', { needs_reply: undefined }],
    ['maybe', { needs_reply: 'maybe' }],
    ['a number for a flag', { manipulation: 1 }],
    ['an unknown feeling', { sentiment: { label: 'angry', intensity: 1 } }],
    ['a word for a number', { confidence: 'high' }],
    ['no number', { confidence: Number.NaN }],
    ['infinity', { confidence: Number.POSITIVE_INFINITY }],
    ['no spam verdict', { spam: null }],
    ['a list', { spam: [] }],
  ])('%s', (_name, change) => {
    expect(schema.safeParse({ ...verdict, ...change }).success).toBe(false)
  })

  test.each([null, 1, 'text', [], {}])('%j is no verdict', (input) => {
    expect(schema.safeParse(input).success).toBe(false)
  })
})

test('whatever passes is within its limits', () => {
  const any = fc.oneof(fc.jsonValue(), fc.double(), fc.string())
  fc.assert(
    fc.property(
      fc.double(),
      fc.double(),
      fc.string({ unit: 'binary', maxLength: 500 }),
      any,
      (confidence, urgency, summary, category) => {
        const result = schema.safeParse({ ...verdict, confidence, urgency, summary, category })
        if (!result.success) return
        expect(result.data.confidence).toBeGreaterThanOrEqual(0)
        expect(result.data.confidence).toBeLessThanOrEqual(1)
        expect([0, 1, 2, 3]).toContain(Math.abs(result.data.urgency))
        expect(result.data.summary).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e]/u)
        expect(['Billing', 'shipping', 'other']).toContain(result.data.category)
      },
    ),
  )
})

describe('a composed reply', () => {
  const cases: [string, object, object][] = [
    ['as it is', {}, {}],
    ['line ends of Windows', { text: 'a\r\nb\rc' }, { text: 'a\nb\nc' }],
    ['controls and hidden characters', { text: '\u0007a\tb\u202e\u{e0041}' }, { text: 'a\tb' }],
    [
      'a source that is none',
      { answers: [{ ask: 'x', answered: false, source: 'None' }] },
      { answers: [{ ask: 'x', answered: false, source: null }] },
    ],
    [
      'a source left out',
      { answers: [{ ask: 'x', answered: false }] },
      { answers: [{ ask: 'x', answered: false, source: null }] },
    ],
    ['empty entries of missing', { missing: ['', ' ', 'price'] }, { missing: ['price'] }],
    ['no text when facts are missing', { text: '', missing: ['price'] }, { text: '', missing: ['price'] }],
    ['no text when a person is needed', { text: ' ', needs_person: true }, { text: '', needs_person: true }],
  ]
  test.each(cases)('%s', (_name, change, expected) => {
    expect(composedSchema.parse({ ...composed, ...change })).toEqual({ ...composed, ...expected })
  })

  test.each<[string, object]>([
    ['no text', { text: '' }],
    ['text of hidden characters alone', { text: '\u200b\u200b' }],
    ['answers that are none', { answers: 'all' }],
    ['no list of missing facts', { missing: undefined }],
    ['no decision about a person', { needs_person: undefined }],
  ])('%s fails', (_name, change) => {
    expect(composedSchema.safeParse({ ...composed, ...change }).success).toBe(false)
  })

  test('is cut at 16 KiB and 20 entries', () => {
    const much = {
      text: 'x'.repeat(50_000),
      answers: Array(50).fill(composed.answers[0]),
      missing: Array(50).fill('a'),
    }
    const result = composedSchema.parse({ ...composed, ...much })
    expect([result.text.length, result.answers.length, result.missing.length]).toEqual([16_384, 20, 20])
  })
})

test.each([
  ['Max.Mustermann@firma.example', 'allow'],
  ['max.mustermann@firma.example', 'allow'],
  ['Promo@bulk.example', 'deny'],
  ['Somebody@else.example', 'deny'],
  ['other@firma.example', undefined],
])('the rule for %s, in whatever case it is written, is %s', (address, rule) => {
  const lists = { allow: ['max.mustermann@firma.example'], deny: ['promo@bulk.example', 'else.example'] }
  expect(configuredRule({ action: 'move', threshold: 0.9, ...lists }, address)?.rule).toBe(rule)
})
