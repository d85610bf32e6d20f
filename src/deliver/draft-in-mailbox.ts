/** The draft in \Drafts of a reply that replyd sends itself: removed only if it is still as replyd saved it. */
import { PermanentError } from '../base/errors.ts'
import type { Account } from '../context.ts'
import { MessageVanished, UidValidityChanged } from '../imap/imap.ts'
import type { ReplyRow } from '../store/replies.ts'

/** `none`: never saved. `touched`: edited, sent, moved or deleted in the owner's own client. */
export type DraftState = 'none' | 'untouched' | 'touched'

interface DraftPlace {
  mailbox: string
  uidValidity: string
  uid: number
}

/**
 * The mail under a UID never changes (RFC 3501 section 2.3.1.1): a client that edits a draft stores a new one and
 * removes the old one.
 */
export async function savedDraft(account: Account, reply: ReplyRow): Promise<DraftState> {
  if (reply.savedMailbox === null) return 'none'
  return (await placeOf(account, reply)) === null ? 'touched' : 'untouched'
}

/** Removes the draft that replyd saved, and no other mail. A draft that the owner touched stays. */
export async function removeSavedDraft(account: Account, reply: ReplyRow): Promise<void> {
  const place = await placeOf(account, reply)
  if (place === null) return
  try {
    await account.imap.removeExactly(place.mailbox, place.uidValidity, place.uid)
  } catch (error) {
    // Without UIDPLUS nothing is expunged: the draft stays, which is harmless.
    if (!(error instanceof PermanentError || error instanceof UidValidityChanged)) throw error
  }
}

async function placeOf(account: Account, reply: ReplyRow): Promise<DraftPlace | null> {
  const { savedMailbox: mailbox, savedUidValidity: uidValidity, savedUid: uid } = reply
  if (mailbox === null) return null
  const place =
    uidValidity && uid !== null ? { mailbox, uidValidity, uid } : await search(account, mailbox, reply)
  if (place === null) return null
  try {
    const flags = await account.imap.flags(mailbox, place.uidValidity, place.uid)
    return flags === null || flags.some((flag) => flag.toLowerCase() === '\\deleted') ? null : place
  } catch (error) {
    if (error instanceof MessageVanished || error instanceof UidValidityChanged) return null
    throw error
  }
}

/**
 * For servers that do not say where APPEND stored it. A client may keep the Message-ID when it edits: then the size
 * differs.
 */
async function search(account: Account, mailbox: string, reply: ReplyRow): Promise<DraftPlace | null> {
  const { uidValidity } = await account.imap.state(mailbox)
  const [uid, ...others] = await account.imap.findByMessageId(mailbox, reply.replyMessageId)
  if (uid === undefined || others.length > 0 || reply.savedSize === null) return null
  const octets = await account.imap.fetchSource(mailbox, uidValidity, uid, reply.savedSize + 1)
  return octets?.length === reply.savedSize ? { mailbox, uidValidity, uid } : null
}
