/**
 * The only list of the ways in which a mail and its reply change, by name. A verb applies to the states in the table.
 * In any other state (after another worker, a second reviewer, a double click) it changes nothing and returns null.
 * Mail and reply change together in one statement (moves.ts).
 *
 * Why nothing is sent twice:
 * - A mailbox is read under a fenced lease (leases.ts, ingested.ts), so each mail has one row, and each row one reply.
 * - Only `claim` makes a reply `sending`, only from `approved`. Only the worker that holds the claim writes the final
 *   dot of SMTP.
 * - Five verbs lead out of `sending`: `markSent` (the server accepted, or the copy is in \Sent); `giveBack`, `refuse`
 *   and `startSaving` (the server refused, or the dot was not written); `doubt` (unknown). No other verb changes it.
 * - Nothing leads out of `sent`.
 * - `uncertain` ends with a person's decision (`confirmSent`, `holdUncertain`), a copy found in \Sent or the server's
 *   late answer (`confirmSent`), or the owner's own answer (`answeredElsewhere`). After `holdUncertain`, only a
 *   person's `approve` leads to another sending.
 *
 * test/store/transitions.test.ts reads this table the other way: for each state, the verbs that leave it.
 */
import type { Disposition, ReplyState, Stage } from '../base/dispositions.ts'
import type { GuardCode, Reason } from '../base/reasons.ts'
import type { TypedEnvelope } from '../base/typed-envelope.ts'
import type { StoredVerdict } from '../base/verdicts.ts'

/** What a verb requires of a mail and its reply, and what it changes. */
export interface Move {
  mail?: {
    from: readonly Stage[]
    /** Allowed dispositions of the mail; any if absent. */
    having?: readonly Disposition[]
    to: Stage
    /** If there are several, the caller chooses. */
    as: readonly Disposition[]
  }
  reply?: {
    from: readonly ReplyState[]
    /**
     * Absent: the state stays, and the fields of the change are stored. `null`: the reply must be in one of the
     * states, and stays unchanged.
     */
    to?: ReplyState | null
    /** There may be no reply. */
    orNone?: true
    /** Required stage of the mail, for a verb that does not move it. */
    mailAt?: Stage
    /** Replies in these states stay unchanged while the mail moves. */
    others?: readonly ReplyState[]
  }
}

const jobs: readonly Stage[] = ['triage', 'file', 'compose', 'decide', 'deliver']
const withPerson = { from: ['review', 'done'], having: ['held', 'drafted'] } as const
const unanswered = ['no-reply-needed', 'restored', 'declined', 'marked'] as const
const settled = ['sent', 'uncertain', 'rejected', 'superseded'] as const

