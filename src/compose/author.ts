/**
 * Whether the author of a mail that would be answered automatically is proven, either by the account's own server or by
 * replyd's own check.
 */
import type { Account, StepContext } from '../context.ts'
import { domainPart } from '../mail/address.ts'
import { authentication } from '../mail/authentication.ts'
import { type Proof, proveAuthor } from '../mail/author-proof.ts'
import type { Message } from '../mail/message.ts'
import type { StoredMail } from '../store/bodies.ts'

/** Octets of a mail whose signatures are checked; longer ones wait for a person. */
const longestChecked = 10 << 20

const bySigns = (proven: boolean, detail: string): Proof => ({ proven, detail })

/** The verdict of the servers named in `authservIds`; null if there is none and the signatures must be checked. */
export function provenByServer(
  account: Pick<Account, 'settings'>,
  { row, message }: { row: Pick<StoredMail['row'], 'fromAddress'>; message: Pick<Message, 'fields'> },
): Proof | null {
  const address = row.fromAddress ?? ''
  const { authservIds } = account.settings.owner
  const found = authentication(message, authservIds, domainPart(address))
  if (found === 'unknown') return null
  return bySigns(found === 'pass', `your mail server: ${found}`)
}

/** Reads the whole mail again and checks its signatures. @throws errors of IMAP */
export async function provenBySignature(
  { clock, resolveTxt }: StepContext,
  { imap, settings }: Account,
  { row }: StoredMail,
): Promise<Proof> {
  if (row.size > longestChecked) return bySigns(false, 'the mail is too long to check')
  const octets = await imap.fetchSource(row.mailbox, row.uidValidity, row.uid, longestChecked + 1)
  if (octets === null) return bySigns(false, 'the mail is no longer there to check')
  if (octets.length > longestChecked) return bySigns(false, 'the mail is too long to check')
  const { arcSealers } = settings
  return proveAuthor({ octets, author: row.fromAddress ?? '', resolveTxt, arcSealers, now: clock.now() })
}
