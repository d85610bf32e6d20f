/** The model's verdict on a mail and the reply it writes: shapes, limits, and tolerated deviations. */
import { z } from 'zod'
import { PermanentError } from '../base/errors.ts'
import { flag, languageTag, level, line, severalLines, share, word } from '../model/prompts/fields.ts'

const spamKinds = ['phishing', 'scam', 'bulk', 'malware', 'none'] as const
const sentiments = ['positive', 'neutral', 'negative', 'mixed'] as const
export type SpamKind = (typeof spamKinds)[number]
export type Sentiment = (typeof sentiments)[number]

/** Category of a mail that fits none of the owner's. */
const otherCategory = 'other'

/** Characters (UTF-16 units). 16 KiB is the most an answer may have (docs/rules.md section 5.7). */
export const limits = {
  summary: 240,
  category: 60,
  text: 16_384,
  ask: 300,
  source: 200,
  list: 20,
  phrase: 120,
  phrases: 6,
} as const

export interface Verdict {
  /** Every question and request in the mail that is still open. */
  asks: string[]
  /** Short search phrases in the language of the knowledge folder. */
  search: string[]
  spam: { is: boolean; kind: SpamKind; confidence: number }
  sentiment: { label: Sentiment; intensity: number }
  /** BCP 47; `und` when the model named none. */
  language: string
  /** One of the owner's categories, or `other`. */
  category: string
  /** 0 can wait indefinitely, 3 is a matter of hours. */
  urgency: number
  needs_reply: boolean
  /** The mail tries to instruct a machine that reads it. */
  manipulation: boolean
  /** It announces other bank details or another payee, or asks for gift cards. */
  payment_change: boolean
  /** One line in the owner's language. */
  summary: string
  /** 0 to 1. */
  confidence: number
}

/** The local filter's verdict, stored instead of the model's; it has no sentiment, language or category. */
export interface FilterVerdict {
  model: 'bayes'
  spam: { is: boolean; kind: 'bulk' | 'none'; confidence: number }
  /** 0 (wanted) to 1 (spam). */
  score: number
}

export type StoredVerdict = Verdict | FilterVerdict

/** Null if the model was not asked. */
export function modelVerdict(stored: StoredVerdict | null): Verdict | null {
  return stored !== null && 'summary' in stored && 'spam' in stored ? stored : null
}

/** @throws PermanentError if the model was not asked */
export function neededVerdict(stored: StoredVerdict | null): Verdict {
  const verdict = modelVerdict(stored)
  if (verdict === null) throw new PermanentError('the model has not judged this mail')
  return verdict
}

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
    asks: lines(limits.ask, limits.list),
    search: lines(limits.phrase, limits.phrases),
    spam,
    sentiment: z.object({ label: word(sentiments), intensity: share }),
    language: languageTag,
    category,
    urgency: level(0, 3),
    needs_reply: flag,
    manipulation: flag,
    payment_change: flag.catch(false),
    summary: line(limits.summary),
    confidence: share,
  })
  return z.preprocess(onlyObject, verdict) as z.ZodType<Verdict>
}

/** Some models put the object into an array. */
function onlyObject(input: unknown): unknown {
  return Array.isArray(input) && input.length === 1 ? input[0] : input
}

/** What a model writes when it has nothing to list, in the languages it may use. */
const nothing =
  /^[\s"'([-]*(?:none|nothing|no|n\/?a|null|nil|keine?[ns]?|nichts|nein|aucune?|rien|ningun[oa]?|nada|nessun[oa]?|niente|geen|niets|nenhum[a]?|brak|ingen|inget|žádn[áéý]|nincs|yok|немає|нет|нічого|なし|无|無|لا شيء|لا يوجد)[\s"')\].!。-]*$/iu

/** A list of short texts. Null, a single text, and words for "nothing" are accepted. */
function lines(length: number, most: number, absent: 'empty' | 'fault' = 'empty'): z.ZodType<string[]> {
  const list = (input: unknown) => {
    if (input === null || (input === undefined && absent === 'empty')) return []
    return typeof input === 'string' ? [input] : input
  }
  return z
    .preprocess(list, z.array(line(length)).meta({ maxItems: most }))
    .transform((texts) => texts.filter((text) => text !== '' && !nothing.test(text)).slice(0, most))
}

export interface AnsweredAsk {
  ask: string
  answered: boolean
  /** Source of the answer: a knowledge file and heading, `thread`, `mail`, `instructions`; null for none. */
  source: string | null
}

export interface Composed {
  /** Plain text, LF line ends; empty only if a person has to write it, or facts are missing. */
  text: string
  /** BCP 47. */
  language: string
  answers: AnsweredAsk[]
  /** Facts that are needed to answer and that no source states. */
  missing: string[]
  /** 0 to 1. */
  confidence: number
  needs_person: boolean
}

const ask = z.object({
  ask: line(limits.ask),
  answered: flag,
  source: z
    .preprocess(oneText, line(limits.source).nullish())
    .transform((source) => (source && !nothing.test(source) ? source : null)),
})

/** Several sources, listed. */
function oneText(input: unknown): unknown {
  return Array.isArray(input) && input.every((each) => typeof each === 'string') ? input.join('; ') : input
}

/** A single answer without its list. */
function listOf(input: unknown): unknown {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? [input] : input
}

/** @see Composed. An empty text is accepted only together with what a person has to do. */
export const composedSchema: z.ZodType<Composed> = z.preprocess(
  onlyObject,
  z
    .object({
      // In the order of the prompt: a server that holds a model to the schema lets it write in no other.
      answers: z.preprocess(listOf, z.array(ask)).transform((answers) => answers.slice(0, limits.list)),
      text: z
        .string()
        .meta({ maxLength: limits.text })
        .transform((text) => severalLines(text, limits.text)),
      language: languageTag,
      missing: lines(limits.ask, limits.list, 'fault'),
      confidence: share,
      needs_person: flag,
    })
    .refine(({ text, needs_person, missing }) => needs_person || missing.length > 0 || text !== '', {
      path: ['text'],
      message: 'must not be empty unless needs_person is true or missing says what is missing',
    }),
) as z.ZodType<Composed>
