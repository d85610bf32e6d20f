/**
 * A mail to several: everybody gets it or nobody does. A server may refuse one of the addressees (RFC 5321 section 3.3);
 * nodemailer would then send to the others, and what went out would no longer be what was approved.
 */
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { SMTPError } from 'nodemailer/lib/smtp-connection'
import { PermanentError } from '../base/errors.ts'

/** Some of several addressees were refused for good. Nothing of the mail's text had left, so nobody has it. */
export class RefusedAddressees extends PermanentError {
  override name = 'RefusedAddressees'
  /** For the owner only: addresses stay out of logs, and so out of the message. */
  readonly refused: readonly string[]

  constructor(refused: readonly string[], of: number, reply: string, options: ErrorOptions) {
    const verb = refused.length === 1 ? 'was' : 'were'
    super(
      `${refused.length} of ${of} addressees ${verb} refused, so nobody got it: SMTP reply ${reply}`,
      options,
    )
    this.refused = refused
  }
}

/** A refusal as nodemailer reports it, with who was refused and who was not. */
export interface EnvelopeError extends SMTPError {
  accepted?: readonly string[]
}

/** What nodemailer knows of a mail that is being announced, and where it decides whether to go on: not public. */
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
    // Where DATA left together with the envelope, an error would make nodemailer send an empty text.
    if (known !== null || pipelined || rejectedErrors.length === 0) return known
    const later = rejectedErrors.find(({ responseCode = 0 }) => responseCode < 500)
    const error = later ?? rejectedErrors.at(-1)
    return error ? Object.assign(error, { accepted: [...accepted], rejected: [...rejected] }) : null
  }
}

/**
 * With PIPELINING, DATA would leave before the answers to RCPT are read (RFC 2920). Returns what takes the change back.
 */
export function withoutPipelining(connection: SMTPConnection): () => void {
  const inner = announcing(connection)
  const offered = inner._supportedExtensions
  inner._supportedExtensions = offered.filter((name) => name !== 'PIPELINING')
  return () => {
    inner._supportedExtensions = offered
  }
}
