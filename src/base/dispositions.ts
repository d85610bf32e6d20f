/** Where a mail is and how it ended; the same words in the store, the API and on screen. */

/** The steps a job can run, in the order in which a mail passes through them. */
export type Step = 'guard' | 'triage' | 'file' | 'compose' | 'decide' | 'deliver'

/** Where a row is: the next step to run, `review` by a person, or `done`. */
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
  /** The reply is in \Drafts. */
  | 'drafted'
  | 'sent'
  /** The owner sent the draft (perhaps edited) from their own client. */
  | 'sent-by-owner'
  | 'rejected'
  /** A person answered in the meantime; nothing was sent. */
  | 'superseded'
  /** It is unknown whether it was sent; a person decides. */
  | 'uncertain'
  /** Given up; the reason says why. */
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

/** A store of another version may contain other words. */
const wordsIn =
  <Name extends string>(words: Readonly<Record<Name, string>>) =>
  (name: Name): string =>
    Object.hasOwn(words, name) ? words[name] : 'unknown'

/** The outcome of a mail, for the owner; lower case, so that it can continue a line. */
const outcomes: Record<Disposition, string> = {
  pending: 'not decided yet',
  declined: 'left alone',
  duplicate: 'seen before',
  'no-reply-needed': 'no reply needed',
  filed: 'moved to Junk',
  marked: 'marked as junk',
  restored: 'taken out of Junk',
  held: 'waiting for you',
  approved: 'approved, about to be sent',
  drafted: 'reply saved in Drafts',
  sent: 'reply sent',
  'sent-by-owner': 'reply sent by you',
  rejected: 'reply rejected',
  superseded: 'settled without replyd',
  uncertain: 'may have been sent, please check',
  failed: 'given up',
}
export const outcomeOf = wordsIn(outcomes)

/** @param paused whether sending is paused for its account */
export const outcomeNow = (disposition: Disposition, paused: boolean): string =>
  paused && disposition === 'approved' ? 'approved, waits until you resume' : outcomeOf(disposition)

export const dispositions = Object.keys(outcomes) as Disposition[]

export const stageWords = wordsIn<Stage>({
  guard: 'rules',
  triage: 'judging',
  file: 'filing',
  compose: 'writing',
  decide: 'deciding',
  deliver: 'delivering',
  review: 'review',
  done: 'afterwards',
})

const states: Record<ReplyState, string> = {
  composed: 'written',
  held: 'waiting for you',
  approved: 'approved',
  sending: 'being sent',
  sent: 'sent',
  saving: 'being saved',
  saved: 'saved in Drafts',
  rejected: 'rejected',
  superseded: 'no longer needed',
  uncertain: 'may have been sent',
}
export const replyStateWords = wordsIn(states)
export const replyStates = Object.keys(states) as ReplyState[]

/** The most that the guard allows. */
export const ceilingWords = wordsIn<'may' | 'draft' | 'never'>({
  may: 'may be answered',
  draft: 'may get a draft, but only a person may send it',
  never: 'is never answered',
})

/** First letter in upper case. */
export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
