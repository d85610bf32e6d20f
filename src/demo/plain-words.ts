/** What became of a mail and why, in words that need no manual. */
import type { Disposition } from '../base/dispositions.ts'

const outcomes: Readonly<Record<Disposition, string>> = {
  pending: 'not decided yet',
  declined: 'left alone',
  duplicate: 'seen before',
  'no-reply-needed': 'needs no reply',
  filed: 'moved to Junk',
  marked: 'marked as junk',
  restored: 'put back from Junk',
  held: 'waits for a person',
  approved: 'approved, goes out soon',
  drafted: 'reply saved in Drafts',
  sent: 'reply sent',
  'sent-by-owner': 'sent by the owner',
  rejected: 'reply rejected',
  superseded: 'answered by a person meanwhile',
  uncertain: 'perhaps sent, a person must look',
  failed: 'given up',
}

/** Codes of the guard (standards.md section 3) and of the hold policy; what is not listed is shown as it is. */
const reasons: Readonly<Record<string, string>> = {
  'own-message': 'it is a message of our own',
  'already-handled': 'it has been dealt with',
  'self-sent': 'the owner wrote it',
  dsn: 'it reports a failed delivery',
  mdn: 'it is a read receipt',
  arf: 'it is an abuse report',
  report: 'it is an automatic report',
  'null-return-path': 'a program sent it and takes no answer',
  'list-mail': 'it came through a mailing list',
  'system-sender': 'a system sent it',
  'auto-submitted': 'a program sent it, an absence notice for example',
  'auto-reply-header': 'it is an automatic reply',
  precedence: 'it is bulk mail',
  'bulk-mail': 'it is a newsletter or campaign',
  'auto-reply-subject': 'it is an automatic reply',
  'no-reply-address': 'its address takes no answers',
  calendar: 'it is a calendar message',
  'spam-flagged': 'the mail server calls it spam',
  'no-sender': 'it has no usable sender',
  encrypted: 'it is encrypted',
  manipulation: 'it tries to give orders to a machine',
  'mode-review': 'every reply is reviewed first',
  'mode-draft': 'a person sends it when it is right',
  'guard-ceiling': 'its header allows no more than a draft',
  'needs-person': 'only a person can answer it',
  'missing-facts': 'the knowledge does not hold the answer',
  'low-confidence': 'the model is not sure enough',
  'unsupported-claim': 'the reply states something without a source',
  ungrounded: 'not all of the reply follows from the knowledge',
  'parrots-mail': 'the reply repeats the mail',
  placeholder: 'the reply has a gap in it',
  'outbound-fault': 'the reply holds something that must not go out',
  'empty-text': 'the reply is empty',
  unauthenticated: 'nobody vouches for the sender',
  'first-contact': 'the sender is new',
  'angry-sender': 'the sender is angry',
  urgent: 'it is urgent',
  'outside-hours': 'it goes out at the next opening',
  'human-asked': 'the sender asks for a person',
  throttled: 'the sender got replies enough lately',
  'input-cut': 'it was too long to be read whole',
  phishing: 'it is after passwords or payments',
  scam: 'it is a fraud',
  bulk: 'it is advertising that nobody asked for',
  malware: 'it carries harmful software',
}

/** `left alone: it came through a mailing list` */
export function inPlainWords(disposition: Disposition, reason: string | null): string {
  const outcome = outcomes[disposition]
  return reason === null || reason === '' ? outcome : `${outcome}: ${reasons[reason] ?? reason}`
}

/** For the table of the summary. */
export function outcomeOf(disposition: Disposition): string {
  return outcomes[disposition]
}
