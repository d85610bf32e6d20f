/** What goes into a prompt: plain values that the steps collect. */

import type { Verdict } from '../../triage/verdict.ts'
import type { ChatMessage } from '../chat.ts'

/** A prompt file after reading: see src/model/prompts.ts. */
export interface Prompt {
  /** `triage`, `compose`: also the word after `Task:` in the system message. */
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
  /** Most rough tokens of each kind of quoted matter; what is longer is cut. */
  readonly limits: { readonly mail: number; readonly thread: number; readonly knowledge: number }
}

export interface PromptCategory {
  readonly name: string
  readonly description: string
}

/** What replyd itself knows of the mail's header: stated outside of the markers. */
export interface MailFacts {
  /** Display name and address as the header has them. */
  from: string
  subject: string
  /** Arrival (INTERNALDATE). */
  received: Date
  /** null: not known. */
  firstContact: boolean | null
  /** By the own server's Authentication-Results only. */
  authentication: 'pass' | 'fail' | 'none' | 'unknown'
  /** Names of the list fields that are present, for example `List-Id`. */
  listHeaders: readonly string[]
  /** File names. */
  attachments?: readonly string[]
  /** Text that a reader would not see was cut out. */
  hiddenText?: boolean
  /** The guard's reason, unless it is `ok`. */
  guard?: string | null
  /** The mail goes to more than the owner: number of To and Cc addresses. */
  recipients?: number
}

export interface PromptMail {
  /** Visible text: quotes, signature and hidden text cut. */
  visibleText: string
  facts: MailFacts
}

/** What to send to the model, and what had to be left out to fit (empty: nothing). */
export interface PromptMessages {
  messages: ChatMessage[]
  /** In plain words for the row, for example `mail: 5120 characters in the middle`. */
  omitted: string[]
}

export interface TriageInput {
  prompt: Prompt
  mail: PromptMail
  categories: readonly PromptCategory[]
  /** BCP 47: language of the summary. */
  ownerLanguage: string
  /** Fresh random word per call, letters and digits. */
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
}

/** Taken from the owner's sent mail in that language. Null where there is too little evidence. */
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
  /** What the owner made of it. */
  sent: string
}

export interface ComposeInput {
  prompt: Prompt
  mail: PromptMail
  verdict: Pick<Verdict, 'category' | 'sentiment' | 'urgency' | 'language'>
  /** Oldest first; without the mail that is answered. */
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
  /** True when replyd adds a signature by itself. */
  signature: boolean
  /** A word that must never come back; null for none. */
  canary: string | null
  salt: string
}
