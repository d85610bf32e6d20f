/** Codes from composing, checking and deciding on the reply. */
export const compose = {
  composed: 'A reply was written.',
  'rewrite-without-text': {
    says: 'No new text came back, so this is the earlier draft.',
    help: 'Approve the earlier draft, edit it, or say more precisely what should change.',
  },
  'lookup-failed': {
    says: 'One of your systems could not be read, so nothing was written.',
    help: 'Look it up yourself, or have the reply written when the system answers again.',
  },
  'lookup-not-found': {
    says: 'Nothing was found that this sender is allowed to see.',
    help: 'Ask the sender for what is missing, or look it up yourself.',
  },
  'lookup-odd': {
    says: 'One of your systems returned a value that no reply should repeat.',
    help: 'Look at the record, and choose fields that only your own system writes.',
  },
  'nobody-to-answer': {
    says: 'It has no address to reply to.',
    help: 'Answer it in your mail client if you know the address.',
  },
} as const

export const check = {
  'empty-text': {
    says: 'The reply came back empty.',
    help: 'Write the reply yourself, or have it written again.',
  },
  'outbound-fault': {
    says: 'The reply contains something that must not be sent.',
    help: 'Remove what is listed below the reply, then approve it.',
  },
  placeholder: {
    says: 'A placeholder was left in the reply.',
    help: 'Fill in the placeholder, then approve the reply.',
  },
  'unsupported-claim': {
    says: 'The reply states something that none of your sources contains.',
    help: 'Check what is listed below the reply; add the fact to your knowledge if it is right.',
  },
  contradicted: {
    says: 'One of your sources contradicts the reply.',
    help: 'Look at the sentence marked below the reply, correct it, then approve the reply.',
  },
  'not-stated': {
    says: 'The reply says something that none of your sources states.',
    help: 'Check the sentence marked below the reply; add the fact to your knowledge if it is right.',
  },
  promise: {
    says: 'The reply promises something that none of your sources states.',
    help: 'Keep the promise only if you can; then approve the reply.',
  },
  'ask-unanswered': {
    says: 'The reply leaves a question of the mail open.',
    help: 'Add the answer, then approve the reply.',
  },
  'wrong-language': {
    says: 'The reply is not in the language of the mail.',
    help: 'Have it written again in the language of the mail.',
  },
  'wrong-name': { says: 'The reply greets somebody other than the sender.', help: 'Correct the greeting.' },
  'wrong-address': {
    says: 'The reply uses a different form of address from the mail.',
    help: 'Correct the form of address, then approve the reply.',
  },
  'obeys-mail': {
    says: 'The reply follows instructions that the mail gave to the AI.',
    help: 'Read the mail with care and write the reply yourself.',
  },
  leak: {
    says: 'The reply reveals your instructions or information about other people.',
    help: 'Remove what is not meant for the sender.',
  },
  'text-removed': {
    says: 'Formatting or a second signature was removed from the reply.',
    help: 'Read the reply once before you approve it.',
  },
  unchecked: {
    says: 'The reply could not be checked.',
    help: 'Read the reply before you approve it.',
  },
  'parrots-mail': {
    says: 'The reply repeats the mail instead of answering it.',
    help: 'Edit the reply, or have it written again.',
  },
} as const

export const decide = {
  'all-clear': 'No rule prevents sending it.',
  'mode-review': 'You approve every reply of this kind.',
  rewritten: 'It was written again, so it needs your review before it is sent.',
  'mode-draft': 'You send replies of this kind yourself.',
  'guard-ceiling': 'Only a person may send an answer to this mail.',
  'needs-person': {
    says: 'A person should answer this one.',
    help: 'Read the draft with care, change it, or say below what it should say.',
  },
  'missing-facts': {
    says: 'Your knowledge does not answer every question.',
    help: 'Add the missing fact to your knowledge, or complete the reply.',
  },
  'low-confidence': 'The draft is not certain enough to be sent automatically.',
  'reply-to-elsewhere': 'The reply would go to a different address than the one in From.',
  'contact-in-subject': 'The subject contains a link, an address or a telephone number.',
  'angry-sender': 'The sender is upset.',
  urgent: 'It is urgent.',
  throttled: 'This sender has already received enough automatic replies.',
  'picture-seen': {
    says: 'The reply relies on a picture, which replyd cannot check.',
    help: 'Look at the picture, then approve the reply.',
  },
  'file-unread': {
    says: 'A file of the mail could not be read.',
    help: 'Open the file, then approve or complete the reply.',
  },
  'input-cut': 'The mail or its conversation was too long to be read in full.',
  'outside-hours': 'The reply will be sent when your business hours begin.',
  spam: 'It may be spam, so its reply is held.',
  manipulation: {
    says: 'The mail tries to give instructions to the AI.',
    help: 'Read the mail and the reply with care before you approve anything.',
  },
} as const