export const moves = {
  // guard
  admit: { mail: { from: ['guard'], to: 'triage', as: ['pending'] } },
  decline: { mail: { from: ['guard', 'triage'], to: 'done', as: ['declined'] } },
  setAside: { mail: { from: ['guard'], to: 'review', as: ['held'] } },
  // The copy that came first is refused: an attacker may have sent it to silence the mail.
  judgeCopy: { mail: { from: ['done'], having: ['duplicate'], to: 'guard', as: ['pending'] } },
  // triage
  callSpam: { mail: { from: ['triage'], to: 'file', as: ['pending'] } },
  leaveUnanswered: { mail: { from: ['triage'], to: 'done', as: ['no-reply-needed'] } },
  wantReply: { mail: { from: ['triage'], to: 'compose', as: ['pending'] } },
  finishFiling: {
    mail: {
      from: ['file'],
      to: 'done',
      as: ['filed', 'marked', 'restored', 'no-reply-needed', 'superseded'],
    },
  },
  // compose; triage asks a person, too
  storeReply: {
    mail: { from: ['compose'], to: 'decide', as: ['pending'] },
    reply: { from: ['composed'], to: null },
  },
  askPerson: {
    mail: { from: ['triage', 'compose'], to: 'review', as: ['held'] },
    reply: { from: ['composed'], to: 'held', orNone: true },
  },
  // decide
  hold: {
    mail: { from: ['decide'], to: 'review', as: ['held'] },
    reply: { from: ['composed'], to: 'held' },
  },
  chooseDraft: {
    mail: { from: ['decide'], to: 'deliver', as: ['pending'] },
    reply: { from: ['composed'] },
  },
  schedule: {
    mail: { from: ['decide'], to: 'deliver', as: ['approved'] },
    reply: { from: ['composed'], to: 'approved' },
  },
  // deliver: sending
  claim: { reply: { from: ['approved'], to: 'sending' } },
  giveBack: { reply: { from: ['sending'], to: 'approved' } },
  markSent: { reply: { from: ['sending'], to: 'sent' } },
  finishSent: {
    mail: { from: ['deliver'], to: 'done', as: ['sent'] },
    reply: { from: ['sent'], to: null },
  },
  refuse: {
    mail: { from: ['deliver'], to: 'review', as: ['held'] },
    reply: { from: ['sending'], to: 'held' },
  },
  doubt: {
    mail: { from: ['deliver'], to: 'review', as: ['uncertain'] },
    reply: { from: ['sending'], to: 'uncertain' },
  },
  // deliver: saving
  startSaving: {
    reply: { from: ['composed', 'saving', 'approved', 'sending'], to: 'saving', mailAt: 'deliver' },
  },
  markSaved: {
    mail: { from: ['deliver'], to: 'done', as: ['drafted'] },
    reply: { from: ['saving'], to: 'saved' },
  },
  // deliver: neither
  supersede: {
    mail: { from: ['deliver'], to: 'done', as: ['superseded'] },
    reply: { from: ['composed', 'saving', 'approved'], to: 'superseded' },
  },
  holdAgain: {
    mail: { from: ['deliver'], to: 'review', as: ['held'] },
    reply: { from: ['approved'], to: 'held' },
  },
  // The sender withdraws the question. Excludes a reply that is being sent.
  withdraw: {
    mail: {
      from: ['triage', 'compose', 'decide', 'deliver', 'review', 'done'],
      having: ['pending', 'approved', 'held', 'drafted'],
      to: 'done',
      as: ['superseded'],
    },
    reply: { from: ['composed', 'held', 'saved', 'approved'], to: 'superseded' },
  },
  // A failure that no retry can fix. Excludes a reply that is being sent: see `doubt`.
  giveUp: {
    mail: { from: jobs, to: 'review', as: ['held'] },
    reply: {
      from: ['composed', 'held', 'approved', 'saving'],
      to: 'held',
      orNone: true,
      others: ['rejected', 'superseded'],
    },
  },
  giveUpUnconfirmed: {
    mail: { from: ['file'], to: 'review', as: ['uncertain'] },
  },
  // A person decides.
  approve: {
    mail: { ...withPerson, to: 'deliver', as: ['approved'] },
    reply: { from: ['held', 'saved'], to: 'approved' },
  },
  undo: {
    mail: { from: ['deliver'], having: ['approved'], to: 'review', as: ['held'] },
    reply: { from: ['approved'], to: 'held' },
  },
  undoToDraft: {
    mail: { from: ['deliver'], having: ['approved'], to: 'done', as: ['drafted'] },
    reply: { from: ['approved'], to: 'saved' },
  },
  edit: {
    mail: { from: ['review'], having: ['held'], to: 'review', as: ['held'] },
    reply: { from: ['held'], to: 'held' },
  },
  editDraft: {
    mail: { from: ['done'], having: ['drafted'], to: 'done', as: ['drafted'] },
    reply: { from: ['saved'], to: 'saved' },
  },
  writeByHand: {
    mail: { from: ['review'], having: ['held'], to: 'review', as: ['held'] },
    reply: { from: ['composed'], to: 'held' },
  },
  reject: {
    mail: { ...withPerson, to: 'done', as: ['rejected'] },
    reply: { from: ['held', 'saved'], to: 'rejected', orNone: true },
  },
  reopen: {
    mail: { from: ['done'], having: ['rejected'], to: 'review', as: ['held'] },
    reply: { from: ['rejected'], to: 'held', orNone: true },
  },
  reopenDraft: {
    mail: { from: ['done'], having: ['rejected'], to: 'done', as: ['drafted'] },
    reply: { from: ['rejected'], to: 'saved' },
  },
  // The observer may have noticed first that it is out of \\Junk.
  undoJunk: {
    mail: { from: ['done'], having: ['filed', 'marked', 'restored'], to: 'review', as: ['held'] },
    reply: { from: ['rejected'], to: 'held', orNone: true },
  },
  rewrite: {
    mail: {
      from: ['review', 'done'],
      having: ['held', 'drafted', ...unanswered],
      to: 'compose',
      as: ['pending'],
    },
    reply: { from: ['held', 'saved'], to: 'composed', orNone: true },
  },
  readAgain: {
    mail: {
      from: ['review', 'done'],
      having: ['held', 'drafted', ...unanswered],
      to: 'triage',
      as: ['pending'],
    },
    reply: { from: ['held', 'saved'], to: 'composed', orNone: true },
  },
  confirmSent: {
    mail: { from: ['review'], having: ['uncertain'], to: 'deliver', as: ['sent'] },
    reply: { from: ['uncertain'], to: 'sent' },
  },
  holdUncertain: {
    mail: { from: ['review'], having: ['uncertain'], to: 'review', as: ['held'] },
    reply: { from: ['uncertain'], to: 'held' },
  },
  // What the owner did in their own mail client.
  noteEdit: { reply: { from: ['held', 'saved'] } },
  refuseDraft: {
    mail: { ...withPerson, to: 'review', as: ['held'] },
    reply: { from: ['held', 'saved'], to: 'held' },
  },
  sentByOwner: {
    mail: { ...withPerson, to: 'done', as: ['sent-by-owner'] },
    reply: { from: ['held', 'saved'], to: 'sent' },
  },
  answeredElsewhere: {
    mail: { from: ['review'], to: 'done', as: ['superseded'] },
    reply: { from: ['composed', 'held', 'uncertain'], to: 'superseded', orNone: true },
  },
  discardDraft: {
    mail: { from: ['done'], having: ['drafted'], to: 'done', as: ['rejected'] },
    reply: { from: ['saved'], to: 'rejected' },
  },
  takeOutOfJunk: { mail: { from: ['done'], having: ['filed', 'marked'], to: 'done', as: ['restored'] } },
  putIntoJunk: {
    mail: {
      from: ['guard', 'triage', 'compose', 'decide', 'deliver', 'review', 'done'],
      to: 'done',
      as: ['filed', 'marked'],
    },
    reply: {
      from: ['composed', 'held', 'approved'],
      to: 'superseded',
      orNone: true,
      others: ['saved', ...settled],
    },
  },
  // After a restore from a backup, and on a privacy request.
  holdRestored: {
    mail: { from: ['deliver'], to: 'review', as: ['held'] },
    reply: { from: ['approved'], to: 'held' },
  },
  forget: {
    mail: { from: ['guard', ...jobs, 'review'], to: 'done', as: ['rejected', 'uncertain'] },
    reply: {
      from: ['composed', 'held', 'approved', 'saved'],
      to: 'rejected',
      orNone: true,
      others: settled,
    },
  },
  forgetDraft: {
    mail: {
      from: ['done'],
      having: ['drafted', 'filed', 'marked', 'restored'],
      to: 'done',
      as: ['rejected', 'filed', 'marked', 'restored'],
    },
    reply: { from: ['saved'], to: 'rejected' },
  },
} as const satisfies Record<string, Move>

