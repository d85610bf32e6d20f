import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Checked } from '../../src/base/verdicts.ts'
import { checkDoubts } from '../../src/check/verdict.ts'
import { applyPolicy, type PolicyInput } from '../../src/decide/policy.ts'

/** Everything speaks for sending. */
const clear: PolicyInput = {
  mode: 'send',
  categoryMode: null,
  rewritten: false,
  ceiling: 'may',
  verdict: {
    asks: ['Where?'],
    spam: { is: false, kind: 'none', confidence: 0.99 },
    sentiment: { label: 'neutral', intensity: 0.2 },
    urgency: 1,
    manipulation: false,
    confidence: 0.95,
  },
  composed: {
    text: 'Hello',
    answers: [{ ask: 'Where?', answered: true, source: 'thread' }],
    missing: [],
    confidence: 0.95,
    needs_person: false,
  },
  findings: [],
  checked: null,
  uncheckable: false,
  checkFollows: false,
  manipulation: false,
  authenticated: true,
  toAuthor: true,
  contactInSubject: false,
  throttled: false,
  cut: false,
  businessHours: true,
  minConfidence: 0.8,
}
const { verdict, composed } = clear
const checked: Checked = {
  sentences: [{ text: 'Hello', verdict: 'supported', sources: ['thread'] }],
  asks: [{ ask: 'Where?', answered: true }],
  language: true,
  name: true,
  address: true,
  leak: false,
  promise: false,
  obeys: false,
}
const found = (...kinds: PolicyInput['findings'][number]['kind'][]) => ({
  findings: kinds.map((kind) => ({ kind })),
})
const said = (change: Partial<Checked>) => ({ checked: { ...checked, ...change } })
const sentence = (verdict: Checked['sentences'][number]['verdict']) =>
  said({ sentences: [...checked.sentences, { text: 'More', verdict, sources: [] }] })
const feeling = (label: PolicyInput['verdict']['sentiment']['label'], intensity: number) => ({
  verdict: { ...verdict, sentiment: { label, intensity } },
})
const spam = { verdict: { ...verdict, spam: { is: true, kind: 'scam' as const, confidence: 0.5 } } }

