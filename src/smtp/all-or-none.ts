/**
 * A mail to several recipients: either all get it or none. A server may refuse one of them (RFC 5321 section 3.3);
 * nodemailer would then send to the others, and the result would not be what was approved.
 */
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { SMTPError } from 'nodemailer/lib/smtp-connection'
import { PermanentError } from '../base/errors.ts'

/**
 * Some of several addressees were permanently refused. None of the text had been sent, so nobody received the mail.
 */
export class RefusedAddressees extends PermanentError {
  override name = 'RefusedAddressees'
  /** For the owner only: logs, and therefore the message, must not contain addresses. */
  readonly refused: readonly string[]

  constructor(refused: readonly string[], of: number, reply: string, options: ErrorOptions) {
    const verb = refused.length === 1 ? 'was' : 'were'
    super(
      `${refused.length} of ${of} recipients ${verb} refused, so nobody received it: SMTP reply ${reply}`,
      options,
    )
    this.refused = refused
  }
}

/** A refusal as nodemailer reports it, with the refused and the accepted addressees. */
export interface EnvelopeError extends SMTPError {
  accepted?: readonly string[]
}

/** nodemailer's state of a mail being announced, and the hook where it decides whether to go on; not public. */
interface Announcing {
  _envelope: { accepted: string[]; rejected: string[]; rejectedErrors: SMTPError[]; pipelined: boolean }
  _supportedExtensions: string[]
  _envelopeError(reply: string): EnvelopeError | null
}

const announcing = (connection: SMTPConnection) => connection as unknown as Announcing

/** From now on one refused addressee ends a mail before DATA. */
export function refuseInPart(connection: SMTPConnection): void {
  const inner = announcing(connection)
  const decide = inner._envelopeError.bind(connection)
  inner._envelopeError = (reply) => {
    const { accepted, rejected, rejectedErrors, pipelined } = inner._envelope
    const known = decide(reply)
    // If DATA was sent together with the envelope, an error would make nodemailer send an empty text.
    if (known !== null || pipelined || rejectedErrors.length === 0) return known
    const later = rejectedErrors.find(({ responseCode = 0 }) => responseCode < 500)
    const error = later ?? rejectedErrors.at(-1)
    return error ? Object.assign(error, { accepted: [...accepted], rejected: [...rejected] }) : null
  }
}

/**
 * With PIPELINING, DATA would be sent before the answers to RCPT are read (RFC 2920). Returns a function that undoes
 * the change.
 */
export function withoutPipelining(connection: SMTPConnection): () => void {
  const inner = announcing(connection)
  const offered = inner._supportedExtensions
  inner._supportedExtensions = offered.filter((name) => name !== 'PIPELINING')
  return () => {
    inner._supportedExtensions = offered
  }
}
