/** Plain words for what the store calls by a name. */
const words: Readonly<Record<string, string>> = {
  'mode-review': 'Every reply is reviewed here',
  'mode-draft': 'Saved in Drafts, as configured',
  'guard-ceiling': 'Only a person may answer mail of this kind',
  'needs-person': 'The model asks for a person',
  'missing-facts': 'A question could not be answered from your sources',
  'low-confidence': 'The model is not sure',
  unauthenticated: 'The sender is not proven',
  'first-contact': 'First mail from this sender',
  'angry-sender': 'The sender is upset',
  urgent: 'Urgent',
  'outside-hours': 'Goes out at the next opening',
  'human-asked': 'Asks for a person',
  throttled: 'Enough was sent to this address',
  'input-cut': 'The mail was too long to be read whole',
  'unsupported-claim': 'States something that no source says',
  ungrounded: 'Not all of it follows from your sources',
  'parrots-mail': 'Repeats the mail instead of answering it',
  'outbound-fault': 'Holds something that must not go out',
  placeholder: 'A placeholder was left in the text',
  manipulation: 'The mail tries to steer the model',
  'send-unconfirmed': 'It cannot be known whether it went out',
  'compose-failed': 'No reply could be written',
  'judgement-failed': 'The mail could not be judged',
  'delivery-failed': 'The mail server refused it',
  'nobody-to-answer': 'There is nobody to answer',
  'draft-touched': 'You have changed the draft in your mail program',
  'approved-by-person': 'Approved',
  'rejected-by-person': 'Rejected',
  restored: 'The store was restored from a backup: it may have gone out already',
  'restored-by-person': 'Restored from Junk',
  'rewrite-asked': 'Is being written again',
  'nothing-asked': 'Nothing was asked',
  'suspected-spam': 'Perhaps spam',
  'spam-phishing': 'Phishing',
  'spam-scam': 'Scam',
  'spam-bulk': 'Bulk mail',
  'spam-malware': 'Malware',
  'denied-sender': 'Sender on your deny list',
  'answered-by-owner': 'You have answered it yourself',
}

/** First letter in upper case, hyphens as blanks, unless there is something better to say. */
export function plainWords(name: string): string {
  const known = words[name]
  if (known) return known
  const text = name.replaceAll('-', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** How long ago, for a list: `now`, `5 min`, `3 h`, `2 d`. */
export function ageOf(at: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - at.getTime()) / 60_000))
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  return minutes < 1440 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`
}

export interface Sentence {
  text: string
  /** Index of the passage that supports it; null for none. */
  source: number | null
}

/** A passage supports a sentence when it has this share of the sentence's longer words. */
const leastShare = 0.45

/** Cuts a draft at sentence and line ends, nothing lost, and names for each sentence the passage that it leans on. */
export function supported(text: string, passages: readonly { heading: string; text: string }[]): Sentence[] {
  const wordsOf = (part: string) => part.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? []
  const known = passages.map((passage) => new Set(wordsOf(`${passage.heading} ${passage.text}`)))
  return (text.match(/[^.!?\n]*[.!?\n]+\s*|[^.!?\n]+$/g) ?? []).map((sentence) => {
    const own = wordsOf(sentence)
    const shares = known.map((set) => own.filter((word) => set.has(word)).length / own.length)
    const best = shares.indexOf(Math.max(...shares))
    return { text: sentence, source: own.length >= 3 && (shares[best] ?? 0) >= leastShare ? best : null }
  })
}
