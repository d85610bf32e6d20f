import type { GuardCode } from '../base/reasons.ts'

/** The most that may be done with a message (docs/rules.md section 1), strictest first. */
export type Ceiling = 'never' | 'draft' | 'may'

/** One automatic reply sent by this account; enough to count the limits of section 7. */
export interface AutoSent {
  /** The address it went to. */
  to: string
  at: Date
  /** Its Message-ID, or null when unknown. */
  messageId: string | null
  /** Its `textHash`, or null when unknown. */
  hash: string | null
}

/** What the rules need beyond the message and its owner: mailbox state and history. */
export interface GuardContext {
  /** Special-use of the message's mailbox (RFC 6154), for example `\Junk`; null for the inbox. */
  specialUse: string | null
  /** IMAP flags and keywords of the message. */
  flags: readonly string[]
  /** INTERNALDATE: when the message arrived. */
  arrivedAt: Date
  now: Date
  /** The ids among the message's own id, In-Reply-To and References that we generated. */
  sentMessageIds: ReadonlySet<string>
  /** Ids of originals that were already answered. */
  answeredMessageIds: ReadonlySet<string>
  /** Another mail carries the same Message-ID. */
  reusedMessageId: boolean
  /** Automatic replies sent by this account in the last 7 days, and those of any age among the thread's ids. */
  autoSent: readonly AutoSent[]
  /** Unsent drafts for this sender. */
  openDrafts: number
  /** `textHash` of the reply about to be sent; null if there is none yet. */
  candidateHash: string | null
  /** Somebody in this thread has answered HUMAN: they want a person. */
  humanAsked: boolean
  /** Known addresses of the thread that the message claims to belong to; null if we have no message of it. */
  threadParticipants: readonly string[] | null
}

export interface GuardAnswer {
  decision: Ceiling
  /** The first code of the decision's level in the order of the tables; `ok` if no rule fires. */
  reason: GuardCode
  /** Every code that fired: first the `never` codes, then the `draft` codes, each in table order. */
  codes: readonly GuardCode[]
}

/** A context without history: a message that has just arrived in the inbox. */
export function freshContext(now: Date): GuardContext {
  return {
    specialUse: null,
    flags: [],
    arrivedAt: now,
    now,
    sentMessageIds: new Set(),
    answeredMessageIds: new Set(),
    reusedMessageId: false,
    autoSent: [],
    openDrafts: 0,
    candidateHash: null,
    humanAsked: false,
    threadParticipants: null,
  }
}
