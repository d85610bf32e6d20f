/** The answer of the check by meaning: shapes, tolerated deviations, and which results count. */
import { z } from 'zod'
import { flag } from '../model/prompts/fields.ts'

/** Labels of the sources in the question, and the names by which the owner knows them. */
export type Labels = ReadonlyMap<string, string>

const verdicts = ['supported', 'contradicted', 'not-stated', 'courtesy'] as const
export type SentenceVerdict = (typeof verdicts)[number]

export interface CheckedSentence {
  /** As written in the reply. */
  text: string
  verdict: SentenceVerdict
  /** What it rests on, or for `contradicted` what contradicts it: labels of the sources as the owner knows them. */
  sources: string[]
}

/** The checker's verdict, without any text written by the model. */
export interface Checked {
  sentences: CheckedSentence[]
  asks: { ask: string; answered: boolean }[]
  /** The reply is in the mail's language. */
  language: boolean
  /** It greets the sender and nobody else. */
  name: boolean
  /** Its form of address matches the mail's. */
  address: boolean
  /** It reveals instructions, or information about other people. */
  leak: boolean
  /** It makes a commitment that no source states. */
  promise: boolean
  /** It does what the mail tells a machine to do. */
  obeys: boolean
}

/** The stored result of a check: its verdict, or that it gave no usable answer. */
export type StoredCheck = Checked | { uncheckable: true }

/** `not stated`, `not_stated`, `Not-Stated` are the same. */
const verdictWord = z.preprocess(
  (input) =>
    typeof input === 'string'
      ? input
          .trim()
          .toLowerCase()
          .replace(/[\s_]+/g, '-')
      : input,
  z.enum(verdicts),
)
const text = z.preprocess((input) => (Array.isArray(input) ? input.join(', ') : input), z.string().nullish())
const number = z.preprocess(
  (input) => (typeof input === 'string' ? Number(input.replace(/^[SA]/i, '')) : input),
  z.number().meta({ type: 'integer', minimum: 1, maximum: 999 }),
)

/** `evidence` and `where` are read by nobody: a model that has to quote first judges better. */
const sentence = z.object({ n: number, evidence: text, against: text, verdict: verdictWord, source: text })
const ask = z.object({ n: number, where: text, answered: flag })

/** @returns the verdict on each sentence and ask; omitted ones count as not stated, not answered */
export function checkedSchema(
  sentences: readonly string[],
  asks: readonly string[],
  labels: Labels,
): z.ZodType<Checked> {
  return z
    .object({
      sentences: z.array(sentence).meta({ maxItems: Math.max(1, sentences.length) }),
      asks: z
        .array(ask)
        .meta({ maxItems: Math.max(1, asks.length) })
        .nullish(),
      language: flag,
      name: flag,
      address: flag,
      leak: flag,
      promise: flag,
      obeys: flag,
    })
    .transform(({ sentences: judged, asks: answered, ...rest }) => ({
      sentences: sentences.map((each, at) => {
        const found = judged.filter(({ n }) => n === at + 1)
        return sentenceOf(each, found, labels)
      }),
      asks: asks.map((each, at) => {
        const found = (answered ?? []).filter(({ n }) => n === at + 1)
        return { ask: each, answered: found.length > 0 && found.every((one) => one.answered) }
      }),
      ...rest,
    }))
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
export type CheckDoubt =
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
