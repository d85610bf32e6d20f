/**
 * What can be checked in a draft without a model: links, addresses, account and telephone numbers, placeholders,
 * leaks, the mail repeated, figures and days without a source. Whether the statements are true is left to the check
 * by meaning.
 */
import type { ClaimKind } from '../base/reasons.ts'
import { languageOf, toldApart } from '../mail/text/language.ts'
import { sentencesOf } from '../mail/text/sentences.ts'
import { accountNumbers, bareNumber } from './accounts.ts'
import { addressesOf, checkFigures, linksOf, outboundFaults, placeholders } from './claims.ts'
import { parrots } from './parrot.ts'

/**
 * `fault`: must not reach anybody, not even \Drafts. `parroted`: repeats the mail. `stranger`: the mail answers a
 * conversation that its sender never took part in. All others are doubts shown to the reviewer; `removed` names what
 * was removed from the text.
 */
export type FindingKind = ClaimKind

export interface Finding {
  /** In the draft's words. */
  claim: string
  kind: FindingKind
}

export interface DraftToCheck {
  draft: string
  /** What the owner vouches for: knowledge, their side of thread and earlier replies. */
  given: readonly string[]
  /** The owner's names, addresses and signature. */
  own: readonly string[]
  /** Subject and new text of the mail, forwarded text, and the sender's side of the thread. */
  mail: string
  /** Text of its attachments: it does not even prove what the sender claims, and must not be repeated. */
  attached?: string
  /** Where the reply goes, and the sender's own address. Read only for a draft with an address or a figure. */
  correspondents: readonly string[]
  /** BCP 47, language of the mail by triage; `und` if unknown. */
  language: string
  /** The mail's date in the owner's time zone, `2026-12-09`. */
  today: string
  /** Facts were looked up for this mail: the mail proves no figure then, and none is calculated. */
  lookedUp?: boolean
  promptText: string
  /** The owner's instructions to the writer, which must not be revealed. */
  instructions: string
  marks: { salt: string; canary: string }
}

/** Phrases that reveal how the reply was made. */
const machine =
  /\b(?:as an? (?:AI|language model)|AI (?:language )?model|AI assistant|KI-(?:Sprachmodell|Assistent\p{L}*)|als (?:KI|Sprachmodell)|modèle de langage|modelo de lenguaje|modello linguistico|modelo de linguagem|taalmodel|model językowy|språkmodell)\b|\b(?:KNOWLEDGE|CORRECTIONS|QUOTED|FORWARDED)\b/gu

export function prefilter(input: DraftToCheck): Finding[] {
  const { draft, given, own, mail, today, lookedUp = false } = input
  const trusted = [...given, ...own]
  const faults = outboundFaults(draft, {
    canaries: [input.marks.canary],
    // Searched only if the draft has any.
    get knownLinks() {
      return linksOf(trusted)
    },
    get knownAddresses() {
      return [...addressesOf(trusted), ...input.correspondents]
    },
    promptText: input.promptText,
    instructions: input.instructions,
    quotable: [...trusted, mail],
    salt: input.marks.salt,
  })
  // One that the owner does not state may direct a payment to somebody else.
  const numbers = accountNumbers(draft)
  const vouched = numbers.length > 0 ? trusted.map(bareNumber) : []
  const accounts = numbers.filter((number) => !vouched.some((text) => text.includes(bareNumber(number))))
  const spoken = (draft.match(machine) ?? []).filter(
    (word) => ![...trusted, mail].some((text) => text.includes(word)),
  )
  const of = (kind: FindingKind) => (claim: string) => ({ claim, kind })
  return [
    ...faults.map(({ fault, found }) => `${fault}: ${found}`).map(of('fault')),
    ...accounts.map((number) => `account: ${number}`).map(of('fault')),
    ...spoken.map((word) => `prompt: ${word}`).map(of('fault')),
    ...(repeatsMail(input, trusted) ? [of('parroted')('the mail itself')] : []),
    ...placeholders(draft)
      .filter((gap) => !isLabel(gap, draft) || !trusted.some((text) => isLabel(gap, text)))
      .map(of('placeholder')),
    ...(inOtherLanguage(draft, input.language, mail) ? [of('language')(languageOf(draft).language)] : []),
    ...checkFigures(draft, {
      get sources() {
        return [...trusted, ...input.correspondents]
      },
      mail: lookedUp ? '' : mail,
      today,
      exact: lookedUp,
    }),
  ]
}

/** `【営業時間】` at the beginning of a line is a label; elsewhere, and in other brackets, templates leave gaps. */
const isLabel = (gap: string, text: string) =>
  gap.startsWith('【') && !/名|様|日付|金額/u.test(gap) && `\n${text}`.includes(`\n${gap}`)

/** Next to facts from the owner's systems, a single sentence dictated by the sender is enough to deceive. */
function repeatsMail(input: DraftToCheck, trusted: readonly string[]): boolean {
  const { draft, lookedUp = false, attached } = input
  const mail = attached ? `${input.mail}\n${attached}` : input.mail
  if (parrots(draft, mail, trusted)) return true
  return lookedUp && sentencesOf(draft).some((sentence) => parrots(sentence, mail, trusted, true))
}

/** Languages that a count of common words confuses. */
const alike: readonly (readonly string[])[] = [
  ['sv', 'da', 'nb', 'no', 'nn'],
  ['es', 'pt', 'gl', 'ca', 'it'],
  ['cs', 'sk', 'pl'],
  ['ru', 'uk', 'bg', 'sr', 'mk', 'be'],
  ['nl', 'af'],
  ['hr', 'bs', 'sl', 'sr'],
]
/** Minimum confidence at which languageOf overrides triage: more than one word that only one language has. */
const sureFrom = 0.75

/**
 * Only if the detector is certain about the reply and its language is neither the stated nor the detected one of the
 * mail.
 */
function inOtherLanguage(draft: string, stated: string, mail: string): boolean {
  const primary = stated.toLowerCase().split('-')[0] ?? ''
  if (stated === 'und' || !toldApart.has(primary)) return false
  const { language, confidence } = languageOf(draft)
  if (confidence < sureFrom || language === 'und') return false
  const differs = (other: string) =>
    other !== language && !alike.some((group) => group.includes(other) && group.includes(language))
  return differs(primary) && differs(languageOf(mail).language)
}
