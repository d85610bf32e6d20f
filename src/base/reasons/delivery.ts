/** Codes from delivery, from the owner's mailboxes and from the review. */
export const deliver = {
  'undo-window': 'The reply can be cancelled until the undo time ends.',
  'account-paused': {
    says: 'The account is paused, so nothing is sent.',
    help: 'Resume the account in the settings.',
  },
  'sent-copy': 'replyd is still looking for the copy in Sent.',
  'looking-in-sent': 'replyd is checking in Sent whether the reply was sent.',
  'changed-meanwhile': 'The reply was changed while it was being sent, so it is checked again.',
  'limits-changed': 'Other replies were sent in the meantime, so the limits are checked again.',
  'answered-by-owner': 'You answered it yourself.',
  'deleted-by-owner': 'You deleted it.',
  'draft-touched': {
    says: 'You changed the draft in your mail client.',
    help: 'Send the draft from your mail client.',
  },
  'addressee-refused': {
    says: 'The mail server refused a recipient, so nobody received the reply.',
    help: 'Correct the address, or send the reply from your mail client.',
  },
  'smtp-rejected': {
    says: 'The mail server refused the reply.',
    help: 'Read what the server said, then send the reply from your mail client.',
  },
  'send-unconfirmed': {
    says: 'It is unknown whether the reply was sent.',
    help: 'Look in Sent or ask the recipient, then say whether it was sent. replyd never resends it itself.',
  },
  restored: {
    says: 'replyd was restored from a backup, so the reply may have been sent already.',
    help: 'Look in Sent before you approve it.',
  },
} as const

export const observe = {
  'found-in-sent': 'The reply was found in Sent, so it was sent.',
  'sent-by-owner': 'You sent the reply from your mail client.',
  'draft-deleted': 'You deleted the draft.',
  'approved-by-flag': 'You approved the draft with a flag in your mail client.',
  'draft-without-addressee': {
    says: 'The draft has no recipient.',
    help: 'Add a recipient to the draft, then flag it again.',
  },
  'draft-from-another-address': {
    says: 'The draft is from an address that is not yours in this account.',
    help: 'Change the sender of the draft, or send it from your mail client.',
  },
  'draft-too-long': {
    says: 'The draft is too long for replyd to send.',
    help: 'Send it from your mail client.',
  },
  'draft-with-too-many-addressees': {
    says: 'The draft has too many recipients for replyd to send.',
    help: 'Send it from your mail client.',
  },
  'junked-by-owner': 'You moved it to Junk.',
  'marked-junk-by-owner': 'You marked it as junk.',
  'moved-back-by-owner': 'You moved it out of Junk.',
  'marked-not-junk': 'You marked it as not junk.',
} as const

export const review = {
  'approved-by-person': 'A person approved the reply.',
  cancelled: 'The approval was cancelled.',
  'rejected-by-person': 'A person rejected the reply.',
  reopened: 'The rejection was undone.',
  'junk-undone': 'It was moved back from Junk.',
  edited: 'A person edited the reply.',
  'rewrite-asked': 'The reply is being written again.',
  'restored-by-person': 'A person took it out of Junk.',
  'sent-by-their-word': 'A person confirmed that the reply was sent.',
  'held-again': 'A person said that the reply was not sent.',
  forgotten: 'The stored text of this correspondence was removed on request.',
} as const

/** What a person did to a mail; follows their name. */
export const ownerActions = {
  'approved-by-person': 'approved it',
  cancelled: 'took the approval back',
  'rejected-by-person': 'rejected it',
  reopened: 'took the rejection back',
  edited: 'edited it',
  'rewrite-asked': 'is having it written again',
  'junked-by-owner': 'moved it to Junk',
  'marked-junk-by-owner': 'marked it as junk',
  'junk-undone': 'moved it back from Junk',
  'restored-by-person': 'took it out of Junk',
  'sent-by-their-word': 'says that it was sent',
  'held-again': 'says that it was not sent',
} as const
