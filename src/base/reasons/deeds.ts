/** What a person did to a mail, to be put behind their name. */
export const deeds = {
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
