/** `answers`: saved replies, for questions that are always answered in the same words. */
import * as z from 'zod'
import { languageOf } from '../mail/text/language.ts'
import { key, language, pattern, required, word } from './fields.ts'

const most = { answers: 50, words: 20, text: 8_000 } as const

/** What a saved reply may leave open: the author's name as their mail states it, and the owner's. */
const answerPlaceholders = ['name', 'owner'] as const
/** Below it the language of a text has to be named. */
const sureFrom = 0.4

const When = z
  .strictObject({
    words: key(
      z.array(word()).min(1, 'must not be empty').max(most.words, 'must be at most 20 entries'),
      'Words or phrases: each question of the mail must contain one of them, ignoring case and accents',
    ),
    match: key(
      pattern(),
      'Instead: a regular expression that each question of the mail must match, ignoring case',
    ),
  })
  .refine(({ words, match }) => (words === undefined) !== (match === undefined), {
    message: 'needs either words or match',
  })
  .meta({ id: 'AnswerWhen', description: 'Which questions it answers' })

const Answer = z
  .strictObject({
    name: key(
      z.string().regex(/^\p{L}[\p{L}\p{N} _-]{0,39}$/u, 'must be a short name such as opening hours'),
      'Its name in the review; by default its place in the list: `number 1`',
    ),
    category: required(word(), 'Category of mail that it is for'),
    when: required(
      When,
      'Which questions it answers; it is only used if it covers all that triage finds in the mail',
    ),
    language: key(language(), 'Language of the text (BCP 47); by default detected'),
    text: required(
      word().max(most.text, 'must be at most 8,000 characters'),
      'The reply, without signature. `{name}` becomes the name of the author, `{owner}` your `name`',
    ),
  })
  .superRefine((answer, context) => {
    const fault = (path: string[], message: string) =>
      context.addIssue({ code: 'custom', path, message, input: answer })
    const unknown = (answer.text.match(/\{[^{}]*\}|[{}]/g) ?? []).find((part) => !known.has(part))
    if (unknown) fault(['text'], `contains ${unknown}; only {name} and {owner} are allowed`)
    if (answer.language === undefined && languageOf(answer.text).confidence < sureFrom)
      fault(['language'], 'is missing: it cannot be determined reliably from the text')
  })
  .meta({ id: 'Answer' })

const known = new Set<string>(answerPlaceholders.map((name) => `{${name}}`))

export const Answers = z.array(Answer).max(most.answers, 'must be at most 50 entries')
