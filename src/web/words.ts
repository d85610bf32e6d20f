/** Plain words for what the store calls by a name. */
const words: Readonly<Record<string, string>> = {
  'mode-review': 'Every reply is reviewed here',
  'mode-draft': 'Saved in Drafts, as configured',
  'guard-ceiling': 'Only a person may answer mail of this kind',
  'needs-person': 'The model asks for a person',
  'missing-facts': 'A question could not be answered from your sources',
  'low-confidence': 'The model is not sure',
  unauthenticated: 'The sender is not proven',
  'reply-to-elsewhere': 'The reply would go to another address than the sender’s',
  'contact-in-subject': 'The subject holds a link, an address or a telephone number',
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
  'rewrite-without-text': 'The model wrote no other text. This is the earlier draft',
  'nothing-asked': 'Nothing was asked',
  'suspected-spam': 'Perhaps spam',
  'spam-phishing': 'Phishing',
  'spam-scam': 'Scam',
  'spam-bulk': 'Bulk mail',
  'spam-malware': 'Malware',
  'denied-sender': 'Sender on your deny list',
  'answered-by-owner': 'You have answered it yourself',
  'addressee-refused': 'The mail server refused an addressee, so nobody got it',
  'smtp-rejected': 'The mail server refused it',
  'draft-without-addressee': 'The draft has no addressee',
  'draft-from-another-address': 'The draft is from an address that is not yours here',
  'draft-too-long': 'The draft is too long to be sent from here',
  'draft-with-too-many-addressees': 'The draft has too many addressees: send it from your mail program',
  'approved-by-flag': 'Flagged in your mail program',
  'draft-deleted': 'You deleted the draft',
  'sent-by-owner': 'Sent from your mail program',
  'found-in-sent': 'Found in Sent: it had gone out',
  'junked-by-owner': 'You moved it to Junk',
  'marked-junk-by-owner': 'You marked it as junk',
  'moved-back-by-owner': 'You moved it out of Junk',
  'marked-not-junk': 'You marked it as not junk',
  'no-reply-needed': 'No reply needed',
  dsn: 'Delivery report',
  'ceiling-may': 'May be answered',
  'ceiling-draft': 'May be drafted, sent by a person only',
  'ceiling-never': 'Is never answered',
  'account-draft': 'Saves drafts',
  'account-review': 'Asks you',
  'account-send': 'Sends by itself',
  'back-cancelled': 'a reply was called back',
  'back-rejected': 'a reply was rejected',
  'back-edited': 'a reply was corrected',
  'back-negative-answer': 'the answer to a reply was angry',
}

/** First letter in upper case, hyphens as blanks, unless there is something better to say. */
export function plainWords(name: string): string {
  const known = words[name]
  if (known) return known
  const text = name.replaceAll('-', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Names divided by blanks, in plain words; any other text stays as it is. */
export function plainList(text: string): string {
  const names = text.split(' ')
  return names.every((name) => words[name]) ? names.map(plainWords).join('; ') : text
}

/** How long ago, for a list: `now`, `5 min`, `3 h`, `2 d`. */
export function ageOf(at: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - at.getTime()) / 60_000))
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  return minutes < 1440 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`
}

/** `24 Nov 2026, 08:03 UTC`: a moment for people, in one form on every page. */
export function momentOf(at: Date): string {
  return `${dayFormat.format(at)}, ${at.toISOString().slice(11, 16)} UTC`
}

const dayFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})

/** `2026-11-24` as `24 Nov`. */
export function shortDay(day: string): string {
  const at = new Date(`${day}T00:00:00Z`)
  return Number.isNaN(at.getTime()) ? day : dayFormat.format(at).replace(/ \d{4}$/, '')
}

/** How long something took: `40 s`, `12 min`, `3.5 h`, `2.1 d`. */
export function lasting(seconds: number): string {
  const short = (value: number) =>
    value < 10 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value))
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3600) return `${short(seconds / 60)} min`
  return seconds < 86_400 ? `${short(seconds / 3600)} h` : `${short(seconds / 86_400)} d`
}

/** Percent; `under 1 %` for a little, and nothing of nothing is none. */
export function shareOf(part: number, whole: number): string {
  if (part <= 0 || whole <= 0) return '0 %'
  const percent = (part / whole) * 100
  return percent < 1 ? 'under 1 %' : `${Math.round(percent)} %`
}

/** US dollars: cents, or more digits where it is less than one. */
export const dollars = (amount: number) =>
  amount === 0
    ? '$0'
    : `$${amount < 0.01 ? Number(amount.toPrecision(2)).toFixed(5).replace(/0+$/, '') : amount.toFixed(2)}`

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
