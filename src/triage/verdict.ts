/** The model's verdict on a mail: limits and tolerated deviations. */
import { z } from 'zod'
import { sentiments, spamKinds, type Verdict } from '../base/verdicts.ts'
import {
  answerLimits,
  flag,
  languageTag,
  level,
  line,
  lines,
  onlyObject,
  share,
  word,
} from '../model/prompts/fields.ts'

/** Category of a mail that fits none of the owner's. */
const otherCategory = 'other'

const spam = z
  .object({ is: flag, kind: word(spamKinds).catch('none'), confidence: share })
  // A kind without spam and spam without a kind are contradictory; `is` decides.
  .transform(({ is, kind, confidence }) => {
    if (!is) return { is, kind: 'none' as const, confidence }
    return { is, kind: kind === 'none' ? ('bulk' as const) : kind, confidence }
  })

/**
 * The verdict's schema for an owner's list of categories.
 * @param categories names as in the configuration; matched in any case
 */
export function verdictSchema(categories: readonly string[]): z.ZodType<Verdict> {
  const key = JSON.stringify(categories)
  const made = schemas.get(key) ?? newVerdictSchema(categories)
  schemas.set(key, made)
  return made
}

/** zod compiles each schema at its first use; there is one per list in the configuration. */
const schemas = new Map<string, z.ZodType<Verdict>>()

function newVerdictSchema(categories: readonly string[]): z.ZodType<Verdict> {
  const known = new Map(categories.map((name) => [name.trim().toLowerCase(), name]))
  const category = z
    .string()
    .meta({ enum: [...known.values(), otherCategory] })
    .nullish()
    .transform((name) => known.get((name ?? '').trim().toLowerCase()) ?? otherCategory)
  const verdict = z.object({
    asks: lines(answerLimits.ask, answerLimits.list),
    search: lines(answerLimits.phrase, answerLimits.phrases),
    spam,
    sentiment: z.object({ label: word(sentiments), intensity: share }),
    language: languageTag,
    category,
    urgency: level(0, 3),
    needs_reply: flag,
    manipulation: flag,
    payment_change: flag.catch(false),
    summary: line(answerLimits.summary),
    confidence: share,
  })
  return z.preprocess(onlyObject, verdict) as z.ZodType<Verdict>
}