type Moves = typeof moves
export type VerbName = keyof Moves
type HasMail<V extends VerbName> = Moves[V] extends { mail: object } ? V : never
type HasReply<V extends VerbName> = Moves[V] extends { reply: object } ? V : never
/** Verbs that move a mail, alone or with its reply. */
export type MailVerb = { [V in VerbName]: HasMail<V> }[VerbName]
export type ReplyVerb = { [V in VerbName]: HasReply<V> }[VerbName]
/** Verbs that leave the reply alone. */
export type MailOnlyVerb = Exclude<MailVerb, ReplyVerb>

/** The mail's stage after the verb. */
export const stageAfter = (verb: MailVerb): Stage => moves[verb].mail.to
export const dispositionAfter = (verb: MailVerb): Disposition => moves[verb].mail.as[0]
/** The reply's state after the verb; null if it stays. */
export function replyStateAfter(verb: ReplyVerb): ReplyState | null {
  const { reply }: Move = moves[verb]
  return reply?.to ?? null
}

/**
 * Fields stored with a mail's move. Absent fields stay unchanged; a person's decision clears the previous `detail`.
 */
export interface MailFields {
  /** The version of the row that the caller decided on (MessageRow.version); any if absent. */
  version?: string
  reason: Reason
  codes?: readonly GuardCode[]
  detail?: string | null
  instruction?: string
  ceiling?: 'never' | 'draft' | 'may'
  verdict?: StoredVerdict
  /** When the next step may run; at once if absent. */
  dueAt?: Date
  durationMs?: number
}

/** Fields stored with a reply's move. Absent fields stay unchanged. */
export interface ReplyFields {
  /** The version of the row that the caller decided on (ReplyRow.version); any if absent. */
  version?: string
  /**
   * The text that the row must have, so that nobody approves or overwrites what they have not seen; any if absent.
   */
  fromText?: string
  kind?: 'send' | 'draft'
  octets?: Buffer
  /** At least one. */
  addressees?: readonly string[]
  subject?: string
  /** null clears it. */
  envelope?: TypedEnvelope | null
  replyMessageId?: string
  attemptGroup?: number
  text?: string
  textHash?: string
  /** Unified diff of an edit. */
  diff?: string
  holdReasons?: readonly Reason[]
  /** null clears it. */
  sendAfter?: Date | null
  claimedAt?: Date | null
  finishedAt?: Date
  replyText?: string
  /** Where the draft is in \\Drafts; null: no longer there. */
  saved?: { mailbox: string; uidValidity: string | null; uid: number | null; size: number } | null
}
