/** What the SMTP adapter promises. */
import type { Log } from '../base/log.ts'

export interface Outgoing {
  /** The mail, CRLF line ends; sent as it is, dot-stuffed (RFC 5321 section 4.5.2). */
  octets: Buffer
  /** MAIL FROM; '' for the null reverse-path. */
  reversePath: string
  /** RCPT TO, at least one. All of them get it or none: see `send`. */
  addressees: readonly string[]
  /** The mail or an address is beyond ASCII (RFC 6531). */
  smtpUtf8: boolean
}

export interface Accepted {
  /** 250, or another 2yz. */
  replyCode: number
  /** The reply after the final dot, its code included, for the log and the ledger. */
  reply: string
  /** The Message-ID the server gave the mail, angle brackets included, where its reply names one (Outlook, SES). */
  messageId: string | null
}

/** The submission connections of one account (RFC 6409). They open at the first mail and close after a time without. */
export interface Submission extends AsyncDisposable {
  /**
   * Sends one mail, once. Never sends a second time what may have been accepted.
   * @param mayEnd asked at most once, when the server has taken everything but the final dot (RFC 5321 section 4.1.1.4):
   * until then nothing can have been accepted. What it throws is thrown, and the mail ends without a dot
   * @throws TemporaryError surely not accepted: a 4yz reply, no connection, or the final dot was never written
   * @throws PermanentError surely not accepted: a 5yz reply
   * @throws RefusedAddressees some of several addressees were refused for good; the text was not begun, so nobody has it
   * @throws OwnerActionError('account') the login was refused; from then on at once, until `verify` succeeds
   * @throws UncertainError the final dot may have been read by the server and no reply came
   */
  send(mail: Outgoing, mayEnd?: () => Promise<void>): Promise<Accepted>
  /** Connects and logs in, sends nothing. False when it had to go without a login. Same errors. */
  verify(): Promise<boolean>
}

/** Limits of a connection, in milliseconds. */
export interface SmtpTiming {
  /** From DNS to the end of STARTTLS. */
  connectMs: number
  /** Silence of a server that owes an answer. */
  quietMs: number
  /** From DNS to the end of the login, whatever the server says meanwhile. */
  loginMs: number
  /** One mail from MAIL to the last reply, whatever the server says meanwhile. */
  mailMs: number
  /** An unused connection is kept this long. */
  idleMs: number
}

export interface SubmissionOptions {
  log: Log
  /** Asked once per connection when the account uses OAuth2, and once more with the token that the server refused. */
  accessToken?: (refused?: string) => Promise<string>
  /** Connections open at once; 3 when absent. */
  maxConnections?: number
  /** Where the defaults do not suit. */
  timing?: Partial<SmtpTiming>
}
