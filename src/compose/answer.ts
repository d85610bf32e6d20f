/** The reply that a model writes: limits and tolerated deviations. */
import * as z from 'zod'
import type { Composed } from '../base/verdicts.ts'
import {
  answerLimits,
  flag,
  languageTag,
  line,
  lines,
  nothing,
  onlyObject,
  severalLines,
  share,
} from '../model/prompts/fields.ts'

const ask = z.object({
  ask: line(answerLimits.ask),
  answered: flag,
  source: z
    .preprocess(oneText, line(answerLimits.source).nullish())
    .transform((source) => (source && !nothing.test(source) ? source : null)),
})

/** Joins a list of sources into one text. */
function oneText(input: unknown): unknown {
  return Array.isArray(input) && input.every((each) => typeof each === 'string') ? input.join('; ') : input
}

/** Wraps a single answer in a list. */
function listOf(input: unknown): unknown {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? [input] : input
}

/** @see Composed. An empty text is accepted only together with what a person has to do. */
export const composedSchema: z.ZodType<Composed> = z.preprocess(
  onlyObject,
  z
    .object({
      // In the order of the prompt: a server that enforces the schema makes the model write in this order.
      answers: z.preprocess(listOf, z.array(ask)).transform((answers) => answers.slice(0, answerLimits.list)),
      text: z
        .string()
        .meta({ maxLength: answerLimits.text })
        .transform((text) => severalLines(text, answerLimits.text)),
      language: languageTag,
      missing: lines(answerLimits.ask, answerLimits.list, 'fault'),
      confidence: share,
      needs_person: flag,
    })
    .refine(({ text, needs_person, missing }) => needs_person || missing.length > 0 || text !== '', {
      path: ['text'],
      message: 'must not be empty unless needs_person is true or missing says what is missing',
    }),
) as z.ZodType<Composed>
