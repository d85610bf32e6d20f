/** What the rules need to know about the mailbox's owner. Addresses are lower case, domains in A-label form. */
export interface Owner {
  address: string
  aliases: readonly string[]
  /** Display name used in From; null for none. */
  displayName: string | null
  /** authserv-ids whose Authentication-Results are trusted (RFC 8601 section 2.5); empty: none. */
  authservIds: readonly string[]
  /** List-Ids of the owner's own groups. */
  ownLists: readonly string[]
  /** Marks of programs that do not prevent a draft, because gateways also put them on people's mail. */
  draftDespite?: readonly DraftDespite[]
}

/** `Auto-Submitted: auto-generated` (RFC 3834 section 5), `Precedence: bulk` (RFC 2076). */
export type DraftDespite = 'auto-generated' | 'bulk'
