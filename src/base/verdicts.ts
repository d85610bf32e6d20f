/** Verdicts of a model or the local filter on a mail and its reply, as stored with the row. */
import { PermanentError } from './errors.ts'

export const spamKinds = ['phishing', 'scam', 'bulk', 'malware', 'none'] as const
export const sentiments = ['positive', 'neutral', 'negative', 'mixed'] as const
export type SpamKind = (typeof spamKinds)[number]
export type Sentiment = (typeof sentiments)[number]

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
  /** It announces different bank details or a different payee, or asks for gift cards. */
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

interface AnsweredAsk {
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

export const sentenceVerdicts = ['supported', 'contradicted', 'not-stated', 'courtesy'] as const
export type SentenceVerdict = (typeof sentenceVerdicts)[number]

export interface CheckedSentence {
  /** As written in the reply. */
  text: string
  verdict: SentenceVerdict
  /** The sources that support it or, for `contradicted`, contradict it: labels as the owner knows them. */
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
