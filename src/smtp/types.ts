/** The contract of the SMTP adapter. */
import type { Log } from '../base/log.ts'

export interface Outgoing {
  /** The mail, CRLF line ends; sent as it is, dot-stuffed (RFC 5321 section 4.5.2). */
  octets: Buffer
  /** MAIL FROM; '' for the null reverse-path. */
  reversePath: string
  /** RCPT TO, at least one. All of them get it or none: see `send`. */
  addressees: readonly string[]
  /** The mail or an address contains non-ASCII characters (RFC 6531). */
  smtpUtf8: boolean
  /** No person decided to send it, so nobody reads its bounces (RFC 3834 section 3.3). */
  automatic: boolean
}

export interface Accepted {
  /** 250, or another 2yz. */
  replyCode: number
  /** The reply after the final dot, its code included, for the log and the ledger. */
  reply: string
  /** The Message-ID assigned by the server, with angle brackets, if its reply names one (Outlook, SES). */
  messageId: string | null
}

/** The submission connections of one account (RFC 6409). They open with the first mail and close when idle. */
export interface Submission extends AsyncDisposable {
  /**
   * Sends one mail, once. Never resends a mail that may have been accepted.
   * @param mayEnd called at most once, when the server has everything but the final dot (RFC 5321 section 4.1.1.4):
   * until then nothing can have been accepted. If it throws, the mail ends without a dot and the error is rethrown
   * @throws TemporaryError certainly not accepted: a 4yz reply, no connection, or the final dot was never written
   * @throws PermanentError certainly not accepted: a 5yz reply
   * @throws RefusedAddressees some of several addressees were permanently refused; the text was not started, so
   * nobody received it
   * @throws OwnerActionError('account') the login was refused; repeated at once until `verify` succeeds
   * @throws UncertainError the server may have read the final dot, and no reply came
   */
  send(mail: Outgoing, mayEnd?: () => Promise<void>): Promise<Accepted>
  /** Connects and logs in, sends nothing. False if the server offers no login. Same errors. */
  verify(): Promise<boolean>
}

/** Limits of a connection, in milliseconds. */
export interface SmtpTiming {
  /** From DNS to the end of STARTTLS. */
  connectMs: number
  /** Maximum silence of a server that owes an answer. */
  quietMs: number
  /** From DNS to the end of the login, however slowly the server answers. */
  loginMs: number
  /** One mail from MAIL to the last reply, however slowly the server answers. */
  mailMs: number
  /** How long an unused connection is kept. */
  idleMs: number
}

export interface SubmissionOptions {
  log: Log
  /**
   * Called once per connection when the account uses OAuth2, and again with the token if the server refused it.
   */
  accessToken?: (refused?: string) => Promise<string>
  /** Maximum concurrent connections; 3 when absent. */
  maxConnections?: number
  /** Overrides of the defaults. */
  timing?: Partial<SmtpTiming>
}
