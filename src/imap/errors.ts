import { PermanentError } from '../errors.ts'

/** The mailbox was rebuilt (RFC 3501 section 2.3.1.1): its UIDs mean other mails now. */
export class UidValidityChanged extends PermanentError {
  override name = 'UidValidityChanged'
  /** The UIDVALIDITY that holds now, decimal. */
  readonly uidValidity: string
  constructor(mailbox: string, expected: string, found: string) {
    super(`UIDVALIDITY of ${mailbox} changed from ${expected} to ${found}`)
    this.uidValidity = found
  }
}

/** No mail has this UID (any more): moved or deleted by somebody else. */
export class MessageVanished extends PermanentError {
  override name = 'MessageVanished'
  constructor(mailbox: string, uid: number) {
    super(`UID ${uid} is not in ${mailbox}`)
  }
}
