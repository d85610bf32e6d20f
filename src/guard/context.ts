import type { GuardCode } from '../base/reasons.ts'

/** The ceiling of what may be done with a message (standards section 1), strictest first. */
export type Ceiling = 'never' | 'draft' | 'may'

/** One automatic reply that this account has sent; enough to count the limits of section 7. */
export interface AutoSent {
  /** The address it went to. */
  to: string
  at: Date
  /** Its Message-ID, or null when unknown. */
  messageId: string | null
  /** Its `textHash`, or null when unknown. */
  hash: string | null
}

/** What the rules must know beyond the message and its owner: mailbox state and history. */
export interface GuardContext {
  /** Special-use of the mailbox the message lies in (RFC 6154), for example `\Junk`; null for the inbox. */
  specialUse: string | null
  /** IMAP flags and keywords of the message. */
  flags: readonly string[]
  /** INTERNALDATE: when the message arrived. */
  arrivedAt: Date
  now: Date
  /** Those of the message's own id, In-Reply-To and References that we generated. */
  sentMessageIds: ReadonlySet<string>
  /** Ids of originals that were answered already. */
  answeredMessageIds: ReadonlySet<string>
  /** Another mail carries the same Message-ID. */
  reusedMessageId: boolean
  /** Automatic replies sent by this account: the last 7 days, and those among the thread's ids whatever their age. */
  autoSent: readonly AutoSent[]
  /** Unsent drafts that lie there for this sender. */
  openDrafts: number
  /** `textHash` of the reply that is about to be sent; null while there is none. */
  candidateHash: string | null
  /** Somebody in this thread has answered HUMAN: they want a person. */
  humanAsked: boolean
  /** Known addresses of the thread that the message claims to belong to; null when we hold none of it. */
  threadParticipants: readonly string[] | null
}

export interface GuardAnswer {
  decision: Ceiling
  /** The first firing code of the decision's level in the order of the tables; `ok` when nothing fires. */
  reason: GuardCode
  /** Every code that fired: first those of `never`, then those of `draft`, each in the order of its table. */
  codes: readonly GuardCode[]
}

/** A context without any history: a message that has just arrived in the inbox. */
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
