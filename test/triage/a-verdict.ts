import type { Composed, Verdict } from '../../src/base/verdicts.ts'

/** The verdict on an ordinary question. */
export const aVerdict: Verdict = {
  asks: [],
  search: [],
  payment_change: false,
  spam: { is: false, kind: 'none', confidence: 0.99 },
  sentiment: { label: 'neutral', intensity: 0 },
  language: 'en',
  category: 'other',
  urgency: 0,
  needs_reply: true,
  manipulation: false,
  summary: 'A question',
  confidence: 0.9,
}

export const composedAs = (text: string): Composed => ({
  text,
  language: 'en',
  answers: [],
  missing: [],
  confidence: 0.9,
  needs_person: false,
})
