/** The words for where a mail is and what became of it; the same in the store, the API and on screen. */

/** The steps a job can run, in mail order. */
export type Step = 'guard' | 'triage' | 'file' | 'compose' | 'decide' | 'deliver'

/** Where a row stands: a step to run next, `review` by a person, or `done`. */
export type Stage = Step | 'review' | 'done'

export type Disposition =
  /** Not decided yet: a step is still to run. */
  | 'pending'
  /** The guard said never; the reason is its code. */
  | 'declined'
  /** The same Message-ID was seen before in this account. */
  | 'duplicate'
  /** Judged to need no reply. */
  | 'no-reply-needed'
  /** Spam, moved to \Junk. */
  | 'filed'
  /** Spam, marked with $Junk but left where it is. */
  | 'marked'
  /** A person put it back from \Junk. */
  | 'restored'
  /** Waits for a person. */
  | 'held'
  /** Approved; goes out when the undo window ends. */
  | 'approved'
  /** The reply stands in \Drafts. */
  | 'drafted'
  | 'sent'
  /** The owner sent the draft (perhaps edited) from their own client. */
  | 'sent-by-owner'
  | 'rejected'
  /** A person answered meanwhile; nothing went out. */
  | 'superseded'
  /** It can't be known whether it went out; a person decides. */
  | 'uncertain'
  /** Given up for good; the reason says why. */
  | 'failed'

export type ReplyState =
  | 'composed'
  | 'held'
  | 'approved'
  | 'sending'
  | 'sent'
  | 'saving'
  | 'saved'
  | 'rejected'
  | 'superseded'
  | 'uncertain'

/** Reason of a reply that goes out as its draft stands in the owner's mailbox: their octets, not ours. */
export const approvedByFlag = 'approved-by-flag'
