/** A mail as it stands in a mailbox. */
export interface Standing {
  mailbox: string
  uidValidity: string
  uid: number
  octets: Buffer
}

/** Octets. A longer draft is left to the owner's own client. */
export const longestDraft = 25 * 1024 * 1024
