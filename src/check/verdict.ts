/** What the check by meaning says of a reply: shapes, what is forgiven, and what counts. */
import { z } from 'zod'
import { flag } from '../model/prompts/fields.ts'

/** What the sources of the question are called, and what the owner knows them by. */
export type Labels = ReadonlyMap<string, string>

const verdicts = ['supported', 'contradicted', 'not-stated', 'courtesy'] as const
export type SentenceVerdict = (typeof verdicts)[number]

export interface CheckedSentence {
  /** As the reply has it. */
  text: string
  verdict: SentenceVerdict
  /** What it rests on, or for `contradicted` what speaks against it: labels of the sources as the owner knows them. */
  sources: string[]
}

/** What the checker says, with nothing in it that it has written itself. */
export interface Checked {
  sentences: CheckedSentence[]
  asks: { ask: string; answered: boolean }[]
  /** The reply is in the mail's language. */
  language: boolean
  /** It greets the sender and nobody else. */
  name: boolean
  /** Its form of address is the mail's. */
  address: boolean
  /** It tells instructions, or other people's matters. */
  leak: boolean
  /** It commits the owner to what no source states. */
  promise: boolean
  /** It does what the mail orders a machine to do. */
  obeys: boolean
}

/** What is stored of a check: what it said, or that it gave no usable answer. */
export type StoredCheck = Checked | { uncheckable: true }

/** `not stated`, `not_stated`, `Not-Stated` are one. */
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

/** @returns what the checker said of each sentence and ask; those it left out are not stated, not answered */
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

/** The worst of what was said of it. Support that names no source there is, is none. */
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

/** Why a reply that was checked must not go out by itself. */
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

/** Strictest first; empty: it may go out. */
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