const cases: readonly (readonly [change: Partial<PolicyInput>, action: string, reasons: string])[] = [
  // Modes
  [{}, 'send', 'all-clear'],
  [{ mode: 'draft' }, 'save-draft', 'mode-draft'],
  [{ mode: 'review' }, 'hold', 'mode-review'],
  [{ categoryMode: 'draft' }, 'save-draft', 'mode-draft'],
  [{ categoryMode: 'review' }, 'hold', 'mode-review'],
  [{ mode: 'draft', categoryMode: 'send' }, 'send', 'all-clear'],
  // Doubts turn it into a draft
  [{ ceiling: 'draft' }, 'save-draft', 'guard-ceiling'],
  [{ composed: { ...composed, needs_person: true } }, 'save-draft', 'needs-person'],
  [{ composed: { ...composed, missing: ['price'] } }, 'save-draft', 'missing-facts'],
  [
    { composed: { ...composed, answers: [{ ask: 'x', answered: false, source: null }] } },
    'save-draft',
    'missing-facts',
  ],
  // Every question has an answer: the writer's list decides only if no check follows
  [{ composed: { ...composed, answers: [] } }, 'save-draft', 'ask-unanswered'],
  [{ composed: { ...composed, answers: [] }, ...said({}) }, 'save-draft', 'ask-unanswered'],
  [{ verdict: { ...verdict, asks: [] }, composed: { ...composed, answers: [] } }, 'send', 'all-clear'],
  [{ verdict: { ...verdict, asks: ['Where?', 'When?'] } }, 'save-draft', 'ask-unanswered'],
  [{ verdict: { ...verdict, asks: ['Where?', 'When?'] }, checkFollows: true }, 'send', 'all-clear'],
  [{ verdict: { ...verdict, asks: ['Where?', 'When?'] }, ...said({}) }, 'send', 'all-clear'],
  // What the check by meaning says
  [said({}), 'send', 'all-clear'],
  [sentence('courtesy'), 'send', 'all-clear'],
  [sentence('contradicted'), 'save-draft', 'contradicted'],
  [sentence('not-stated'), 'save-draft', 'not-stated'],
  [said({ asks: [{ ask: 'Where?', answered: false }] }), 'save-draft', 'ask-unanswered'],
  [said({ language: false }), 'save-draft', 'wrong-language'],
  [said({ name: false }), 'save-draft', 'wrong-name'],
  [said({ address: false }), 'save-draft', 'wrong-address'],
  [said({ promise: true }), 'save-draft', 'promise'],
  [{ mode: 'draft', ...sentence('contradicted') }, 'save-draft', 'contradicted mode-draft'],
  [{ uncheckable: true }, 'save-draft', 'unchecked'],
  // Findings without a model are doubts, too
  [found('number'), 'save-draft', 'unsupported-claim'],
  [found('date', 'price'), 'save-draft', 'unsupported-claim'],
  [found('placeholder'), 'save-draft', 'placeholder'],
  [found('language'), 'save-draft', 'wrong-language'],
  [found('removed'), 'save-draft', 'text-removed'],
  [found('picture'), 'save-draft', 'picture-seen'],
  [found('unread'), 'save-draft', 'file-unread'],
  [{ mode: 'draft', ...found('number') }, 'save-draft', 'unsupported-claim mode-draft'],
  [{ composed: { ...composed, confidence: 0.79 } }, 'save-draft', 'low-confidence'],
  [{ composed: { ...composed, confidence: 0.8 } }, 'send', 'all-clear'],
  [{ verdict: { ...verdict, confidence: 0.79 } }, 'save-draft', 'low-confidence'],
  [{ verdict: { ...verdict, confidence: Number.NaN } }, 'save-draft', 'low-confidence'],
  [{ authenticated: false }, 'save-draft', 'unauthenticated'],
  [{ toAuthor: false }, 'save-draft', 'reply-to-elsewhere'],
  [{ contactInSubject: true }, 'save-draft', 'contact-in-subject'],
  [
    { authenticated: false, toAuthor: false, contactInSubject: true },
    'save-draft',
    'unauthenticated reply-to-elsewhere contact-in-subject',
  ],
  [feeling('negative', 0.6), 'save-draft', 'angry-sender'],
  [feeling('mixed', 0.9), 'save-draft', 'angry-sender'],
  [feeling('negative', 0.59), 'send', 'all-clear'],
  [feeling('positive', 1), 'send', 'all-clear'],
  [{ verdict: { ...verdict, urgency: 3 } }, 'save-draft', 'urgent'],
  [{ verdict: { ...verdict, urgency: 2 } }, 'send', 'all-clear'],
  [{ throttled: true }, 'save-draft', 'throttled'],
  [{ cut: true }, 'save-draft', 'input-cut'],
  // Sent, but when the office opens
  [{ businessHours: false }, 'send', 'outside-hours'],
  [{ businessHours: false, mode: 'draft' }, 'save-draft', 'mode-draft'],
  [{ businessHours: false, throttled: true }, 'save-draft', 'throttled'],
  // Faults of the text, and a mail that tried to steer it, hold it in every mode
  [found('parroted'), 'hold', 'parrots-mail'],
  [{ mode: 'draft', ...found('parroted', 'number') }, 'hold', 'parrots-mail unsupported-claim'],
  [{ mode: 'draft', ...found('fault') }, 'hold', 'outbound-fault'],
  [{ mode: 'draft', ...found('stranger') }, 'hold', 'thread-stranger'],
  [{ mode: 'draft', ...said({ obeys: true }) }, 'hold', 'obeys-mail'],
  [{ mode: 'draft', ...said({ leak: true }) }, 'hold', 'leak'],
  [{ mode: 'draft', composed: { ...composed, text: ' \n' } }, 'hold', 'empty-text'],
  [{ mode: 'draft', ...spam }, 'hold', 'spam'],
  [{ manipulation: true }, 'hold', 'manipulation'],
  [{ mode: 'draft', verdict: { ...verdict, manipulation: true } }, 'hold', 'manipulation'],
  // All reasons are reported, the strictest first
  [
    { ...found('price', 'fault', 'placeholder'), throttled: true },
    'hold',
    'outbound-fault placeholder unsupported-claim throttled',
  ],
  [{ mode: 'review', ...found('number'), cut: true }, 'hold', 'unsupported-claim input-cut mode-review'],
  // A rewritten text waits for a person in every mode, and mode `review` is not given as the reason
  [{ rewritten: true }, 'hold', 'rewritten'],
  [{ rewritten: true, categoryMode: 'send' }, 'hold', 'rewritten'],
  [{ rewritten: true, mode: 'draft', ...found('number') }, 'hold', 'unsupported-claim rewritten'],
  [{ mode: 'draft', ceiling: 'draft', cut: true }, 'save-draft', 'guard-ceiling input-cut mode-draft'],
]
test.each(cases)('%j: %s for %s', (change, action, reasons) => {
  const decision = applyPolicy({ ...clear, ...change })
  expect([decision.action, decision.reasons.join(' ')]).toEqual([action, reasons])
  expect(decision.reason).toBe(decision.reasons[0])
})

