/** The check by meaning: what is asked of the model about a reply that is to go out, and what of its answer counts. */
import { z } from 'zod'
import { earlierText } from '../compose/prompt.ts'
import { sentencesOf } from '../mail/text/sentences.ts'
import {
  asksBlock,
  block,
  labelOf,
  passagesWithin,
  passedOnBlock,
  threadWithin,
} from '../model/prompts/blocks.ts'
import { calendarLine } from '../model/prompts/calendar.ts'
import { factLines } from '../model/prompts/facts.ts'
import { flag, oneLine, severalLines } from '../model/prompts/fields.ts'
import type { CheckInput, PromptMessages } from '../model/prompts/messages.ts'
import { systemMessage } from '../model/prompts/template.ts'
import { cutMiddle, neutralised } from '../model/prompts/untrusted.ts'

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

export interface CheckQuestion extends PromptMessages {
  schema: z.ZodType<Checked>
}

/** What the sources of the question are called, and what the owner knows them by. */
type Labels = ReadonlyMap<string, string>

export function checkQuestion(input: CheckInput): CheckQuestion {
  const { prompt, mail, asks, reply, salt } = input
  const { facts } = mail
  const { timeZone } = facts
  const { text, omitted } = cutMiddle(neutralised(mail.visibleText, salt), prompt.limits.mail)
  const room = Math.max(prompt.limits.knowledge, prompt.limits.wholeFolder)
  const passages = passagesWithin(input.passages, room, salt, (at) => `K${at + 1} `)
  const tokens = prompt.limits.thread
  const thread = threadWithin(input.thread, { tokens, salt, timeZone, name: 'T' })
  const sentences = sentencesOf(reply)
  const numbered = sentences.map((sentence, at) => `S${at + 1}: ${neutralised(sentence, salt)}`)
  const rules = severalLines(input.instructions, 8000)
  const own = input.own.map((each) => oneLine(each.replace(/\n+/g, ', '), 300)).filter(Boolean)
  const user = [
    ...factLines(facts, salt, omitted),
    `Calendar: ${calendarLine(facts.received, timeZone)}`,
    ...(own.length > 0 ? [`Owner: ${own.join('; ')}`] : []),
    '',
    ...block('KNOWLEDGE', passages, salt),
    ...block('EARLIER', earlierText(input.earlier, salt, timeZone, 'E'), salt),
    ...block('THREAD', thread.lines, salt),
    ...(rules === '' ? [] : block('RULES', [neutralised(rules, salt)], salt)),
    ...passedOnBlock(mail.passedOn, tokens, salt),
    ...block('MAIL', [text === '' ? '(no text)' : text], salt),
    ...asksBlock(asks, salt),
    ...block('REPLY', [numbered.join('\n')], salt),
    `Judge ${sentences.length} sentences and ${asks.length} asks. Answer with the JSON object only.`,
  ]
  const system = systemMessage(prompt, {
    owner: input.ownerName ? oneLine(input.ownerName, 80) : 'the owner of this mailbox',
  })
  const labels = new Map([
    ...input.passages.slice(0, passages.length).map((one, at) => [`K${at + 1}`, labelOf(one)] as const),
    ...input.thread.map((_, at) => [`T${at + 1}`, 'thread'] as const),
    ...input.earlier.map((_, at) => [`E${at + 1}`, 'earlier'] as const),
    ['MAIL', 'mail'] as const,
    ['FACTS', 'facts'] as const,
  ])
  return {
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: user.join('\n') },
    ],
    omitted: omitted > 0 ? [`mail: ${omitted} characters in the middle`] : [],
    schema: checkedSchema(sentences, asks, labels),
  }
}

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
  z.number(),
)

/** @returns what the checker said of each sentence and ask; those it left out are not stated, not answered */
function checkedSchema(
  sentences: readonly string[],
  asks: readonly string[],
  labels: Labels,
): z.ZodType<Checked> {
  const sentence = z.object({ n: number, verdict: verdictWord, against: text, source: text })
  const ask = z.object({ n: number, answered: flag })
  return z
    .object({
      sentences: z.array(sentence),
      asks: z.array(ask).nullish(),
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
