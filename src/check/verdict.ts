/** The answer of the check by meaning: shapes, tolerated deviations, and which results count. */
import * as z from 'zod'
import { Lru } from '../base/lru.ts'
import {
  type Checked,
  type CheckedSentence,
  type SentenceVerdict,
  sentenceVerdicts,
} from '../base/verdicts.ts'
import { flag } from '../model/prompts/fields.ts'

/** Labels of the sources in the question, and the names by which the owner knows them. */
export type Labels = ReadonlyMap<string, string>

/** `not stated`, `not_stated`, `Not-Stated` are the same. */
const verdictWord = z.preprocess(
  (input) =>
    typeof input === 'string'
      ? input
          .trim()
          .toLowerCase()
          .replace(/[\s_]+/g, '-')
      : input,
  z.enum(sentenceVerdicts),
)
const text = z.preprocess((input) => (Array.isArray(input) ? input.join(', ') : input), z.string().nullish())
const number = z.preprocess(
  (input) => (typeof input === 'string' ? Number(input.replace(/^[SA]/i, '')) : input),
  z.number().meta({ type: 'integer', minimum: 1, maximum: 999 }),
)

/** Nothing reads `evidence` and `where`: a model that has to quote first judges better. */
const sentence = z.object({ n: number, evidence: text, against: text, verdict: verdictWord, source: text })
const ask = z.object({ n: number, where: text, answered: flag })

type Answer = ReturnType<typeof newAnswer>

/** By the numbers of sentences and asks: zod compiles a schema at its first use, and its JSON form is expensive too. */
const answers = new Lru<Answer>(100)

function answerOf(sentences: number, asks: number): Answer {
  const key = `${sentences} ${asks}`
  const made = answers.get(key) ?? newAnswer(sentences, asks)
  answers.set(key, made)
  return made
}

const newAnswer = (sentences: number, asks: number) =>
  z.object({
    sentences: z.array(sentence).meta({ maxItems: Math.max(1, sentences) }),
    asks: z
      .array(ask)
      .meta({ maxItems: Math.max(1, asks) })
      .nullish(),
    language: flag,
    name: flag,
    address: flag,
    leak: flag,
    promise: flag,
    obeys: flag,
  })

/** @returns the verdict on each sentence and ask; omitted ones count as not stated, not answered */
export function checkedSchema(
  sentences: readonly string[],
  asks: readonly string[],
  labels: Labels,
): z.ZodType<Checked> {
  return answerOf(sentences.length, asks.length).transform(
    ({ sentences: judged, asks: answered, ...rest }) => ({
      sentences: sentences.map((each, at) => {
        const found = judged.filter(({ n }) => n === at + 1)
        return sentenceOf(each, found, labels)
      }),
      asks: asks.map((each, at) => {
        const found = (answered ?? []).filter(({ n }) => n === at + 1)
        return { ask: each, answered: found.length > 0 && found.every((one) => one.answered) }
      }),
      ...rest,
    }),
  )
}

interface Judged {
  verdict: SentenceVerdict
  against?: string | null | undefined
  source?: string | null | undefined
}

/** The worst verdict on it. Support that names no existing source does not count. */
function sentenceOf(text: string, judged: readonly Judged[], labels: Labels): CheckedSentence {
  const named = (field: string | null | undefined) => [
    ...new Set(
      (field ?? '').match(/\b(?:[KTE]\d+|MAIL|FACTS)\b/g)?.flatMap((each) => labels.get(each) ?? []),
    ),
  ]
  const order: readonly SentenceVerdict[] = ['contradicted', 'not-stated', 'supported', 'courtesy']
  const worst = order.flatMap((verdict) => judged.find((one) => one.verdict === verdict) ?? [])[0]
  if (worst === undefined) return { text, verdict: 'not-stated', sources: [] }
  const { verdict, against, source } = worst
  if (verdict === 'contradicted') return { text, verdict, sources: named(`${against} ${source}`) }
  const sources = verdict === 'supported' ? named(source) : []
  if (verdict === 'supported' && sources.length === 0) return { text, verdict: 'not-stated', sources }
  return { text, verdict, sources }
}

/** Why a checked reply must not be sent automatically. */
type CheckDoubt =
  | 'contradicted'
  | 'not-stated'
  | 'ask-unanswered'
  | 'wrong-language'
  | 'wrong-name'
  | 'wrong-address'
  | 'leak'
  | 'promise'
  | 'obeys'

/** Strictest first; empty: it may be sent. */
export function checkDoubts(checked: Checked): CheckDoubt[] {
  const has = (verdict: SentenceVerdict) => checked.sentences.some((one) => one.verdict === verdict)
  const fired: [CheckDoubt, boolean][] = [
    ['obeys', checked.obeys],
    ['leak', checked.leak],
    ['contradicted', has('contradicted')],
    ['not-stated', has('not-stated')],
    ['promise', checked.promise],
    ['ask-unanswered', checked.asks.some(({ answered }) => !answered)],
    ['wrong-language', !checked.language],
    ['wrong-name', !checked.name],
    ['wrong-address', !checked.address],
  ]
  return fired.flatMap(([doubt, holds]) => (holds ? [doubt] : []))
}
