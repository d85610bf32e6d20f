/** Codes from receiving and triage. */
export const receive = {
  ingested: 'It has just arrived.',
  'same-mail': 'The same mail arrived before.',
  'before-baseline': 'It arrived before replyd began to watch this mailbox.',
} as const

export const triage = {
  'needs-reply': 'It needs a reply.',
  'nothing-asked': 'It asks for no answer.',
  withdrawn: 'The sender wrote again and no longer needs a reply.',
  'text-not-read': {
    says: 'Not all of its text could be read.',
    help: 'Read it and answer it in your mail client.',
  },
  'suspected-spam': {
    says: 'It may be spam, so no reply was written.',
    help: 'If it is wanted, have a reply written; if not, move it to Junk.',
  },
  'payment-change': {
    says: 'It announces new bank details, or asks for gift cards.',
    help: 'Call the sender on a number that you know before you pay anything.',
  },
  'spam-bayes': 'It resembles spam that was filtered before.',
  'spam-phishing': 'It is spam that tries to get passwords or payments.',
  'spam-scam': 'It is a fraud attempt.',
  'spam-bulk': 'It is advertising that you did not ask for.',
  'spam-malware': 'It contains malware.',
  'denied-sender': {
    says: 'The sender is on your deny list.',
    help: 'If it is wanted, take it out of Junk or remove the sender from spam.deny.',
  },
  'upstream-spam': {
    says: "Your mail server's filter calls it spam.",
    help: 'If it is not spam, take it out of Junk.',
  },
  'moved-by-owner': 'You moved it away before it could be put into Junk.',
} as const
