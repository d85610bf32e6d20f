/** Codes for failures, and for what a step waits for. */
export const failures = {
  'judgement-failed': {
    says: 'The mail could not be judged.',
    help: 'Read the detail. Answer the mail yourself, or correct the cause and have a reply written.',
  },
  'compose-failed': {
    says: 'No reply could be written.',
    help: 'Read the detail. Write the reply yourself, or correct the cause and have it written again.',
  },
  'policy-failed': {
    says: 'replyd could not decide what to do with the reply.',
    help: 'Read the detail, then approve or reject the reply.',
  },
  'filing-failed': {
    says: 'The spam could not be moved to Junk.',
    help: 'Read the detail. Move the mail yourself.',
  },
  'delivery-failed': {
    says: 'The reply could not be delivered.',
    help: 'Read the detail, correct the cause, then approve the reply again.',
  },
  'outcome-unknown': {
    says: 'The connection broke, and it is unknown whether the last action was carried out.',
    help: 'Look in your mailbox, then decide.',
  },
  'gave-up': {
    says: 'The same failure lasted a whole day.',
    help: 'Correct the cause, then decide what to do with the mail.',
  },
} as const

export const budget = {
  'budget-reached': {
    says: "The day's budget is used up.",
    help: 'Wait until midnight, or raise budget.perDay.',
  },
  'sender-share-reached': {
    says: "This sender has used up one sender's share of the day's budget.",
    help: 'Wait until midnight, answer it yourself, or raise budget.perSender.',
  },
  'domain-share-reached': {
    says: "Senders of this domain have used up one domain's share of the day's budget.",
    help: 'Wait until midnight, answer it yourself, or raise budget.perDomain.',
  },
  'reserve-kept': {
    says: "The rest of the day's budget is for people you have written to.",
    help: 'Wait until midnight, raise budget.perDay, or lower budget.reserve.',
  },
  'budget-reserved': 'The rest of the budget is reserved for other model calls.',
} as const
