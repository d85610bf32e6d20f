import { mailboxes } from '../mail/correspondents.ts'
import { namedIds } from '../mail/message.ts'
import type { StoredMail } from '../store/bodies.ts'
import type { Database } from '../store/database.ts'
import { guardHistory } from '../store/guard-history.ts'
import type { GuardContext } from './ceiling.ts'

interface Candidate {
  mail: StoredMail
  /** Where a reply would go; null if there is nobody. */
  addressee: string | null
  /** `textHash` of the reply about to be sent. */
  hash?: string | null
  /** `NewMessage.digest` of a mail that is not stored yet. */
  digest?: string | null
}

/**
 * Loads the history that the guard's rules use. Must not run within a transaction. The caller may pass fresh flags that
 * it has just fetched.
 */
export async function loadGuardContext(
  db: Database,
  account: string,
  { mail, addressee, hash = null, digest }: Candidate,
  now: Date,
): Promise<GuardContext> {
  const { own, thread } = namedIds(mail.message)
  const { id } = mail.row
  const authors = authorsOf(mail)
  const found = await guardHistory(db, {
    account,
    now,
    id,
    coming: digest === undefined ? null : { messageId: mail.row.messageId, digest },
    own,
    thread,
    authors: [...authors],
    addressee,
    hash,
  })
  return {
    specialUse: null,
    flags: mail.row.flags,
    arrivedAt: mail.row.internalDate,
    now,
    sentMessageIds: new Set(found.ours),
    answeredMessageIds: new Set(found.answered ? [own ?? ''] : []),
    reusedMessageId: found.reused,
    autoSent: found.autoSent,
    openDrafts: found.openDrafts,
    candidateHash: hash,
    humanAsked: found.humanAsked,
    threadParticipants: found.participants,
  }
}

/** The addresses in From. */
export const authorsOf = ({ message }: Pick<StoredMail, 'message'>): Set<string> =>
  new Set(mailboxes(message, 'from').map(({ address }) => address))
