/** Compares what replyd would have written with what the owner wrote. Pure. */

import { labelOf } from '../base/reasons.ts'
import { editShare } from '../mail/text/edits.ts'
import { languageOf } from '../mail/text/language.ts'
import type { Judged } from './judging.ts'
import { percentile, type Share, shareOf } from './statistics.ts'

/** The outcome of one mail with one set of prompts. */
export interface CaseOutcome {
  judged: Judged | null
  /** null: no reply was written. */
  text: string | null
  language: string | null
  asks: { answered: number; of: number }
  missing: readonly string[]
  /** Statements without a source: a person would have had to look. */
  claims: number
  comparison: Comparison | null
  /** Why it could not be judged or answered; null if it was. */
  fault: string | null
}

export interface BacktestCase {
  /** Message-ID of the mail that the owner answered. */
  id: string
  subject: string
  at: Date
  /** The owner's answer, reduced to its own words. */
  sent: string
  /** By set of prompts. */
  outcomes: CaseOutcome[]
}

interface Comparison {
  /** Share of words that differ, 0 to 1 (src/mail/text/edits.ts). */
  edit: number
  /** Words of ours and of the owner's. */
  words: { ours: number; theirs: number }
  /** null if the owner's text is too short to tell. */
  sameLanguage: boolean | null
}

/** An answer with at most this difference could have been sent unchanged. */
const unchangedUpTo = 0.1

/** Below this, the language of a text is a guess. */
const sureFrom = 0.3

export function compare(ours: string, language: string, theirs: string): Comparison {
  const told = languageOf(theirs)
  const base = (tag: string) => tag.toLowerCase().split('-')[0]
  return {
    edit: editShare(ours, theirs),
    words: { ours: wordsIn(ours), theirs: wordsIn(theirs) },
    sameLanguage: told.confidence < sureFrom ? null : base(told.language) === base(language),
  }
}

const wordsIn = (text: string) => text.split(/\s+/).filter(Boolean).length

export interface CategoryFigures {
  category: string
  /** Mails that the owner answered. */
  mails: number
  /** Of these, how many would have got a reply. */
  written: Share | null
  /** Of the mails, how many got a reply that could have been sent unchanged. */
  unchanged: Share | null
  /** Median share of words that differ, null without replies. */
  edit: number | null
  /** Median of our length divided by theirs. */
  length: number | null
  sameLanguage: Share | null
  /** Over all replies. */
  asks: Share | null
}

/** By category as judged, the largest first; then all of them. @param at index of the set of prompts */
export function byCategory(cases: readonly BacktestCase[], at = 0): CategoryFigures[] {
  const groups = new Map<string, CaseOutcome[]>()
  for (const { outcomes } of cases) {
    const outcome = outcomes[at]
    if (!outcome || outcome.fault !== null) continue
    const category = outcome.judged?.verdict?.category ?? 'not asked'
    groups.set(category, [...(groups.get(category) ?? []), outcome])
  }
  const rows = [...groups].map(([category, outcomes]) => figuresOf(category, outcomes))
  rows.sort((a, b) => b.mails - a.mails || (a.category < b.category ? -1 : 1))
  return [...rows, figuresOf('all', [...groups.values()].flat())]
}

function figuresOf(category: string, outcomes: readonly CaseOutcome[]): CategoryFigures {
  const written = outcomes.flatMap(({ comparison }) => comparison ?? [])
  const told = written.filter(({ sameLanguage }) => sameLanguage !== null)
  const asks = outcomes.map((outcome) => outcome.asks)
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return {
    category,
    mails: outcomes.length,
    written: shareOf(written.length, outcomes.length),
    unchanged: shareOf(written.filter(({ edit }) => edit <= unchangedUpTo).length, outcomes.length),
    edit: percentile(
      written.map(({ edit }) => edit),
      0.5,
    ),
    length: percentile(
      written.map(({ words }) => words.ours / Math.max(1, words.theirs)),
      0.5,
    ),
    sameLanguage: shareOf(told.filter(({ sameLanguage }) => sameLanguage).length, told.length),
    asks: shareOf(sum(asks.map(({ answered }) => answered)), sum(asks.map(({ of }) => of))),
  }
}

export interface PromptDifference {
  id: string
  subject: string
  /** `category: billing → order`, one for each differing part of the verdict. */
  verdict: string[]
  /** Share of words by which the two texts differ; null if neither wrote one. */
  text: number | null
  /** How far each is from what was sent; null if none was written. */
  edits: [number | null, number | null]
}

/** The mails that two sets of prompts judge or answer differently, the largest difference of text first. */
export function differencesOf(cases: readonly BacktestCase[]): PromptDifference[] {
  return cases
    .flatMap(({ id, subject, outcomes }): PromptDifference[] => {
      const [today, other] = outcomes
      if (!today || !other || today.fault !== null || other.fault !== null) return []
      const verdict = verdictDifferences(today, other)
      const text =
        today.text === null && other.text === null ? null : editShare(today.text ?? '', other.text ?? '')
      if (verdict.length === 0 && (text ?? 0) === 0) return []
      return [
        {
          id,
          subject,
          verdict,
          text,
          edits: [today.comparison?.edit ?? null, other.comparison?.edit ?? null],
        },
      ]
    })
    .sort((a, b) => b.verdict.length - a.verdict.length || (b.text ?? 0) - (a.text ?? 0))
}

function verdictDifferences(today: CaseOutcome, other: CaseOutcome): string[] {
  const facts = ({ judged }: CaseOutcome): Record<string, string> => {
    const verdict = judged?.verdict
    if (!judged || !verdict) return { outcome: judged ? labelOf(judged.reason) : 'none' }
    return {
      outcome: labelOf(judged.reason),
      category: verdict.category,
      sentiment: verdict.sentiment.label,
      urgency: String(verdict.urgency),
      language: verdict.language,
      manipulation: verdict.manipulation ? 'yes' : 'no',
    }
  }
  const [before, after] = [facts(today), facts(other)]
  return Object.keys({ ...before, ...after })
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name] ?? '–'} → ${after[name] ?? '–'}`)
}