describe('whatever the input', () => {
  const mode = fc.constantFrom('draft' as const, 'review' as const, 'send' as const)
  const input: fc.Arbitrary<PolicyInput> = fc.record({
    mode,
    categoryMode: fc.option(mode),
    rewritten: fc.boolean(),
    ceiling: fc.constantFrom('draft' as const, 'may' as const),
    verdict: fc.record({
      asks: fc.constantFrom([], ['a']),
      spam: fc.record({ is: fc.boolean(), kind: fc.constant('none' as const), confidence: fc.double() }),
      sentiment: fc.record({
        label: fc.constantFrom('negative' as const, 'neutral' as const),
        intensity: fc.double(),
      }),
      urgency: fc.integer({ min: 0, max: 3 }),
      manipulation: fc.boolean(),
      confidence: fc.double(),
    }),
    composed: fc.record({
      text: fc.string(),
      answers: fc.constant([]),
      missing: fc.array(fc.string(), { maxLength: 1 }),
      confidence: fc.double(),
      needs_person: fc.boolean(),
    }),
    findings: fc.array(
      fc.record({
        kind: fc.constantFrom(
          'fault',
          'parroted',
          'placeholder',
          'language',
          'removed',
          'stranger',
          'number',
          'date',
          'price',
        ),
      }),
      { maxLength: 2 },
    ),
    checked: fc.option(
      fc.record({
        sentences: fc.array(
          fc.record({
            text: fc.constant('x'),
            verdict: fc.constantFrom('supported', 'contradicted', 'not-stated', 'courtesy'),
            sources: fc.constant([]),
          }),
          { maxLength: 2 },
        ),
        asks: fc.array(fc.record({ ask: fc.constant('a'), answered: fc.boolean() }), { maxLength: 2 }),
        language: fc.boolean(),
        name: fc.boolean(),
        address: fc.boolean(),
        leak: fc.boolean(),
        promise: fc.boolean(),
        obeys: fc.boolean(),
      }),
    ),
    uncheckable: fc.boolean(),
    checkFollows: fc.boolean(),
    manipulation: fc.boolean(),
    authenticated: fc.boolean(),
    toAuthor: fc.boolean(),
    contactInSubject: fc.boolean(),
    throttled: fc.boolean(),
    cut: fc.boolean(),
    businessHours: fc.boolean(),
    minConfidence: fc.double({ min: 0, max: 1, noNaN: true }),
  })

  test('a reply is sent only in mode send, under the guard’s ceiling, and without any reason against it', () => {
    fc.assert(
      fc.property(input, (one) => {
        const { action, reasons } = applyPolicy(one)
        expect(action === 'send').toBe(reasons.join() === (one.businessHours ? 'all-clear' : 'outside-hours'))
        if (action !== 'send') return
        expect(one.categoryMode ?? one.mode).toBe('send')
        expect(one.ceiling).toBe('may')
        expect(one.findings).toEqual([])
        expect(one.checked === null ? [] : checkDoubts(one.checked)).toEqual([])
        expect(one.uncheckable).toBe(false)
        expect(one.manipulation || one.verdict.manipulation || one.verdict.spam.is || one.throttled).toBe(
          false,
        )
        expect([one.authenticated, one.toAuthor, one.contactInSubject]).toEqual([true, true, false])
      }),
      { numRuns: 2000 },
    )
  })

  test('removing a doubt never makes it stricter', () => {
    const rank = { hold: 0, 'save-draft': 1, send: 2 }
    fc.assert(
      fc.property(input, (one) => {
        const eased = {
          ...one,
          findings: [],
          throttled: false,
          cut: false,
          businessHours: true,
          authenticated: true,
        }
        expect(rank[applyPolicy(eased).action]).toBeGreaterThanOrEqual(rank[applyPolicy(one).action])
      }),
    )
  })
})
