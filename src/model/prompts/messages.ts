/** The contents of a prompt: plain values that the steps collect. */

import type { Verdict } from '../../base/verdicts.ts'
import type { ReadAttachment } from '../../mail/attachments.ts'
import type { ChatMessage } from '../chat.ts'

/** A prompt file after reading: see src/model/prompts.ts. */
export interface Prompt {
  /** `triage`, `compose`, `check`: also the word after `Task:` in the system message. */
  readonly name: string
  readonly version: string
  /** Tokens. */
  readonly maxOutputTokens: number
  /** null: the model's own default. */
  readonly temperature: number | null
  /** The system message with {{placeholders}}. */
  readonly body: string
  /** Of the file's octets: SHA-256, the first 16 hex digits. */
  readonly hash: string
  /** Limits in rough tokens for each kind of quoted matter; longer ones are cut. */
  readonly limits: {
    readonly mail: number
    readonly thread: number
    readonly knowledge: number
    /** A knowledge folder of at most this size is given in full. */
    readonly wholeFolder: number
    /** Texts and pictures of the mail's files together. */
    readonly attachments: number
  }
}

export interface PromptCategory {
  readonly name: string
  readonly description: string
}

/** replyd's own facts from the mail's header: stated outside the markers. */
export interface MailFacts {
  /** Display name and address from the header. */
  from: string
  subject: string
  /** Arrival (INTERNALDATE). */
  received: Date
  /** IANA name of the owner's zone, for days and hours. */
  timeZone: string
  /** Whether the owner is open at that moment, as text; null if no hours are configured. */
  opening?: string | null
  /** null: unknown. */
  firstContact: boolean | null
  /** The owner has written to this address before; null: unknown. */
  writtenBefore?: boolean | null
  /** The reply address if it is not From, as in the header. */
  replyTo?: string | null
  /** Only according to our own server's Authentication-Results. */
  authentication: 'pass' | 'fail' | 'none' | 'unknown'
  /** Names of the list fields present, for example `List-Id`. */
  listHeaders: readonly string[]
  attachments?: readonly Attachment[]
  /** Text that a reader would not see was removed. */
  hiddenText?: boolean
  /** The guard's reason, unless it is `ok`. */
  guard?: string | null
  /** The mail has several recipients: number of To and Cc addresses. */
  recipients?: number
}

export interface Attachment {
  name: string
  /** Media type. */
  type: string
  /** Octets, as transferred. */
  size: number
}

/** Other people's text within a mail: forwarded, or a quotation that no stored thread confirms. */
export interface PassedOn {
  kind: 'FORWARDED' | 'QUOTED'
  text: string
}

export interface PromptMail {
  /** Visible text, without quotes, signature and hidden text. */
  visibleText: string
  facts: MailFacts
  passedOn?: PassedOn | null
  /** What was read of its files; empty unless the owner has switched that on. */
  attachments?: readonly ReadAttachment[]
}

/** The messages for the model, and what had to be left out to fit (empty: nothing). */
export interface PromptMessages {
  messages: ChatMessage[]
  /** In plain words for the row, for example `mail: 5120 characters in the middle`. */
  omitted: string[]
}

/** The knowledge folder as seen by the writer of search phrases; null if there is none, or it is given in full. */
export interface SearchHint {
  /** BCP 47. */
  languages: readonly string[]
  headings: readonly string[]
}

export interface TriageInput {
  prompt: Prompt
  mail: PromptMail
  /** Oldest first; only if the mail's own text is short. */
  thread: readonly ThreadEntry[]
  categories: readonly PromptCategory[]
  /** Name that replies are written for; null for none. */
  ownerName: string | null
  /** BCP 47: language of the summary. */
  ownerLanguage: string
  /** BCP 47: language of the asks, the knowledge folder's. */
  asksLanguage: string
  search: SearchHint | null
  /** New random word per call, letters and digits. */
  salt: string
}

/** One earlier message of the thread, or an earlier reply to the same sender. */
export interface ThreadEntry {
  author: 'owner' | 'sender' | 'other'
  at: Date
  /** Its new text only. */
  text: string
}

export interface PromptPassage {
  file: string
  heading: string
  text: string
  /** Read from one of the owner's systems for this mail (`lookups`), not from the knowledge folder. */
  lookup?: true
  /** The web page that it is from, for people: no message names it. */
  page?: { url: string; readAt: string }
}

/** Learned from the owner's sent mail in that language. Null if there is too little evidence. */
export interface Style {
  /** A template: `Hi {first name},`. */
  greeting: string | null
  /** The formula and, after a slash, the name below it. */
  closing: string | null
  /** Median length in words. */
  words: number | null
  /** For example `formal (Sie)`. */
  manner: string | null
}

export interface Correction {
  /** What replyd wrote. */
  draft: string
  /** What the owner changed it to. */
  sent: string
}

export interface ComposeInput {
  prompt: Prompt
  mail: PromptMail
  verdict: Pick<Verdict, 'category' | 'sentiment' | 'urgency' | 'language' | 'asks'>
  /** Oldest first; without the answered mail. */
  thread: readonly ThreadEntry[]
  /** What the owner wrote to the same address in other threads, oldest first. */
  earlier: readonly ThreadEntry[]
  passages: readonly PromptPassage[]
  style: Style | null
  /** The owner's extra instructions; trusted. */
  instructions: string
  corrections: readonly Correction[]
  /** Name that the reply is written for, as in From; null for none. */
  ownerName: string | null
  /** What replyd appends: nothing, a signature, or a signature that begins with a closing formula. */
  signature: 'none' | 'signature' | 'closing'
  /** BCP 47: language of `missing`. */
  ownerLanguage: string
  /** A word that must never appear in the answer; null for none. */
  canary: string | null
  salt: string
}

export interface CheckInput {
  prompt: Prompt
  mail: PromptMail
  /** From triage. */
  asks: readonly string[]
  thread: readonly ThreadEntry[]
  earlier: readonly ThreadEntry[]
  /** Everything the writer was given, and what the reply cites. */
  passages: readonly PromptPassage[]
  instructions: string
  ownerName: string | null
  /** The owner's names, addresses and signature. */
  own: readonly string[]
  /** Text of the reply, without signature. */
  reply: string
  salt: string
}
